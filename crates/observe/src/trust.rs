//! Why the platform's certificate is not believed, in words that say what to do. The TLS library's own name numbers of seconds.

use std::error::Error;
use std::io;

use assent_base::Timestamp;
use rustls::CertificateError as Bad;
use rustls::pki_types::UnixTime;

/// What is wrong with the certificate of a host; none if that is not why a connection failed.
pub(crate) fn fault(host: &str, error: &(dyn Error + 'static)) -> Option<String> {
    let rustls::Error::InvalidCertificate(bad) = tls(error)? else { return None };
    Some(match bad {
        Bad::ExpiredContext { not_after, .. } => {
            format!(
                "the certificate of `{host}`, or one that vouches for it, has ended at {}: it has to be renewed there",
                instant(*not_after)
            )
        }
        Bad::Expired => format!("the certificate of `{host}`, or one that vouches for it, has ended: it has to be renewed there"),
        Bad::NotValidYetContext { not_before, .. } => format!(
            "the certificate of `{host}`, or one that vouches for it, does not hold before {}: is the clock here right?",
            instant(*not_before)
        ),
        Bad::NotValidYet => format!("the certificate of `{host}`, or one that vouches for it, does not hold yet: is the clock here right?"),
        Bad::UnknownIssuer => {
            format!(
                "nobody who is trusted here vouches for the certificate of `{host}`: `ca_file` names who does, if no public authority does"
            )
        }
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => format!("the certificate that `{host}` shows is for other names"),
        _ => return None,
    })
}

/// The error of TLS at the bottom. One of input and output hides it: it passes for its own cause.
fn tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(one) = next {
        if let Some(found) = one.downcast_ref() {
            return Some(found);
        }
        let inner = one.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = inner.map(|inner| inner as &'a (dyn Error + 'static)).or_else(|| one.source());
    }
    None
}

fn instant(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    seconds.map_or_else(|| "an unknown time".to_owned(), |at| at.to_string())
}
