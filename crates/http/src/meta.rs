//! What goes with every request.

use std::net::IpAddr;

use assent_base::Secret;

/// How somebody says who they are. What is sent twice, or in two ways, was refused before.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// Not at all.
    None,
    /// By a session's cookie.
    Session {
        /// The value of the cookie.
        cookie: Secret,
        /// `X-Csrf-Token`; always there unless the request only reads.
        csrf: Option<Secret>,
    },
    /// By a token: a machine's key, an observer's token, or one of the identity provider.
    Bearer(Secret),
}

/// What goes with a request besides its parameters.
#[derive(Debug, Clone)]
pub struct RequestMeta {
    /// Made here, for every request anew; in the log and in problems.
    pub request_id: String,
    /// Where the connection comes from; behind a trusted proxy, where that says.
    pub remote: IpAddr,
    /// The version of `If-Match`.
    pub if_match: Option<u64>,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// `User-Agent`: a hint and no proof; 256 printable characters at most.
    pub user_agent: Option<String>,
    /// How the caller reached us: `https://assent.example:8473`, without a path.
    pub base_url: String,
    /// Whether the caller came by TLS.
    pub secure: bool,
    /// The session's cookie, for operations that are public and end or replace a session.
    pub session_cookie: Option<Secret>,
}
