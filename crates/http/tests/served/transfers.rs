//! What is no JSON document of the table: exports, alerts, the sign-in with an identity provider.

use assent_api::Code;

use crate::support::Server;

const SOURCE: &str = "/api/v1/alerts/als_0192f0c1d2e37a4b8c5d6e7f80912a3b";

#[tokio::test]
async fn an_export_is_a_file_to_save() {
    let server = Server::start().await;
    let got = server.get("/api/v1/tenant/export").token("good").send().await;
    assert_eq!((got.status, got.text().as_str()), (200, "{\"a\":1}\n{\"b\":2}\n"));
    assert_eq!(got.header("content-disposition"), Some("attachment; filename=\"tenant.jsonl\""));
    assert_eq!(got.header("content-type"), Some("application/jsonl"));
    assert_eq!(server.get("/api/v1/tenant/export").send().await.code(), Code::NotSignedIn);
    assert_eq!(server.get("/api/v1/tenant/export?all=1").token("good").send().await.code(), Code::BadRequest);
}

#[tokio::test]
async fn an_export_that_fails_half_way_is_not_taken_for_whole() {
    let server = Server::start().await;
    let answer = server.raw(&server.get("/api/v1/ledger/export").token("good").bytes()).await;
    let text = String::from_utf8_lossy(&answer);
    // Whether the part before is still sent is a race; the end of the chunks must not be.
    assert!(!text.contains("content-length") && !text.ends_with("0\r\n\r\n"), "{text}");
}

#[tokio::test]
async fn the_ledger_comes_in_the_form_that_is_asked_for() {
    let server = Server::start().await;
    let got = server.get("/api/v1/ledger/export?format=csv").token("good").send().await;
    assert_eq!((got.status, got.text().as_str(), got.header("content-type")), (200, "Csv", Some("text/csv; charset=utf-8")));
    assert_eq!(server.get("/api/v1/ledger/export?format=jsonl").token("good").send().await.text(), "Jsonl");
    for query in ["format=xlsx", "format=csv&format=csv", "format=", "as=csv"] {
        let refused = server.get(&format!("/api/v1/ledger/export?{query}")).token("good").send().await;
        assert!(matches!(refused.code(), Code::BadRequest | Code::Invalid), "{query}");
    }
}

#[tokio::test]
async fn alerts_arrive_byte_for_byte_with_what_proves_their_sender() {
    let server = Server::start().await;
    let body = "{ \"alerts\": [ 1.50 ] }";
    let got = server.post(SOURCE, body).header("x-assent-signature", "sha256=00").send().await;
    assert_eq!((got.status, got.text().as_str()), (202, r#"{"taken":1,"known":0}"#));
    assert_eq!(server.post(SOURCE, body).token("way-in").send().await.status, 202);
    let seen = server.tiny.alerts.lock().unwrap();
    assert_eq!(seen[0].body, body.as_bytes());
    assert_eq!(seen[0].signature.as_ref().map(|secret| secret.expose()), Some("sha256=00"));
    assert_eq!(seen[1].bearer.as_ref().map(|secret| secret.expose()), Some("way-in"));
}

#[tokio::test]
async fn alerts_without_proof_or_place_are_refused() {
    let server = Server::start().await;
    assert_eq!(server.post(SOURCE, "{}").send().await.code(), Code::NotSignedIn);
    assert_eq!(server.post("/api/v1/alerts/pagerduty", "{}").token("way-in").send().await.code(), Code::BadRequest);
    assert_eq!(server.post(SOURCE, &"x".repeat(2 << 20)).token("way-in").send().await.code(), Code::TooLarge);
    let foreign = server.post(SOURCE, "{}").token("way-in").header("origin", "http://evil.example");
    assert_eq!(foreign.send().await.code(), Code::CrossSite);
    assert!(server.tiny.alerts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_browser_goes_to_the_provider_and_comes_back() {
    let server = Server::start().await;
    let got = server.get("/api/v1/oidc/corp/start").send().await;
    let back = format!("https://idp.example/corp?redirect_uri=http://{}/api/v1/oidc/corp/callback", server.address);
    assert_eq!((got.status, got.header("location")), (303, Some(back.as_str())));
    assert_eq!(got.header("set-cookie"), Some("assent-oidc=s; HttpOnly"));

    let callback = || server.get("/api/v1/oidc/corp/callback?code=c&state=s&session_state=x").header("sec-fetch-site", "cross-site");
    assert_eq!(callback().header("cookie", "assent-oidc=s").send().await.header("location"), Some("/"));
    assert_eq!(callback().header("cookie", "assent-oidc=other").send().await.code(), Code::NotSignedIn);
    assert_eq!(callback().send().await.code(), Code::NotSignedIn);
    let there = server.get("/api/v1/oidc/corp/start?to=%2Fcommand-line%3Fport%3D1").send().await;
    assert!(there.header("location").unwrap().ends_with("&to=/command-line?port=1"), "{:?}", there.header("location"));
    assert_eq!(server.get("/api/v1/oidc/corp/start?next=/").send().await.code(), Code::BadRequest);
    // A person sees no JSON, but is told at the door.
    let person = callback().header("cookie", "assent-oidc=other").header("accept", "text/html,*/*;q=0.8").send().await;
    assert_eq!((person.status, person.header("location")), (303, Some("/sign-in?problem=not_signed_in")));
    assert_eq!(server.get("/api/v1/oidc/corp/start").header("sec-fetch-site", "cross-site").send().await.code(), Code::CrossSite);
}
