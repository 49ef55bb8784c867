//! `assent tenant`: making organisations, taking all of one along, and ending one.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use assent_api::Empty;
use assent_api::operations as ops;
use assent_api::tenants::{CreateTenant, DeleteTenant, DeletionCertificate, Tenant, UpdateTenant};
use assent_base::id::TenantId;
use assent_client::{CallError, Download};
use assent_ledger::Trust;
use clap::{Args, Subcommand};
use futures_util::StreamExt as _;

use super::export::Watched;
use super::once::{Once, Owned};
use super::{Remote, Server, prompt};
use crate::print;
use crate::render::text::printable;

/// The exit code of a deletion whose certificate does not hold.
const EXIT_FAULTY: u8 = 1;

/// Tenants.
#[derive(Debug, Args)]
pub(crate) struct Tenants {
    #[command(subcommand)]
    act: Act,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Show your own.
    Show,
    /// Make one, and print the one-time link for its first owner. Only owners of the tenant that runs the installation may.
    Create {
        /// What the organisation is called.
        name: String,
        #[command(flatten)]
        once: Once,
    },
    /// Give your own another name.
    Rename {
        /// What the organisation is called from now on.
        name: String,
    },
    /// Fetch everything that is kept of your own, as JSON lines (docs/export.md), into a file that you alone can read.
    Export {
        /// The file to write; it must not exist.
        file: PathBuf,
    },
    /// Delete your own, for good. Asks for its name, and keeps the signed certificate of it.
    #[command(
        after_help = "Exit codes: 0 it is deleted and that is proven, 1 the certificate does not prove it, 3 it is not deleted, or that is not known."
    )]
    Delete {
        /// The file to keep the certificate in; it must not exist. The key that signed it goes into another, `.key` after its name.
        #[arg(long, value_name = "FILE")]
        certificate: Option<PathBuf>,
    },
}

impl Tenants {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let (remote, url) = Remote::at(&self.server)?;
        match &self.act {
            Act::Show => print(&row(&remote.get::<ops::GetTenant>()?)),
            Act::Create { name, once } => {
                let place = once.open()?;
                let made = remote.call::<ops::CreateTenant>(&Empty {}, &Empty {}, &CreateTenant { name: name.clone() })?;
                crate::tell(&format!("{} is made; this link sets up its first owner, once, until {:.0}", made.tenant.id, made.expires_at));
                place.take(&made.link)
            }
            Act::Rename { name } => {
                print(&row(&remote.call::<ops::UpdateTenant>(&Empty {}, &Empty {}, &UpdateTenant { name: name.clone() })?))
            }
            Act::Export { file } => export(&remote, file),
            Act::Delete { certificate } => delete(&remote, &url, certificate.as_deref()),
        }
    }
}

fn row(tenant: &Tenant) -> String {
    format!("{}  {} · made {:.0}\n", tenant.id, printable(&tenant.name), tenant.created_at)
}

/// Half an export would pass for one, so it is kept only if it is whole.
fn export(remote: &Remote, path: &Path) -> anyhow::Result<u8> {
    let mut file = Owned::create(path)?;
    let mut watched = Watched::default();
    let bytes = remote.wait(async {
        let mut chunks = std::pin::pin!(remote.client.download(Download::Tenant).await?);
        let mut bytes = 0_u64;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            watched.see(&chunk);
            file.file().write_all(&chunk).with_context(|| format!("cannot write {}", path.display()))?;
            bytes += chunk.len() as u64;
        }
        anyhow::Ok(bytes)
    })?;
    let lines = watched.end().context("the export is not whole, and is not kept")?;
    file.keep(&[])?;
    print(&format!("{lines} lines, {bytes} bytes in {}: everything, nothing of it sealed. Keep it well.\n", path.display()))
}

/// Asks for the name, then makes the files, then deletes: a certificate that could not be written would be lost, and there is nobody left to
/// ask for another.
fn delete(remote: &Remote, url: &str, path: Option<&Path>) -> anyhow::Result<u8> {
    let tenant = remote.get::<ops::GetTenant>()?;
    let path = path.map_or_else(|| default_path(&tenant.id), Path::to_owned);
    let name = printable(&tenant.name);
    crate::tell(&format!(
        "{} at {url} is deleted for good: nothing of it can be read any more, in backups neither, and nobody can undo it",
        tenant.id
    ));
    let typed = prompt(&format!("Type its name, {name}, to go on"))?;
    if typed != tenant.name {
        bail!("its name is `{name}`, and `{}` was typed: nothing is deleted", printable(&typed));
    }
    let (note, key) = (Owned::create(&path)?, Owned::create(&key_path(&path))?);
    let answer = remote.call::<ops::DeleteTenant>(&Empty {}, &Empty {}, &DeleteTenant { name: typed });
    let DeletionCertificate { note: text, public_key } = answer.map_err(|error| match error.downcast_ref() {
        Some(CallError::Problem(_) | CallError::Unwritable { .. }) => error,
        _ => error.context("it may or may not be deleted, `assent tenant show` tells; there is no certificate"),
    })?;
    // Shown before it is kept: a disk that is full takes nothing away then.
    print(&text.lines().map(|line| format!("{}\n", printable(line))).collect::<String>())?;
    note.keep(text.as_bytes())?;
    key.keep(format!("{public_key}\n").as_bytes())?;
    if !certifies(&text, &public_key, tenant.id) {
        crate::tell("it is deleted, says the platform, but this certificate does not prove it");
        return Ok(EXIT_FAULTY);
    }
    crate::tell(&format!(
        "it is deleted; check the certificate with `assent certificate verify {} --key {}`",
        path.display(),
        key_path(&path).display()
    ));
    Ok(0)
}

/// Whether a note proves the end of this tenant, under the key that it came with.
fn certifies(note: &str, public_key: &str, tenant: TenantId) -> bool {
    let Ok(key) = public_key.parse() else { return false };
    Trust::log(key).deletion(note.as_bytes()).is_ok_and(|deletion| deletion.tenant == tenant)
}

fn default_path(tenant: &TenantId) -> PathBuf {
    PathBuf::from(format!("{tenant}.deleted"))
}

fn key_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".key");
    name.into()
}
