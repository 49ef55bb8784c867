//! Certificates and TLS: what one side presents and the other does not accept.

use assent_evidence::Entity;

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::cause::Cause;
use crate::causes::dependency::peer::Peer;
use crate::complaint::{self, Said};
use crate::logs::Signal;

/// The causes of this family.
pub static CAUSES: &[Cause] = &[
    Cause {
        id: "tls.certificate_expired",
        title: "A certificate has expired",
        meaning: "One side presents a certificate whose `NotAfter` has passed, and the other refuses to talk to it. Until it is renewed \
                  and reloaded, every new connection fails.",
        proof: "The log carries the verifier's words: `certificate has expired`, with the two instants where the runtime prints them.",
        refutation: "The verifier names another fault, or the clock of the verifying side is wrong.",
        confused_with: &["tls.certificate_untrusted", "tls.clock_skew"],
        fixes: &[
            "Renew the certificate and restart what serves it",
            "Check why its automatic renewal did not run",
            "Correct the clock if the date is wrong",
        ],
        depth: 92,
    },
    Cause {
        id: "tls.certificate_untrusted",
        title: "A certificate's issuer is not trusted",
        meaning: "The presented certificate is signed by an authority that the verifying side does not know: a private CA that was not \
                  mounted, a self-signed certificate, or a missing intermediate.",
        proof: "The log carries `certificate signed by unknown authority`, `PKIX path building failed` or the like.",
        refutation: "The verifier names another fault: expiry or a wrong name.",
        confused_with: &["tls.certificate_expired", "tls.name_mismatch"],
        fixes: &["Mount the issuing CA into the client's trust store", "Serve the whole chain with its intermediates"],
        depth: 90,
    },
    Cause {
        id: "tls.name_mismatch",
        title: "A certificate is for another name",
        meaning: "The certificate is valid, and none of its names is the one that the client asked for.",
        proof: "The log carries the names on the certificate and the name that was asked for.",
        refutation: "The verifier names another fault.",
        confused_with: &["tls.certificate_untrusted"],
        fixes: &["Ask for a name that the certificate has", "Issue the certificate with the name that clients use"],
        depth: 90,
    },
    Cause {
        id: "tls.protocol_mismatch",
        title: "One side speaks TLS and the other does not",
        meaning: "A TLS client reached a plain-text port, or a plain-text client a TLS port; or the two share no version or cipher.",
        proof: "The log carries `wrong version number`, `first record does not look like a TLS handshake`, `HTTP request to an HTTPS server` \
                or the like.",
        refutation: "The handshake began and the certificate was refused.",
        confused_with: &["dependency.protocol_mismatch", "dependency.wrong_port"],
        fixes: &["Correct the scheme (`http` or `https`) of the address", "Correct the port", "Switch TLS on or off on one side"],
        depth: 88,
    },
    Cause {
        id: "tls.clock_skew",
        title: "Clocks disagree",
        meaning: "A clock is so far off that certificates look expired or not yet valid, or signed requests too old.",
        proof: "The log names both instants, or says that the times of request and server differ too much.",
        refutation: "The instants in the log agree with those of the cluster.",
        confused_with: &["tls.certificate_expired"],
        fixes: &["Set the node's clock and repair its time service", "Restart the pods on the node afterwards"],
        depth: 92,
    },
];

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for said in complaint::decisive(case) {
        out.extend(of(case, &said));
    }
}

fn of(case: &Case<'_>, said: &Said<'_, '_>) -> Option<Candidate> {
    let one = &said.complaint;
    let cause = match one.means {
        Signal::CertificateExpired => "tls.certificate_expired",
        Signal::CertificateUntrusted => "tls.certificate_untrusted",
        Signal::CertificateNameMismatch => "tls.name_mismatch",
        Signal::TlsMismatch => "tls.protocol_mismatch",
        Signal::ClockSkew => "tls.clock_skew",
        _ => return None,
    };
    let peer = Peer::of(case, said.owner, one);
    let says = statement(cause, said.owner, peer.as_ref(), &one.words());
    let strength = if peer.as_ref().is_some_and(|peer| !peer.settings.is_empty()) && cause == "tls.protocol_mismatch" {
        Strength::Proven
    } else {
        Strength::Logged
    };
    let mut candidate = Candidate::new(cause, said.owner.id, strength, says).quote([one.quote(case)]).explain(said.explains.clone());
    if let Some(peer) = &peer {
        candidate = peer.join(candidate);
        let namespace = said.owner.namespace().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
        candidate = candidate.next(format!(
            "See what the other side presents: kubectl exec{namespace} POD -- openssl s_client -connect {} </dev/null | openssl x509 -noout -dates -subject -issuer",
            peer.text
        ));
    }
    Some(candidate.not("dependency.unreachable", "the other side answered with a TLS record", [one.quote(case)]))
}

fn statement(cause: &str, owner: Entity<'_>, peer: Option<&Peer<'_>>, words: &str) -> String {
    let who = owner.reference();
    let whom = peer.map_or_else(|| "what it connects to".to_owned(), |peer| format!("`{}`", peer.text));
    let setting = peer.map(Peer::named_by).unwrap_or_default();
    match cause {
        "tls.certificate_expired" => format!("{who} refuses the certificate of {whom}{setting}, which has expired: \"{words}\""),
        "tls.certificate_untrusted" => {
            format!("{who} does not trust the issuer of the certificate of {whom}{setting}: \"{words}\"")
        }
        "tls.name_mismatch" => format!("The certificate that {who} gets from {whom}{setting} is for another name: \"{words}\""),
        "tls.clock_skew" => format!("The clocks of {who} and of {whom} disagree: \"{words}\""),
        _ => format!("{who} and {whom}{setting} do not both speak TLS on that port: \"{words}\""),
    }
}
