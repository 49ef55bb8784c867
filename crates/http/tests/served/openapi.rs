//! The OpenAPI document says what is served, and nothing else.

use std::collections::BTreeSet;

use assent_api::Operation;
use assent_api::operations::{Visitor, visit_all};
use serde_json::Value;

use crate::support::Server;

fn document() -> Value {
    let schema = include_str!("../../../../docs/report.schema.json");
    assent_http::openapi(&serde_json::from_str(schema).expect("a schema"))
}

fn refs<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|inner| refs(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| refs(inner, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = Vec::new();
    refs(&document, &mut found);
    assert!(found.len() > 200, "{}", found.len());
    for target in found {
        let pointer = target.strip_prefix('#').unwrap_or_else(|| panic!("`{target}` is elsewhere"));
        assert!(document.pointer(pointer).is_some(), "`{target}` is nowhere");
    }
}

#[test]
fn every_operation_stands_there_once_with_what_it_needs() {
    struct Check(Value, BTreeSet<&'static str>);
    impl Visitor for Check {
        fn visit<O: Operation>(&mut self) {
            assert!(self.1.insert(O::NAME), "{} twice in the table", O::NAME);
            let operation = &self.0["paths"][O::PATH][O::METHOD.as_str().to_lowercase()];
            assert_eq!(operation["operationId"], O::NAME);
            assert!(operation["responses"][O::STATUS.to_string()].is_object(), "{}", O::NAME);
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            for place in O::PATH.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                let named = parameters.iter().filter(|parameter| parameter["name"] == place && parameter["in"] == "path");
                assert_eq!(named.count(), 1, "{}: {place}", O::NAME);
            }
            let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path").count();
            assert_eq!(in_path, O::PATH.matches('{').count(), "{}", O::NAME);
        }
    }
    let mut check = Check(document(), BTreeSet::new());
    visit_all(&mut check);
    let Check(document, table) = check;
    let mut ids = Vec::new();
    for methods in document["paths"].as_object().unwrap().values() {
        ids.extend(methods.as_object().unwrap().values().map(|operation| operation["operationId"].as_str().unwrap()));
    }
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len(), "an id twice");
    assert!(table.iter().all(|name| unique.contains(name)));
}

#[test]
fn names_of_schemas_are_those_of_types() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    // A generator that meets two types of one name numbers them, and clients would call them so.
    let numbered: Vec<&String> = schemas.keys().filter(|name| name.ends_with(|c: char| c.is_ascii_digit())).collect();
    assert!(numbered.is_empty(), "{numbered:?}");
    assert!(schemas.keys().all(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))));
    assert!(schemas["Report"]["properties"].is_object(), "the schema of the diagnosis stands in its place");
}

#[tokio::test]
async fn every_path_of_the_document_is_served() {
    let server = Server::start().await;
    for (path, methods) in document()["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let concrete = path.replace("{index}", "0").replace("{provider}", "corp");
            let concrete = concrete.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect::<Vec<_>>().join("/");
            let got = server.ask(&method.to_uppercase(), &concrete).send().await;
            assert_ne!(got.status, 405, "{method} {concrete}");
            assert!(got.status != 404 || got.header("content-type") == Some("application/problem+json"), "{method} {concrete}");
        }
    }
}

#[test]
fn the_committed_document_is_this_one() {
    let committed = include_str!("../../../../docs/openapi.json");
    assert!(committed == format!("{:#}\n", document()), "run `cargo xtask docs` and commit the result");
}
