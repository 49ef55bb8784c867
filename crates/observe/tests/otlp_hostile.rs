//! Whatever comes to the port of OpenTelemetry is read or refused; nothing of it ends the observer.

#![allow(clippy::unwrap_used, reason = "this is a test, helpers included")]

use assent_observe::otlp::{Form, Unreadable, rehearse_metrics, rehearse_traces};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Metric, ResourceMetrics, ScopeMetrics, metric,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use proptest::prelude::*;
use prost::Message as _;

proptest! {
    #[test]
    fn any_bytes_are_a_request_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        in_every_form(&bytes);
    }

    #[test]
    fn a_request_of_which_some_bytes_are_others_is_one_or_none(
        scale in any::<i32>(), offset in any::<i32>(), counts in proptest::collection::vec(any::<u64>(), 0..20),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut bytes = request(scale, offset, counts).encode_to_vec();
        prop_assert!(rehearse_metrics(Form::Protobuf, false, &bytes).is_ok());
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes.splice(at..=at, [byte]);
        }
        in_every_form(&bytes);
    }

    #[test]
    fn any_text_that_looks_like_a_request_is_one_or_none(text in r#"[\[\]{}",:0-9 a-z\\]{0,80}"#) {
        for text in [text.clone(), format!(r#"{{"resourceSpans":[{text}]}}"#), format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{text}]}}]}}"#)] {
            in_every_form(text.as_bytes());
        }
    }
}

/// Reads it as every kind in every form. In a frame it is what it is without.
fn in_every_form(bytes: &[u8]) {
    for rehearse in [rehearse_traces as fn(Form, bool, &[u8]) -> Result<u64, Unreadable>, rehearse_metrics] {
        for zipped in [false, true] {
            for form in [Form::Protobuf, Form::Json, Form::Grpc] {
                let _ = rehearse(form, zipped, bytes);
            }
        }
        let frame = [&[0][..], &u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
        assert_eq!(rehearse(Form::Grpc, false, &frame), rehearse(Form::Protobuf, false, bytes));
    }
}

fn request(scale: i32, offset: i32, counts: Vec<u64>) -> ExportMetricsServiceRequest {
    let attribute = |key: &str, text: &str| {
        let value = Some(AnyValue { value: Some(any_value::Value::StringValue(text.to_owned())) });
        KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
    };
    let positive = Some(Buckets { offset, bucket_counts: counts });
    let point = ExponentialHistogramDataPoint { count: 7, scale, positive, ..ExponentialHistogramDataPoint::default() };
    let data = metric::Data::ExponentialHistogram(ExponentialHistogram { data_points: vec![point], aggregation_temporality: 1 });
    let metric = Metric { name: "http.server.request.duration".to_owned(), unit: "s".to_owned(), data: Some(data), ..Metric::default() };
    let attributes = vec![attribute("k8s.namespace.name", "shop"), attribute("service.name", "cart")];
    let resource = Some(Resource { attributes, ..Resource::default() });
    let scope_metrics = vec![ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() }];
    ExportMetricsServiceRequest { resource_metrics: vec![ResourceMetrics { resource, scope_metrics, ..ResourceMetrics::default() }] }
}
