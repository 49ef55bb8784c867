//! The tenant as a whole: its name, its export, its end.

use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use assent_api::operations::{CreateTenant, DeleteTenant, GetTenant, UpdateTenant};
use assent_api::tenants::{DeletionCertificate, NewTenant, Tenant as Shown};
use assent_api::{Action, Code, Problem};
use assent_base::id::TenantId;
use assent_base::{Digest, Timestamp};
use assent_http::{Handle, Input, Reply};
use assent_ledger::{Deletion, Outcome};
use assent_policy::Resource;
use assent_store::{Document, Expect, Kept, Query, StoreError, Tenant, Write};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::alerts::AlertRouteDoc;
use crate::caller::Caller;
use crate::desk::Desk;
use crate::documents::{ClusterDoc, DirectoryDoc, TenantDoc, by_time, document};
use crate::names;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};
use crate::turns::{Topic, Turn};

/// A tenant that is being deleted, or was. Kept in the installation's own tenant before the key is destroyed, so that a deletion that was
/// broken off is ended at the next start, and so that it is known whose records the ledger holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeletedTenantDoc {
    pub(crate) tenant: TenantId,
    pub(crate) at: Timestamp,
    pub(crate) by: String,
    /// The record that says so, once the key is destroyed.
    pub(crate) record: Option<u64>,
    /// The signed note that certifies it. It holds nothing of what the tenant had, and is kept as long as the installation is.
    #[serde(default)]
    pub(crate) certificate: Option<String>,
}
document!(DeletedTenantDoc = "deleted_tenant", 1, |doc| vec![by_time(doc.at)]);

/// Where certificates lie in the data folder: `certificates/TENANT.note`.
const CERTIFICATES: &str = "certificates";
/// Tenants of one installation.
const TENANTS_MAX: usize = 1_000;

impl TenantDoc {
    fn shown(self, version: u64) -> Shown {
        Shown { id: self.id, name: self.name, created_at: self.created_at, version }
    }
}

impl Desk<'_> {
    /// What the installation knows of the caller's tenant.
    async fn own_tenant(&self) -> Result<(Tenant, Kept<TenantDoc>), Problem> {
        let system = self.plane.system().await?;
        let kept = system.get::<TenantDoc>(&self.tenant_id().to_string()).await.map_err(Problem::from_store)?;
        Ok((system, kept.ok_or_else(Problem::not_found)?))
    }
}

impl Handle<GetTenant> for ControlPlane {
    async fn handle(&self, caller: Caller, _: Input<GetTenant>) -> Result<Reply<GetTenant>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        desk.require(Action::TenantRead, Resource::of_tenant(desk.tenant_id())).await?;
        let (_, kept) = desk.own_tenant().await?;
        Ok(Reply::new(kept.doc.shown(kept.version)).version(kept.version))
    }
}

impl Handle<CreateTenant> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<CreateTenant>) -> Result<Reply<CreateTenant>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let own = desk.tenant_id();
        let runs_all = self.first_doc().await?.is_some_and(|first| first.id == own);
        let resource = if runs_all { Resource::of_installation(own) } else { Resource::of_tenant(own) };
        let permit = desk.require(Action::TenantCreate, resource).await?;
        let name = names::title("/name", &input.body.name)?;
        let turn = Turn::take(self, &self.system().await?, Topic::Tenants).await?;
        if self.tenant_docs().await?.len() >= TENANTS_MAX {
            return Err(Problem::new(Code::Conflict, format!("an installation has at most {TENANTS_MAX} tenants")));
        }
        let id = self.new_id(TenantId::new);
        let intent = desk.intend_on(permit, id.to_string(), json!({ "name": name })).await?;
        let made = async {
            let doc = self.new_tenant(id, &name, Some(own), Some(&turn)).await?;
            let link = self.first_owner_link(&self.tenant(id).await?).await?;
            Ok((doc, link))
        };
        let (doc, link) = desk.close(intent, made.await).await?;
        let (link, expires_at) = (link.url(&input.meta.base_url), link.expires_at());
        Ok(Reply::new(NewTenant { tenant: doc.shown(1), link, expires_at }).version(1))
    }
}

impl Handle<UpdateTenant> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<UpdateTenant>) -> Result<Reply<UpdateTenant>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let permit = desk.require(Action::TenantUpdate, Resource::of_tenant(desk.tenant_id())).await?;
        let name = names::title("/name", &input.body.name)?;
        let (system, kept) = desk.own_tenant().await?;
        let expect = desk.expect(&input.meta, kept.version)?;
        let intent = desk.intend(permit, json!({ "before": kept.doc.name, "after": name })).await?;
        let doc = TenantDoc { name, ..kept.doc };
        let renamed = system.put(&kept.id, &doc, expect, desk.now).await.map_err(Problem::from_store);
        let version = desk.close(intent, renamed).await?;
        Ok(Reply::new(doc.shown(version)).version(version))
    }
}

impl Handle<DeleteTenant> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<DeleteTenant>) -> Result<Reply<DeleteTenant>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let permit = desk.require(Action::TenantDelete, Resource::of_tenant(desk.tenant_id())).await?;
        let (system, kept) = desk.own_tenant().await?;
        if input.body.name != kept.doc.name {
            return Err(Problem::invalid("/name", "type the tenant's name as it is"));
        }
        let id = desk.tenant_id();
        let intent = desk.intend(permit, json!({ "key": desk.tenant.key_digest().await.map_err(Problem::from_store)? })).await?;
        for cluster in desk.all::<ClusterDoc>(&Query::default()).await? {
            self.inner.watched.stop(id, cluster.doc.id).await;
        }
        let doc = DeletedTenantDoc { tenant: id, at: desk.now, by: desk.actor(), record: None, certificate: None };
        let begun = system.put(&id.to_string(), &doc, Expect::Any, desk.now).await.map_err(Problem::from_store);
        desk.close(intent, begun).await?;
        Ok(Reply::new(self.end_tenant(&system, doc).await?))
    }
}

impl ControlPlane {
    /// Destroys a tenant's key, forgets the tenant, and certifies it. Each step may be done twice, so it can be called again after a crash.
    async fn end_tenant(&self, system: &Tenant, doc: DeletedTenantDoc) -> Result<DeletionCertificate, Problem> {
        let (id, now) = (doc.tenant, self.now());
        let destroyed = self.inner.store.destroy_tenant(id).await.map_err(Problem::from_store)?;
        self.forget_engine(id);
        let record = match doc.record {
            Some(record) => record,
            // The tenant's own records cannot be written any more, since nobody could read them: this one is the installation's.
            None => {
                let details = json!({ "key": destroyed.digest, "by": doc.by });
                self.record(system, "platform", "tenant.delete", &id.to_string(), Outcome::Done, details).await?
            }
        };
        forget(system, id, now).await?;
        let doc = DeletedTenantDoc { record: Some(record), ..doc };
        system.put(&id.to_string(), &doc, Expect::Any, now).await.map_err(Problem::from_store)?;
        let certificate = self.certificate(id, doc.at, destroyed.digest, record)?;
        let doc = DeletedTenantDoc { certificate: Some(certificate.note.clone()), ..doc };
        system.put(&id.to_string(), &doc, Expect::Any, now).await.map_err(Problem::from_store)?;
        self.lay_out(id, &certificate.note).await;
        Ok(certificate)
    }

    /// Puts a certificate where whoever runs the installation finds it. The database has it for good: what cannot be written now, the next start
    /// writes.
    async fn lay_out(&self, tenant: TenantId, note: &str) {
        let (folder, note) = (self.inner.data.join(CERTIFICATES), note.to_owned());
        let written = tokio::task::spawn_blocking(move || keep_certificate(&folder, tenant, &note)).await;
        let why = match written {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::warn!(%tenant, why, "the certificate of a deletion could not be written into the data folder");
    }

    /// Ends the deletions that were broken off, and lays their certificates out. To be called before anything is served.
    pub(crate) async fn resume_deletions(&self) -> Result<(), Problem> {
        let system = self.system().await?;
        for kept in system.all::<DeletedTenantDoc>(&Query::default()).await.map_err(Problem::from_store)? {
            match &kept.doc.certificate {
                Some(note) => self.lay_out(kept.doc.tenant, note).await,
                None => drop(self.end_tenant(&system, kept.doc).await?),
            }
        }
        // A backup that was made before a tenant was deleted knows of it still.
        for doc in self.tenant_docs().await? {
            if matches!(self.inner.store.tenant(doc.id).await, Err(StoreError::KeyDestroyed(_))) {
                let doc = DeletedTenantDoc { tenant: doc.id, at: self.now(), by: "platform".to_owned(), record: None, certificate: None };
                self.end_tenant(&system, doc).await?;
            }
        }
        Ok(())
    }
}

impl ControlPlane {
    /// Signs that a tenant's key is destroyed.
    fn certificate(&self, tenant: TenantId, at: Timestamp, key: Digest, record: u64) -> Result<DeletionCertificate, Problem> {
        let ledger = self.inner.people.ledger_key().name().to_owned();
        let signer = self.inner.people.certifier();
        let note = Deletion { ledger, tenant, at, key, record }.sign(signer).map_err(|error| {
            tracing::error!(%error, "a certificate could not be signed");
            Problem::new(
                Code::Unavailable,
                format!("the tenant is deleted, as record {record} of the ledger says, but the certificate could not be signed"),
            )
        })?;
        Ok(DeletionCertificate { note, public_key: signer.key().to_string() })
    }
}

/// Writes a certificate for its owner alone, whole or not at all. One that is there stays.
fn keep_certificate(folder: &Path, tenant: TenantId, note: &str) -> io::Result<()> {
    let (path, unfinished) = (folder.join(format!("{tenant}.note")), folder.join(format!("{tenant}.new")));
    if path.exists() {
        return Ok(());
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(note.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&unfinished, &path)?;
    std::fs::File::open(folder)?.sync_all()
}

/// Takes what the installation knows of a tenant out of its own documents.
async fn forget(system: &Tenant, tenant: TenantId, now: Timestamp) -> Result<(), Problem> {
    let query = Query::default().equal("tenant", &tenant.to_string());
    let mut writes = vec![Write::delete::<TenantDoc>(&tenant.to_string(), Expect::Any).map_err(Problem::from_store)?];
    writes.extend(gone::<DirectoryDoc>(system, &query).await?);
    writes.extend(gone::<AlertRouteDoc>(system, &query).await?);
    for chunk in chunks(writes) {
        system.write(chunk, now).await.map_err(Problem::from_store)?;
    }
    Ok(())
}

async fn gone<D: Document>(system: &Tenant, query: &Query) -> Result<Vec<Write>, Problem> {
    let kept = system.all::<D>(query).await.map_err(Problem::from_store)?;
    kept.iter().map(|kept| Write::delete::<D>(&kept.id, Expect::Any)).collect::<Result<_, StoreError>>().map_err(Problem::from_store)
}

/// As many as one transaction takes.
pub(crate) fn chunks(writes: Vec<Write>) -> Vec<Vec<Write>> {
    let mut chunks: Vec<Vec<Write>> = Vec::new();
    for write in writes {
        match chunks.last_mut() {
            Some(chunk) if chunk.len() < assent_store::STEPS_MAX => chunk.push(write),
            Some(_) | None => chunks.push(vec![write]),
        }
    }
    chunks
}
