//! Certificates: given, or made here and kept.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;

use crate::listen::{ListenError, Tls};
use crate::validity::Validity;

/// TLS 1.2 or later, with HTTP/2 and HTTP/1.1; nothing when it is off.
pub(crate) fn server(tls: &Tls) -> Result<Option<Served>, ListenError> {
    match tls {
        Tls::Off => Ok(None),
        Tls::Files { certificate, key } => config(certificate, key).map(Some),
        Tls::SelfSigned { dir, names } => {
            let (certificate, key) = (dir.join("tls.crt"), dir.join("tls.key"));
            if !key.exists() {
                make(&certificate, &key, names)?;
            } else if !covers(&certificate, names) {
                remake(&certificate, &key, names)?;
            }
            config(&certificate, &key).map(Some)
        }
    }
}

/// What is served, and how long it holds as far as that can be read.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) validity: Option<Validity>,
}

pub(crate) fn config(certificate: &Path, key: &Path) -> Result<Served, ListenError> {
    let bad = |path: &Path, why: &dyn std::fmt::Display| ListenError::Certificate { path: path.to_owned(), why: why.to_string() };
    let chain: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain = chain.map_err(|error| bad(certificate, &error))?;
    if chain.is_empty() {
        return Err(bad(certificate, &"it holds no certificate"));
    }
    let validity = Validity::of(&chain);
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| bad(key, &error))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| bad(certificate, &error))?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, private).map_err(|error| bad(certificate, &error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Served { config: Arc::new(config), validity })
}

/// Whether a certificate is for all of these names. One that cannot be read is for none.
fn covers(certificate: &Path, names: &[String]) -> bool {
    let Ok(der) = CertificateDer::from_pem_file(certificate) else { return false };
    let Ok(parsed) = ParsedCertificate::try_from(&der) else { return false };
    // What is no name of a server cannot be asked for either.
    let mut asked = names.iter().filter_map(|name| ServerName::try_from(name.as_str()).ok());
    asked.all(|name| verify_server_name(&parsed, &name).is_ok())
}

/// Makes the certificate anew, for other names, under the key that there is: whoever trusts the old one trusts the new one as well.
fn remake(certificate: &Path, key: &Path, names: &[String]) -> Result<(), ListenError> {
    let bad = |path: &Path, why: &dyn std::fmt::Display| ListenError::Certificate { path: path.to_owned(), why: why.to_string() };
    let pem = fs::read_to_string(key).map_err(|error| bad(key, &error))?;
    let pair = rcgen::KeyPair::from_pem(&pem).map_err(|error| bad(key, &error))?;
    let params = rcgen::CertificateParams::new(names.to_vec()).map_err(|error| bad(certificate, &error))?;
    let made = params.self_signed(&pair).map_err(|error| bad(certificate, &error))?;
    write(certificate, &made.pem(), 0o644).map_err(|error| bad(certificate, &error))?;
    tracing::info!(?names, "the certificate is made anew, for the names that it is served under now");
    Ok(())
}

/// Makes a certificate for these names, and keeps it with its key, which only we may read. The key goes last: while it is missing, both
/// are made anew, so that a stop in between leaves nothing half done.
fn make(certificate: &Path, key: &Path, names: &[String]) -> Result<(), ListenError> {
    let bad = |path: &Path, why: &dyn std::fmt::Display| ListenError::Certificate { path: path.to_owned(), why: why.to_string() };
    let made = rcgen::generate_simple_self_signed(names.to_vec()).map_err(|error| bad(certificate, &error))?;
    if let Some(folder) = certificate.parent() {
        fs::create_dir_all(folder).map_err(|error| bad(folder, &error))?;
    }
    write(certificate, &made.cert.pem(), 0o644).map_err(|error| bad(certificate, &error))?;
    write(key, &made.signing_key.serialize_pem(), 0o600).map_err(|error| bad(key, &error))
}

fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let beside = path.with_extension("new");
    let _ = fs::remove_file(&beside);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)
}
