//! Who somebody says they are, and whether a browser may be made to say so by another site.

use assent_api::{Access, Code, Method, Problem};
use assent_base::Secret;
use http::header::{AUTHORIZATION, COOKIE, HeaderName, ORIGIN};
use http::{HeaderMap, header};

use crate::meta::Credentials;

/// The token that a page shows to have read it from us.
pub(crate) const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");
/// What a browser says about who made it send this.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// Bytes of a token at most: a provider's JWT with many groups.
const TOKEN_BYTES_MAX: usize = 8 << 10;
/// Bytes of a cookie's value at most.
const COOKIE_BYTES_MAX: usize = 1 << 10;

/// Reads the credentials that an operation takes.
pub(crate) fn read(headers: &HeaderMap, access: Access, method: Method, cookie_name: &str) -> Result<Credentials, Problem> {
    if access == Access::Public {
        return Ok(Credentials::None);
    }
    let bearer = bearer(headers)?;
    // Observers and executors are no browsers: a cookie says nothing about them.
    let cookie = if matches!(access, Access::Observer | Access::Executor) { None } else { cookie(headers, cookie_name)? };
    match (bearer, cookie) {
        (Some(_), Some(_)) => Err(Problem::new(Code::BadRequest, "send a token or a session, not both")),
        (Some(token), None) => Ok(Credentials::Bearer(token)),
        (None, Some(cookie)) => session(headers, method, cookie),
        (None, None) => Ok(Credentials::None),
    }
}

fn session(headers: &HeaderMap, method: Method, cookie: Secret) -> Result<Credentials, Problem> {
    let csrf = once(headers, &CSRF)?.map(|text| Secret::new(text.to_owned()));
    if method != Method::Get {
        if csrf.is_none() {
            return Err(cross_site("send the session's token as `X-Csrf-Token`"));
        }
        // `own_site` has found nothing wrong with them; here one of them must be there.
        if !headers.contains_key(ORIGIN) && !headers.contains_key(SEC_FETCH_SITE) {
            return Err(cross_site("send `Origin`"));
        }
    }
    Ok(Credentials::Session { cookie, csrf })
}

/// Refuses what a browser sends on behalf of another site, whatever its credentials: reading as well as changing.
pub(crate) fn own_site(headers: &HeaderMap, own: &[String]) -> Result<(), Problem> {
    if once(headers, &SEC_FETCH_SITE)?.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Err(cross_site("another site made the browser send this"));
    }
    let Some(origin) = once(headers, &ORIGIN)? else { return Ok(()) };
    if own.iter().any(|own| own.eq_ignore_ascii_case(origin)) {
        return Ok(());
    }
    Err(cross_site("`Origin` is another site"))
}

fn cross_site(detail: &str) -> Problem {
    Problem::new(Code::CrossSite, detail)
}

/// The token of `Authorization`.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<Secret>, Problem> {
    let Some(text) = once(headers, &AUTHORIZATION)? else { return Ok(None) };
    let token = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token);
    match token {
        Some(token) if (1..=TOKEN_BYTES_MAX).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Some(Secret::new(token.to_owned())))
        }
        _ => Err(Problem::new(Code::NotSignedIn, "`Authorization` must be `Bearer` and a token")),
    }
}

/// The cookie of this name. Two of one name mean that another site has planted one, so neither is believed.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Result<Option<Secret>, Problem> {
    let mut found = None;
    for header in headers.get_all(COOKIE) {
        // Other cookies of this host are none of our business, even those that are no ASCII.
        let pairs = header.as_bytes().split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        for value in pairs.filter_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")) {
            let good = (1..=COOKIE_BYTES_MAX).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
            let text = std::str::from_utf8(value).ok().filter(|_| good && found.is_none());
            let text = text.ok_or_else(|| Problem::new(Code::NotSignedIn, "the session's cookie is not as it was set"))?;
            found = Some(Secret::new(text.to_owned()));
        }
    }
    Ok(found)
}

/// A header that may stand once, as text.
pub(crate) fn once<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    text.map(Some).ok_or_else(|| Problem::new(Code::BadRequest, format!("`{name}` must stand once, in printable ASCII")))
}

/// `User-Agent`, shortened to what a page may show.
pub(crate) fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(text.chars().filter(|c| !c.is_control()).take(256).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().expect("a header"));
        }
        headers
    }

    fn code(result: Result<impl Sized, Problem>) -> Option<Code> {
        result.err().map(|problem| problem.code)
    }

    #[test]
    fn a_session_changes_nothing_without_token_and_origin() {
        let ask = |method, pairs: &[(&'static str, &str)]| code(read(&headers(pairs), Access::SignedIn, method, "assent"));
        assert_eq!(ask(Method::Get, &[("cookie", "assent=s")]), None);
        assert_eq!(ask(Method::Post, &[("cookie", "assent=s"), ("origin", "http://localhost")]), Some(Code::CrossSite));
        assert_eq!(ask(Method::Delete, &[("cookie", "assent=s"), ("x-csrf-token", "t")]), Some(Code::CrossSite));
        assert_eq!(ask(Method::Post, &[("cookie", "assent=s"), ("x-csrf-token", "t"), ("origin", "http://localhost")]), None);
    }

    #[test]
    fn credentials_that_contradict_each_other_are_refused() {
        let ask = |pairs: &[(&'static str, &str)]| code(read(&headers(pairs), Access::SignedIn, Method::Get, "assent"));
        assert_eq!(ask(&[("cookie", "assent=s"), ("authorization", "Bearer t")]), Some(Code::BadRequest));
        assert_eq!(ask(&[("authorization", "Bearer a"), ("authorization", "Bearer b")]), Some(Code::BadRequest));
        assert_eq!(ask(&[("cookie", "assent=a; assent=b")]), Some(Code::NotSignedIn));
        assert_eq!(ask(&[("cookie", "assent=a"), ("cookie", "x=y; assent=b")]), Some(Code::NotSignedIn));
        for bad in ["Basic dTpw", "Bearer", "Bearer ", "Bearer a b", "bearer\ta"] {
            assert_eq!(ask(&[("authorization", bad)]), Some(Code::NotSignedIn), "{bad}");
        }
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let found = cookie(&headers(&[("cookie", "xassent=1; assent-oidc=2;assent=3; y")]), "assent").expect("readable");
        assert_eq!(found.map(|cookie| cookie.expose().to_owned()), Some("3".to_owned()));
    }

    #[test]
    fn another_site_is_told_by_what_the_browser_says() {
        let ask = |pairs: &[(&'static str, &str)]| code(own_site(&headers(pairs), &["http://localhost:8473".to_owned()]));
        assert_eq!(ask(&[]), None);
        assert_eq!(ask(&[("origin", "http://localhost:8473"), ("sec-fetch-site", "same-origin")]), None);
        for origin in
            ["https://localhost:8473", "http://localhost", "http://localhost:8473.evil.example", "null", "http://evil.example", ""]
        {
            assert_eq!(ask(&[("origin", origin)]), Some(Code::CrossSite), "{origin}");
        }
        assert_eq!(ask(&[("sec-fetch-site", "cross-site")]), Some(Code::CrossSite));
        assert_eq!(ask(&[("sec-fetch-site", "same-site")]), Some(Code::CrossSite));
    }
}
