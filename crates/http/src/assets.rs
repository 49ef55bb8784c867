//! The place of the console: its files, and its page for every view.
//!
//! A file is served in the smallest form that the browser takes. The page is never kept by browsers, and carries a nonce of its own in each
//! answer, which its policy asks of every style that a script makes: a style that somebody smuggles in does not know it.

use std::borrow::Cow;

use assent_api::{Code, Problem};
use assent_base::Digest;
use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, StatusCode};

use crate::answer;

/// The console's views. The page is served for each, and for what stands below it.
pub const VIEWS: [&str; 14] = [
    "/",
    "/account",
    "/actions",
    "/clusters",
    "/command-line",
    "/connect",
    "/incidents",
    "/ledger",
    "/print",
    "/set-up",
    "/settings",
    "/shared",
    "/sign-in",
    "/topology",
];
/// What stands in the page where the nonce of an answer comes.
pub const NONCE_PLACE: &str = "__CSP_NONCE__";
/// Bytes of a nonce.
const NONCE_BYTES: usize = 16;

/// One file.
#[derive(Debug, Clone)]
pub struct File {
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
    /// The same, compressed with Brotli.
    pub brotli: Option<Cow<'static, [u8]>>,
    /// The same, compressed with gzip.
    pub gzip: Option<Cow<'static, [u8]>>,
    /// `text/javascript; charset=utf-8`.
    pub content_type: &'static str,
    /// Whether its name holds a digest of its content, so that browsers may keep it for good.
    pub immutable: bool,
    /// Of its bytes.
    pub digest: Digest,
}

/// What a console is made of.
pub trait Assets: Send + Sync + 'static {
    /// The page of every view: HTML, with [`NONCE_PLACE`] wherever the nonce belongs.
    fn page(&self) -> Cow<'static, str>;

    /// The file at exactly this path, such as `/assets/app.js`.
    fn file(&self, path: &str) -> Option<File>;
}

/// Whether the console has a view at a path.
#[must_use]
pub(crate) fn is_view(path: &str) -> bool {
    let below = |view: &str| path.strip_prefix(view).is_some_and(|rest| rest.starts_with('/'));
    // A way back up, or a part that is empty, is no view of anybody.
    let plain = || path.split('/').skip(1).all(|part| !matches!(part.to_ascii_lowercase().replace("%2e", ".").as_str(), "" | "." | ".."));
    path == "/" || (plain() && VIEWS.iter().any(|view| path == *view || below(view)))
}

/// The page, with a nonce that no other answer has.
pub(crate) fn page(html: &str) -> Response {
    let mut bytes = [0; NONCE_BYTES];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        return answer::problem(Problem::new(Code::Unavailable, "the system gives no randomness, so no page is safe to show"));
    }
    let nonce = STANDARD.encode(bytes);
    let mut response = answer::typed(StatusCode::OK, "text/html; charset=utf-8", html.replace(NONCE_PLACE, &nonce));
    answer::put(response.headers_mut(), CONTENT_SECURITY_POLICY, &policy(&nonce));
    response
}

/// What the page may load: what is served here, styles that know the nonce, and pictures that it draws itself.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// A file, in the smallest form that the browser takes; nothing anew if it has that already.
pub(crate) fn file(file: File, asked: &HeaderMap) -> Response {
    let taken = Encodings::of(asked);
    let forms = [("br", file.brotli.filter(|_| taken.brotli)), ("gzip", file.gzip.filter(|_| taken.gzip))];
    let smallest = forms.into_iter().filter_map(|(name, bytes)| Some((name, bytes?))).min_by_key(|(_, bytes)| bytes.len());
    let (encoding, bytes) = match smallest {
        Some((name, bytes)) => (Some(name), bytes),
        None => (None, file.bytes),
    };
    let tag = format!("\"{}{}\"", file.digest, encoding.map(|name| format!("-{name}")).unwrap_or_default());
    let known = asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let is_known = known.map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag);
    let mut response = if is_known {
        answer::plain(StatusCode::NOT_MODIFIED)
    } else {
        let body = match bytes {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        };
        answer::typed(StatusCode::OK, file.content_type, body)
    };
    let headers = response.headers_mut();
    if let Some(name) = encoding.filter(|_| !is_known) {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    headers.insert(VARY, HeaderValue::from(HeaderName::from_static("accept-encoding")));
    let keep = if file.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    answer::put(headers, ETAG, &tag);
    response
}

/// Which encodings a browser takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Encodings {
    brotli: bool,
    gzip: bool,
}

impl Encodings {
    /// Reads `Accept-Encoding`, RFC 9110 section 12.5.3. What cannot be read is not taken: the plain form always is.
    fn of(headers: &HeaderMap) -> Self {
        let (mut taken, mut any, mut named) = (Self::default(), false, Self::default());
        for item in headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')) {
            let (coding, weight) = item.split_once(';').map_or((item, None), |(coding, weight)| (coding, Some(weight)));
            let weight = weight.map(|weight| weight.trim().strip_prefix("q=").and_then(|text| text.trim().parse::<f32>().ok()));
            let takes = match weight {
                None => true,
                Some(read) => read.is_some_and(|quality| quality > 0.0 && quality <= 1.0),
            };
            match coding.trim().to_ascii_lowercase().as_str() {
                "br" => (taken.brotli, named.brotli) = (takes, true),
                "gzip" | "x-gzip" => (taken.gzip, named.gzip) = (takes, true),
                "*" => any = takes,
                _ => {}
            }
        }
        Self { brotli: taken.brotli || (any && !named.brotli), gzip: taken.gzip || (any && !named.gzip) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_and_what_stands_below_them_are_the_console() {
        for path in ["/", "/incidents", "/incidents/inc_x", "/settings/members/acc_1", "/topology/a%2Fb", "/sign-in", "/set-up"] {
            assert!(is_view(path), "{path}");
        }
        for path in [
            "",
            "/incident",
            "/incidentsx",
            "/assets/app.js",
            "/api/v1/me",
            "//",
            "/incidents/",
            "/incidents//x",
            "/incidents/../api",
            "/./",
            "/incidents/%2e%2E/x",
            "incidents",
            "/favicon.ico",
        ] {
            assert!(!is_view(path), "{path}");
        }
    }

    #[test]
    fn an_encoding_is_taken_only_where_it_is_named_with_some_weight() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_str(text).expect("a header"));
            let Encodings { brotli, gzip } = Encodings::of(&headers);
            (brotli, gzip)
        };
        assert_eq!(of("gzip, deflate, br, zstd"), (true, true));
        assert_eq!(of("gzip"), (false, true));
        assert_eq!(of("br;q=0, gzip;q=0.5"), (false, true));
        assert_eq!(of("*"), (true, true));
        assert_eq!(of("*, gzip;q=0"), (true, false));
        assert_eq!(of("br;q=x, gzip;q=2"), (false, false));
        assert_eq!(of("BR ; q=1.0"), (true, false));
        assert_eq!(of("identity"), (false, false));
        assert_eq!(Encodings::of(&HeaderMap::new()), Encodings::default());
    }
}
