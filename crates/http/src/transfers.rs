//! Routes whose bodies are no JSON documents of the table: exports, alerts, the sign-in with an identity provider.

use std::sync::Arc;
use std::time::Instant;

use assent_api::alerts::AlertSourcePath;
use assent_api::ledger::ExportQuery;
use assent_api::{Access, Action, Code, Empty, Method, Problem};
use assent_base::Secret;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use futures_util::TryStreamExt;
use http::header::{ACCEPT, CONTENT_DISPOSITION, HeaderName, LOCATION};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::body::{self, Allowed};
use crate::credentials::{self, once, own_site};
use crate::front::LoggedPrincipal;
use crate::meta::RequestMeta;
use crate::mount::{Shared, meta, origins, path_parameters, within};
use crate::platform::{Alerts, OidcCallback, Platform, Principal};
use crate::streams::{Export, Redirect};
use crate::{answer, text};

const SIGNATURES: [HeaderName; 2] = [HeaderName::from_static("x-pagerduty-signature"), HeaderName::from_static("x-assent-signature")];

/// Everything of the tenant.
pub(crate) async fn export_tenant<P: Platform>(shared: Arc<Shared<P>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let exported = async {
        let (caller, Empty {}, meta) = caller(&shared, &parts, Action::TenantExport).await?;
        let principal = caller.principal();
        let export = within(&shared.config.limits, shared.platform.export_tenant(caller, meta)).await?;
        Ok(file(export, principal))
    };
    exported.await.unwrap_or_else(answer::problem)
}

/// The ledger's files, or its records as lines.
pub(crate) async fn export_ledger<P: Platform>(shared: Arc<Shared<P>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let exported = async {
        let (caller, query, meta) = caller::<_, ExportQuery>(&shared, &parts, Action::LedgerExport).await?;
        let principal = caller.principal();
        let export = within(&shared.config.limits, shared.platform.export_ledger(caller, query.format, meta)).await?;
        Ok(file(export, principal))
    };
    exported.await.unwrap_or_else(answer::problem)
}

async fn caller<P: Platform, Q: DeserializeOwned>(
    shared: &Shared<P>,
    parts: &Parts,
    action: Action,
) -> Result<(P::Caller, Q, RequestMeta), Problem> {
    let meta = meta(&shared.config, parts)?;
    own_site(&parts.headers, &origins(&shared.config, parts))?;
    let access = Access::Action(action);
    let given = credentials::read(&parts.headers, access, Method::Get, shared.config.session_cookie.of(meta.secure))?;
    let caller = within(&shared.config.limits, shared.platform.authenticate(given, access, &meta)).await?;
    let query = text::query(parts.uri.query(), &shared.config.limits)?;
    Ok((caller, query, meta))
}

fn file(export: Export, principal: String) -> Response {
    let name: String = export.file_name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')).collect();
    let body = Body::from_stream(export.bytes.inspect_err(|problem| tracing::error!(code = problem.code.as_str(), "an export broke off")));
    let mut response = answer::typed(StatusCode::OK, export.content_type, body);
    answer::put(response.headers_mut(), CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""));
    response.extensions_mut().insert(LoggedPrincipal(principal));
    response
}

/// Takes in alerts of another system.
pub(crate) async fn alerts<P: Platform>(shared: Arc<Shared<P>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let taken = take_alerts(&shared, &parts, body).await;
    taken.unwrap_or_else(answer::problem)
}

async fn take_alerts<P: Platform>(shared: &Arc<Shared<P>>, parts: &Parts, body: Body) -> Result<Response, Problem> {
    let limits = &shared.config.limits;
    let meta = meta(&shared.config, parts)?;
    own_site(&parts.headers, &origins(&shared.config, parts))?;
    let path: AlertSourcePath = text::path(&path_parameters("/api/v1/alerts/{source}", parts.uri.path())?)?;
    text::query::<Empty>(parts.uri.query(), limits)?;
    let bearer = credentials::bearer(&parts.headers)?;
    let mut signature = None;
    for name in &SIGNATURES {
        signature = signature.or(once(&parts.headers, name)?.map(|text| Secret::new(text.to_owned())));
    }
    if bearer.is_none() && signature.is_none() {
        return Err(Problem::new(Code::NotSignedIn, "sign the alerts, or send the token of their source"));
    }
    // Who sends them is known only once the body is there, since the signature is of it.
    let place = shared.strangers_place(meta.remote)?;
    let timeout_ms = limits.body_timeout_ms.min(limits.public_body_timeout_ms);
    let allowed = Allowed { bytes_max: limits.alerts_body_bytes_max, gzip: false, timeout_ms };
    let body = body::read(&parts.headers, body, allowed, place).await?;
    let seat = shared.seat()?;
    let platform = Arc::clone(&shared.platform);
    let alerts = Alerts { source: path.source, bearer, signature, body };
    let work = tokio::spawn(async move {
        let _seat = seat;
        platform.alerts(alerts, meta).await
    });
    let failed = |_| Problem::new(Code::Internal, "something failed; the log has this request's id");
    let taken = within(limits, async { work.await.map_err(failed)? }).await?;
    let body = serde_json::to_string(&taken).map_err(|_| Problem::new(Code::Internal, "the answer could not be written"))?;
    let mut response = answer::json(StatusCode::ACCEPTED, body);
    response.extensions_mut().insert(LoggedPrincipal(format!("alerts:{}", path.source)));
    Ok(response)
}

/// The provider in a path.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderPath {
    provider: String,
}

/// Where to come back to.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartQuery {
    /// A path of the console to come back to; the first page if absent.
    #[serde(default)]
    to: Option<String>,
}

/// What an identity provider adds to the address that it sends a browser back to. It may add more than we know.
#[derive(Debug, Default, Deserialize)]
struct CallbackQuery {
    #[serde(default)]
    code: Option<Secret>,
    #[serde(default)]
    state: Option<Secret>,
    #[serde(default)]
    iss: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

/// Sends a browser to an identity provider.
pub(crate) async fn oidc_start<P: Platform>(shared: Arc<Shared<P>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let started = async {
        let meta = oidc_meta(&shared, &parts)?;
        own_site(&parts.headers, &origins(&shared.config, &parts))?;
        let path: ProviderPath = text::path(&path_parameters("/api/v1/oidc/{provider}/start", parts.uri.path())?)?;
        let query: StartQuery = text::query(parts.uri.query(), &shared.config.limits)?;
        let redirect = within(&shared.config.limits, shared.platform.oidc_start(path.provider, query.to, meta)).await?;
        Ok(see_other(&redirect))
    };
    started.await.unwrap_or_else(|problem| at_the_door(&parts.headers, problem))
}

/// Takes a browser back. It comes from another site by design; the state, bound to a cookie, is what says that it began here.
pub(crate) async fn oidc_callback<P: Platform>(shared: Arc<Shared<P>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let finished = async {
        let meta = oidc_meta(&shared, &parts)?;
        let path: ProviderPath = text::path(&path_parameters("/api/v1/oidc/{provider}/callback", parts.uri.path())?)?;
        let query: CallbackQuery = text::query(parts.uri.query(), &shared.config.limits)?;
        let callback = OidcCallback {
            provider: path.provider,
            code: query.code,
            state: query.state,
            issuer: query.iss,
            error: query.error,
            cookie: credentials::cookie(&parts.headers, shared.config.oidc_cookie.of(meta.secure))?,
        };
        let redirect = within(&shared.config.limits, shared.platform.oidc_callback(callback, meta)).await?;
        Ok(see_other(&redirect))
    };
    finished.await.unwrap_or_else(|problem| at_the_door(&parts.headers, problem))
}

/// Tells a person in a browser what is wrong where they can try again, and everybody else as always.
fn at_the_door(headers: &HeaderMap, problem: Problem) -> Response {
    let accepts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    if !accepts.flat_map(|value| value.split(',')).any(|kind| kind.trim().starts_with("text/html")) {
        return answer::problem(problem);
    }
    let mut response = answer::plain(StatusCode::SEE_OTHER);
    answer::put(response.headers_mut(), LOCATION, &format!("/sign-in?problem={}", problem.code.as_str()));
    response
}

fn oidc_meta<P: Platform>(shared: &Shared<P>, parts: &Parts) -> Result<RequestMeta, Problem> {
    let meta = meta(&shared.config, parts)?;
    let wait = shared.public_writes.take(meta.remote, Instant::now());
    wait.map_err(|wait_s| Problem::new(Code::TooMany, "your address tries this too often").retry_after(wait_s))?;
    Ok(meta)
}

fn see_other(redirect: &Redirect) -> Response {
    let mut response = answer::plain(StatusCode::SEE_OTHER);
    answer::put(response.headers_mut(), LOCATION, &redirect.location);
    answer::set_cookies(response.headers_mut(), &redirect.cookies);
    response
}
