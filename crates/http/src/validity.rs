//! Until when the certificate holds that we serve, and saying so in time.
//!
//! A certificate that has ended, or has not begun, is served all the same: whoever pins it may go on, a new one on disk is taken without a new
//! start, and a platform that refused to start would turn one fault into two. It is said in the log, by `/readyz` and in `/metrics`.
//!
//! Units: instants are UTC, durations whole seconds.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use assent_base::Timestamp;
use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Days before its end from which a certificate is warned of, unless asked otherwise.
pub const CERTIFICATE_WARN_DAYS: u32 = 14;
/// Seconds after which a warning is said again.
const AGAIN_S: i64 = 86_400;
const DAY_S: i64 = 86_400;

/// What of a chain begins last, and what ends first: it holds in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Validity {
    from: Timestamp,
    until: Timestamp,
    /// Whose certificate ends first.
    subject: String,
}

impl Validity {
    /// None if the chain cannot be read here. Whether it serves is another matter.
    pub(crate) fn of(chain: &[CertificateDer<'_>]) -> Option<Self> {
        let mut all: Option<Self> = None;
        for der in chain {
            let (_, certificate) = X509Certificate::from_der(der).ok()?;
            let validity = certificate.validity();
            let (from, until) = (instant(validity.not_before.timestamp()), instant(validity.not_after.timestamp()));
            let one = Self { from, until, subject: certificate.subject().to_string() };
            all = Some(match all {
                Some(all) if all.until <= one.until => Self { from: all.from.max(one.from), ..all },
                Some(all) => Self { from: all.from.max(one.from), ..one },
                None => one,
            });
        }
        all
    }

    fn standing(&self, now: Timestamp, warn_s: i64) -> Standing {
        if now > self.until {
            Standing::Ended
        } else if now < self.from {
            Standing::NotBegun
        } else if self.until.as_second().saturating_sub(now.as_second()) <= warn_s {
            Standing::Ending
        } else {
            Standing::Holds
        }
    }
}

/// An end beyond all ends that can be written is the last that can.
fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// How it is with a certificate now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Holds,
    Ending,
    NotBegun,
    Ended,
}

/// The certificate that is served, as far as its time goes.
#[derive(Debug)]
pub struct Certificate {
    now: fn() -> Timestamp,
    warn_s: i64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    validity: Validity,
    /// What was said last, and when.
    said: Option<(Standing, Timestamp)>,
}

impl Certificate {
    pub(crate) fn new(validity: Validity, now: fn() -> Timestamp, warn_days: u32) -> Arc<Self> {
        let state = Mutex::new(State { validity, said: None });
        Arc::new(Self { now, warn_s: i64::from(warn_days).saturating_mul(DAY_S), state })
    }

    /// Another is served from now on.
    pub(crate) fn replaced(&self, validity: Validity) {
        *self.state() = State { validity, said: None };
        self.look();
    }

    /// Counts what is left, and says what should be known.
    pub(crate) fn look(&self) {
        let now = (self.now)();
        let mut state = self.state();
        let State { validity, said } = &mut *state;
        let left = validity.until.as_second().saturating_sub(now.as_second());
        #[expect(clippy::cast_precision_loss, reason = "seconds of a certificate are far below 2^52")]
        metrics::gauge!("assent_tls_certificate_seconds_left").set(left as f64);
        let standing = validity.standing(now, self.warn_s);
        let again = said.is_none_or(|(before, at)| before != standing || now.as_second().saturating_sub(at.as_second()) >= AGAIN_S);
        if !again {
            return;
        }
        *said = Some((standing, now));
        let (from, until, subject) = (validity.from, validity.until, &validity.subject);
        match standing {
            Standing::Holds => tracing::info!(%until, subject, "the certificate holds"),
            Standing::Ending => tracing::warn!(%until, subject, days_left = left / DAY_S, "the certificate ends soon: renew it"),
            Standing::NotBegun => tracing::error!(%from, subject, "the certificate does not hold yet: clients refuse it"),
            Standing::Ended => tracing::error!(%until, subject, "the certificate has ended: clients refuse it until it is renewed"),
        }
    }

    /// Looks for good, so often.
    pub(crate) async fn watch(self: Arc<Self>, look: Duration) {
        loop {
            self.look();
            tokio::time::sleep(look).await;
        }
    }

    /// What a probe is told.
    pub(crate) fn words(&self) -> String {
        let now = (self.now)();
        let state = self.state();
        let Validity { from, until, .. } = state.validity;
        match state.validity.standing(now, self.warn_s) {
            Standing::Holds => format!("holds until {until}"),
            Standing::Ending => format!("ends soon, at {until}"),
            Standing::NotBegun => format!("does not hold before {from}"),
            Standing::Ended => format!("has ended at {until}"),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn lasting(from: i32, until: i32) -> CertificateDer<'static> {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (rcgen::date_time_ymd(from, 1, 1), rcgen::date_time_ymd(until, 1, 1));
        params.distinguished_name.push(rcgen::DnType::CommonName, format!("ends in {until}"));
        params.self_signed(&key).unwrap().der().clone()
    }

    #[test]
    fn a_chain_holds_while_all_of_it_does() {
        let validity = Validity::of(&[lasting(2020, 2030), lasting(2022, 2027), lasting(2019, 2040)]).unwrap();
        assert_eq!((validity.from, validity.until), (at("2022-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")));
        assert_eq!(validity.subject, "CN=ends in 2027");
        assert_eq!(Validity::of(&[CertificateDer::from(vec![1, 2, 3])]), None);
        assert_eq!(Validity::of(&[]), None);
    }

    #[test]
    fn it_is_warned_of_so_many_days_before_its_end() {
        let validity = Validity::of(&[lasting(2022, 2027)]).unwrap();
        for (now, standing) in [
            ("2021-12-31T23:59:59Z", Standing::NotBegun),
            ("2022-01-01T00:00:00Z", Standing::Holds),
            ("2026-12-17T23:59:59Z", Standing::Holds),
            ("2026-12-18T00:00:00Z", Standing::Ending),
            ("2027-01-01T00:00:00Z", Standing::Ending),
            ("2027-01-01T00:00:01Z", Standing::Ended),
        ] {
            assert_eq!(validity.standing(at(now), 14 * DAY_S), standing, "{now}");
        }
        let words = |now: fn() -> Timestamp| Certificate::new(validity.clone(), now, CERTIFICATE_WARN_DAYS).words();
        assert_eq!(words(|| at("2025-01-01T00:00:00Z")), "holds until 2027-01-01T00:00:00Z");
        assert_eq!(words(|| at("2026-12-31T00:00:00Z")), "ends soon, at 2027-01-01T00:00:00Z");
        assert_eq!(words(|| at("2027-06-01T00:00:00Z")), "has ended at 2027-01-01T00:00:00Z");
        assert_eq!(words(|| at("2021-06-01T00:00:00Z")), "does not hold before 2022-01-01T00:00:00Z");
    }

    #[test]
    fn a_certificate_without_an_end_has_the_last_there_is() {
        assert_eq!(instant(253_402_300_799), Timestamp::MAX, "99991231235959Z, as RFC 5280 writes no end");
    }
}
