//! `assent login`: trades an address and a password for a machine key of one's own, and keeps that.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};

use anyhow::{Context, bail};
use assent_api::Empty;
use assent_api::keys::CreateApiKey;
use assent_api::operations as ops;
use assent_base::{Secret, time};
use assent_client::Auth;
use clap::Args;

use super::{Credentials, Remote, SERVER_DEFAULT, Server, prompt};
use crate::print;

/// Signs in and keeps a key.
#[derive(Debug, Args)]
pub(crate) struct Login {
    /// The address to sign in with. Asked for if absent.
    #[arg(long)]
    email: Option<String>,
    /// How long the key holds.
    #[arg(long, default_value = "30d", value_parser = span)]
    expires_in: u64,
    #[command(flatten)]
    server: Server,
}

impl Login {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        sign_in(self)
    }
}

fn sign_in(asked: &Login) -> anyhow::Result<u8> {
    let url = asked.server.server.clone().unwrap_or_else(|| SERVER_DEFAULT.to_owned());
    let path = asked.server.credentials_file().context("there is no home folder to keep credentials in")?;
    let email = match &asked.email {
        Some(email) => email.clone(),
        None => prompt("E-mail")?,
    };
    let password = Secret::new(prompt("Password")?);
    let remote = Remote::with(&url, Auth::None, asked.server.ca_file.as_deref())?;
    let (signed_in, session) = remote.wait(remote.client.sign_in(&email, &password))?;
    let remote = Remote::with(&url, session, asked.server.ca_file.as_deref())?;
    let body = CreateApiKey { name: "assent login".to_owned(), grants: signed_in.me.grants, expires_in_s: Some(asked.expires_in) };
    let made = remote.call::<ops::CreateKey>(&Empty {}, &Empty {}, &body)?;
    remote.get::<ops::SignOut>()?;
    keep(&path, &Credentials { server: url.clone(), token: made.secret, ca_file: asked.server.ca_file.clone() })?;
    print(&format!("Signed in to {url} as {}; the key is in {} and holds until {}.\n", signed_in.me.name, path.display(), made.key.expires_at.map_or_else(|| "revoked".to_owned(), |at| at.to_string())))
}

/// Writes the file anew, for its owner alone, whole or not at all.
fn keep(path: &std::path::Path, credentials: &Credentials) -> anyhow::Result<()> {
    let Some(folder) = path.parent() else { bail!("{} has no folder", path.display()) };
    let place = || format!("cannot write {}", path.display());
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(place)?;
    let beside = path.with_extension("new");
    let _ = std::fs::remove_file(&beside);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).with_context(place)?;
    file.write_all(serde_json::to_string_pretty(credentials)?.as_bytes()).with_context(place)?;
    file.sync_all().with_context(place)?;
    std::fs::rename(&beside, path).with_context(place)
}

fn span(text: &str) -> Result<u64, String> {
    time::span_s(text).and_then(|span| u64::try_from(span).ok()).ok_or_else(|| "write a span such as 12h or 30d".to_owned())
}
