//! Pages for people, without scripts and without anything from elsewhere.

use std::fmt::Write;
use std::sync::Arc;

use assent_api::status::{Level, PublicStatus};
use assent_api::{Access, Code, Empty, Problem, operations};
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};

use crate::answer;
use crate::assets::{self, Assets};
use crate::config::Config;
use crate::front::Arrival;
use crate::meta::{Credentials, RequestMeta};
use crate::mount::{Shared, within};
use crate::openapi::openapi;
use crate::platform::{Handle, Input};

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}\
code{font-family:ui-monospace,monospace;font-size:.95em}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;\
border-bottom:1px solid #d0d7de;vertical-align:top}a{color:#0a58ca}@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}\
a{color:#79b8ff}td,th{border-color:#30363d}}";

/// The OpenAPI document, made once.
pub(crate) fn document(config: &Config) -> MethodRouter {
    let document: Arc<str> = openapi(&config.report_schema).to_string().into();
    get(move || async move { answer::typed(StatusCode::OK, "application/json", document.to_string()) })
}

/// All operations, as a page made once from the OpenAPI document.
pub(crate) fn docs(config: &Config) -> MethodRouter {
    let page: Arc<str> = docs_page(&openapi(&config.report_schema)).into();
    get(move || async move { html(StatusCode::OK, page.to_string()) })
}

fn docs_page(document: &serde_json::Value) -> String {
    let mut rows = String::new();
    let paths = document.get("paths").and_then(serde_json::Value::as_object);
    for (path, methods) in paths.into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let text = |name: &str| operation.get(name).and_then(serde_json::Value::as_str).unwrap_or("");
            let cells = [method.to_uppercase(), path.clone(), text("x-assent-action").to_owned()].map(|cell| escape(&cell));
            let [method, path, action] = cells;
            let summary = escape(text("summary"));
            let _ = writeln!(rows, "<tr><td><code>{method}</code><td><code>{path}</code><td>{summary}<td><code>{action}</code>");
        }
    }
    let body = format!(
        "<p>Every operation of the API. Bodies, answers and their fields stand in <a href=\"/api/v1/openapi.json\">openapi.json</a> \
         (OpenAPI 3.1). Problems come as <code>application/problem+json</code>; {}.</p>\
         <table><tr><th>Method<th>Path<th>What it does<th>Action of policy</tr>{rows}</table>",
        codes()
    );
    page("API", &body)
}

fn codes() -> String {
    let links = Code::ALL.iter().map(|code| format!("<a href=\"/docs/errors/{0}\"><code>{0}</code></a>", code.as_str()));
    format!("their codes are {}", links.collect::<Vec<_>>().join(", "))
}

/// The page of a code.
pub(crate) async fn error(request: Request) -> Response {
    let word = request.uri().path().rsplit('/').next().unwrap_or("");
    let Some(code) = Code::ALL.iter().find(|code| code.as_str() == word) else { return answer::problem(Problem::not_found()) };
    html(StatusCode::OK, page(code.as_str(), &markdown(text_of(*code))))
}

/// A code without a page does not compile.
pub(crate) fn text_of(code: Code) -> &'static str {
    macro_rules! pages {
        ($($variant:ident $file:literal,)*) => {
            match code { $(Code::$variant => include_str!(concat!("../../../docs/errors/", $file, ".md")),)* }
        };
    }
    pages! {
        BadRequest "bad_request", Invalid "invalid", NotSignedIn "not_signed_in", Refused "refused", CrossSite "cross_site",
        NotFound "not_found", MethodNotAllowed "method_not_allowed", Conflict "conflict", Stale "stale", TooLarge "too_large",
        UnsupportedMediaType "unsupported_media_type", TooMany "too_many", LockedOut "locked_out", Internal "internal",
        Unavailable "unavailable", LedgerStopped "ledger_stopped", Corrupt "corrupt",
    }
}

/// The little of Markdown that our own pages use: headings, lists, paragraphs, and code in backticks.
fn markdown(text: &str) -> String {
    let mut html = String::new();
    for block in text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
        let inline = |text: &str| {
            let parts = text.split('`').enumerate();
            parts.map(|(n, part)| if n % 2 == 1 { format!("<code>{}</code>", escape(part)) } else { escape(part) }).collect::<String>()
        };
        if let Some(heading) = block.strip_prefix("# ").or_else(|| block.strip_prefix("## ")) {
            let _ = writeln!(html, "<h2>{}</h2>", inline(heading));
        } else if let Some(items) = block.strip_prefix("- ") {
            let items: String = items.split("\n- ").map(|item| format!("<li>{}</li>", inline(item))).collect();
            let _ = writeln!(html, "<ul>{items}</ul>");
        } else {
            let _ = writeln!(html, "<p>{}</p>", inline(block));
        }
    }
    html
}

/// What anyone may know about how the platform works.
pub(crate) async fn status<P: Handle<operations::GetPublicStatus>>(shared: Arc<Shared<P>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let asked = async {
        let arrival = parts.extensions.get::<Arrival>().ok_or_else(|| Problem::new(Code::Internal, "the request has no id"))?;
        let meta = RequestMeta {
            request_id: arrival.request_id.clone(),
            remote: arrival.remote,
            if_match: None,
            idempotency_key: None,
            user_agent: None,
            base_url: arrival.origin(),
            secure: arrival.secure,
            session_cookie: None,
        };
        let caller = shared.platform.authenticate(Credentials::None, Access::Public, &meta).await?;
        shared.platform.handle(caller, Input { path: Empty {}, query: Empty {}, body: Empty {}, meta }).await
    };
    match within(&shared.config.limits, asked).await {
        Ok(reply) => html(StatusCode::OK, page("Status", &status_body(&reply.answer))),
        Err(problem) => answer::problem(problem),
    }
}

fn status_body(status: &PublicStatus) -> String {
    let word = |level: Level| match level {
        Level::Working => "working",
        Level::Degraded => "degraded",
        Level::Stopped => "stopped",
    };
    let parts: String = status.parts.iter().map(|part| format!("<tr><td>{}<td>{}</tr>", escape(&part.name), word(part.level))).collect();
    let objective = &status.objective;
    let measured = objective.measured_percent.map_or_else(|| "not measured yet".to_owned(), |percent| format!("{percent:.3} %"));
    format!(
        "<p>The platform is <strong>{}</strong>, as of {}.</p><table><tr><th>Part<th>State</tr>{parts}</table>\
         <h2>Service level</h2><p>{measured} of {} requests were answered without fault of the platform; {} % are promised.</p>",
        word(status.level),
        escape(&status.at.to_string()),
        objective.requests,
        objective.target_percent
    )
}

/// Whatever has no route: the console, the first page where there is none, or nothing.
pub(crate) fn fallback(console: Option<&dyn Assets>, request: &Request) -> Response {
    let path = request.uri().path();
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    let is_api = path == "/api" || path.starts_with("/api/");
    if !reads || is_api {
        return answer::problem(Problem::not_found());
    }
    match (console, assets::is_view(path)) {
        (Some(console), true) => assets::page(&console.page()),
        (None, true) => html(StatusCode::OK, page("Assent", HOME)),
        (Some(console), false) => {
            console.file(path).map_or_else(|| answer::problem(Problem::not_found()), |file| assets::file(file, request.headers()))
        }
        (None, false) => answer::problem(Problem::not_found()),
    }
}

const HOME: &str = "<p>This is Assent: AI operations for Kubernetes. Nothing changes without a person's assent.</p>\
<p>This binary was built without the web console. To have it, run <code>cargo xtask console</code> in the repository, which needs Node.js, \
and build <code>assent</code> again. Everything else works as it is:</p>\
<ul><li>The command line: <code>assent incidents</code>, <code>assent incident ID</code>, <code>assent ledger verify</code></li>\
<li>A link that sets somebody up, or shows a report, is for the console; on the command line its end goes to \
<code>assent login --server URL --set-up SECRET</code></li>\
<li><a href=\"/docs\">The API</a>, and its <a href=\"/api/v1/openapi.json\">OpenAPI document</a></li>\
<li><a href=\"/status\">The status of this platform</a></li></ul>";

fn page(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style><h1>{title}</h1>{body}</html>\n"
    )
}

fn html(status: StatusCode, page: String) -> Response {
    let mut response = answer::typed(status, HTML, page);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(HTML));
    let digest = STANDARD.encode(assent_base::Digest::of(STYLE.as_bytes()).as_bytes());
    let policy = format!("default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
    answer::put(response.headers_mut(), CONTENT_SECURITY_POLICY, &policy);
    response
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page_about_itself() {
        for code in Code::ALL {
            let text = text_of(*code);
            assert!(text.starts_with(&format!("# `{}`", code.as_str())), "{}", code.as_str());
            assert!(text.contains(&code.status().to_string()), "{}: the status", code.as_str());
            assert!(text.contains("## What to do"), "{}", code.as_str());
        }
    }

    #[test]
    fn markdown_cannot_become_markup() {
        assert_eq!(
            markdown("# a <b>\n\n- x `<i>`\n- y\n\nz"),
            "<h2>a &lt;b&gt;</h2>\n<ul><li>x <code>&lt;i&gt;</code></li><li>y</li></ul>\n<p>z</p>\n"
        );
    }
}
