//! Takes a certificate that is replaced on disk while we serve.
//!
//! The files are looked at now and then. New ones that serve are used by connections that begin from then on; ones that do not are
//! refused, told, and tried again once they change: a certificate and its key are seldom replaced in one step.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;

use crate::listen::Tls;
use crate::tls;
use crate::validity::Certificate;

/// The files of a certificate, as they were when they were last read.
#[derive(Debug)]
pub(crate) struct Files {
    certificate: PathBuf,
    key: PathBuf,
    seen: [Option<Stamp>; 2],
}

/// What tells one content of a file from another, without reading it.
type Stamp = (u64, i64, i64, u64);

impl Files {
    /// None if the certificate is not one of files.
    pub(crate) fn of(tls: &Tls) -> Option<Self> {
        match tls {
            Tls::Files { certificate, key } => {
                let seen = [stamp(certificate), stamp(key)];
                Some(Self { certificate: certificate.clone(), key: key.clone(), seen })
            }
            Tls::Off | Tls::SelfSigned { .. } => None,
        }
    }

    /// Follows the files for good.
    pub(crate) async fn follow(mut self, serving: RustlsConfig, time: Option<Arc<Certificate>>, look: Duration) {
        loop {
            tokio::time::sleep(look).await;
            let now = [stamp(&self.certificate), stamp(&self.key)];
            if now == self.seen {
                continue;
            }
            self.seen = now;
            // Two small files, now and then.
            let outcome = match tls::config(&self.certificate, &self.key) {
                Ok(served) => {
                    serving.reload_from_config(served.config);
                    if let Some((time, validity)) = time.as_ref().zip(served.validity) {
                        time.replaced(validity);
                    }
                    tracing::info!("the certificate was replaced, and the new one is served");
                    "taken"
                }
                Err(error) => {
                    tracing::error!(%error, "the certificate was replaced by one that cannot be used; the old one is served on");
                    "refused"
                }
            };
            metrics::counter!("assent_tls_certificate_replaced_total", "outcome" => outcome).increment(1);
        }
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.ino(), file.mtime(), file.mtime_nsec(), file.len()))
}
