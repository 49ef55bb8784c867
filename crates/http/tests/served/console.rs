//! The console's page is never the same twice, its files come in the form that is asked for, and nothing else is served as either.

use std::borrow::Cow;
use std::sync::Arc;

use assent_api::Code;
use assent_base::Digest;
use assent_http::assets::{Assets, File, NONCE_PLACE};

use crate::support::{Got, Server};

/// A console of one page and two files.
struct Console;

const SCRIPT: &str = "export const said = 'hello, hello, hello, hello';\n";

impl Assets for Console {
    fn page(&self) -> Cow<'static, str> {
        format!("<!doctype html><meta name=\"csp-nonce\" content=\"{NONCE_PLACE}\"><script type=module src=/assets/app.js></script>").into()
    }

    fn file(&self, path: &str) -> Option<File> {
        let file = |content_type, immutable| File {
            bytes: SCRIPT.as_bytes().into(),
            brotli: Some(b"as brotli".as_slice().into()),
            gzip: Some(b"as gzip, longer".as_slice().into()),
            content_type,
            immutable,
            digest: Digest::of(SCRIPT.as_bytes()),
        };
        match path {
            "/assets/app.js" => Some(file("text/javascript; charset=utf-8", true)),
            "/icon.svg" => Some(File { brotli: None, gzip: None, ..file("image/svg+xml", false) }),
            _ => None,
        }
    }
}

async fn server() -> Server {
    Server::with(|config, _| config.assets = Some(Arc::new(Console))).await
}

#[tokio::test]
async fn each_page_has_a_nonce_of_its_own_in_both_places() {
    let server = server().await;
    let mut nonces = std::collections::BTreeSet::new();
    for path in ["/", "/incidents/inc_x", "/set-up", "/incidents?state=open"] {
        let got = server.get(path).send().await;
        assert_eq!((got.status, got.header("content-type")), (200, Some("text/html; charset=utf-8")), "{path}");
        assert_eq!(got.header("cache-control"), Some("no-store"), "a nonce is for one answer");
        let nonce = got.text().split("content=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a nonce").to_owned();
        assert!(nonce.len() >= 22 && !nonce.contains("CSP"), "{nonce}");
        let policy = got.header("content-security-policy").expect("a policy").to_owned();
        assert_eq!(
            policy,
            format!(
                "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; \
                 connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
            )
        );
        assert!(nonces.insert(nonce), "{path}: a nonce came twice");
    }
}

#[tokio::test]
async fn a_file_comes_in_the_smallest_form_that_is_taken() {
    let server = server().await;
    for (accept, encoding, body) in [
        (None, None, SCRIPT),
        (Some("gzip, deflate, br"), Some("br"), "as brotli"),
        (Some("gzip"), Some("gzip"), "as gzip, longer"),
        (Some("br;q=0, gzip"), Some("gzip"), "as gzip, longer"),
        (Some("identity"), None, SCRIPT),
    ] {
        let got = asked(&server, accept, None).await;
        assert_eq!((got.status, got.header("content-encoding"), got.text().as_str()), (200, encoding, body), "{accept:?}");
        assert_eq!(got.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(got.header("content-type"), Some("text/javascript; charset=utf-8"), "{accept:?}");
        assert_eq!(got.header("vary"), Some("accept-encoding"), "a proxy must not give one browser another's form");
        assert_eq!(
            got.header("content-security-policy"),
            Some("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
        );
    }
}

#[tokio::test]
async fn a_file_that_the_browser_has_is_not_sent_again() {
    let server = server().await;
    let tag = asked(&server, Some("br"), None).await.header("etag").expect("a tag").to_owned();
    let again = asked(&server, Some("br"), Some(&tag)).await;
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(tag.as_str())));
    assert_eq!(asked(&server, Some("br"), Some(&format!("\"other\", W/{tag}"))).await.status, 304);
    assert_eq!(asked(&server, Some("gzip"), Some(&tag)).await.status, 200, "another form has another tag");
    let icon = server.get("/icon.svg").send().await;
    assert_eq!((icon.status, icon.header("cache-control")), (200, Some("no-cache")), "its name tells nothing of its content");
}

#[tokio::test]
async fn what_is_no_view_and_no_file_is_not_there() {
    let server = server().await;
    for path in [
        "/other",
        "/assets/",
        "/assets/../icon.svg",
        "/assets/%2e%2e/icon.svg",
        "/assets//app.js",
        "/incidents/../icon.svg",
        "/incidentsx",
        "/api",
        "/api/v1/nothing",
        "/index.html",
        "/assets/app.js.br",
        "//icon.svg",
    ] {
        let got = server.get(path).send().await;
        assert_eq!((got.status, got.code()), (404, Code::NotFound), "{path}");
    }
    assert_eq!(server.ask("POST", "/incidents").send().await.code(), Code::NotFound);
    assert_eq!(server.get("/healthz").send().await.text(), "alive\n", "what has a route keeps it");
}

async fn asked(server: &Server, accept: Option<&str>, known: Option<&str>) -> Got {
    let mut ask = server.get("/assets/app.js");
    if let Some(accept) = accept {
        ask = ask.header("accept-encoding", accept);
    }
    if let Some(known) = known {
        ask = ask.header("if-none-match", known);
    }
    ask.send().await
}
