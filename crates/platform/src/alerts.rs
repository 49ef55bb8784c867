//! Alerts of other systems as a way in: who may send them, and what is taken from them.
//!
//! A sender shows that it is one by a token or by a signature over the body. Whether a way in does not exist, is of another format or was
//! shown a wrong secret, the answer is the same. An alert that came before counts once. What is taken becomes a fact about the source's
//! cluster; it is low in integrity like everything that others write, and chooses nothing.

use assent_api::alerts::{AlertFormat, AlertSource, AlertsTaken, NewAlertSource};
use assent_api::operations::{CreateAlertSource, DeleteAlertSource, ListAlertSources};
use assent_api::{Action, Code, Empty, Problem};
use assent_base::id::{AlertSourceId, TenantId};
use assent_base::{Digest, Timestamp, time};
use assent_http::platform::Alerts;
use assent_http::{Handle, Input, Reply};
use assent_incidents::Fact;
use assent_policy::Resource;
use assent_store::{Expect, Index, Kept, Query, Tenant, Write};
use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::caller::Caller;
use crate::desk::Desk;
use crate::documents::{AlertDoc, AlertSourceDoc, ClusterDoc, document};
use crate::names;
use crate::pages::Pages;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::QueryWords;
use crate::redaction;
use crate::retention::ALERTS_DAYS;
use crate::turns::{Topic, Turn};

mod fact;
mod formats;
pub(crate) mod on;

pub(crate) use assent_diagnosis::symptoms::alerts::REPORTER;
use fact::alert_fact;
pub(crate) use formats::Alert;
use formats::Came;

/// Ways in of one tenant at most.
const SOURCES_MAX: u64 = 100;
/// Alerts of one request at most.
pub(crate) const ALERTS_MAX: usize = 1_000;
/// Signatures in one header at most: PagerDuty sends two while a secret is being changed.
const SIGNATURES_MAX: usize = 4;
/// Times that alerts are taken anew when others of the same source came in between.
const TRIES_MAX: usize = 5;
/// Seconds that a sender's clock may be ahead.
const AHEAD_S_MAX: i64 = 3_600;

/// Which tenant a way in leads to. Kept in the installation's own tenant, since the path of the intake names no tenant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertRouteDoc {
    pub(crate) tenant: TenantId,
}
document!(AlertRouteDoc = "alert_route", 1, |doc| vec![Index::Equal("tenant", doc.tenant.to_string())]);

impl AlertSourceDoc {
    fn shown(self) -> AlertSource {
        AlertSource {
            id: self.id,
            name: self.name,
            format: self.format,
            cluster: self.cluster,
            created_at: self.created_at,
            received_at: self.received_at,
            received: self.received,
        }
    }

    /// Whether the sender has shown the secret, in the way of its format.
    fn knows(&self, alerts: &Alerts) -> bool {
        let bearer = || alerts.bearer.as_ref().is_some_and(|token| same(token.expose().as_bytes(), self.secret.as_bytes()));
        let signed = || alerts.signature.as_ref().is_some_and(|signature| is_signed(&self.secret, signature.expose(), &alerts.body));
        match self.format {
            AlertFormat::Alertmanager => bearer(),
            AlertFormat::Pagerduty => signed(),
            // Whoever sends both must be right twice, and whoever sends neither has shown nothing.
            AlertFormat::Generic if alerts.bearer.is_none() && alerts.signature.is_none() => false,
            AlertFormat::Generic => (alerts.bearer.is_none() || bearer()) && (alerts.signature.is_none() || signed()),
        }
    }
}

/// Refuses what was signed so long ago that it may have been taken and forgotten: whoever copied it could send it again.
fn is_recent(came: &Came, now: Timestamp) -> Result<(), Problem> {
    let Some(signed_at) = came.signed_at else { return Ok(()) };
    let age_s = time::seconds_between(signed_at, now);
    if age_s > ALERTS_DAYS * 86_400 {
        return Err(Problem::new(Code::BadRequest, format!("it is of {signed_at}, and {ALERTS_DAYS} days is the oldest that is taken")));
    }
    if age_s < -AHEAD_S_MAX {
        return Err(Problem::new(
            Code::BadRequest,
            format!("it is of {signed_at}, which is more than {AHEAD_S_MAX} s ahead of this clock"),
        ));
    }
    Ok(())
}

/// Compares digests, so that neither time nor length says how much is right.
fn same(shown: &[u8], known: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(Digest::of(shown).as_bytes(), Digest::of(known).as_bytes()).is_ok()
}

/// `v1=` and HMAC-SHA256 of the body in hexadecimal; several, with commas between, while a secret is being changed.
fn is_signed(secret: &str, header: &str, body: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tags = header.split(',').take(SIGNATURES_MAX).filter_map(|part| hex::decode(part.trim().strip_prefix("v1=")?).ok());
    tags.into_iter().any(|tag| hmac::verify(&key, body, &tag).is_ok())
}

impl Handle<ListAlertSources> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ListAlertSources>) -> Result<Reply<ListAlertSources>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let places = self.places(&desk.tenant).await?;
        let seen = |kept: Kept<AlertSourceDoc>| {
            let place = places.get(&kept.doc.cluster)?;
            let resource = Resource::in_environment(desk.tenant_id(), place.environment, place.criticality).with_id(kept.doc.id);
            desk.may(Action::AlertSourceRead, &resource).then(|| kept.doc.shown())
        };
        let page = Pages::of(&desk, &input.query)?.collect(Query::oldest_first(), seen).await?;
        Ok(Reply::new(page))
    }
}

impl Handle<CreateAlertSource> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<CreateAlertSource>) -> Result<Reply<CreateAlertSource>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let turn = Turn::take(self, &desk.tenant, Topic::Places).await?;
        let unknown = |_| Problem::invalid("/cluster", "there is no such cluster, or you may not know of it");
        let (_, resource) = desk.cluster(input.body.cluster).await.map_err(unknown)?;
        let permit = desk.require(Action::AlertSourceManage, resource).await?;
        let name = names::title("/name", &input.body.name)?;
        if desk.count::<AlertSourceDoc>(&Query::default()).await? >= SOURCES_MAX {
            return Err(Problem::new(Code::Conflict, format!("a tenant has at most {SOURCES_MAX} ways in for alerts")));
        }
        let id = self.new_id(AlertSourceId::new);
        let secret = URL_SAFE_NO_PAD.encode(self.random::<32>());
        let doc = AlertSourceDoc {
            id,
            name,
            format: input.body.format,
            cluster: input.body.cluster,
            secret: secret.clone(),
            created_at: desk.now,
            received_at: None,
            received: 0,
        };
        let details = json!({ "name": doc.name, "format": doc.format, "cluster": doc.cluster });
        let intent = desk.intend_on(permit, id.to_string(), details).await?;
        // The route first: one that leads to nothing refuses, and a way in without a route could never be used.
        let route =
            Write::put(&id.to_string(), &AlertRouteDoc { tenant: desk.tenant_id() }, Expect::Absent).map_err(Problem::from_store)?;
        let system = self.system().await?;
        let routed = system.write(vec![route], desk.now).await.map(drop).map_err(Problem::from_store);
        if routed.is_err() {
            return desk.close(intent, routed.map(|()| Reply::new(shown_once(doc, secret, &input.meta.base_url)))).await;
        }
        let source = Write::put(&id.to_string(), &doc, Expect::Absent).map_err(Problem::from_store)?;
        desk.keep(intent, vec![source, turn.write()?]).await?;
        let made = shown_once(doc, secret, &input.meta.base_url);
        Ok(Reply::new(made).version(1).location(format!("/api/v1/alert-sources/{id}")))
    }
}

fn shown_once(doc: AlertSourceDoc, secret: String, base_url: &str) -> NewAlertSource {
    NewAlertSource { url: format!("{base_url}/api/v1/alerts/{}", doc.id), source: doc.shown(), secret }
}

impl Handle<DeleteAlertSource> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<DeleteAlertSource>) -> Result<Reply<DeleteAlertSource>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let kept = desk.get::<AlertSourceDoc>(&input.path.source.to_string()).await?;
        let (_, resource) = desk.cluster(kept.doc.cluster).await?;
        let resource = resource.with_id(kept.doc.id);
        if !desk.may(Action::AlertSourceRead, &resource) {
            return Err(Problem::not_found());
        }
        let permit = desk.require(Action::AlertSourceManage, resource).await?;
        let _read_as_it_is = desk.expect(&input.meta, kept.version)?;
        let ends = on::ends(&desk.tenant, &kept.doc, desk.now).await.map_err(Problem::from_store)?;
        let intent = desk.intend(permit, json!({ "name": kept.doc.name, "cluster": kept.doc.cluster })).await?;
        desk.keep(intent, vec![Write::delete::<AlertSourceDoc>(&kept.id, Expect::Any).map_err(Problem::from_store)?]).await?;
        let route = Write::delete::<AlertRouteDoc>(&kept.id, Expect::Any).map_err(Problem::from_store)?;
        self.system().await?.write(vec![route], desk.now).await.map_err(Problem::from_store)?;
        self.inner.watched.mention(self, &desk.tenant, kept.doc.cluster, ends).await;
        Ok(Reply::new(Empty {}))
    }
}

impl ControlPlane {
    /// Takes alerts in.
    pub(crate) async fn take_alerts(&self, alerts: Alerts) -> Result<AlertsTaken, Problem> {
        let (tenant, source) =
            self.way_in(&alerts).await?.ok_or_else(|| Problem::new(Code::NotSignedIn, "the token or signature does not hold"))?;
        let read = self.read_alerts(&tenant, &source, &alerts.body).await?;
        for came in &read {
            is_recent(came, self.now())?;
        }
        for _ in 0..TRIES_MAX {
            if let Some((taken, known)) = self.keep_alerts(&tenant, &alerts.source.to_string(), &read).await? {
                let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
                let answer = AlertsTaken { taken: count(taken.len()), known: count(known) };
                self.tell_alerts(&tenant, &source, &taken).await;
                return Ok(answer);
            }
        }
        Err(Problem::new(Code::Unavailable, "too many alerts come at one time").retry_after(1))
    }

    /// Tells the watcher of the cluster what was taken. One that is away reads it from the store when it is back.
    async fn tell_alerts(&self, tenant: &Tenant, source: &AlertSourceDoc, taken: &[&Alert]) {
        let now = self.now();
        let facts: Vec<Fact> = taken.iter().filter_map(|alert| alert_fact(source.id, alert, now)).collect();
        if !facts.is_empty() {
            self.inner.watched.mention(self, tenant, source.cluster, facts).await;
        }
    }

    /// The way in, if the sender has shown its secret.
    async fn way_in(&self, alerts: &Alerts) -> Result<Option<(Tenant, AlertSourceDoc)>, Problem> {
        let id = alerts.source.to_string();
        let route = self.system().await?.get::<AlertRouteDoc>(&id).await.map_err(Problem::from_store)?;
        let Some(route) = route else { return Ok(None) };
        let tenant = match self.tenant(route.doc.tenant).await {
            Ok(tenant) => tenant,
            Err(problem) if problem.code == Code::NotFound => return Ok(None),
            Err(problem) => return Err(problem),
        };
        let kept = tenant.get::<AlertSourceDoc>(&id).await.map_err(Problem::from_store)?;
        Ok(kept.filter(|kept| kept.doc.knows(alerts)).map(|kept| (tenant, kept.doc)))
    }

    /// Reads alerts, and redacts their texts before anything is kept.
    async fn read_alerts(&self, tenant: &Tenant, source: &AlertSourceDoc, body: &[u8]) -> Result<Vec<Came>, Problem> {
        let alerts = formats::read(source.format, body)?;
        let cluster = tenant.get::<ClusterDoc>(&source.cluster.to_string()).await.map_err(Problem::from_store)?;
        let cluster = cluster.ok_or_else(|| Problem::new(Code::Conflict, "the cluster that these alerts are about is gone"))?;
        let screen = redaction::screen(tenant, cluster.doc.environment).await?;
        // I7: redacted first and shortened then, since a secret that was cut or joined is not known as one.
        let screened = |Came { key, signed_at, alert }: Came| {
            let title = formats::line(&screen.text(&alert.title).text);
            let severity = alert.severity.map(|text| formats::line(&screen.text(&text).text));
            Came { key, signed_at, alert: Alert { title, severity, ..alert } }
        };
        Ok(alerts.into_iter().map(screened).collect())
    }

    /// Keeps the alerts that are new, and counts those that are not. None if others came in between.
    async fn keep_alerts<'a>(&self, tenant: &Tenant, source: &str, alerts: &'a [Came]) -> Result<Option<(Vec<&'a Alert>, usize)>, Problem> {
        let kept = tenant.get::<AlertSourceDoc>(source).await.map_err(Problem::from_store)?;
        let Some(kept) = kept else { return Err(Problem::not_found()) };
        let (mut new, mut writes, mut seen) = (Vec::new(), Vec::new(), std::collections::BTreeSet::new());
        for came in alerts {
            let id = Digest::of_parts(&[source.as_bytes(), came.key.as_bytes()]).to_string();
            let is_known = !seen.insert(id.clone()) || tenant.get::<AlertDoc>(&id).await.map_err(Problem::from_store)?.is_some();
            if is_known {
                continue;
            }
            let doc = AlertDoc { source: kept.doc.id, cluster: kept.doc.cluster, at: self.now(), alert: came.alert.clone() };
            writes.push(Write::put(&id, &doc, Expect::Absent).map_err(Problem::from_store)?);
            new.push(&came.alert);
        }
        let known = alerts.len() - new.len();
        if new.is_empty() {
            return Ok(Some((new, known)));
        }
        let mut doc = kept.doc;
        doc.received_at = Some(self.now());
        doc.received = doc.received.saturating_add(new.len() as u64);
        writes.push(Write::put(source, &doc, Expect::Version(kept.version)).map_err(Problem::from_store)?);
        match tenant.write(writes, self.now()).await {
            Ok(_) => Ok(Some((new, known))),
            Err(assent_store::StoreError::Stale { .. } | assent_store::StoreError::Conflict { .. }) => Ok(None),
            Err(error) => Err(Problem::from_store(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use assent_base::Secret;
    use assent_base::id::{ClusterId, RANDOM_BYTES};

    use super::*;

    #[test]
    fn a_signature_holds_for_its_body_and_secret_alone() {
        let signed = sign("secret", b"{}");
        assert!(is_signed("secret", &signed, b"{}"));
        assert!(is_signed("secret", &format!("v1=00, {signed}"), b"{}"), "one of several");
        assert!(!is_signed("secret", &signed, b"{} "));
        assert!(!is_signed("other", &signed, b"{}"));
        for bad in ["", "v1=", "v1=zz", &signed.replace("v1=", "v0="), &signed.replace("v1=", "")] {
            assert!(!is_signed("secret", bad, b"{}"), "{bad}");
        }
    }

    #[test]
    fn each_format_has_its_own_proof() {
        let (bearer, signature) = (Some("secret".to_owned()), Some(sign("secret", b"{}")));
        let knows = |format, bearer: &Option<String>, signature: &Option<String>| source(format).knows(&alerts(bearer, signature));
        assert!(knows(AlertFormat::Alertmanager, &bearer, &None));
        assert!(!knows(AlertFormat::Alertmanager, &None, &signature));
        assert!(knows(AlertFormat::Pagerduty, &None, &signature));
        assert!(!knows(AlertFormat::Pagerduty, &bearer, &None), "PagerDuty sends no token, so a token is no proof");
        assert!(knows(AlertFormat::Generic, &bearer, &None) && knows(AlertFormat::Generic, &None, &signature));
        assert!(!knows(AlertFormat::Generic, &None, &None), "no proof is no proof");
        assert!(!knows(AlertFormat::Generic, &Some("wrong".to_owned()), &signature), "one wrong proof");
        assert!(!knows(AlertFormat::Alertmanager, &Some("secret2".to_owned()), &None));
    }

    fn sign(secret: &str, body: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        format!("v1={}", hex::encode(hmac::sign(&key, body)))
    }

    fn alerts(bearer: &Option<String>, signature: &Option<String>) -> Alerts {
        let secret = |text: &Option<String>| text.clone().map(Secret::new);
        let source = AlertSourceId::new(assent_base::Timestamp::UNIX_EPOCH, [1; RANDOM_BYTES]);
        Alerts { source, bearer: secret(bearer), signature: secret(signature), body: bytes::Bytes::from_static(b"{}") }
    }

    fn source(format: AlertFormat) -> AlertSourceDoc {
        let epoch = assent_base::Timestamp::UNIX_EPOCH;
        AlertSourceDoc {
            id: AlertSourceId::new(epoch, [1; RANDOM_BYTES]),
            name: "Alerts".to_owned(),
            format,
            cluster: ClusterId::new(epoch, [2; RANDOM_BYTES]),
            secret: "secret".to_owned(),
            created_at: epoch,
            received_at: None,
            received: 0,
        }
    }
}
