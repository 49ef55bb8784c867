//! `assent login` and `assent logout`: a session of one's own, kept for the commands that ask a platform.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use assent_api::sessions::SetUp;
use assent_api::{Code, operations as ops};
use assent_base::Secret;
use assent_client::{Auth, CallError};
use clap::Args;

use super::{Credentials, Remote, SERVER_DEFAULT, Server, prompt, prompt_secret};
use crate::print;
use crate::render::text::printable;

/// Signs in and keeps the session, readable by its owner only.
#[derive(Debug, Args)]
pub(crate) struct Login {
    /// The address to sign in with. Asked for if absent; the password always is.
    #[arg(long)]
    email: Option<String>,
    /// Use a one-time link, and choose a password. The link is asked for, or is the first line of standard input.
    #[arg(long)]
    set_up: bool,
    /// The same, with the link in a file.
    #[arg(long, value_name = "FILE", conflicts_with = "set_up")]
    set_up_file: Option<PathBuf>,
    #[command(flatten)]
    server: Server,
}

/// Ends the session that `login` keeps, at once.
#[derive(Debug, Args)]
pub(crate) struct Logout {
    #[command(flatten)]
    server: Server,
}

impl Login {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let url = self.server.server.clone().unwrap_or_else(|| SERVER_DEFAULT.to_owned());
        let path = self.server.credentials_file().context("there is no home folder to keep the session in")?;
        let remote = Remote::with(&url, Auth::None, self.server.ca_file.as_deref())?;
        let link = self.link()?;
        let email = match &self.email {
            Some(email) => email.clone(),
            None => prompt("E-mail")?,
        };
        let (signed_in, session) = match link {
            None => {
                let password = prompt_secret("Password")?;
                remote.wait(remote.client.sign_in(&email, &password))?
            }
            Some(token) => {
                let name = prompt("Your name, as others shall see it")?;
                let password = prompt_secret("New password, 12 characters at least")?;
                let set_up = SetUp { token, email, name, password };
                remote.wait(remote.client.set_up(&set_up))?
            }
        };
        let Auth::Session { cookie, csrf } = session else { bail!("the platform gave no session") };
        let (cookie, csrf) = (cookie.expose().to_owned(), csrf.expose().to_owned());
        // Whole, since the next command may run in another folder.
        let ca_file = self.server.ca_file.as_ref().map(std::path::absolute).transpose().context("the folder of --ca-file is not known")?;
        keep(&path, &Credentials { server: url.clone(), cookie, csrf, ca_file })?;
        print(&format!("Signed in to {url} as {}; the session is kept in {}.\n", printable(&signed_in.me.name), path.display()))
    }
}

impl Login {
    /// The secret of a one-time link, if one is to be used. It is no argument: others on the machine can read those.
    fn link(&self) -> anyhow::Result<Option<Secret>> {
        let text = match (&self.set_up_file, self.set_up) {
            (Some(path), _) => Secret::new(std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?),
            (None, true) => prompt_secret("The one-time link, or what stands behind `#` in it")?,
            (None, false) => return Ok(None),
        };
        let text = text.expose().trim();
        let secret = text.split_once('#').map_or(text, |(_, secret)| secret);
        if secret.is_empty() {
            bail!("there is no one-time link to use");
        }
        Ok(Some(Secret::new(secret.to_owned())))
    }
}

impl Logout {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let path = self.server.credentials_file().context("there is no home folder that a session could be kept in")?;
        let Some(kept) = self.server.kept() else { bail!("you are not signed in: {} keeps no session", path.display()) };
        // What ends is the session that is kept, and it is forgotten only once it has ended, or the platform knows it no more.
        match Remote::of_kept(&self.server, kept)?.get::<ops::SignOut>() {
            Ok(_) => {}
            Err(error) if is_unknown(&error) => {}
            Err(error) => return Err(error.context("the session is not ended, and is kept for another try")),
        }
        std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        print("Signed out.\n")
    }
}

/// Whether the platform says that there is no such session: it has expired, or was ended elsewhere.
fn is_unknown(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref::<CallError>(), Some(CallError::Problem(problem)) if problem.code == Code::NotSignedIn)
}

/// Writes the file anew, for its owner alone, whole or not at all.
fn keep(path: &Path, credentials: &Credentials) -> anyhow::Result<()> {
    let Some(folder) = path.parent() else { bail!("{} has no folder", path.display()) };
    let place = || format!("cannot write {}", path.display());
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(place)?;
    let beside = path.with_extension("new");
    // Left over from a crash; what cannot be removed fails below.
    let _ = std::fs::remove_file(&beside);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).with_context(place)?;
    file.write_all(serde_json::to_string_pretty(credentials)?.as_bytes()).with_context(place)?;
    file.sync_all().with_context(place)?;
    std::fs::rename(&beside, path).with_context(place)
}
