//! What observers say, and what they are answered.
//!
//! A batch is answered once the store has it for good; the watcher of the cluster hears of it afterwards. What it does not hear because
//! the platform dies in between, it reads from the store at the next start.

use assent_api::clusters::Connection;
use assent_api::observer::{Acknowledged, BATCH_SIGNALS_MAX, Batch, Heartbeat, Hello, Numbered, Signal, Token, WantedLog, Welcome};
use assent_api::operations::{ExchangeKey, ObserverHeartbeat, ObserverHello, ObserverSignals};
use assent_api::redaction::RedactionRules;
use assent_api::{Code, Problem};
use assent_base::id::{ClusterId, KeyId};
use assent_http::{Handle, Input, Reply};
use assent_identity::key::{KeyRecord, Presented};
use assent_incidents::Fact;
use assent_ledger::Outcome;
use assent_store::{Appended, Expect, Kept, Query, StoreError, Tenant};
use serde_json::json;

use crate::caller::Caller;
use crate::documents::{ClusterDoc, ExecutorDoc, RedactionDoc};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::QueryWords;

/// Times that a write is tried again when somebody else changed the document meanwhile.
const TRIES_MAX: u32 = 5;
/// Hexadecimal digits of a stream's name.
const STREAM_DIGITS: usize = 32;

impl Handle<ExchangeKey> for ControlPlane {
    async fn handle(&self, _: Caller, input: Input<ExchangeKey>) -> Result<Reply<ExchangeKey>, Problem> {
        let bad = || Problem::new(Code::NotSignedIn, "the key does not hold");
        let shown = Presented::parse(input.body.key.expose()).map_err(|_| bad())?;
        let tenant =
            self.tenant_shown(shown.tenant).await.map_err(|problem| if problem.code == Code::NotSignedIn { bad() } else { problem })?;
        let (who, known) = self.holder_of(&tenant, shown.key).await?.ok_or_else(bad)?;
        let (action, subject) = (format!("{}.token", who.word()), who.cluster().to_string());
        if known.check(&shown, self.now()).is_err() {
            self.record(&tenant, "public", &action, &subject, Outcome::Refused, json!({ "key": known.id })).await?;
            return Err(bad());
        }
        self.record(&tenant, &format!("{}:{subject}", who.word()), &action, &subject, Outcome::Intended, json!({ "key": known.id }))
            .await?;
        let issued = self.inner.tokens.issue(&known, self.now()).map_err(|error| {
            tracing::error!(%error, "no token is issued");
            Problem::new(Code::Internal, "no token can be issued")
        })?;
        Ok(Reply::new(Token { token: issued.token, expires_in_s: issued.expires_in_s }))
    }
}

/// Who exchanges keys for tokens.
#[derive(Debug, Clone, Copy)]
enum KeyHolder {
    Observer(ClusterId),
    Executor(ClusterId),
}

impl KeyHolder {
    const fn word(self) -> &'static str {
        match self {
            KeyHolder::Observer(_) => "observer",
            KeyHolder::Executor(_) => "executor",
        }
    }

    const fn cluster(self) -> ClusterId {
        match self {
            KeyHolder::Observer(cluster) | KeyHolder::Executor(cluster) => cluster,
        }
    }
}

impl ControlPlane {
    /// The observer or executor that a key is of, and what is kept of the key.
    async fn holder_of(&self, tenant: &Tenant, key: KeyId) -> Result<Option<(KeyHolder, KeyRecord)>, Problem> {
        let query = Query { limit: 1, ..Query::default() }.equal("key", &key.to_string());
        let clusters = tenant.list::<ClusterDoc>(&query).await.map_err(Problem::from_store)?;
        if let Some(kept) = clusters.items.into_iter().next() {
            return Ok(kept.doc.key.map(|key| (KeyHolder::Observer(kept.doc.id), key)));
        }
        let executors = tenant.list::<ExecutorDoc>(&query).await.map_err(Problem::from_store)?;
        Ok(executors.items.into_iter().next().map(|kept| (KeyHolder::Executor(kept.doc.cluster), kept.doc.key)))
    }
}

impl Handle<ObserverHello> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ObserverHello>) -> Result<Reply<ObserverHello>, Problem> {
        let (tenant, cluster) = self.observed(&caller).await?;
        Ok(Reply::new(self.greet(&tenant, cluster, input.body).await?))
    }
}

impl Handle<ObserverHeartbeat> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ObserverHeartbeat>) -> Result<Reply<ObserverHeartbeat>, Problem> {
        let (tenant, cluster) = self.observed(&caller).await?;
        Ok(Reply::new(self.beat(&tenant, cluster, input.body).await?))
    }
}

impl Handle<ObserverSignals> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ObserverSignals>) -> Result<Reply<ObserverSignals>, Problem> {
        let (tenant, cluster) = self.observed(&caller).await?;
        Ok(Reply::new(self.take(&tenant, cluster, input.body).await?))
    }
}

impl ControlPlane {
    async fn observed(&self, caller: &Caller) -> Result<(Tenant, ClusterId), Problem> {
        match caller {
            Caller::Observer { tenant, cluster } => Ok((self.tenant(*tenant).await?, *cluster)),
            Caller::Public | Caller::Person(_) | Caller::Machine(_) | Caller::Executor { .. } => {
                Err(Problem::new(Code::NotSignedIn, "this needs an observer's token"))
            }
        }
    }

    /// Begins or resumes a stream.
    pub(crate) async fn greet(&self, tenant: &Tenant, cluster: ClusterId, hello: Hello) -> Result<Welcome, Problem> {
        if hello.stream.len() != STREAM_DIGITS || !hello.stream.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Problem::invalid("/stream", "32 hexadecimal digits"));
        }
        let before = self.cluster_doc(tenant, cluster).await?;
        let is_another = before.doc.cluster_uid.as_ref().is_some_and(|uid| *uid != hello.cluster_uid);
        if is_another {
            let details = json!({ "known": before.doc.cluster_uid, "claimed": hello.cluster_uid });
            self.record(tenant, &format!("observer:{cluster}"), "observer.hello", &cluster.to_string(), Outcome::Refused, details).await?;
            return Err(Problem::new(Code::Conflict, "the key belongs to another cluster: its `kube-system` namespace has another UID"));
        }
        if before.doc.stream.as_deref() != Some(hello.stream.as_str()) {
            let details = json!({ "stream": hello.stream, "cluster_uid": hello.cluster_uid, "profiles": hello.profiles, "version": hello.state.version });
            self.record(tenant, &format!("observer:{cluster}"), "observer.hello", &cluster.to_string(), Outcome::Done, details).await?;
            // What is known of the cluster lives on under the new stream. The old one goes once the document names the new.
            self.inner.watched.carry_over(self, tenant, cluster, &hello.stream).await?;
        }
        let now = self.now();
        let version = self
            .change(tenant, cluster, |doc| {
                doc.stream = Some(hello.stream.clone());
                doc.cluster_uid = Some(hello.cluster_uid.clone());
                doc.kubernetes.clone_from(&hello.kubernetes);
                doc.observer = Some(hello.state.clone());
                doc.seen_at = Some(now);
                Ok(())
            })
            .await?;
        self.announce_cluster(tenant, cluster, version).await?;
        if let Some(old) = before.doc.stream.filter(|old| *old != hello.stream) {
            tenant.delete_stream(&stream_of(cluster, &old), now).await.map_err(Problem::from_store)?;
        }
        let acknowledged = self.acknowledged(tenant, cluster, &hello.stream).await?;
        let environment = before.doc.environment.to_string();
        let rules = tenant.get::<RedactionDoc>(&environment).await.map_err(Problem::from_store)?;
        let (version, rules) = rules.map_or_else(Default::default, |kept| (kept.version, kept.doc));
        let redaction = RedactionRules { deny: rules.deny, allow: rules.allow, addresses: rules.addresses, version };
        Ok(Welcome {
            cluster,
            acknowledged,
            redaction,
            pseudonym_key: hex::encode(tenant.derive("pseudonyms").map_err(Problem::from_store)?),
        })
    }

    /// Hears that an observer lives.
    pub(crate) async fn beat(&self, tenant: &Tenant, cluster: ClusterId, heartbeat: Heartbeat) -> Result<Acknowledged, Problem> {
        let Heartbeat { stream, state } = heartbeat;
        let now = self.now();
        let before = self.cluster_doc(tenant, cluster).await?.doc.connection(now);
        let version = self
            .change(tenant, cluster, |doc| {
                doc.is_in(&stream)?;
                doc.observer = Some(state.clone());
                doc.seen_at = Some(now);
                Ok(())
            })
            .await?;
        if before != Connection::Connected {
            self.announce_cluster(tenant, cluster, version).await?;
        }
        self.acknowledge(tenant, cluster, &stream).await
    }

    /// Tells those who follow that a cluster is not as it was.
    async fn announce_cluster(&self, tenant: &Tenant, cluster: ClusterId, version: u64) -> Result<(), Problem> {
        let step = crate::live::step(&assent_api::events::Event::Cluster { cluster, version })?;
        tenant.write(vec![step], self.now()).await.map_err(Problem::from_store)?;
        self.wake(tenant.id());
        Ok(())
    }

    /// Keeps a batch, and answers once it is kept.
    pub(crate) async fn take(&self, tenant: &Tenant, cluster: ClusterId, batch: Batch) -> Result<Acknowledged, Problem> {
        let doc = self.cluster_doc(tenant, cluster).await?.doc;
        doc.is_in(&batch.stream)?;
        let stream = stream_of(cluster, &batch.stream);
        let known = self.acknowledged(tenant, cluster, &batch.stream).await?;
        check(&batch.signals)?;
        let new: Vec<&Numbered> = batch.signals.iter().filter(|one| one.seq > known).collect();
        let (Some(last), false) = (new.last().map(|one| one.seq), new.is_empty()) else {
            return self.acknowledge(tenant, cluster, &batch.stream).await;
        };
        reaches(known, &new)?;
        // Facts are read before they are kept, so that nothing unreadable is acknowledged.
        let (lines, facts) = read(&new)?;
        let numbers = (kept_as(known.saturating_add(1)), kept_as(last));
        match tenant.append_segment(&stream, numbers, self.now(), lines).await {
            Ok(Appended::New) if self.has_gone(tenant, cluster, &stream).await? => return Err(Problem::not_found()),
            Ok(Appended::New) => self.inner.watched.tell(self, tenant, cluster, &batch.stream, facts, (known, last)).await,
            // Another request with the same signals was faster.
            Ok(Appended::Known) | Err(StoreError::Gap { .. }) => {}
            Err(error) => return Err(Problem::from_store(error)),
        }
        self.acknowledge(tenant, cluster, &batch.stream).await
    }

    /// Whether a cluster was removed while something of it was being kept: then that goes too.
    async fn has_gone(&self, tenant: &Tenant, cluster: ClusterId, stream: &str) -> Result<bool, Problem> {
        let gone = tenant.get::<ClusterDoc>(&cluster.to_string()).await.map_err(Problem::from_store)?.is_none();
        if gone {
            tenant.delete_stream(stream, self.now()).await.map_err(Problem::from_store)?;
        }
        Ok(gone)
    }

    async fn acknowledge(&self, tenant: &Tenant, cluster: ClusterId, stream: &str) -> Result<Acknowledged, Problem> {
        let acknowledged = self.acknowledged(tenant, cluster, stream).await?;
        let shown = self.inner.watched.shown(tenant.id(), cluster);
        let wanted_logs = shown
            .wanted
            .into_iter()
            .map(|log| WantedLog {
                namespace: log.pod.namespace().unwrap_or_default().to_owned(),
                pod: log.pod.name.to_string(),
                container: log.container.to_string(),
                previous: log.previous,
            })
            .collect();
        Ok(Acknowledged { acknowledged, wanted_logs, list_again: shown.lacks_the_past })
    }

    async fn acknowledged(&self, tenant: &Tenant, cluster: ClusterId, stream: &str) -> Result<u64, Problem> {
        let last = tenant.last_seq(&stream_of(cluster, stream)).await.map_err(Problem::from_store)?;
        Ok(told_as(last))
    }

    pub(crate) async fn cluster_doc(&self, tenant: &Tenant, cluster: ClusterId) -> Result<Kept<ClusterDoc>, Problem> {
        let kept = tenant.get::<ClusterDoc>(&cluster.to_string()).await.map_err(Problem::from_store)?;
        kept.ok_or_else(Problem::not_found)
    }

    /// Changes a cluster's document, again if somebody else did so meanwhile. Gives its new version.
    pub(crate) async fn change(
        &self,
        tenant: &Tenant,
        cluster: ClusterId,
        change: impl Fn(&mut ClusterDoc) -> Result<(), Problem>,
    ) -> Result<u64, Problem> {
        for _ in 0..TRIES_MAX {
            let mut kept = self.cluster_doc(tenant, cluster).await?;
            change(&mut kept.doc)?;
            match tenant.put(&kept.id, &kept.doc, Expect::Version(kept.version), self.now()).await {
                Err(StoreError::Stale { .. }) => {}
                other => return other.map_err(Problem::from_store),
            }
        }
        Err(Problem::new(Code::Unavailable, "the cluster is being changed by others").retry_after(1))
    }
}

impl ClusterDoc {
    fn is_in(&self, stream: &str) -> Result<(), Problem> {
        if self.stream.as_deref() == Some(stream) { Ok(()) } else { Err(Problem::new(Code::Conflict, "say hello with this stream first")) }
    }
}

/// The store's name of a stream.
pub(crate) fn stream_of(cluster: ClusterId, stream: &str) -> String {
    format!("{cluster}:{stream}")
}

/// The store's number of a signal. The first number of every stream stands for what was known before the stream began.
pub(crate) fn kept_as(seq: u64) -> u64 {
    seq.saturating_add(1)
}

/// The observer's number of what the store has.
pub(crate) fn told_as(kept: u64) -> u64 {
    kept.saturating_sub(1)
}

/// A batch is in order, and has gaps only where the observer says that it dropped something.
fn check(signals: &[Numbered]) -> Result<(), Problem> {
    if signals.len() > BATCH_SIGNALS_MAX {
        return Err(Problem::invalid("/signals", format!("{BATCH_SIGNALS_MAX} signals at most")));
    }
    let in_order = signals.windows(2).all(|pair| matches!(pair, [a, b] if follows(a.seq, b)));
    if in_order {
        Ok(())
    } else {
        Err(Problem::invalid("/signals", "each number is one more than the one before, but for what was dropped"))
    }
}

fn reaches(known: u64, new: &[&Numbered]) -> Result<(), Problem> {
    match new.first() {
        Some(first) if !follows(known, first) => {
            Err(Problem::new(Code::Conflict, format!("the stream goes on at {}", known.saturating_add(1))))
        }
        _ => Ok(()),
    }
}

/// `Dropped` has the number of the last of what it stands for.
fn follows(before: u64, next: &Numbered) -> bool {
    let stands_for = match next.signal {
        Signal::Dropped { signals, .. } => signals.max(1),
        _ => 1,
    };
    // An observer that was told more than it sent before a crash may count some twice: never fewer.
    next.seq > before && next.seq - before <= stands_for
}

/// The segment's bytes, one signal a line, and what they say.
fn read(signals: &[&Numbered]) -> Result<(Vec<u8>, Vec<Fact>), Problem> {
    let mut lines = Vec::new();
    let mut facts = Vec::with_capacity(signals.len());
    for one in signals {
        if let Signal::Object { body, .. } = &one.signal
            && is_never_kept(one.seq, body.get())?
        {
            tracing::warn!(seq = one.seq, "an observer sent a Secret, a list or an alert; it is passed over");
            continue;
        }
        let start = lines.len();
        serde_json::to_writer(&mut lines, &one.signal).map_err(|error| unreadable(one.seq, &error))?;
        let fact = serde_json::from_slice(lines.get(start..).unwrap_or_default()).map_err(|error| unreadable(one.seq, &error))?;
        facts.push(fact);
        lines.push(b'\n');
    }
    Ok((lines, facts))
}

/// I7: a segment is kept as it came, so a Secret, or a list that could hold some, is taken out before. So is an event that says it is an
/// alert of another system: those come by their own door, and whoever can write events in a cluster is no such system.
fn is_never_kept(seq: u64, body: &str) -> Result<bool, Problem> {
    #[derive(serde::Deserialize)]
    struct Object<'a> {
        #[serde(borrow)]
        kind: std::borrow::Cow<'a, str>,
        #[serde(borrow, default, rename = "reportingComponent")]
        reporter: Option<std::borrow::Cow<'a, str>>,
    }
    let object: Object<'_> = serde_json::from_str(body).map_err(|error| unreadable(seq, &error))?;
    Ok(object.kind == "Secret" || object.kind.ends_with("List") || object.reporter.as_deref() == Some(crate::alerts::REPORTER))
}

fn unreadable(seq: u64, error: &serde_json::Error) -> Problem {
    Problem::invalid("/signals", format!("signal {seq} cannot be read: {error}"))
}
