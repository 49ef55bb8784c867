//! The certificate authorities of an image: Mozilla's, from the crate `webpki-root-certs`, whose version `Cargo.lock` pins.
//!
//! Our programs trust what the system trusts, and in an image the system is this file. It does not come from the machine that builds, since the
//! same commit would then give another image on each.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Where programs on Linux look first.
pub(super) const PATH: &str = "etc/ssl/certs/ca-certificates.crt";
/// Characters of a line of PEM (RFC 7468).
const LINE_CHARS: usize = 64;

/// All of them, as PEM.
pub(super) fn pem() -> String {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|certificate| block(certificate.as_ref())).collect()
}

fn block(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut out = String::from("-----BEGIN CERTIFICATE-----\n");
    // Base64 is ASCII, so each byte is a character.
    for line in text.as_bytes().chunks(LINE_CHARS) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out.push_str("-----END CERTIFICATE-----\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_as_what_it_was() {
        let pem = pem();
        let blocks: Vec<Vec<u8>> = pem
            .split("-----BEGIN CERTIFICATE-----")
            .skip(1)
            .map(|block| STANDARD.decode(block.split("-----END").next().unwrap().replace('\n', "")).unwrap())
            .collect();
        let known: Vec<Vec<u8>> = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|one| one.to_vec()).collect();
        assert!(!known.is_empty() && blocks == known);
        assert!(pem.lines().all(|line| line.len() <= LINE_CHARS));
    }
}
