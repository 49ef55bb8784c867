//! Named queries to a Prometheus that the configuration names: a closed list, asked every minute; and once at the start, for what they said
//! over the day before, so that what is usual is known from the first hour on.
//!
//! Nobody but this table writes a query: neither the platform nor a model can. Each keeps what is out of the ordinary, so answers stay small.
//! Errors: an answer that is too large or makes no sense is left out and noted; the next one may be better.
//! Source: the HTTP API of Prometheus 2 and 3, `GET /api/v1/query` and `/api/v1/query_range`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Certificate, Url};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::MissedTickBehavior;

use crate::filter::Filter;
use crate::get::AGENT;
use crate::intake::{Closed, Intake};
use crate::watch::Sight;

/// How often the list is asked.
const INTERVAL: Duration = Duration::from_secs(60);
/// One query takes no longer.
const TIME_MAX: Duration = Duration::from_secs(20);
/// An answer is no larger.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// Series of one signal.
const SERIES_PER_SIGNAL: usize = 500;
/// What is asked about at the start: so many seconds before it.
const PAST_S: i64 = 24 * 3600;
/// Seconds between the points of that: 289 for a series.
const PAST_STEP_S: i64 = 300;
/// Series of one signal of the past.
const PAST_SERIES_PER_SIGNAL: usize = 20;
/// A token is no larger.
const TOKEN_BYTES_MAX: u64 = 16 << 10;

/// The queries, by the names that their samples have.
pub const QUERIES: [(&str, &str); 6] = [
    (
        "container_cpu_throttled_ratio",
        "sum by (namespace, pod, container) (rate(container_cpu_cfs_throttled_periods_total{container!=\"\"}[5m])) \
         / sum by (namespace, pod, container) (rate(container_cpu_cfs_periods_total{container!=\"\"}[5m])) > 0.25",
    ),
    (
        "container_memory_of_limit_ratio",
        "max by (namespace, pod, container) (container_memory_working_set_bytes{container!=\"\"}) \
         / max by (namespace, pod, container) (kube_pod_container_resource_limits{resource=\"memory\"}) > 0.8",
    ),
    (
        "volume_used_ratio",
        "1 - max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_available_bytes) \
         / max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_capacity_bytes) > 0.8",
    ),
    (
        "node_filesystem_used_ratio",
        "1 - min by (instance, mountpoint) (node_filesystem_avail_bytes{fstype!~\"tmpfs|overlay\"} \
         / node_filesystem_size_bytes{fstype!~\"tmpfs|overlay\"}) > 0.8",
    ),
    ("apiserver_errors_ratio", "sum(rate(apiserver_request_total{code=~\"5..\"}[5m])) / sum(rate(apiserver_request_total[5m]))"),
    (
        "coredns_servfail_ratio",
        "sum(rate(coredns_dns_responses_total{rcode=\"SERVFAIL\"}[5m])) / sum(rate(coredns_dns_responses_total[5m]))",
    ),
];

/// Where Prometheus is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prometheus {
    /// Its address, up to `/api/v1`: `http://prometheus.monitoring:9090`.
    pub url: String,
    /// A file with a bearer token, read anew for each round.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// A certificate authority to trust in place of the system's, PEM.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// Why it cannot be asked at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPrometheus {
    /// The address is none.
    #[error("the address of Prometheus is none: write `http://` or `https://`, a host, and the path before `/api/v1`")]
    Url,
    /// The certificate authority cannot be used.
    #[error("the certificate authority for Prometheus cannot be used: {0}")]
    Authority(String),
    /// No client can be made.
    #[error("no client for Prometheus can be made: {0}")]
    NoClient(String),
}

/// Asks.
pub(crate) struct Asker {
    client: reqwest::Client,
    query: Url,
    query_range: Url,
    token_file: Option<PathBuf>,
}

/// When a query is asked about.
#[derive(Debug, Clone, Copy)]
enum When {
    Now,
    /// From the first second to the last.
    Past(i64, i64),
}

impl When {
    /// What Prometheus calls an answer about it, and how many series of that one signal takes.
    fn form(self) -> (&'static str, usize) {
        match self {
            When::Now => ("vector", SERIES_PER_SIGNAL),
            When::Past(..) => ("matrix", PAST_SERIES_PER_SIGNAL),
        }
    }
}

impl Asker {
    pub(crate) fn new(prometheus: &Prometheus) -> Result<Self, BadPrometheus> {
        let base: Url = prometheus.url.trim_end_matches('/').parse().map_err(|_| BadPrometheus::Url)?;
        let in_the_clear = match base.scheme() {
            "http" => true,
            "https" => false,
            _ => return Err(BadPrometheus::Url),
        };
        // A token in the clear could be read on the way.
        if !base.has_host() || base.query().is_some() || (in_the_clear && prometheus.token_file.is_some()) {
            return Err(BadPrometheus::Url);
        }
        let at = |path: &str| format!("{}/api/v1/{path}", prometheus.url.trim_end_matches('/')).parse().map_err(|_| BadPrometheus::Url);
        let (query, query_range) = (at("query")?, at("query_range")?);
        let mut builder =
            reqwest::Client::builder().user_agent(AGENT).timeout(TIME_MAX).redirect(reqwest::redirect::Policy::none()).no_proxy();
        if let Some(path) = &prometheus.ca_file {
            let pem = std::fs::read(path).map_err(|error| BadPrometheus::Authority(error.to_string()))?;
            let authorities = Certificate::from_pem_bundle(&pem).map_err(|error| BadPrometheus::Authority(error.to_string()))?;
            builder = builder.tls_certs_only(authorities);
        }
        let client = builder.build().map_err(|error| BadPrometheus::NoClient(error.to_string()))?;
        Ok(Self { client, query, query_range, token_file: prometheus.token_file.clone() })
    }

    /// Asks until the observer ends.
    pub(crate) async fn run(self, intake: Arc<Intake>, filter: Filter, sight: Arc<Sight>) {
        if intake.opened().await.is_err() {
            return;
        }
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let now_s = intake.clock().now().as_second();
        let mut when = When::Past(now_s.saturating_sub(PAST_S), now_s);
        loop {
            ticks.tick().await;
            for (name, query) in QUERIES {
                let what = format!("{name} of Prometheus");
                match self.ask(query, when).await {
                    Ok(series) => {
                        sight.regain(&what);
                        if send(&intake, &filter, name, when, series).await.is_err() {
                            return;
                        }
                    }
                    Err(why) => {
                        tracing::debug!(name, why, "Prometheus gives no answer");
                        sight.lose(what);
                    }
                }
            }
            when = When::Now;
        }
    }

    async fn ask(&self, query: &str, when: When) -> Result<Vec<Value>, String> {
        let mut url = match when {
            When::Now => self.query.clone(),
            When::Past(..) => self.query_range.clone(),
        };
        url.query_pairs_mut().append_pair("query", query);
        if let When::Past(start, end) = when {
            let (start, end, step) = (start.to_string(), end.to_string(), PAST_STEP_S.to_string());
            url.query_pairs_mut().append_pair("start", &start).append_pair("end", &end).append_pair("step", &step);
        }
        let mut request = self.client.get(url);
        if let Some(path) = &self.token_file {
            request = request.bearer_auth(token(path)?);
        }
        let mut response = request.send().await.map_err(|error| error.without_url().to_string())?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| error.without_url().to_string())? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(format!("the answer has more than {ANSWER_BYTES_MAX} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            return Err(format!("it answers {status}"));
        }
        series(&body, when.form().0)
    }
}

fn token(path: &PathBuf) -> Result<String, String> {
    use std::io::Read as _;
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(TOKEN_BYTES_MAX).read_to_string(&mut text));
    read.map_err(|error| format!("the token cannot be read: {error}"))?;
    Ok(text.trim().to_owned())
}

#[derive(Deserialize)]
struct Answer {
    status: String,
    data: Option<Vector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    result_type: String,
    result: Vec<Value>,
}

fn series(body: &[u8], form: &str) -> Result<Vec<Value>, String> {
    let answer: Answer = serde_json::from_slice(body).map_err(|error| format!("the answer cannot be read: {error}"))?;
    match answer.data {
        Some(data) if answer.status == "success" && data.result_type == form => Ok(data.result),
        _ => Err(format!("the answer is no {form}")),
    }
}

async fn send(intake: &Intake, filter: &Filter, name: &str, when: When, mut series: Vec<Value>) -> Result<(), Closed> {
    series.retain(|one| one.pointer("/metric/namespace").and_then(Value::as_str).is_none_or(|namespace| filter.takes_namespace(namespace)));
    let (form, at_once) = when.form();
    for some in series.chunks(at_once) {
        intake.samples(name, json!({"resultType": form, "result": some})).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_vector_is_an_answer() {
        let vector = br#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"namespace":"shop"},"value":[1,"0.9"]}]}}"#;
        assert_eq!(series(vector, "vector").map(|series| series.len()), Ok(1));
        assert!(series(vector, "matrix").is_err(), "what was not asked for");
        for other in
            [r#"{"status":"error","error":"no"}"#, r#"{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}"#, "<html>"]
        {
            assert!(series(other.as_bytes(), "vector").is_err(), "{other}");
        }
    }

    #[tokio::test]
    async fn the_day_before_is_asked_for_as_a_range_and_comes_back_as_a_matrix() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        // Another test may have installed it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/prometheus/", listener.local_addr().unwrap());
        let answering = tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(connection.read_u8().await.unwrap());
            }
            let body = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"namespace":"shop"},"values":[[1,"0.9"],[301,"0.8"]]}]}}"#;
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            connection.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(asked).unwrap()
        });
        let asker = Asker::new(&Prometheus { url, token_file: None, ca_file: None }).unwrap();
        let found = asker.ask("up", When::Past(1_000, 87_400)).await.unwrap();
        assert_eq!(found.first().and_then(|one| one["values"].as_array()).map(Vec::len), Some(2));
        let asked = answering.await.unwrap();
        assert!(asked.starts_with("GET /prometheus/api/v1/query_range?query=up&start=1000&end=87400&step=300 "), "{asked}");
    }

    #[test]
    fn an_address_that_is_none_or_would_show_a_token_is_refused() {
        let at =
            |url: &str, token: bool| Prometheus { url: url.to_owned(), token_file: token.then(|| PathBuf::from("/token")), ca_file: None };
        for bad in [at("prometheus:9090", false), at("ftp://p", false), at("http://p/?x=1", false), at("http://p", true)] {
            assert_eq!(Asker::new(&bad).err(), Some(BadPrometheus::Url), "{bad:?}");
        }
    }
}
