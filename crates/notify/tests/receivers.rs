//! What receivers may answer, and what they are sent: Slack, Teams and webhooks, on loopback.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests stop a test that cannot go on")]

mod support;

use assent_base::{Secret, Timestamp};
use assent_notify::{Address, Batch, Config, Courier, Message, Proxy, SIGNATURE_HEADER, SendError, Site};
use axum::http::StatusCode;
use support::{Answer, Receiver, batch, secure_receiver};

fn courier(hosts: &[&str]) -> Courier {
    courier_with(Config { hosts: hosts.iter().map(|host| (*host).to_owned()).collect(), answer_ms: 2_000, ..Config::default() })
}

fn courier_with(config: Config) -> Courier {
    Courier::new(config, Site::parse("https://assent.example")).unwrap()
}

fn slack(url: &str) -> Address {
    Address::Slack(Secret::new(url.to_owned()))
}

fn now() -> Timestamp {
    Timestamp::from_second(1_780_000_000).unwrap()
}

async fn send(courier: &Courier, address: &Address, batch: &Batch) -> Result<(), SendError> {
    courier.send(address, "7", Message::Batch(batch), now()).await
}

#[tokio::test]
async fn a_message_arrives_once_and_its_link_leads_to_the_platform() {
    let receiver = Receiver::start(Answer::status(StatusCode::OK)).await;
    let batch = batch("checkout cannot pull its image");
    send(&courier(&[&receiver.host]), &slack(&receiver.url("/services/T0")), &batch).await.unwrap();
    let [request] = receiver.requests().try_into().unwrap();
    assert_eq!(request.path, "/services/T0");
    assert!(request.body.contains("checkout cannot pull its image"), "{}", request.body);
    assert!(request.body.contains("https://assent.example/actions/pln_"), "{}", request.body);
    assert!(!request.headers.contains_key(SIGNATURE_HEADER));
}

#[tokio::test]
async fn a_teams_workflow_gets_a_card() {
    let receiver = Receiver::start(Answer::status(StatusCode::ACCEPTED)).await;
    let address = Address::Teams(Secret::new(receiver.url("/workflows/1?sig=x")));
    send(&courier(&[&receiver.host]), &address, &batch("x")).await.unwrap();
    let [request] = receiver.requests().try_into().unwrap();
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["attachments"][0]["content"]["type"], "AdaptiveCard");
    assert_eq!(request.path, "/workflows/1?sig=x");
}

#[tokio::test]
async fn a_webhook_is_signed_over_the_bytes_that_arrive() {
    let receiver = Receiver::start(Answer::status(StatusCode::NO_CONTENT)).await;
    let key = "0123456789abcdef";
    let address = Address::Webhook { url: Secret::new(receiver.url("/in")), key: Secret::new(key.to_owned()) };
    send(&courier(&[&receiver.host]), &address, &batch("x")).await.unwrap();
    let [request] = receiver.requests().try_into().unwrap();
    let signature = request.headers[SIGNATURE_HEADER].to_str().unwrap().to_owned();
    let tag = signature.strip_prefix("t=1780000000,v1=").unwrap();
    // As a receiver would check it.
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key.as_bytes());
    let signed = format!("1780000000.{}", request.body);
    assert!(aws_lc_rs::hmac::verify(&key, signed.as_bytes(), &hex::decode(tag).unwrap()).is_ok());
    assert_eq!(request.headers["assent-delivery"], "7");
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!((&body["id"], &body["type"], &body["notices"][0]["event"]), (&"7".into(), &"notices".into(), &"plan_awaiting".into()));
}

#[tokio::test]
async fn a_host_that_is_not_named_is_not_contacted() {
    let receiver = Receiver::start(Answer::status(StatusCode::OK)).await;
    for hosts in [&[][..], &["hooks.slack.com"], &["127.0.0.1"], &["localhost"]] {
        let sent = send(&courier(hosts), &slack(&receiver.url("/")), &batch("x")).await;
        assert!(matches!(sent, Err(SendError::Refused(_))), "{hosts:?}: {sent:?}");
    }
    assert_eq!(receiver.requests().len(), 0);
    assert!(courier(&[]).is_silent());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Receiver::start(Answer::status(StatusCode::OK)).await;
    let receiver = Receiver::start(Answer::status(StatusCode::TEMPORARY_REDIRECT).header("location", &elsewhere.url("/"))).await;
    // Even to a host that is named.
    let sent = send(&courier(&[&receiver.host, &elsewhere.host]), &slack(&receiver.url("/")), &batch("x")).await;
    assert_eq!(sent, Err(SendError::Rejected { why: "the receiver answered 307, and redirects are not followed".to_owned() }));
    assert_eq!(elsewhere.requests().len(), 0);
}

#[tokio::test]
async fn refused_and_failed_are_told_apart() {
    let answer = async |answer| {
        let receiver = Receiver::start(answer).await;
        send(&courier(&[&receiver.host]), &slack(&receiver.url("/s3cret")), &batch("x")).await.unwrap_err()
    };
    let gone = answer(Answer::status(StatusCode::NOT_FOUND).body("no_service\r\n\u{1b}[31m<b>")).await;
    assert_eq!(gone, SendError::Rejected { why: "the receiver answered 404: no_service [31m<b>".to_owned() });
    let busy = answer(Answer::status(StatusCode::TOO_MANY_REQUESTS).header("retry-after", "30")).await;
    assert_eq!(busy, SendError::Later { why: "the receiver answered 429".to_owned(), wait_s: Some(30) });
    let down = answer(Answer::status(StatusCode::BAD_GATEWAY).header("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")).await;
    assert_eq!(down, SendError::Later { why: "the receiver answered 502".to_owned(), wait_s: None });
}

#[tokio::test]
async fn answers_are_bounded_in_size_and_time() {
    let endless = Receiver::start(Answer::status(StatusCode::BAD_REQUEST).endless()).await;
    let sent = send(&courier(&[&endless.host]), &slack(&endless.url("/")), &batch("x")).await;
    let Err(SendError::Rejected { why }) = sent else { panic!("{sent:?}") };
    assert!(why.len() < 300, "{} bytes", why.len());
    let silent = Receiver::start(Answer::never()).await;
    let config = Config { hosts: vec![silent.host.clone()], answer_ms: 100, ..Config::default() };
    let sent = send(&courier_with(config), &slack(&silent.url("/s3cret")), &batch("x")).await;
    assert_eq!(sent, Err(SendError::Later { why: "the receiver took too long".to_owned(), wait_s: None }));
}

#[tokio::test]
async fn nobody_there_is_tried_again_and_the_secret_is_not_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    drop(listener);
    let sent = send(&courier(&[&host]), &slack(&format!("http://{host}/s3cret")), &batch("x")).await;
    assert_eq!(sent, Err(SendError::Later { why: "the receiver cannot be reached".to_owned(), wait_s: None }));
}

#[tokio::test]
async fn https_goes_through_the_proxy_and_loopback_does_not() {
    let proxy = Receiver::start(Answer::status(StatusCode::FORBIDDEN)).await;
    let receiver = Receiver::start(Answer::status(StatusCode::OK)).await;
    let config = Config {
        hosts: vec!["hooks.slack.com".to_owned(), "direct.example".to_owned(), receiver.host.clone()],
        proxy: Some(Proxy { url: proxy.url("/"), except: "direct.example".to_owned() }),
        connect_ms: 500,
        ..Config::default()
    };
    let courier = courier_with(config);
    let sent = send(&courier, &slack("https://hooks.slack.com/services/s3cret"), &batch("x")).await;
    assert!(matches!(&sent, Err(SendError::Later { why, .. }) if !why.contains("s3cret")), "{sent:?}");
    let [request] = proxy.requests().try_into().unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("CONNECT", "hooks.slack.com:443"), "the path is for the receiver alone");
    send(&courier, &slack(&receiver.url("/")), &batch("x")).await.unwrap();
    assert_eq!((proxy.requests().len(), receiver.requests().len()), (1, 1));
}

#[tokio::test]
async fn a_private_authority_is_trusted_if_it_is_named() {
    let (receiver, authority) = secure_receiver(Answer::status(StatusCode::OK)).await;
    let url = slack(&format!("https://{}/", receiver.host));
    let config = |authorities_pem| Config { hosts: vec![receiver.host.clone()], authorities_pem, ..Config::default() };
    let stranger = send(&courier_with(config(Vec::new())), &url, &batch("x")).await;
    assert!(matches!(stranger, Err(SendError::Later { .. })), "{stranger:?}");
    assert_eq!(receiver.requests().len(), 0);
    send(&courier_with(config(vec![authority.into_bytes()])), &url, &batch("x")).await.unwrap();
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn a_test_says_that_it_is_one() {
    let receiver = Receiver::start(Answer::status(StatusCode::OK)).await;
    let courier = courier(&[&receiver.host]);
    for address in [slack(&receiver.url("/")), Address::Teams(Secret::new(receiver.url("/")))] {
        courier.send(&address, "1", Message::Test { channel: "on-call <!here>" }, now()).await.unwrap();
    }
    let bodies: Vec<String> = receiver.requests().into_iter().map(|request| request.body).collect();
    assert!(bodies.iter().all(|body| body.contains("This is a test of the notification channel on-call")), "{bodies:?}");
    assert!(
        !bodies[0].contains(r#""text":"This is a test of the notification channel on-call <!here>.","blocks"#),
        "escaped where it is markup"
    );
}
