//! The OpenAPI 3.1 document, made from the table of operations and the schemas of its types.
//!
//! OpenAPI 3.1 takes JSON Schema 2020-12 as it is, so what `schemars` derives stands below `components/schemas` unchanged. The schema of
//! a report belongs to another room and comes as an argument; its definitions get the prefix `Report`.

use assent_api::ledger::ExportQuery;
use assent_api::operations::{Visitor, visit_all};
use assent_api::{Access, Action, Empty, Method, Operation, Problem, promises};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::transfers::StartQuery;

const SCHEMAS: &str = "/components/schemas";

/// The document. `report_schema` is the JSON Schema of a report.
#[must_use]
pub fn openapi(report_schema: &Value) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = SCHEMAS.into();
    settings.meta_schema = None;
    let mut table = Table { schemas: settings.into_generator(), paths: Map::new() };
    visit_all(&mut table);
    by_hand(&mut table);
    table.schemas.subschema_for::<Problem>();
    table.schemas.subschema_for::<assent_api::events::Event>();
    let Table { mut schemas, paths } = table;
    let mut components = schemas.take_definitions(true);
    report(&mut components, report_schema);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Assent",
            "version": "1",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "Instants are RFC 3339 in UTC. Unknown fields of bodies and queries are refused. Lists are pages: `next` is the \
                            `cursor` of the page that follows. Problems are RFC 9457."
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": { "Problem": {
                "description": "What went wrong.",
                "headers": { "Retry-After": { "schema": { "type": "integer" }, "description": "Seconds after which to try again." } },
                "content": { "application/problem+json": { "schema": { "$ref": format!("#{SCHEMAS}/Problem") } } }
            } },
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "A machine's key, or a token of the identity provider." },
                "session": { "type": "apiKey", "in": "cookie", "name": "assent",
                    "description": "What a sign-in sets (`__Host-assent` under TLS). All but GET also need `X-Csrf-Token`." },
                "observer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An observer's token, for ten minutes." },
                "executor": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An executor's token, for ten minutes." }
            }
        }
    });
    // The same bytes whether or not another crate of the build makes maps keep their order.
    document.sort_all_objects();
    document
}

struct Table {
    schemas: SchemaGenerator,
    paths: Map<String, Value>,
}

impl Visitor for Table {
    fn visit<O: Operation>(&mut self) {
        let mut parameters = self.parameters::<O::Path>("path");
        parameters.extend(self.parameters::<O::Query>("query"));
        parameters.extend(headers(O::NAME, O::METHOD, O::ACCESS));
        let mut success = json!({ "description": O::SUMMARY });
        if O::STATUS != 204 {
            insert(&mut success, "content", json!({ "application/json": { "schema": self.schema::<O::Answer>() } }));
        }
        let mut operation = json!({
            "operationId": O::NAME,
            "summary": O::SUMMARY,
            "tags": [tag(O::PATH)],
            "security": security(O::ACCESS),
            "responses": { O::STATUS.to_string(): success, "default": { "$ref": "#/components/responses/Problem" } }
        });
        if !parameters.is_empty() {
            insert(&mut operation, "parameters", Value::Array(parameters));
        }
        if O::Body::schema_id() != Empty::schema_id() {
            let content = json!({ "application/json": { "schema": self.schema::<O::Body>() } });
            insert(&mut operation, "requestBody", json!({ "required": true, "content": content }));
        }
        if let Access::Action(action) = O::ACCESS {
            insert(&mut operation, "x-assent-action", json!(action.as_str()));
        }
        self.add(O::PATH, O::METHOD, operation);
    }
}

impl Table {
    fn schema<T: JsonSchema>(&mut self) -> Value {
        self.schemas.subschema_for::<T>().to_value()
    }

    /// The fields of a struct, each as a parameter.
    fn parameters<T: JsonSchema>(&mut self, place: &str) -> Vec<Value> {
        let schema = T::json_schema(&mut self.schemas).to_value();
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let parameter = |(name, schema): (&String, &Value)| {
            let mut schema = schema.clone();
            let described = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let is_required = place == "path" || required.contains(&name.as_str());
            let mut parameter = json!({ "name": name, "in": place, "required": is_required, "schema": present(schema) });
            if let Some(description) = described {
                insert(&mut parameter, "description", description);
            }
            parameter
        };
        fields.map(parameter).collect()
    }

    fn add(&mut self, path: &str, method: Method, operation: Value) {
        let methods = self.paths.entry(path).or_insert_with(|| json!({}));
        insert(methods, &method.as_str().to_lowercase(), operation);
    }
}

/// A parameter is there or is not; it is never null.
fn present(schema: Value) -> Value {
    let without_null = |options: &Vec<Value>| options.iter().find(|option| option.get("type") != Some(&json!("null"))).cloned();
    if let Some(option) = schema.get("anyOf").and_then(Value::as_array).filter(|options| options.len() == 2).and_then(without_null) {
        return option;
    }
    let mut schema = schema;
    if let Some(kinds) = schema.get("type").and_then(Value::as_array).cloned() {
        let kept: Vec<Value> = kinds.into_iter().filter(|kind| kind != "null").collect();
        if let [kind] = kept.as_slice() {
            insert(&mut schema, "type", kind.clone());
        }
    }
    schema
}

fn insert(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

fn tag(path: &str) -> &str {
    path.split('/').nth(3).unwrap_or("")
}

fn security(access: Access) -> Value {
    match access {
        Access::Public => json!([]),
        Access::SignedIn | Access::Action(_) => json!([{ "token": [] }, { "session": [] }]),
        Access::Observer => json!([{ "observer": [] }]),
        Access::Executor => json!([{ "executor": [] }]),
    }
}

/// Headers that mean something to an operation.
fn headers(name: &str, method: Method, access: Access) -> Vec<Value> {
    let header = |name: &str, description: &str| json!({ "name": name, "in": "header", "required": false, "description": description, "schema": { "type": "string" } });
    let known = matches!(access, Access::SignedIn | Access::Action(_));
    let mut headers = Vec::new();
    if method == Method::Post && known {
        let answer = if promises::shows_secret(name) {
            "is told that it was done, since a secret is shown once"
        } else {
            "gets the same answer again"
        };
        headers.push(header("Idempotency-Key", &format!("The same key with the same request {answer}.")));
    }
    if promises::takes_if_match(name) {
        headers.push(header("If-Match", "The `ETag` of what was read; if it has changed since, nothing is done."));
    }
    headers
}

/// What `crate::router` serves without the table.
fn by_hand(table: &mut Table) {
    let event = table.schema::<assent_api::events::Event>();
    let taken = table.schema::<assent_api::alerts::AlertsTaken>();
    let source = table.parameters::<assent_api::alerts::AlertSourcePath>("path");
    let provider = json!([{ "name": "provider", "in": "path", "required": true, "schema": { "type": "string" } }]);
    let plain = |name: &str, summary: &str, access: Access, status: &str, content: Value| {
        let mut success = json!({ "description": summary });
        if !content.is_null() {
            insert(&mut success, "content", content);
        }
        let mut operation = json!({
            "operationId": name, "summary": summary, "security": security(access),
            "responses": { status: success, "default": { "$ref": "#/components/responses/Problem" } }
        });
        if let Access::Action(action) = access {
            insert(&mut operation, "x-assent-action", json!(action.as_str()));
        }
        operation
    };
    let file = |kind: &str| json!({ kind: { "schema": { "type": "string", "format": "binary" } } });
    let text = || json!({ "text/plain": { "schema": { "type": "string" } } });

    let mut events = plain(
        "FollowEvents",
        "Follows what changes, as server-sent events. The data of each is an `Event`.",
        Access::Action(Action::EventRead),
        "200",
        json!({ "text/event-stream": { "schema": { "type": "string" }, "x-assent-event": event } }),
    );
    let number = json!({ "type": "integer", "format": "uint64", "minimum": 0 });
    let parameters = json!([
        { "name": "after", "in": "query", "required": false, "description": "The number of the last event that was seen.", "schema": number },
        { "name": "Last-Event-ID", "in": "header", "required": false, "description": "The same, as browsers say it.", "schema": number }
    ]);
    insert(&mut events, "parameters", parameters);
    let mut alerts = plain(
        "SendAlerts",
        "Takes in alerts of another system.",
        Access::Public,
        "202",
        json!({ "application/json": { "schema": taken } }),
    );
    insert(&mut alerts, "parameters", Value::Array(source));
    insert(&mut alerts, "requestBody", json!({ "required": true, "content": { "application/json": { "schema": {} } } }));
    let oidc = |name: &str, summary: &str| {
        let mut operation = plain(name, summary, Access::Public, "303", Value::Null);
        insert(&mut operation, "parameters", provider.clone());
        operation
    };
    let mut start = oidc("StartOidc", "Sends a browser to an identity provider.");
    if let Some(parameters) = start.get_mut("parameters").and_then(Value::as_array_mut) {
        parameters.extend(table.parameters::<StartQuery>("query"));
    }
    let export = |name: &str, summary: &str, action: Action, kind: &str| plain(name, summary, Access::Action(action), "200", file(kind));

    let mut ledger =
        export("ExportLedger", "Exports the ledger: its files, or its records as lines.", Action::LedgerExport, "application/x-tar");
    insert(&mut ledger, "parameters", Value::Array(table.parameters::<ExportQuery>("query")));
    let mut forms = file("application/x-tar");
    for kind in ["application/jsonl", "text/csv"] {
        insert(&mut forms, kind, json!({ "schema": { "type": "string" } }));
    }
    if let Some(success) = ledger.pointer_mut("/responses/200") {
        insert(success, "content", forms);
    }

    let routes = [
        ("/api/v1/events", Method::Get, events),
        (
            "/api/v1/tenant/export",
            Method::Get,
            export("ExportTenant", "Exports everything of the tenant.", Action::TenantExport, "application/jsonl"),
        ),
        ("/api/v1/ledger/export", Method::Get, ledger),
        ("/api/v1/alerts/{source}", Method::Post, alerts),
        ("/api/v1/oidc/{provider}/start", Method::Get, start),
        ("/api/v1/oidc/{provider}/callback", Method::Get, oidc("FinishOidc", "Takes a browser back from an identity provider.")),
        (
            "/api/v1/openapi.json",
            Method::Get,
            plain("GetOpenApi", "This document.", Access::Public, "200", json!({ "application/json": { "schema": { "type": "object" } } })),
        ),
        ("/healthz", Method::Get, plain("Healthz", "Says that the process lives.", Access::Public, "200", text())),
        ("/readyz", Method::Get, plain("Readyz", "Says which parts are ready; 503 unless all are.", Access::Public, "200", text())),
        ("/metrics", Method::Get, plain("Metrics", "Numbers for Prometheus, to loopback or with a token.", Access::Public, "200", text())),
    ];
    for (path, method, mut operation) in routes {
        insert(&mut operation, "tags", json!([if path.starts_with("/api") { tag(path) } else { "machine" }]));
        table.add(path, method, operation);
    }
}

/// Puts the schema of a report where there was only a place for it.
fn report(components: &mut Map<String, Value>, schema: &Value) {
    let mut schema = schema.clone();
    let Some(object) = schema.as_object_mut() else { return };
    object.remove("$schema");
    let definitions = object.remove("$defs");
    for (name, mut definition) in definitions.as_ref().and_then(Value::as_object).cloned().into_iter().flatten() {
        point(&mut definition);
        components.insert(format!("Report{name}"), definition);
    }
    point(&mut schema);
    components.insert("Report".to_owned(), schema);
}

/// `#/$defs/Claim` is `#/components/schemas/ReportClaim` here.
fn point(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object.iter_mut() {
                match inner {
                    Value::String(target) if name == "$ref" => {
                        if let Some(definition) = target.strip_prefix("#/$defs/") {
                            *target = format!("#{SCHEMAS}/Report{definition}");
                        }
                    }
                    other => point(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(point),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
