//! Signing in with a browser: a page of the platform asks whoever is signed in there, and its answer comes to a listener of ours, or is
//! pasted. As RFC 8252 has it for programs on one's own machine, with PKCE (RFC 7636).
//!
//! The listener is on loopback, at a port that the system chooses, for one answer. What does not bring back our own state is not the answer.
//! Other users of the machine can read the address among the arguments of the program that opens it: with it they can see what is asked, and
//! cannot answer it, since the code is worth nothing without the verifier, which never leaves this process.

use std::io::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use assent_api::command_lines::{BACK_PATH, HOST_CHARS_MAX, Loopback, check};
use assent_api::sessions::SignedIn;
use assent_approval::base64url;
use assent_base::{Digest, Secret};
use assent_client::{Auth, Client};
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::{Remote, prompt_secret};
use crate::render::text::printable;
use crate::tell;

/// Seconds that an answer is waited for: time to sign in, and to find the phone for it.
const WAIT_S: u64 = 600;
/// Seconds that the browser has to take the last page.
const FAREWELL_S: u64 = 3;
/// Random bytes of a verifier and of a state.
const RANDOM_BYTES: usize = 32;
/// What opens an address in the user's browser.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
/// What a machine is called that has no name to show.
const NAMELESS: &str = "unnamed";

/// What is asked, and what proves that it was us who asked.
pub(super) struct Question {
    verifier: Secret,
    challenge: String,
    state: String,
}

impl Question {
    /// One that nobody else can answer.
    pub(super) fn draw() -> anyhow::Result<Self> {
        let verifier = base64url::text(&random()?);
        let challenge = base64url::text(Digest::of(verifier.as_bytes()).as_bytes());
        Ok(Self { verifier: Secret::new(verifier), challenge, state: base64url::text(&random()?) })
    }

    /// The page that asks. Every word of it can stand in an address as it is.
    fn page(&self, console: &str, back: Option<(Loopback, u16)>) -> String {
        let page = format!("{}/command-line?challenge={}&host={}", console.trim_end_matches('/'), self.challenge, host());
        match back {
            Some((loopback, port)) => {
                let loopback = if loopback == Loopback::V4 { "v4" } else { "v6" };
                format!("{page}&loopback={loopback}&port={port}&state={}", self.state)
            }
            None => page,
        }
    }

    /// Asks in a browser on this machine, and waits for the answer.
    pub(super) fn ask_here(&self, remote: &Remote, console: &str, opens: bool) -> anyhow::Result<(SignedIn, Auth)> {
        remote.wait(async {
            let (listener, loopback) = listen().await?;
            let port = listener.local_addr().context("cannot listen on this machine")?.port();
            let (told, answers) = mpsc::channel(1);
            let door = Arc::new(Door { state: self.state.clone(), authority: format!("{}:{port}", loopback.host()), told });
            let (end, ended) = oneshot::channel::<()>();
            let router = Router::new().route(BACK_PATH, get(back)).with_state(door);
            let served = axum::serve(listener, router).with_graceful_shutdown(async {
                let _ = ended.await;
            });
            let served = tokio::spawn(served.into_future());
            let page = self.page(console, Some((loopback, port)));
            show("sign in with your browser, at this address:", &page);
            tell(&format!("the page must show {}; waiting for your answer there", check(&self.challenge)));
            if opens {
                open(&page);
            }
            let outcome = self.outcome(&remote.client, answers).await;
            drop(end);
            // The last page is on its way to the browser; one that does not take it is not waited for.
            let _ = tokio::time::timeout(Duration::from_secs(FAREWELL_S), served).await;
            outcome
        })
    }

    /// The answer, exchanged for a session. The browser's last page says whether that went well.
    async fn outcome(&self, client: &Client, mut answers: mpsc::Receiver<Told>) -> anyhow::Result<(SignedIn, Auth)> {
        let told = tokio::time::timeout(Duration::from_secs(WAIT_S), answers.recv()).await;
        let Ok(Some(Told { said, farewell })) = told else { bail!("nobody has answered in the browser within {} minutes", WAIT_S / 60) };
        let outcome = match said {
            Said::Code(code) => client.command_line_sign_in(&code, &self.verifier).await.context("the platform does not take the answer"),
            Said::Refused => Err(anyhow::anyhow!("it was refused in the browser")),
        };
        // A browser that has gone away needs no page.
        let _ = farewell.send(outcome.is_ok());
        outcome
    }

    /// Asks in a browser elsewhere, and has the code pasted that it shows.
    pub(super) fn ask_elsewhere(&self, remote: &Remote, console: &str) -> anyhow::Result<(SignedIn, Auth)> {
        show("sign in with a browser, at this address:", &self.page(console, None));
        tell(&format!("the page must show {}; once you allow it, it shows a code", check(&self.challenge)));
        let code = prompt_secret("The code")?;
        let code = Secret::new(code.expose().trim().to_owned());
        remote.wait(remote.client.command_line_sign_in(&code, &self.verifier)).context("the platform does not take the code")
    }
}

/// Where the browser comes back to.
struct Door {
    state: String,
    /// What the browser names as the host: a name of somebody else's that points here is not ours.
    authority: String,
    told: mpsc::Sender<Told>,
}

/// What a browser has told, and whom to tell how it ended.
struct Told {
    said: Said,
    farewell: oneshot::Sender<bool>,
}

enum Said {
    Code(Secret),
    Refused,
}

/// What a browser comes back with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Back {
    state: String,
    code: Option<Secret>,
    error: Option<String>,
}

async fn back(State(door): State<Arc<Door>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    if method != Method::GET || named != Some(door.authority.as_str()) {
        return page(StatusCode::NOT_FOUND, NOTHING);
    }
    let Ok(Query(Back { state, code, error })) = Query::try_from_uri(&uri) else { return page(StatusCode::BAD_REQUEST, NOTHING) };
    // Compared by digest, so that the time says nothing of where they differ.
    if Digest::of(state.as_bytes()) != Digest::of(door.state.as_bytes()) {
        return page(StatusCode::BAD_REQUEST, NOTHING);
    }
    let said = match (code, error) {
        (Some(code), None) => Said::Code(code),
        (None, Some(_)) => Said::Refused,
        (Some(_), Some(_)) | (None, None) => return page(StatusCode::BAD_REQUEST, NOTHING),
    };
    let (farewell, ended) = oneshot::channel();
    if door.told.try_send(Told { said, farewell }).is_err() {
        return page(StatusCode::CONFLICT, NOTHING);
    }
    match ended.await {
        Ok(true) => page(StatusCode::OK, "You are signed in on the command line. You can close this page."),
        Ok(false) | Err(_) => page(StatusCode::OK, "Nobody was signed in; the terminal says why. You can close this page."),
    }
}

const NOTHING: &str = "This is nothing that the command line waits for.";

/// A page that holds nothing from outside.
fn page(status: StatusCode, words: &'static str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Assent</title>\
         <style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}}</style><p>{words}</p></html>\n"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONNECTION, "close"),
    ];
    (status, headers, html).into_response()
}

async fn listen() -> anyhow::Result<(TcpListener, Loopback)> {
    if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await {
        return Ok((listener, Loopback::V4));
    }
    let listener = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await.context("cannot listen on this machine: try --no-browser")?;
    Ok((listener, Loopback::V6))
}

/// An address on a line of its own, so that it can be copied whole. It is no part of the output.
fn show(words: &str, page: &str) {
    tell(words);
    // Standard error that is gone is no reason to fail.
    let _ = writeln!(std::io::stderr(), "\n{}\n", printable(page));
}

/// Opens the page, by a program with one argument and no shell. If there is none, the address is on the terminal.
fn open(page: &str) {
    let opened = Command::new(OPENER).arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    if opened.is_err() {
        tell(&format!("`{OPENER}` does not start; open the address yourself"));
    }
}

fn random() -> anyhow::Result<[u8; RANDOM_BYTES]> {
    let mut bytes = [0; RANDOM_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).ok().context("the system gives no randomness")?;
    Ok(bytes)
}

/// What this machine calls itself, in characters that need no escape.
fn host() -> String {
    let name = rustix::system::uname();
    let plain = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
    let name: String = name.nodename().to_string_lossy().chars().filter(plain).take(HOST_CHARS_MAX).collect();
    if name.is_empty() { NAMELESS.to_owned() } else { name }
}

/// The console's address, as the platform tells it: somebody's browser goes there, so nothing but a plain address will do.
pub(super) fn console(told: &str) -> anyhow::Result<String> {
    let url = reqwest::Url::parse(told).ok().filter(|url| url.username().is_empty() && url.password().is_none() && url.query().is_none());
    let is_loopback = |host: &str| {
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    };
    let fits = |url: &reqwest::Url| match (url.scheme(), url.host_str()) {
        ("https", Some(_)) => true,
        ("http", Some(host)) => is_loopback(host),
        _ => false,
    };
    // As it was read, and not as it was told: what a reader leaves out, such as a line break, is no part of it.
    match url.filter(fits) {
        Some(url) => Ok(url.as_str().trim_end_matches('/').to_owned()),
        None => bail!("the platform names an address of its console that no browser should go to"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_its_own_and_its_address_gives_no_verifier_away() {
        let (one, other) = (Question::draw().unwrap(), Question::draw().unwrap());
        assert_ne!((&one.challenge, &one.state), (&other.challenge, &other.state));
        let page = one.page("https://assent.example/", Some((Loopback::V4, 40_000)));
        assert!(page.starts_with(&format!("https://assent.example/command-line?challenge={}&host=", one.challenge)), "{page}");
        assert!(page.ends_with(&format!("&loopback=v4&port=40000&state={}", one.state)), "{page}");
        assert!(!page.contains(one.verifier.expose()));
        assert!(!one.page("https://assent.example", None).contains("state"));
    }

    /// Asks the door as a browser does; says the status, and what it has told.
    async fn knock(method: &str, host: &str, query: &str) -> (u16, Option<&'static str>) {
        let (told, mut answers) = mpsc::channel(1);
        let door = Arc::new(Door { state: "own-state".to_owned(), authority: "127.0.0.1:40000".to_owned(), told });
        let router: Router = Router::new().route(BACK_PATH, get(back)).with_state(door);
        let request = axum::http::Request::builder().method(method).uri(format!("{BACK_PATH}{query}")).header("host", host);
        let answer = tower::ServiceExt::oneshot(router, request.body(axum::body::Body::empty()).unwrap());
        let hear = async {
            let Told { said, farewell } = answers.recv().await?;
            let _ = farewell.send(true);
            Some(match said {
                Said::Code(_) => "code",
                Said::Refused => "refused",
            })
        };
        let (answer, heard) = tokio::join!(answer, hear);
        (answer.unwrap().status().as_u16(), heard)
    }

    #[tokio::test]
    async fn only_the_answer_to_our_own_question_at_our_own_name_is_one() {
        let own = "127.0.0.1:40000";
        assert_eq!(knock("GET", own, "?code=c&state=own-state").await, (200, Some("code")));
        assert_eq!(knock("GET", own, "?error=refused&state=own-state").await, (200, Some("refused")));
        for query in [
            "",
            "?code=c",
            "?code=c&state=",
            "?code=c&state=another",
            "?state=own-state",
            "?code=c&error=e&state=own-state",
            "?code=c&state=own-state&more=1",
            "?code=c&state=own-state&state=own-state",
        ] {
            assert_eq!(knock("GET", own, query).await, (400, None), "{query}");
        }
        for (method, host) in [("GET", "evil.example:40000"), ("GET", "localhost:40000"), ("GET", "127.0.0.1"), ("HEAD", own)] {
            assert_eq!(knock(method, host, "?code=c&state=own-state").await, (404, None), "{method} {host}");
        }
        assert_eq!(knock("POST", own, "?code=c&state=own-state").await, (405, None));
    }

    #[test]
    fn a_browser_is_sent_to_plain_addresses_only() {
        for good in ["https://assent.example", "http://127.0.0.1:8473", "http://localhost:8473", "http://[::1]:8473"] {
            assert!(console(good).is_ok(), "{good}");
        }
        assert_eq!(console("https://assent.\nexample/").unwrap(), "https://assent.example");
        for bad in ["", "http://assent.example", "file:///etc/passwd", "javascript:alert(1)", "https://u:p@assent.example", "--help"] {
            assert!(console(bad).is_err(), "{bad}");
        }
    }
}
