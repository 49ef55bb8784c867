//! OpenTelemetry as a collector sends it, by every form it may have, and what must not get in.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "this is a test, helpers included")]

use std::io::Write as _;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Histogram, HistogramDataPoint, Metric, ResourceMetrics, ScopeMetrics, metric,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::golden::{GROWING_MAX, Golden, WORKLOADS_MAX};
use super::take::{JSON, PROTOBUF, REQUEST_BYTES_MAX, count};
use super::*;

const SERVER: i32 = 2;
const CLIENT: i32 = 3;
const DELTA: i32 = 1;
const CUMULATIVE: i32 = 2;
/// What the specification of OTLP shows as JSON, in this room's words.
const AS_JSON: &str = r#"{"resourceSpans":[{"resource":{"attributes":[
  {"key":"k8s.namespace.name","value":{"stringValue":"shop"}},{"key":"k8s.deployment.name","value":{"stringValue":"storefront"}}]},
  "scopeSpans":[{"spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","name":"GET /cart","kind":3,
  "startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712660020000000",
  "attributes":[{"key":"server.address","value":{"stringValue":"cart"}},{"key":"http.response.status_code","value":{"intValue":"503"}}]}]}]}]}"#;

#[test]
fn spans_become_golden_signals_and_the_call_graph() {
    let mut golden = Golden::default();
    let called = [("server.address", "cart.shop.svc")];
    golden.spans(&spans("shop", "storefront", &[(CLIENT, 20, false, &called), (CLIENT, 30, true, &called)]));
    golden.spans(&spans("shop", "cart", &[(SERVER, 10, false, &[]), (SERVER, 12, true, &[]), (1, 5, true, &[])]));
    let told = golden.sum_up(60);
    assert_eq!(told.calls.len(), 1);
    let call = &told.calls[0];
    assert_eq!((call.from.to_string(), call.to.to_string()), ("shop/storefront".to_owned(), "shop/cart".to_owned()));
    assert_eq!((call.calls, call.errors), (2, 1));
    assert!((30.0..=36.0).contains(&call.p99_ms), "{}", call.p99_ms);
    assert_eq!(signal(&told, "service_requests_per_s"), [("shop/cart".to_owned(), 2.0 / 60.0)], "internal spans are none of a server");
    assert_eq!(signal(&told, "service_errors_ratio"), [("shop/cart".to_owned(), 0.5)]);
    let silent = golden.sum_up(60);
    assert_eq!(signal(&silent, "service_requests_per_s"), [("shop/cart".to_owned(), 0.0)], "that nobody asks any more is told");
    assert_eq!((silent.calls.len(), signal(&silent, "service_p99_ms").len()), (0, 0));
}

#[test]
fn a_histogram_that_grows_counts_what_it_grew_by() {
    let mut golden = Golden::default();
    let grown = |start, counts: &[u64]| metrics("cart", "http.server.request.duration", CUMULATIVE, start, counts);
    golden.metrics(&grown(1, &[900, 100, 0]));
    assert_eq!(signal(&golden.sum_up(10), "service_requests_per_s"), [], "nobody knows since when that counts");
    golden.metrics(&grown(1, &[920, 100, 0]));
    golden.metrics(&grown(1, &[930, 110, 0]));
    let told = golden.sum_up(10);
    assert_eq!(signal(&told, "service_requests_per_s"), [("shop/cart".to_owned(), 4.0)]);
    let p99 = signal(&told, "service_p99_ms")[0].1;
    assert!((100.0..=120.0).contains(&p99), "seconds were told, and milliseconds are meant: {p99}");
    golden.metrics(&grown(2, &[5, 0, 0]));
    assert_eq!(signal(&golden.sum_up(10), "service_requests_per_s"), [("shop/cart".to_owned(), 0.5)], "it began anew");
}

#[test]
fn two_pods_of_a_workload_grow_each_by_themselves() {
    let mut golden = Golden::default();
    for (served, start) in [(100, 1), (110, 1), (120, 1)] {
        for (pod, ahead) in [("cart-a", 0), ("cart-b", 5_000)] {
            let mut all = metrics("cart", "http.server.request.duration", CUMULATIVE, start + ahead, &[served + ahead, 0, 0]);
            let resource = all.resource_metrics[0].resource.as_mut().unwrap();
            resource.attributes.push(attribute("k8s.pod.name", pod));
            golden.metrics(&all);
        }
    }
    assert_eq!(signal(&golden.sum_up(10), "service_requests_per_s"), [("shop/cart".to_owned(), 4.0)]);
}

#[test]
fn a_histogram_of_a_pod_that_is_gone_makes_room() {
    let mut golden = Golden::default();
    for n in 0..GROWING_MAX {
        golden.metrics(&metrics(&format!("w{n}"), "http.server.request.duration", CUMULATIVE, 1, &[1, 0, 0]));
    }
    let another = metrics("another", "http.server.request.duration", CUMULATIVE, 1, &[1, 0, 0]);
    assert_eq!(golden.metrics(&another), 1, "there is no room, and that is said");
    (0..20).for_each(|_| drop(golden.sum_up(60)));
    assert_eq!((golden.remembered(), golden.metrics(&another)), (0, 0));
}

#[test]
fn exponential_histograms_count_as_others_do() {
    let mut golden = Golden::default();
    // By scale 3 bucket 0 ends at 2^(1/8) seconds, and bucket -56 at 2^(-55/8), 8.5 ms.
    assert_eq!(golden.metrics(&exponential("cart", DELTA, 1, (3, -56), &[980, 0], 0)), 0);
    assert_eq!(golden.metrics(&exponential("cart", DELTA, 1, (3, 0), &[20], 0)), 0);
    let told = golden.sum_up(10);
    assert_eq!(signal(&told, "service_requests_per_s"), [("shop/cart".to_owned(), 100.0)]);
    let p99 = signal(&told, "service_p99_ms")[0].1;
    assert!((1_090.0..=1_190.0).contains(&p99), "{p99}");
    assert_eq!(golden.metrics(&exponential("cart", DELTA, 1, (3, 0), &[], 7)), 0);
    assert!(signal(&golden.sum_up(10), "service_p99_ms")[0].1 < 0.2, "calls that took no time");
}

#[test]
fn an_exponential_histogram_that_grows_counts_what_it_grew_by_though_it_became_coarser() {
    let mut golden = Golden::default();
    let grown = |scale, offset, counts: &[u64]| exponential("cart", CUMULATIVE, 1, (scale, offset), counts, 0);
    golden.metrics(&grown(4, 0, &[500, 500]));
    assert_eq!(signal(&golden.sum_up(10), "service_requests_per_s"), []);
    golden.metrics(&grown(0, -1, &[10, 1_000]));
    let told = golden.sum_up(10);
    assert_eq!(signal(&told, "service_requests_per_s"), [("shop/cart".to_owned(), 1.0)]);
    assert_eq!(signal(&told, "service_p99_ms")[0].1, 1_000.0, "the ten new ones took at most a second");
    golden.metrics(&exponential("cart", CUMULATIVE, 2, (3, 0), &[5], 0));
    assert_eq!(signal(&golden.sum_up(10), "service_requests_per_s"), [("shop/cart".to_owned(), 0.5)], "it began anew");
}

#[test]
fn what_is_not_taken_is_counted_and_what_says_nothing_is_not() {
    let mut golden = Golden::default();
    let many = vec![1; 513];
    let server = "http.server.request.duration";
    for (rejected, of) in [
        (1, exponential("cart", DELTA, 1, (21, 0), &[1], 0)),
        (1, exponential("cart", DELTA, 1, (-11, 0), &[1], 0)),
        (1, exponential("cart", DELTA, 1, (3, 0), &many, 0)),
        (1, exponential("cart", 0, 1, (3, 0), &[1], 0)),
        (0, exponential("cart", DELTA, 1, (20, i32::MAX), &[u64::MAX], u64::MAX)),
        (1, metrics("cart", server, DELTA, 1, &many)),
        (1, metrics("Cart", server, DELTA, 1, &[1])),
        (0, metrics("cart", "process.cpu.time", DELTA, 1, &[1])),
        (0, metrics("Cart", "process.cpu.time", DELTA, 1, &[1])),
    ] {
        assert_eq!(golden.metrics(&of), rejected, "{of:?}");
    }
    let mut unit = metrics("cart", server, DELTA, 1, &[1]);
    unit.resource_metrics[0].scope_metrics[0].metrics[0].unit = "fortnight".to_owned();
    assert_eq!(golden.metrics(&unit), 1);
    assert_eq!(golden.spans(&spans("shop", "Cart", &[(SERVER, 1, false, &[]), (1, 1, false, &[])])), 1, "an internal span says nothing");
    assert_eq!(golden.spans(&spans("shop", "cart", &[(CLIENT, 1, false, &[("server.address", "10.0.0.7")])])), 0);
}

#[test]
fn where_both_are_sent_histograms_count() {
    let mut golden = Golden::default();
    golden.spans(&spans("shop", "cart", &[(SERVER, 10, false, &[])]));
    golden.metrics(&metrics("cart", "http.server.request.duration", DELTA, 1, &[30, 0, 0]));
    golden.spans(&spans("shop", "search", &[(SERVER, 10, false, &[])]));
    let told = golden.sum_up(10);
    assert_eq!(signal(&told, "service_requests_per_s"), [("shop/cart".to_owned(), 3.0), ("shop/search".to_owned(), 0.1)]);
}

#[test]
fn what_is_no_name_or_no_service_is_passed_over() {
    let mut golden = Golden::default();
    for (namespace, name) in
        [("", "cart"), ("shop", ""), ("Shop", "cart"), ("shop", "../cart"), ("shop", "a\u{202e}b"), ("shop", "password=hunter2")]
    {
        golden.spans(&spans(namespace, name, &[(SERVER, 1, false, &[])]));
    }
    for host in ["10.0.0.7", "api.eu.example.com", "localhost", "token=abc", ""] {
        golden.spans(&spans("shop", "storefront", &[(CLIENT, 1, false, &[("server.address", host)])]));
    }
    golden.metrics(&metrics("cart", "process.secret", DELTA, 1, &[30, 0, 0]));
    let told = golden.sum_up(60);
    assert!(told.calls.is_empty() && told.signals.iter().all(|(_, values)| values.is_empty()), "{told:?}");
}

#[test]
fn memory_is_bounded_whatever_comes() {
    let mut golden = Golden::default();
    for n in 0..WORKLOADS_MAX + 50 {
        golden.spans(&spans("shop", &format!("w{n}"), &[(SERVER, 1, false, &[])]));
    }
    assert_eq!(signal(&golden.sum_up(60), "service_p99_ms").len(), WORKLOADS_MAX);
    for n in 0..2 * (GROWING_MAX as u64 + 50) {
        golden.metrics(&metrics(&format!("w{}", n / 2), "http.server.request.duration", CUMULATIVE, 1, &[n, 0, 0]));
    }
    golden.metrics(&metrics("huge", "http.server.request.duration", CUMULATIVE, 1, &vec![1; 100_000]));
    assert!(golden.remembered() <= GROWING_MAX);
    assert!(signal(&golden.sum_up(60), "service_p99_ms").len() <= WORKLOADS_MAX);
}

#[tokio::test]
async fn protobuf_and_json_plain_and_zipped_say_the_same() {
    let (address, golden) = listening().await;
    let protobuf = spans("shop", "storefront", &[(CLIENT, 20, true, &[("server.address", "cart")])]).encode_to_vec();
    let mut told = Vec::new();
    for (form, body) in
        [(PROTOBUF, protobuf.as_slice()), (JSON, AS_JSON.as_bytes()), ("application/json; charset=utf-8", AS_JSON.as_bytes())]
    {
        for zipped in [false, true] {
            let body = if zipped { zip(body) } else { body.to_vec() };
            let encoding = if zipped { "content-encoding: gzip\r\n" } else { "" };
            let (status, answer) = ask(address, "/v1/traces", &format!("content-type: {form}\r\n{encoding}"), &body).await;
            assert_eq!(status, 200, "{form} {zipped}: {answer}");
            assert_eq!(answer.ends_with("{}"), form != PROTOBUF, "{answer}");
            told.push(golden.lock().unwrap().sum_up(60).calls);
        }
    }
    assert_eq!(told[0].len(), 1);
    assert!(told.iter().all(|calls| *calls == told[0]), "{told:?}");
    let body = metrics("cart", "http.server.duration", DELTA, 1, &[4, 0, 0]).encode_to_vec();
    assert_eq!(ask(address, "/v1/metrics", &format!("content-type: {PROTOBUF}\r\n"), &body).await.0, 200);
    assert_eq!(signal(&golden.lock().unwrap().sum_up(4), "service_requests_per_s"), [("shop/cart".to_owned(), 1.0)]);
}

#[tokio::test]
async fn grpc_on_the_same_port_says_the_same_and_is_held_to_the_same() {
    let (address, golden) = listening().await;
    let body = spans("shop", "storefront", &[(CLIENT, 20, true, &[("server.address", "cart")])]).encode_to_vec();
    let of = metrics("cart", "http.server.duration", DELTA, 1, &[4, 0, 0]).encode_to_vec();
    for encoding in [None, Some("identity"), Some("gzip")] {
        let (traces, metrics) = if encoding == Some("gzip") { (zip(&body), zip(&of)) } else { (body.clone(), of.clone()) };
        let flag = u8::from(encoding == Some("gzip"));
        let (status, message) = call(address, grpc::TRACES, encoding, &frame(flag, &traces)).await;
        assert_eq!((status.as_str(), message.as_slice()), ("0", frame(0, b"").as_slice()), "{encoding:?}");
        assert_eq!(call(address, grpc::METRICS, encoding, &frame(flag, &metrics)).await.0, "0");
        let told = golden.lock().unwrap().sum_up(4);
        assert_eq!((told.calls.len(), told.calls[0].errors), (1, 1));
        assert_eq!(signal(&told, "service_requests_per_s"), [("shop/cart".to_owned(), 1.0)]);
    }
    let bomb = zip(&vec![b' '; 64 << 20]);
    for (path, encoding, body, status) in [
        (grpc::TRACES, None, frame(0, b"\xff\xff\xff"), "3"),
        (grpc::TRACES, None, frame(1, &zip(&body)), "3"),
        (grpc::TRACES, Some("gzip"), frame(1, b"no gzip"), "3"),
        (grpc::TRACES, None, b"\0\0\0".to_vec(), "3"),
        (grpc::TRACES, None, [frame(0, &body), frame(0, &body)].concat(), "3"),
        (grpc::TRACES, Some("gzip"), frame(1, &bomb), "8"),
        (grpc::TRACES, None, frame(0, &vec![b' '; REQUEST_BYTES_MAX + 1]), "8"),
        (grpc::TRACES, Some("snappy"), frame(1, &body), "12"),
        ("/opentelemetry.proto.collector.logs.v1.LogsService/Export", None, frame(0, b""), "12"),
        ("/grpc.health.v1.Health/Check", None, frame(0, b""), "12"),
    ] {
        assert_eq!(call(address, path, encoding, &body).await.0, status, "{path} {encoding:?}");
    }
    assert_eq!(ask(address, grpc::TRACES, &format!("content-type: {PROTOBUF}\r\n"), &body).await.0, 415);
    assert!(golden.lock().unwrap().sum_up(60).calls.is_empty());
}

#[tokio::test]
async fn what_was_not_taken_is_told_in_each_form() {
    let (address, _golden) = listening().await;
    let traces = spans("shop", "Nobody", &[(SERVER, 1, false, &[]), (SERVER, 1, false, &[])]);
    let points = metrics("Nobody", "http.server.duration", DELTA, 1, &[4, 0, 0]);
    let (_, message) = call(address, grpc::TRACES, None, &frame(0, &traces.encode_to_vec())).await;
    let partial = ExportTraceServiceResponse::decode(&message[5..]).unwrap().partial_success.unwrap();
    assert_eq!(partial.rejected_spans, 2);
    assert!(partial.error_message.starts_with("not taken: "), "{partial:?}");
    let (_, message) = call(address, grpc::METRICS, None, &frame(0, &points.encode_to_vec())).await;
    let partial = ExportMetricsServiceResponse::decode(&message[5..]).unwrap().partial_success.unwrap();
    assert_eq!(partial.rejected_data_points, 1);
    let nobody = AS_JSON.replace("storefront", "Nobody");
    let (status, answer) = ask(address, "/v1/traces", &format!("content-type: {JSON}\r\n"), nobody.as_bytes()).await;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!((status, &body["partialSuccess"]["rejectedSpans"]), (200, &json!("1")), "{body}");
    let (_, answer) = ask(address, "/v1/traces", &format!("content-type: {JSON}\r\n"), b"{").await;
    assert!(answer.ends_with(r#"{"code":3,"message":"this is no request of OpenTelemetry"}"#), "{answer}");
}

#[test]
fn histograms_in_json_say_the_same_as_in_protobuf() {
    let resource = r#""resource":{"attributes":[{"key":"service.namespace","value":{"stringValue":"shop"}},
        {"key":"service.name","value":{"stringValue":"cart"}}]}"#;
    let of = |metric: &str| format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{metric}]}}],{resource}}}]}}"#);
    let explicit = r#"{"name":"http.server.request.duration","unit":"s","histogram":{"aggregationTemporality":1,"dataPoints":[
        {"startTimeUnixNano":"1","count":"40","bucketCounts":["39",1,0],"explicitBounds":[0.05,0.1],"attributes":[]}]}}"#;
    let exponential_json = r#"{"name":"http.server.request.duration","unit":"s","exponentialHistogram":{"dataPoints":[
        {"startTimeUnixNano":"1","count":40,"scale":3,"zeroCount":"1","positive":{"offset":-8,"bucketCounts":[38,"1"]}}],
        "aggregationTemporality":1}}"#;
    for (json, protobuf) in [
        (of(explicit), metrics("cart", "http.server.request.duration", DELTA, 1, &[39, 1, 0])),
        (of(exponential_json), exponential("cart", DELTA, 1, (3, -8), &[38, 1], 1)),
    ] {
        let (mut one, mut other) = (Golden::default(), Golden::default());
        assert_eq!(count::<Metrics>(&mut one, Form::Json, json.as_bytes()), Ok(0));
        assert_eq!(other.metrics(&protobuf), 0);
        let (one, other) = (one.sum_up(1), other.sum_up(1));
        assert_eq!(one.signals, other.signals);
        assert_eq!(signal(&one, "service_requests_per_s"), [("shop/cart".to_owned(), 40.0)]);
    }
}

#[test]
fn what_breaks_off_counts_nothing_of_what_came_before() {
    let mut whole = spans("shop", "cart", &[(SERVER, 1, false, &[])]).encode_to_vec();
    whole.extend_from_slice(b"\x0a\x7f");
    let mut golden = Golden::default();
    assert!(count::<Traces>(&mut golden, Form::Protobuf, &whole).is_err());
    let broken = format!("{},{{]}}", AS_JSON.strip_suffix("]}").unwrap());
    assert!(count::<Traces>(&mut golden, Form::Json, broken.as_bytes()).is_err());
    assert!(golden.sum_up(1).signals.iter().all(|(_, values)| values.is_empty()));
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_and_counts_nothing() {
    let (address, golden) = listening().await;
    let bomb = zip(&vec![b' '; 64 << 20]);
    let json = format!("content-type: {JSON}\r\n");
    let deep = format!("{}{}", r#"{"resourceSpans":[{"resource":{"attributes":[{"value":"#, r#"{"arrayValue":{"values":["#.repeat(50_000));
    for (path, headers, body, status) in [
        ("/v1/traces", json.clone(), b"{".to_vec(), 400),
        ("/v1/traces", json.clone(), deep.into_bytes(), 400),
        ("/v1/traces", format!("content-type: {PROTOBUF}\r\n"), b"\xff\xff\xff".to_vec(), 400),
        ("/v1/traces", format!("{json}content-encoding: gzip\r\n"), b"no gzip".to_vec(), 400),
        ("/v1/traces", format!("{json}content-encoding: gzip\r\n"), bomb, 413),
        ("/v1/traces", json.clone(), vec![b' '; REQUEST_BYTES_MAX + 1], 413),
        ("/v1/traces", format!("{json}content-encoding: br\r\n"), AS_JSON.into(), 415),
        ("/v1/traces", "content-type: text/plain\r\n".to_owned(), AS_JSON.into(), 415),
        ("/v1/traces", String::new(), AS_JSON.into(), 415),
        ("/v1/logs", json, AS_JSON.into(), 404),
    ] {
        assert_eq!(ask(address, path, &headers, &body).await.0, status, "{path} {headers}");
    }
    assert!(golden.lock().unwrap().sum_up(60).calls.is_empty());
}

#[tokio::test]
async fn what_comes_out_are_signals_of_namespaces_that_the_filter_takes() {
    let rules = assent_api::redaction::RedactionRules { deny: Vec::new(), allow: Vec::new(), addresses: false, version: 0 };
    let redactor = crate::redact::Redactor::new(&rules, &"07".repeat(32)).unwrap();
    let (_sender, seen) = tokio::sync::watch::channel(Some(Arc::new(redactor)));
    let clock = crate::clock::Clock::new(|| "2026-05-04T12:00:00Z".parse().unwrap());
    let (intake, mut waiting) = Intake::new(clock, seen, Arc::default());
    let filter: Filter = serde_json::from_value(json!({ "namespaces": { "exclude": ["vault"] } })).unwrap();
    let mut golden = Golden::default();
    let calls = [(CLIENT, 20, true, &[("server.address", "cart")][..]), (CLIENT, 20, false, &[("server.address", "keys.vault")][..])];
    golden.spans(&spans("shop", "storefront", &calls));
    golden.spans(&spans("vault", "keys", &[(SERVER, 1, false, &[])]));
    golden.spans(&spans("shop", "cart", &[(SERVER, 10, true, &[])]));
    send(golden.sum_up(60), &intake, &filter).await.unwrap();
    drop(intake);
    let mut told = Vec::new();
    while let Some(signal) = waiting.recv().await {
        told.push(serde_json::from_slice::<serde_json::Value>(&signal.into_parts().0).unwrap());
    }
    assert!(!serde_json::to_string(&told).unwrap().contains("vault"), "{told:?}");
    let calls: Vec<_> = told.iter().filter_map(|signal| signal.get("calls")).collect();
    assert_eq!(
        (calls.len(), &calls[0]["from"], &calls[0]["to"], &calls[0]["errors"]),
        (1, &json!("shop/storefront"), &json!("shop/cart"), &json!(1))
    );
    let errors = told.iter().filter_map(|signal| signal.get("samples")).find(|samples| samples["query"] == "service_errors_ratio").unwrap();
    assert_eq!(
        errors["body"]["result"],
        json!([{ "metric": { "namespace": "shop", "workload": "cart" }, "value": [1_777_896_000, "1.000000"] }])
    );
}

impl Golden {
    fn spans(&mut self, export: &ExportTraceServiceRequest) -> u64 {
        count::<Traces>(self, Form::Protobuf, &export.encode_to_vec()).unwrap()
    }

    fn metrics(&mut self, export: &ExportMetricsServiceRequest) -> u64 {
        count::<Metrics>(self, Form::Protobuf, &export.encode_to_vec()).unwrap()
    }
}

fn frame(flag: u8, message: &[u8]) -> Vec<u8> {
    [&[flag][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat()
}

/// Calls, and gives the status of gRPC and the body.
async fn call(address: SocketAddr, path: &str, encoding: Option<&str>, body: &[u8]) -> (String, Vec<u8>) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut request =
        http::Request::post(format!("http://{address}{path}")).header(CONTENT_TYPE, "application/grpc").header("te", "trailers");
    if let Some(encoding) = encoding {
        request = request.header("grpc-encoding", encoding);
    }
    let body = Full::new(Bytes::copy_from_slice(body));
    let response = sender.send_request(request.body(body).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    let early = response.headers().get("grpc-status").cloned();
    let whole = response.into_body().collect().await.unwrap();
    let status = early.or_else(|| whole.trailers()?.get("grpc-status").cloned()).unwrap();
    (status.to_str().unwrap().to_owned(), whole.to_bytes().to_vec())
}

async fn listening() -> (SocketAddr, Arc<Mutex<Golden>>) {
    let listening = Listening::on(Otlp { port: 0 }).await.unwrap();
    let (address, golden) = (listening.listener.local_addr().unwrap(), Arc::clone(&listening.golden));
    assert!(address.ip().is_loopback());
    tokio::spawn(serve(listening.listener, listening.golden));
    (address, golden)
}

/// Posts, and gives the status and the whole answer.
async fn ask(address: SocketAddr, path: &str, headers: &str, body: &[u8]) -> (u16, String) {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n", body.len());
    // It may answer, and close, before it has read everything.
    let _ = connection.write_all(head.as_bytes()).await;
    let _ = connection.write_all(body).await;
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0), answer)
}

fn zip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn signal(told: &Told, name: &str) -> Vec<(String, f64)> {
    let (_, values) = told.signals.iter().find(|(own, _)| *own == name).unwrap();
    values.iter().map(|(of, value)| (of.to_string(), *value)).collect()
}

fn attribute(key: &str, text: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(text.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn resource(namespace: &str, name: &str) -> Option<Resource> {
    let attributes = vec![attribute("k8s.namespace.name", namespace), attribute("service.name", name)];
    Some(Resource { attributes, ..Resource::default() })
}

/// A span: kind, milliseconds, whether it failed, attributes.
type Spanned<'a> = (i32, u64, bool, &'a [(&'a str, &'a str)]);

fn spans(namespace: &str, name: &str, spans: &[Spanned<'_>]) -> ExportTraceServiceRequest {
    let span = |(kind, ms, failed, attributes): &Spanned<'_>| Span {
        kind: *kind,
        start_time_unix_nano: 1_000_000_000,
        end_time_unix_nano: 1_000_000_000 + ms * 1_000_000,
        status: Some(Status { code: if *failed { 2 } else { 0 }, ..Status::default() }),
        attributes: attributes.iter().map(|(key, text)| attribute(key, text)).collect(),
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans { spans: spans.iter().map(span).collect(), ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource: resource(namespace, name), scope_spans, ..ResourceSpans::default() }],
    }
}

/// A histogram of seconds or milliseconds, with ends at 0.05, 0.1 and none, or at as many as there are counts.
fn metrics(name: &str, metric: &str, temporality: i32, start: u64, counts: &[u64]) -> ExportMetricsServiceRequest {
    let point = HistogramDataPoint {
        start_time_unix_nano: start,
        count: counts.iter().sum(),
        bucket_counts: counts.to_vec(),
        explicit_bounds: vec![0.05, 0.1],
        ..HistogramDataPoint::default()
    };
    let unit = if metric.ends_with("request.duration") { "s" } else { "ms" };
    metric_of(name, metric, unit, metric::Data::Histogram(Histogram { data_points: vec![point], aggregation_temporality: temporality }))
}

/// An exponential histogram of seconds: scale and offset, counts, and how many took no time.
fn exponential(name: &str, temporality: i32, start: u64, at: (i32, i32), counts: &[u64], zeros: u64) -> ExportMetricsServiceRequest {
    let point = ExponentialHistogramDataPoint {
        start_time_unix_nano: start,
        count: counts.iter().fold(zeros, |all, one| all.saturating_add(*one)),
        scale: at.0,
        zero_count: zeros,
        positive: Some(Buckets { offset: at.1, bucket_counts: counts.to_vec() }),
        ..ExponentialHistogramDataPoint::default()
    };
    let data = ExponentialHistogram { data_points: vec![point], aggregation_temporality: temporality };
    metric_of(name, "http.server.request.duration", "s", metric::Data::ExponentialHistogram(data))
}

fn metric_of(name: &str, metric: &str, unit: &str, data: metric::Data) -> ExportMetricsServiceRequest {
    let metric = Metric { name: metric.to_owned(), unit: unit.to_owned(), data: Some(data), ..Metric::default() };
    let scope_metrics = vec![ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() }];
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics { resource: resource("shop", name), scope_metrics, ..ResourceMetrics::default() }],
    }
}
