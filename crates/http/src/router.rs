//! The routes: the table of operations, and what is served by hand.

use std::sync::Arc;

use assent_api::{Code, Method, Operation, Problem, operations};
use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, get, on, post};
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};

use crate::config::Config;
use crate::events::Seats;
use crate::front::{self, Front};
use crate::mount::{Row, Shared, serve};
use crate::platform::{Handle, Platform};
use crate::rate::Rate;
use crate::waiting::Waiting;
use crate::{answer, events, machine, pages, transfers};

/// Answers shorter than this are not worth compressing.
const GZIP_BYTES_MIN: u16 = 1_024;

/// The table, turned into routes.
struct Rows<P: Platform>(Vec<Row<P>>);

impl<P: Platform> Rows<P> {
    fn add<O: Operation>(&mut self)
    where
        P: Handle<O>,
    {
        self.0.push(Row::of::<O>());
    }
}

macro_rules! complete {
    ($($name:ident)*) => {
        /// Answers every operation of the table. Implemented for whatever does.
        pub trait Complete: Platform $(+ Handle<operations::$name>)* {}

        impl<P: Platform $(+ Handle<operations::$name>)*> Complete for P {}

        fn rows<P: Complete>() -> Vec<Row<P>> {
            let mut rows = Rows(Vec::new());
            $(rows.add::<operations::$name>();)*
            rows.0
        }
    };
}

assent_api::for_each_operation!(complete);

/// Everything that is served.
pub fn router<P: Complete>(platform: Arc<P>, config: Config) -> Router {
    let limits = config.limits.clone();
    let front =
        Arc::new(Front { config: config.clone(), rate: Rate::new(limits.requests_per_s, limits.requests_burst, limits.addresses_max) });
    let shared = Arc::new(Shared {
        platform,
        public_writes: Rate::new(limits.public_writes_per_s, limits.public_writes_burst, limits.addresses_max),
        bad_keys: Rate::new(limits.public_writes_per_s, limits.public_writes_burst, limits.addresses_max),
        at_once: Arc::new(Semaphore::new(limits.requests_at_once_max)),
        known: Waiting::new(limits.bodies_max, limits.bodies_per_principal_max, limits.bodies_bytes_max),
        strangers: Waiting::new(limits.public_bodies_max, limits.public_bodies_per_address_max, limits.public_bodies_bytes_max),
        seats: Arc::new(Seats::new(limits.streams_max, limits.streams_per_principal_max)),
        config,
    });
    let mut router = by_hand(&shared);
    for row in rows::<P>() {
        let (shared, row) = (Arc::clone(&shared), Arc::new(row));
        let (path, filter) = (row.path, filter(row.method));
        router = router.route(path, on(filter, move |request: Request| serve(Arc::clone(&shared), Arc::clone(&row), request)));
    }
    let compress = CompressionLayer::new().compress_when(DefaultPredicate::new().and(SizeAbove::new(GZIP_BYTES_MIN)));
    router
        .method_not_allowed_fallback(|| async {
            answer::problem(Problem::new(Code::MethodNotAllowed, "see `Allow` for what the path has"))
        })
        .layer(from_fn_with_state(Arc::clone(&front), front::admit))
        .layer(CatchPanicLayer::custom(front::panicked))
        .layer(from_fn_with_state(front, front::receive))
        .layer(compress)
}

fn filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    }
}

/// Shares what all routes share with a handler.
macro_rules! with {
    ($method:ident, $shared:expr, $handler:path) => {{
        let shared = Arc::clone($shared);
        let route: MethodRouter = $method(move |request: Request| $handler(Arc::clone(&shared), request));
        route
    }};
}

fn by_hand<P: Complete>(shared: &Arc<Shared<P>>) -> Router {
    Router::new()
        .route("/api/v1/events", with!(get, shared, events::stream))
        .route("/api/v1/tenant/export", with!(get, shared, transfers::export_tenant))
        .route("/api/v1/ledger/export", with!(get, shared, transfers::export_ledger))
        .route("/api/v1/alerts/{source}", with!(post, shared, transfers::alerts))
        .route("/api/v1/oidc/{provider}/start", with!(get, shared, transfers::oidc_start))
        .route("/api/v1/oidc/{provider}/callback", with!(get, shared, transfers::oidc_callback))
        .route("/api/v1/openapi.json", pages::document(&shared.config))
        .route("/healthz", get(machine::healthz))
        .route("/readyz", with!(get, shared, machine::readyz))
        .route("/metrics", with!(get, shared, machine::metrics))
        .route("/docs", pages::docs(&shared.config))
        .route("/docs/errors/{code}", get(pages::error))
        .route("/status", with!(get, shared, pages::status))
        .fallback({
            let assets = shared.config.assets.clone();
            move |request: Request| {
                let assets = assets.clone();
                async move { pages::fallback(assets.as_deref(), &request) }
            }
        })
}
