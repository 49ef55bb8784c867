//! Who keeps the root key, from what the configuration says.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use assent_base::Secret;
use assent_observe::Proxy;
use assent_platform::{RootKey, custody};

/// Reads a flag: what stands under `root_key` of a configuration, on one line.
pub(crate) fn parse(text: &str) -> anyhow::Result<custody::Config> {
    serde_saphyr::from_str(text).map_err(|error| anyhow::anyhow!("`root_key` cannot be used: {error}"))
}

/// Opens the way to whoever it is. Nothing is contacted yet.
pub(crate) fn open(config: &custody::Config, ca_file: Option<&Path>, proxy: Option<&Proxy>) -> anyhow::Result<RootKey> {
    let ca_pem = ca_file.map(|path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display())));
    let outside = custody::Outside {
        #[expect(clippy::disallowed_methods, reason = "the binary is where the clock is read")]
        clock: Arc::new(assent_base::Timestamp::now),
        proxy: proxy.map(|proxy| custody::Proxy { url: proxy.url.clone(), except: proxy.except.clone() }),
        authorities_pem: ca_pem.transpose()?.into_iter().collect(),
        aws: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].map(variable),
    };
    RootKey::of(config, &outside).context("who keeps the root key is not usable as configured")
}

/// A variable, if it is set to something.
fn variable(name: &str) -> Option<Secret> {
    #[expect(clippy::disallowed_methods, reason = "the binary is where the environment is read")]
    let value = std::env::var(name).ok();
    value.filter(|value| !value.is_empty()).map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_who_keeps_the_root_key_and_what_it_does_not_know_is_refused() {
        assert_eq!(parse("file").unwrap(), custody::Config::File);
        let custody::Config::Vault(vault) =
            parse("{vault: {address: 'https://vault.example.com', key: assent, token_file: /run/token}}").unwrap()
        else {
            panic!("it is Vault");
        };
        assert_eq!((vault.mount.as_str(), vault.key.as_str(), vault.approle.is_none()), ("transit", "assent", true));
        let aws = "{aws_kms: {region: eu-central-1, key: alias/assent, credentials: environment}}";
        assert!(matches!(parse(aws).unwrap(), custody::Config::AwsKms(_)));
        for bad in [
            "",
            "azure",
            "{vault: {}}",
            "{vault: {address: a, key: b, tokens: c}}",
            "{vault: {address: a, key: b}, file: ~}",
            "{aws_kms: {region: a, key: b}}",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_that_would_show_tokens_is_refused_before_anything_is_contacted() {
        let config = parse("{vault: {address: 'http://vault.example.com', key: assent, token_file: /run/token}}").unwrap();
        let refused = format!("{:#}", open(&config, None, None).unwrap_err());
        assert!(refused.contains("http://vault.example.com") && refused.contains("loopback"), "{refused}");
        let ways = parse("{vault: {address: 'https://vault.example.com', key: assent}}").unwrap();
        assert!(format!("{:#}", open(&ways, None, None).unwrap_err()).contains("exactly one of"));
    }
}
