//! One mail to the configured server.

use std::time::Duration;

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message as Mail, Tokio1Executor};

use crate::config::{BadConfig, Config, Smtp, SmtpTls};
use crate::courier::SendError;
use crate::text::{ANSWER_CHARS_MAX, line};

/// Milliseconds for one command. All of them together have [`Config::mail_ms`].
const COMMAND_MS: u64 = 15_000;

/// A connection's settings.
pub(crate) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    mail_ms: u64,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Mailer({})", self.from)
    }
}

impl Mailer {
    pub(crate) fn new(smtp: &Smtp, config: &Config) -> Result<Self, BadConfig> {
        let bad = |fault: lettre::transport::smtp::Error| BadConfig::Client("smtp", fault.to_string());
        let mut tls = TlsParameters::builder(smtp.host.clone());
        for pem in &config.authorities_pem {
            tls = tls
                .add_root_certificate(Certificate::from_pem(pem).map_err(|fault| BadConfig::Client("authorities_pem", fault.to_string()))?);
        }
        let tls = match smtp.tls {
            SmtpTls::Implicit => Tls::Wrapper(tls.build().map_err(bad)?),
            // Required: a server, or somebody in between, that offers none gets nothing.
            SmtpTls::StartTls => Tls::Required(tls.build().map_err(bad)?),
            SmtpTls::Off => Tls::None,
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(smtp.host.clone()).port(smtp.port).tls(tls);
        let mut builder = builder.timeout(Some(Duration::from_millis(COMMAND_MS.min(config.mail_ms))));
        if let Some((user, password)) = &smtp.user {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        let from: Address = smtp.from.parse().map_err(|_| BadConfig::From(smtp.from.clone()))?;
        Ok(Self { transport: builder.build(), from: Mailbox::new(Some("Assent".to_owned()), from), mail_ms: config.mail_ms })
    }

    /// Sends one mail to all recipients, or to none.
    pub(crate) async fn send(&self, id: &str, to: Vec<Address>, subject: String, text: String) -> Result<(), SendError> {
        let mail = self.mail(id, to, subject, text).map_err(|why| SendError::Rejected { why })?;
        let sent = tokio::time::timeout(Duration::from_millis(self.mail_ms), self.transport.send(mail)).await;
        match sent {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failed(&error)),
            Err(_) => Err(SendError::Later { why: "the mail server took too long".to_owned(), wait_s: None }),
        }
    }

    fn mail(&self, id: &str, to: Vec<Address>, subject: String, text: String) -> Result<Mail, String> {
        let message_id = format!("<{id}@{}>", self.from.email.domain());
        let mut builder: MessageBuilder = Mail::builder().from(self.from.clone()).subject(subject).message_id(Some(message_id));
        for address in to {
            builder = builder.to(Mailbox::new(None, address));
        }
        let builder = builder.header(AutoSubmitted).header(ContentType::TEXT_PLAIN);
        builder.body(text).map_err(|error| format!("the mail cannot be written: {error}"))
    }
}

fn failed(error: &lettre::transport::smtp::Error) -> SendError {
    // The words are the server's: cleaned, cut, and for the channel's status alone.
    let why = line(&format!("the mail server: {error}"), ANSWER_CHARS_MAX);
    if error.is_permanent() { SendError::Rejected { why } } else { SendError::Later { why, wait_s: None } }
}

/// RFC 3834: no machine answers to this.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
