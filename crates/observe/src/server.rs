//! An API server that an observer follows.

use std::sync::Arc;

use crate::access::{Access, NoAccess, Target, target};
use crate::cluster::field;
use crate::get::{Again, Extent, Fault, JSON, Reader};
use crate::path::Path;
use crate::review::Reviewer;

/// Bytes of all answers that are read at one time. Pages are given back as soon as they are taken apart.
const BYTES_MAX: u64 = 256 << 20;

/// An API server that answers and knows who we are. It can be read and followed, and asked what we may do.
#[derive(Clone)]
pub struct ApiServer {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    home: String,
    version: Option<String>,
    uid: Option<String>,
    reader: Reader,
    reviewer: Reviewer,
}

impl ApiServer {
    /// Reaches the API server.
    ///
    /// # Errors
    /// When there is no usable configuration, no way to the server, no trust, or no Kubernetes there.
    pub async fn connect(access: &Access) -> Result<Self, NoAccess> {
        Self::at(target(access).await?, access).await
    }

    pub(crate) async fn at(target: Target, access: &Access) -> Result<Self, NoAccess> {
        let Target { context, server, namespace, client } = target;
        let reviewer = Reviewer::new(client.clone(), access.request_timeout);
        let reader = Reader::new(client, access.request_timeout, access.bytes_max.min(BYTES_MAX));
        let no_access = |fault| NoAccess::from_fault(&server, fault);
        let version = match reader.get(&Path::version(), JSON, Extent::Whole, Again::Never).await {
            Ok(answer) => {
                reader.forget(&answer.text);
                let why = || "it answers /version without a version".to_owned();
                Some(field(&answer.text, "gitVersion").ok_or_else(|| NoAccess::NotKubernetes { server: server.clone(), why: why() })?)
            }
            Err(Fault::Refused { status: 403, message }) if message.contains("cannot get path") => None,
            Err(fault) => return Err(no_access(fault)),
        };
        let uid = match reader.get(&Path::kube_system(), JSON, Extent::Whole, Again::Busy).await {
            Ok(answer) => {
                reader.forget(&answer.text);
                field(&answer.text, "metadata/uid")
            }
            Err(fault @ Fault::Refused { status: 401, .. }) => return Err(no_access(fault)),
            Err(_) => None,
        };
        let name = format!("{context} ({server})");
        Ok(Self { inner: Arc::new(Inner { name, home: namespace, version, uid, reader, reviewer }) })
    }

    /// The context and the server's address.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The server's version, `v1.33.2`, if it tells.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.inner.version.as_deref()
    }

    /// The UID of the namespace `kube-system`, which stands for the cluster, if we may read it.
    #[must_use]
    pub fn uid(&self) -> Option<&str> {
        self.inner.uid.as_deref()
    }

    /// The namespace that we live in, or that the context names.
    pub(crate) fn home(&self) -> &str {
        &self.inner.home
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.inner.reader
    }

    pub(crate) fn reviewer(&self) -> &Reviewer {
        &self.inner.reviewer
    }
}
