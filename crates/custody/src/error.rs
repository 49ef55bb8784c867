//! Why a root key could not be used, by who has to act.

/// Why a keeper did not do what it was asked for. Texts hold nothing that a keeper said, and no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CustodyError {
    /// No answer. What was asked may be asked again.
    #[error("{who} cannot be reached ({why}): see that it runs, and that this machine may connect to it")]
    Unreachable {
        /// Whom, and where.
        who: String,
        /// What went wrong on the way.
        why: &'static str,
    },
    /// It is there, and cannot work now: sealed, starting, standing by, overloaded.
    #[error("{who} does not serve now (HTTP {status}): {hint}")]
    NotServing {
        /// Who, and where.
        who: String,
        /// What it answered.
        status: u16,
        /// What to do.
        hint: &'static str,
    },
    /// It does not know us, or does not let us.
    #[error("{who} denies {what} (HTTP {status}): {hint}")]
    Denied {
        /// Who, and where.
        who: String,
        /// What was asked for.
        what: &'static str,
        /// What it answered.
        status: u16,
        /// What to do.
        hint: &'static str,
    },
    /// The key, or the place where keys are, is not there.
    #[error("{who} has no key `{key}` (HTTP {status}): {hint}")]
    Absent {
        /// Who, and where.
        who: String,
        /// Which.
        key: String,
        /// What it answered.
        status: u16,
        /// What to do.
        hint: &'static str,
    },
    /// What was wrapped does not open: by another key, for another tenant, or under a version that is gone.
    #[error("{who} does not open this secret with `{key}`: {why}")]
    DoesNotOpen {
        /// Who, and where.
        who: String,
        /// With which key.
        key: String,
        /// Why, as far as it is known.
        why: &'static str,
    },
    /// An answer that is none: too long, of another form, with other bytes than were sent.
    #[error("{who} gives an answer that cannot be used: {what}")]
    BadAnswer {
        /// Who, and where.
        who: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Our own credentials cannot be read.
    #[error("the credentials for {who} cannot be used: {what}")]
    Credentials {
        /// For whom, and where.
        who: String,
        /// What is wrong with them.
        what: String,
    },
}

impl CustodyError {
    /// Whether asking again later may help without anybody changing anything.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::NotServing { .. } => true,
            Self::Denied { .. } | Self::Absent { .. } | Self::DoesNotOpen { .. } | Self::BadAnswer { .. } | Self::Credentials { .. } => {
                false
            }
        }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    /// No address, or one that is not allowed.
    #[error("`root_key`: `{0}` is no address such as `https://vault.example.com:8200`; `http` is for loopback only")]
    Address(String),
    /// A name that cannot stand in a path.
    #[error("`root_key`: `{value}` cannot be `{field}`")]
    Name {
        /// Which setting.
        field: &'static str,
        /// What it says.
        value: String,
    },
    /// None or several ways to sign in.
    #[error("`root_key.vault` needs exactly one of `token_file`, `approle` and `kubernetes`")]
    OneWay,
    /// A file cannot be read.
    #[error("`root_key`: {0}")]
    File(String),
    /// The proxy or a certificate cannot be used.
    #[error("`root_key`: the {0} cannot be used")]
    Client(&'static str),
    /// Variables that the configuration asks for are absent.
    #[error("`root_key.aws_kms.credentials` is `environment`, and AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set")]
    Environment,
}
