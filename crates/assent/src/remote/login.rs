//! `assent login` and `assent logout`: a session of one's own, kept for the commands that ask a platform.

use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use assent_api::sessions::SetUp;
use assent_api::{Code, operations as ops};
use assent_base::Secret;
use assent_client::{Auth, CallError};
use clap::Args;

use super::{Credentials, Remote, SERVER_DEFAULT, Server, browser, prompt, prompt_secret};
use crate::print;
use crate::render::text::printable;

/// Signs in and keeps the session, readable by its owner only.
///
/// In a terminal the browser signs in, with a passkey, a password or your organisation's provider, and the page asks whether this command line
/// may act as you. Where no browser can be opened, the page shows a code to paste. With --email, or without a terminal, address and password are
/// read here.
#[derive(Debug, Args)]
pub(crate) struct Login {
    /// Sign in with the browser of this machine, even if none seems to be there.
    #[arg(long, group = "way")]
    browser: bool,
    /// Sign in with a browser of another machine, and paste the code that it shows.
    #[arg(long, group = "way")]
    no_browser: bool,
    /// Sign in with address and password, here.
    #[arg(long, group = "way")]
    password: bool,
    /// Print the address for the browser, and let me open it.
    #[arg(long, conflicts_with_all = ["no_browser", "password", "email", "set_up", "set_up_file"])]
    no_open: bool,
    /// Sign in with this address and a password, which is asked for.
    #[arg(long, conflicts_with_all = ["browser", "no_browser"])]
    email: Option<String>,
    /// Use a one-time link, and choose a password. The link is asked for, or is the first line of standard input. To begin with a passkey, open
    /// the link in a browser, then sign in with that.
    #[arg(long, conflicts_with = "way")]
    set_up: bool,
    /// The same, with the link in a file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["set_up", "way"])]
    set_up_file: Option<PathBuf>,
    #[arg(long, env = "DISPLAY", hide = true, hide_env_values = true)]
    display: Option<String>,
    #[arg(long, env = "WAYLAND_DISPLAY", hide = true, hide_env_values = true)]
    wayland_display: Option<String>,
    #[command(flatten)]
    server: Server,
}

/// Ends the session that `login` keeps, at once.
#[derive(Debug, Args)]
pub(crate) struct Logout {
    #[command(flatten)]
    server: Server,
}

/// How to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// With a browser that comes back to this machine.
    Here,
    /// With a browser elsewhere.
    Elsewhere,
    Password,
}

impl Login {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let url = self.server.server.clone().unwrap_or_else(|| SERVER_DEFAULT.to_owned());
        let path = self.server.credentials_file().context("there is no home folder to keep the session in")?;
        let remote = Remote::with(&url, Auth::None, self.server.ca_file.as_deref())?;
        let (signed_in, session) = match (self.link()?, self.way(std::io::stdin().is_terminal())) {
            (Some(token), _) => {
                let email = self.address()?;
                let name = prompt("Your name, as others shall see it")?;
                let password = prompt_secret("New password, 12 characters at least")?;
                let set_up = SetUp { token, email, name, password };
                remote.wait(remote.client.set_up(&set_up))?
            }
            (None, Way::Password) => {
                let email = self.address()?;
                let password = prompt_secret("Password")?;
                remote.wait(remote.client.sign_in(&email, &password))?
            }
            (None, way) => {
                let options = remote.get::<ops::SignInOptions>()?;
                let (console, question) = (browser::console(&options.console)?, browser::Question::draw()?);
                match way {
                    Way::Here => question.ask_here(&remote, &console, !self.no_open)?,
                    Way::Elsewhere | Way::Password => question.ask_elsewhere(&remote, &console)?,
                }
            }
        };
        let Auth::Session { cookie, csrf } = session else { bail!("the platform gave no session") };
        let (cookie, csrf) = (cookie.expose().to_owned(), csrf.expose().to_owned());
        // Whole, since the next command may run in another folder.
        let ca_file = self.server.ca_file.as_ref().map(std::path::absolute).transpose().context("the folder of --ca-file is not known")?;
        keep(&path, &Credentials { server: url.clone(), cookie, csrf, ca_file })?;
        print(&format!("Signed in to {url} as {}; the session is kept in {}.\n", printable(&signed_in.me.name), path.display()))
    }

    /// What was asked for; else what a script has always had; else the browser that can be had.
    fn way(&self, at_a_terminal: bool) -> Way {
        let has_display = [&self.display, &self.wayland_display].into_iter().flatten().any(|name| !name.is_empty());
        match (self.browser || self.no_open, self.no_browser, self.password || self.email.is_some()) {
            (true, _, _) => Way::Here,
            (false, true, _) => Way::Elsewhere,
            (false, false, true) => Way::Password,
            (false, false, false) if !at_a_terminal => Way::Password,
            (false, false, false) if has_display || cfg!(target_os = "macos") => Way::Here,
            (false, false, false) => Way::Elsewhere,
        }
    }

    fn address(&self) -> anyhow::Result<String> {
        self.email.clone().map_or_else(|| prompt("E-mail"), Ok)
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        login: Login,
    }

    fn typed(words: &[&str]) -> Result<Login, clap::Error> {
        let words = std::iter::once("login").chain(words.iter().copied());
        let mut login = Typed::try_parse_from(words)?.login;
        // Those of whoever runs the tests.
        (login.display, login.wayland_display) = (None, None);
        Ok(login)
    }

    #[test]
    fn a_terminal_asks_the_browser_and_a_script_reads_a_password_as_ever() {
        let way = |words: &[&str], terminal: bool, display: &str| {
            let display = Some(display.to_owned());
            Login { display, ..typed(words).unwrap() }.way(terminal)
        };
        assert_eq!(way(&[], true, ":0"), Way::Here);
        if !cfg!(target_os = "macos") {
            assert_eq!(way(&[], true, ""), Way::Elsewhere, "a machine without a screen");
        }
        assert_eq!(way(&[], false, ":0"), Way::Password);
        assert_eq!(way(&["--email", "ada@example.org"], true, ":0"), Way::Password);
        assert_eq!(way(&["--password"], true, ":0"), Way::Password);
        assert_eq!(way(&["--browser"], false, ""), Way::Here);
        assert_eq!(way(&["--no-open"], false, ""), Way::Here);
        assert_eq!(way(&["--no-browser"], false, ":0"), Way::Elsewhere);
    }

    #[test]
    fn two_ways_at_once_are_refused() {
        for words in [
            ["--browser", "--no-browser"],
            ["--browser", "--password"],
            ["--no-browser", "--no-open"],
            ["--set-up", "--browser"],
            ["--email=a@example.org", "--browser"],
        ] {
            assert!(typed(&words).is_err(), "{words:?}");
        }
        assert!(typed(&["--browser", "--no-open"]).is_ok());
        assert!(typed(&["--password", "--email=a@example.org"]).is_ok());
    }
}
