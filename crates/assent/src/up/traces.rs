//! Traces of our own work, for the collector that the configuration names, and for nobody else.
//!
//! A span says what was done and how long it took: a request by its route, an examination by its cluster's id, a record by its action. Only
//! spans that are made for this leave, and no events: so no line of the log, and no word of a cluster, can get into one by accident.
//!
//! Errors: a collector that cannot be reached loses spans and nothing else; the log says so.

use std::time::Duration;

use anyhow::{Context, bail};
use assent_observe::Proxy;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use reqwest::Url;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// The target of spans that may leave.
pub(super) const TARGET: &str = "assent::span";
/// One export takes no longer.
const EXPORT_MAX: Duration = Duration::from_secs(10);
/// What is left at the end is waited for no longer.
const END_MAX: Duration = Duration::from_secs(5);
/// Where a collector takes traces, if the address has no path.
const PATH: &str = "/v1/traces";

/// The way to a collector.
pub(super) struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// Prepares it. Must not run inside the runtime: the exporter has a thread of its own.
    pub(super) fn to(endpoint: &str, ca_pem: Option<&[u8]>, proxy: Option<&Proxy>) -> anyhow::Result<Self> {
        let url = address(endpoint)?;
        // Another part of the program may have installed it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut client = reqwest::blocking::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().timeout(EXPORT_MAX);
        if let Some(proxy) =
            proxy.filter(|proxy| proxy.serves(url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(443)))
        {
            client = client.proxy(reqwest::Proxy::all(&proxy.url).context("the proxy cannot be used for traces")?);
        }
        if let Some(pem) = ca_pem {
            let authorities =
                reqwest::Certificate::from_pem_bundle(pem).context("the certificate authorities cannot be used for traces")?;
            client = client.tls_certs_merge(authorities);
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client.build().context("no client for traces can be made")?)
            .with_endpoint(String::from(url))
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(EXPORT_MAX)
            .build()
            .context("traces cannot be sent")?;
        let resource = Resource::builder_empty()
            .with_service_name("assent")
            .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { provider: SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build() })
    }

    /// Takes the spans that may leave.
    pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("assent"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target() == TARGET))
    }

    /// Sends what is left.
    pub(super) fn end(self) {
        if let Err(error) = self.provider.shutdown_with_timeout(END_MAX) {
            tracing::warn!(%error, "the last traces are not sent");
        }
    }
}

/// The whole address: `https`, or `http` on loopback, since spans name what people do.
fn address(endpoint: &str) -> anyhow::Result<Url> {
    let mut url: Url = endpoint.parse().with_context(|| format!("`{endpoint}` is no address for traces"))?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let near = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "https" => {}
        "http" if near => {}
        _ => bail!("traces are sent by https, or by http to loopback"),
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        bail!("the address for traces has more than a host, a port and a path; a token goes into OTEL_EXPORTER_OTLP_HEADERS");
    }
    if url.path() == "/" {
        url.set_path(PATH);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn a_collector_gets_the_spans_that_are_for_it_and_no_word_of_the_log() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let collector = std::thread::spawn(move || one_request(&listener));
        let traces = Traces::to(&endpoint, None, None).unwrap();
        let subscriber = tracing_subscriber::registry().with(traces.layer());
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!(target: TARGET, "request", otel.name = "GET /api/v1/me", otel.kind = "server");
            span.in_scope(|| {
                tracing::error!(text = "canary of an event", "canary of the log");
                tracing::info_span!("elsewhere", text = "canary of another span").in_scope(|| tracing::info!("canary"));
            });
        });
        traces.end();
        let (head, body) = collector.join().unwrap();
        assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
        let text = String::from_utf8_lossy(&body).into_owned();
        assert!(text.contains("GET /api/v1/me") && text.contains("assent"), "{text}");
        assert!(!text.contains("canary") && !text.contains("traces.rs"), "{text}");
    }

    #[test]
    fn an_address_is_https_or_on_loopback_and_holds_no_secret() {
        assert_eq!(address("https://collector.example.org").unwrap().as_str(), "https://collector.example.org/v1/traces");
        assert_eq!(address("http://[::1]:4318/otlp/v1/traces").unwrap().as_str(), "http://[::1]:4318/otlp/v1/traces");
        for bad in [
            "http://collector.example.org",
            "grpc://localhost:4317",
            "localhost:4318",
            "https://me:secret@example.org",
            "https://a?token=b",
            "",
        ] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }

    /// Reads one request, and says that all is well.
    fn one_request(listener: &TcpListener) -> (String, Vec<u8>) {
        let (mut connection, _) = listener.accept().unwrap();
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(b"\r\n\r\n") {
            connection.read_exact(&mut byte).unwrap();
            bytes.push(byte[0]);
        }
        let head = String::from_utf8(bytes).unwrap();
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        connection.read_exact(&mut body).unwrap();
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        connection.write_all(answer.as_bytes()).unwrap();
        (head, body)
    }
}
