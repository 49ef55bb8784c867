//! What a mail server is sent, and what it may answer, on loopback.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests stop a test that cannot go on")]

mod support;

use std::sync::{Arc, Mutex};

use assent_base::{Secret, Timestamp};
use assent_notify::{Address, Config, Courier, Message, SendError, Site, Smtp, SmtpTls};
use support::batch;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

/// What a server says to a command, in place of what it would say.
type Instead = fn(&str) -> Option<&'static str>;

/// A mail server that writes down every line.
struct Server {
    port: u16,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(instead: Instead) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&lines);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (read, mut write) = stream.split();
                let mut read = BufReader::new(read).lines();
                let mut in_data = false;
                let _ = write.write_all(b"220 mail.example ESMTP\r\n").await;
                while let Ok(Some(line)) = read.next_line().await {
                    log.lock().unwrap().push(line.clone());
                    let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
                    let answer = match (in_data, word.as_str()) {
                        (true, _) if line == "." => {
                            in_data = false;
                            instead("END").unwrap_or("250 2.0.0 taken")
                        }
                        (true, _) => continue,
                        (false, "EHLO") => instead("EHLO").unwrap_or("250-mail.example\r\n250-AUTH PLAIN\r\n250 8BITMIME"),
                        (false, "AUTH") => instead("AUTH").unwrap_or("235 2.7.0 welcome"),
                        (false, "DATA") => {
                            in_data = true;
                            "354 go on"
                        }
                        (false, "QUIT") => "221 bye",
                        (false, other) => instead(other).unwrap_or("250 ok"),
                    };
                    if answer == "HANG" {
                        std::future::pending::<()>().await;
                    }
                    if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                        break;
                    }
                }
            }
        });
        Self { port, lines }
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    fn smtp(&self) -> Smtp {
        Smtp {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            tls: SmtpTls::Off,
            user: None,
            from: "assent@example.com".to_owned(),
            domains: vec!["example.com".to_owned()],
        }
    }
}

async fn send_by(smtp: Smtp, title: &str) -> Result<(), SendError> {
    let config = Config { smtp: Some(smtp), mail_ms: 2_000, ..Config::default() };
    let courier = Courier::new(config, Site::parse("https://assent.example")).unwrap();
    let to = Address::Email(vec!["ada@example.com".to_owned(), "on-call@example.com".to_owned()]);
    courier.send(&to, "chn-7", Message::Batch(&batch(title)), Timestamp::UNIX_EPOCH).await
}

#[tokio::test]
async fn a_mail_is_plain_text_to_each_recipient_with_a_link_to_the_platform() {
    let server = Server::start(|_| None).await;
    let smtp = Smtp { user: Some(("assent".to_owned(), Secret::new("hunter2".to_owned()))), ..server.smtp() };
    send_by(smtp, "checkout cannot pull its image").await.unwrap();
    let lines = server.lines();
    for line in [
        "RCPT TO:<ada@example.com>",
        "RCPT TO:<on-call@example.com>",
        "Subject: [Assent] Plan needs votes: checkout cannot pull its image",
        "From: Assent <assent@example.com>",
        "Message-ID: <chn-7@example.com>",
        "Auto-Submitted: auto-generated",
    ] {
        assert!(lines.iter().any(|have| have == line), "{line}\n{lines:#?}");
    }
    assert!(lines.iter().any(|line| line.starts_with("AUTH PLAIN")));
    let text = lines.join("\n");
    assert!(text.contains("Review and sign: https://assent.example/actions/pln_"), "{text}");
    assert!(text.contains("Content-Type: text/plain"));
}

#[tokio::test]
async fn hostile_words_add_no_header_and_no_recipient() {
    let server = Server::start(|_| None).await;
    send_by(server.smtp(), "x\r\nBcc: eve@evil.example\r\n\r\n.\r\nMAIL FROM:<eve@evil.example> é").await.unwrap();
    let lines = server.lines();
    let commands = lines.iter().filter(|line| line.starts_with("RCPT") || line.starts_with("MAIL"));
    assert_eq!(commands.count(), 3, "{lines:#?}");
    assert!(!lines.iter().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{lines:#?}");
}

#[tokio::test]
async fn what_a_server_refuses_for_good_and_for_now_are_told_apart() {
    let server = Server::start(|word| (word == "RCPT").then_some("550 5.1.1 no such user")).await;
    let sent = send_by(server.smtp(), "x").await;
    assert!(matches!(&sent, Err(SendError::Rejected { why }) if why.contains("no such user")), "{sent:?}");
    let server = Server::start(|word| (word == "END").then_some("451 4.3.0 try later")).await;
    let sent = send_by(server.smtp(), "x").await;
    assert!(matches!(sent, Err(SendError::Later { .. })), "{sent:?}");
}

#[tokio::test]
async fn without_the_tls_that_is_asked_for_nothing_is_sent() {
    let server = Server::start(|_| None).await;
    let smtp = Smtp { tls: SmtpTls::StartTls, user: Some(("assent".to_owned(), Secret::new("hunter2".to_owned()))), ..server.smtp() };
    let sent = send_by(smtp, "x").await;
    assert!(sent.is_err(), "the server offers no STARTTLS");
    let lines = server.lines();
    assert!(lines.iter().all(|line| line.starts_with("EHLO") || line == "STARTTLS" || line == "QUIT"), "{lines:#?}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_tried_again_later() {
    let server = Server::start(|word| (word == "MAIL").then_some("HANG")).await;
    let sent = send_by(server.smtp(), "x").await;
    assert!(matches!(sent, Err(SendError::Later { .. })), "{sent:?}");
}
