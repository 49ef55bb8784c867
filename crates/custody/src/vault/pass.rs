//! The token that Vault lets us in with: read from a file, or got by signing in; renewed at half of its lease.

use std::path::PathBuf;
use std::time::Duration;

use assent_base::Secret;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Transit;
use super::answer::{self, Answer};
use crate::config;
use crate::error::{BadConfig, CustodyError};
use crate::origin::{name, secret_of};

/// A token is replaced so long before it ends.
const MARGIN: Duration = Duration::from_secs(5);

/// How we come by a token.
pub(super) enum Way {
    /// Somebody puts it into a file, and puts another there when it likes.
    File(PathBuf),
    /// By what a file holds: the path of the sign-in, the field that the file's text goes into, and the other one.
    SignIn { path: String, field: &'static str, file: PathBuf, other: (&'static str, String) },
}

impl Way {
    pub(super) fn of(config: &config::Vault) -> Result<Self, BadConfig> {
        match (&config.token_file, &config.approle, &config.kubernetes) {
            (Some(path), None, None) => Ok(Self::File(path.clone())),
            (None, Some(role), None) => Ok(Self::SignIn {
                path: format!("auth/{}/login", name("approle.mount", &role.mount)?),
                field: "secret_id",
                file: role.secret_id_file.clone(),
                other: ("role_id", role.role_id.clone()),
            }),
            (None, None, Some(account)) => Ok(Self::SignIn {
                path: format!("auth/{}/login", name("kubernetes.mount", &account.mount)?),
                field: "jwt",
                file: account.token_file.clone(),
                other: ("role", account.role.clone()),
            }),
            _ => Err(BadConfig::OneWay),
        }
    }
}

/// A token, and how long it holds.
pub(super) struct Held {
    token: Secret,
    /// None if it is not known, or for ever.
    lease: Option<Lease>,
    /// Whether its lease was asked for.
    is_known: bool,
}

struct Lease {
    since: Instant,
    length: Duration,
    renewable: bool,
}

impl Held {
    fn of(token: Secret, answer: &Answer) -> Self {
        let length = Duration::from_secs(answer.lease_s);
        let lease = (answer.lease_s > 0).then(|| Lease { since: Instant::now(), length, renewable: answer.renewable });
        Self { token, lease, is_known: true }
    }

    fn is_over(&self) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.since.elapsed() + MARGIN.min(lease.length / 4) >= lease.length)
    }

    fn is_half_over(&self) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.renewable && lease.since.elapsed() >= lease.length / 2)
    }
}

impl Transit {
    /// The token to use now.
    pub(super) async fn token(&self) -> Result<Secret, CustodyError> {
        let mut held = self.held.lock().await;
        if let Way::File(path) = &self.way {
            let token = secret_of(path).map_err(|what| self.exchange.credentials(what))?;
            // Kept for its lease alone: what is in the file counts.
            if held.as_ref().is_none_or(|held| held.token.expose() != token.expose()) {
                *held = Some(Held { token: token.clone(), lease: None, is_known: false });
            }
            return Ok(token);
        }
        if let Some(held) = held.as_mut().filter(|held| !held.is_over()) {
            if held.is_half_over() {
                self.renew(held).await;
            }
            return Ok(held.token.clone());
        }
        let fresh = self.sign_in().await?;
        let token = fresh.token.clone();
        *held = Some(fresh);
        Ok(token)
    }

    /// Another token than one that was refused, if there is another.
    pub(super) async fn token_after(&self, refused: &Secret) -> Result<Option<Secret>, CustodyError> {
        if let Way::SignIn { .. } = &self.way {
            let mut held = self.held.lock().await;
            if held.as_ref().is_some_and(|held| held.token.expose() == refused.expose()) {
                *held = None;
            }
        }
        let token = self.token().await?;
        Ok((token.expose() != refused.expose()).then_some(token))
    }

    async fn sign_in(&self) -> Result<Held, CustodyError> {
        let Way::SignIn { path, field, file, other } = &self.way else { return Err(self.exchange.credentials("there is no token")) };
        let secret = secret_of(file).map_err(|what| self.exchange.credentials(what))?;
        let body =
            Value::Object([((*field).to_owned(), json!(secret.expose())), (other.0.to_owned(), json!(other.1))].into_iter().collect());
        let reply = self.send(Method::POST, path, Some(&body), None).await?;
        let status = reply.status.as_u16();
        // Whoever is not known is told so by 400, 401 or 403.
        if matches!(status, 400 | 401 | 403) && !answer::is_sealed(&reply.body) {
            let hint = "see that the role exists and the secret or the service account's token is one of its own and has not expired";
            return Err(CustodyError::Denied { who: self.who().to_owned(), what: "signing in", status, hint });
        }
        let mut answer = self.judge("signing in", &reply)?;
        let token =
            answer.token.take().filter(|token| !token.expose().is_empty()).ok_or_else(|| self.exchange.bad("there is no token in it"))?;
        Ok(Held::of(token, &answer))
    }

    /// Renews a token. One that cannot be renewed is used until it ends.
    async fn renew(&self, held: &mut Held) {
        let reply = self.send(Method::POST, "auth/token/renew-self", Some(&json!({})), Some(held.token.expose())).await;
        let answer = reply.ok().filter(|reply| reply.status == StatusCode::OK).and_then(|reply| answer::read(&reply.body));
        match answer {
            Some(answer) if answer.lease_s > 0 => *held = Held::of(held.token.clone(), &answer),
            // The next question meets what is wrong, if something is.
            _ => {}
        }
    }
}

/// Asks how long a token from a file holds, once, and renews it at half of its lease.
pub(super) async fn tend(transit: &Transit) -> Result<Option<Duration>, CustodyError> {
    let token = transit.token().await?;
    let mut held = transit.held.lock().await;
    let Some(held) = held.as_mut() else { return Ok(None) };
    if !held.is_known {
        let reply = transit.send(Method::GET, "auth/token/lookup-self", None, Some(token.expose())).await?;
        // A token that may not look at itself is used as it is: somebody else renews it.
        if reply.status == StatusCode::OK
            && let Some(answer) = answer::read(&reply.body)
        {
            *held = Held::of(token, &answer);
        }
        held.is_known = true;
    }
    // What is left may be less than half of what it was given for.
    if held.is_half_over() || held.lease.as_ref().is_some_and(|lease| lease.renewable && lease.length < crate::vault::SHORT) {
        transit.renew(held).await;
    }
    Ok(held.lease.as_ref().map(|lease| lease.length))
}
