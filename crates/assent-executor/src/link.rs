//! The control plane: key and token, and the four things that are said to it.
//!
//! Its answers are hostile text until they are parsed, and bounded before that. A refusal that will not change is told apart from an answer that
//! did not come: the one ends a run before anything is written, after the other it is asked again.

use std::time::{Duration, Instant};

use assent_api::executor::{self, AskWork, ExecutorWelcome, StepRecorded, Work};
use assent_api::operations::{ExecutorHello, ExecutorWork, TellRehearsal, TellStep};
use assent_api::plans::{PlanPath, Rehearsal, RunStep};
use assent_api::{Code, Empty, Operation};
use assent_base::Secret;
use assent_base::id::PlanId;
use assent_client::{Auth, CallError, Client, Config, ConfigError};
use assent_resident::Way;

/// Bytes of an answer at most: so much work fits many times.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// A token is used for so long at most, whatever is said of it.
const TOKEN_MAX: Duration = Duration::from_secs(600);

pub(crate) struct Link {
    client: Client,
    key: Secret,
    token: Option<(Client, Instant)>,
}

/// What came of telling something.
#[derive(Debug)]
pub(crate) enum Heard {
    /// It is on the ledger.
    Recorded,
    /// It is refused, and will be.
    Refused(String),
    /// Nobody knows; to be asked again.
    NoAnswer(String),
}

impl Link {
    pub(crate) fn new(way: Way) -> Result<Self, ConfigError> {
        let mut config = Config::new(way.url, Auth::None);
        (config.ca_pem, config.proxy, config.answer_bytes_max) = (way.ca_pem, way.proxy, ANSWER_BYTES_MAX);
        let wait = Duration::from_secs(u64::from(executor::WAIT_S_MAX));
        config.timeout_ms = u64::try_from((way.request_timeout + wait).as_millis()).unwrap_or(u64::MAX);
        Ok(Self { client: Client::new(config)?, key: way.key, token: None })
    }

    /// Says what is pinned here.
    pub(crate) async fn hello(&mut self, hello: &executor::ExecutorHello) -> Result<ExecutorWelcome, CallError> {
        self.call::<ExecutorHello>(&Empty {}, hello).await
    }

    /// Asks for work, and waits for some.
    pub(crate) async fn work(&mut self, wait_s: u32) -> Result<Work, CallError> {
        self.call::<ExecutorWork>(&Empty {}, &AskWork { wait_s: wait_s.min(executor::WAIT_S_MAX) }).await
    }

    /// Tells a step.
    pub(crate) async fn tell(&mut self, plan: PlanId, step: RunStep) -> Heard {
        let told = self.call::<TellStep>(&PlanPath { plan }, &executor::TellStep { step }).await;
        heard(told.map(|StepRecorded { .. }| ()))
    }

    /// Tells what a dry run came to.
    pub(crate) async fn rehearsed(&mut self, plan: PlanId, rehearsal: &Rehearsal) -> Heard {
        heard(self.call::<TellRehearsal>(&PlanPath { plan }, rehearsal).await.map(|Empty {}| ()))
    }

    async fn call<O: Operation<Query = Empty>>(&mut self, path: &O::Path, body: &O::Body) -> Result<O::Answer, CallError>
    where
        O::Body: serde::Serialize,
    {
        let client = self.signed_in().await?;
        let called = client.call::<O>(path, &Empty {}, body).await;
        if matches!(&called, Err(CallError::Problem(problem)) if problem.code == Code::NotSignedIn) {
            self.token = None;
        }
        called
    }

    async fn signed_in(&mut self) -> Result<Client, CallError> {
        if let Some((client, until)) = &self.token
            && Instant::now() < *until
        {
            return Ok(client.clone());
        }
        let token = self.client.exchange_key(&self.key).await?;
        // A token is given up at half its time, so that none ends on the way.
        let holds = (Duration::from_secs(token.expires_in_s) / 2).min(TOKEN_MAX);
        let client = self.client.clone().with_auth(Auth::Bearer(Secret::new(token.token)));
        self.token = Some((client.clone(), Instant::now() + holds));
        Ok(client)
    }
}

fn heard(told: Result<(), CallError>) -> Heard {
    match told {
        Ok(()) => Heard::Recorded,
        Err(CallError::Problem(problem)) => match problem.status {
            400 | 403 | 404 | 409 | 410 | 422 => Heard::Refused(problem.to_string()),
            _ => Heard::NoAnswer(problem.to_string()),
        },
        Err(other) => Heard::NoAnswer(other.to_string()),
    }
}
