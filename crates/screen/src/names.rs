//! What the name of a setting says about its value: `DB_PASSWORD` holds a secret, `passwordSecretRef` names one.

use crate::cursor::{LOWER, UPPER};
use crate::cursor::{at, class};

/// How sure a name makes us that its value is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    /// `auth`, `session`, `cookie`: a value that is random is one.
    Weak,
    /// `routing_key`, `search_key`: a value that is no word, name or number is one.
    Hinted,
    /// `token`, `secret`, `authorization` alone, which prose has too: any value is one where a setting would stand.
    Plain,
    /// `access_token`, `client_secret`, `api_key`: any value is one, but what plainly is none.
    Firm,
    /// `password`: any value is one.
    Strong,
}

/// Longest name that is looked at; the rest of a longer one is ignored.
pub(crate) const NAME_BYTES_LOOKED_AT: usize = 96;
const WORDS_MAX: usize = 16;

/// Last words of names whose value is about a secret and is none: where it lies, how long it lives, what kind it is.
const ABOUT: &[&[u8]] = &[
    b"accessor",
    b"affinity",
    b"age",
    b"alg",
    b"algorithm",
    b"at",
    b"attempts",
    b"audience",
    b"audiences",
    b"authentication",
    b"by",
    b"change",
    b"changed",
    b"class",
    b"cloak",
    b"column",
    b"count",
    b"create",
    b"days",
    b"dir",
    b"directory",
    b"disable",
    b"disabled",
    b"domain",
    b"duration",
    b"enable",
    b"enabled",
    b"endpoint",
    b"error",
    b"errors",
    b"exists",
    b"expiration",
    b"expire",
    b"expired",
    b"expires",
    b"expiry",
    b"failed",
    b"failures",
    b"false",
    b"field",
    b"file",
    b"filename",
    b"files",
    b"format",
    b"generation",
    b"hash_algorithm",
    b"header",
    b"hint",
    b"host",
    b"hours",
    b"httponly",
    b"id",
    b"ids",
    b"index",
    b"info",
    b"interval",
    b"issuer",
    b"keeper",
    b"kind",
    b"label",
    b"labels",
    b"len",
    b"length",
    b"lifetime",
    b"limit",
    b"limits",
    b"manager",
    b"max",
    b"method",
    b"methods",
    b"min",
    b"minutes",
    b"mode",
    b"mount",
    b"mounts",
    b"name",
    b"names",
    b"namespace",
    b"number",
    b"optional",
    b"pair",
    b"pairs",
    b"path",
    b"paths",
    b"policy",
    b"port",
    b"prefix",
    b"projected",
    b"prompt",
    b"provider",
    b"rate",
    b"reason",
    b"ref",
    b"reference",
    b"refs",
    b"request",
    b"requests",
    b"required",
    b"reset",
    b"resource",
    b"resources",
    b"review",
    b"reviews",
    b"rotation",
    b"samesite",
    b"scope",
    b"scopes",
    b"seconds",
    b"secure",
    b"selector",
    b"server",
    b"service",
    b"size",
    b"sock",
    b"socket",
    b"source",
    b"sources",
    b"state",
    b"status",
    b"store",
    b"strength",
    b"suffix",
    b"timeout",
    b"total",
    b"true",
    b"ttl",
    b"type",
    b"types",
    b"uri",
    b"url",
    b"usage",
    b"used",
    b"validation",
    b"version",
    b"volume",
];

/// Words before `key` that make it a secret; other keys sort, partition and label.
const KEYS: &[&[u8]] = &[
    b"access",
    b"account",
    b"admin",
    b"aes",
    b"api",
    b"app",
    b"application",
    b"auth",
    b"aws",
    b"azure",
    b"ceph",
    b"cipher",
    b"client",
    b"consumer",
    b"cookie",
    b"crypto",
    b"datadog",
    b"dd",
    b"decryption",
    b"deploy",
    b"django",
    b"encrypt",
    b"encryption",
    b"flask",
    b"functions",
    b"hmac",
    b"ingest",
    b"ingestion",
    b"instrumentation",
    b"integration",
    b"jwt",
    b"keyring",
    b"laravel",
    b"licence",
    b"license",
    b"master",
    b"openai",
    b"personal",
    b"preshared",
    b"private",
    b"psk",
    b"rails",
    b"read",
    b"recovery",
    b"root",
    b"routing",
    b"rsa",
    b"seal",
    b"search",
    b"secret",
    b"service",
    b"session",
    b"shared",
    b"sign",
    b"signing",
    b"ssh",
    b"ssl",
    b"storage",
    b"stripe",
    b"subscription",
    b"tls",
    b"unseal",
    b"webhook",
    b"wireguard",
    b"write",
];

/// Those of [`KEYS`] that also sort, route and name: `routing_key: orders.created`.
const SOFT_KEYS: &[&[u8]] = &[
    b"admin",
    b"app",
    b"application",
    b"aws",
    b"azure",
    b"ceph",
    b"client",
    b"cookie",
    b"deploy",
    b"functions",
    b"ingest",
    b"ingestion",
    b"instrumentation",
    b"integration",
    b"keyring",
    b"licence",
    b"license",
    b"personal",
    b"read",
    b"root",
    b"routing",
    b"search",
    b"service",
    b"session",
    b"ssh",
    b"ssl",
    b"storage",
    b"subscription",
    b"tls",
    b"webhook",
    b"write",
];

/// What this name says, or nothing when it speaks of no secret.
pub(crate) fn strength(name: &[u8]) -> Option<Strength> {
    if !may_speak_of_a_secret(name) {
        return None;
    }
    let mut buffer = [0; NAME_BYTES_LOOKED_AT];
    let mut words = Words::split(name, &mut buffer);
    // `client-key-data` and `private_key_id` are well known, whatever their last word says.
    if words.last() == Some(b"data") && words.before_last() == Some(b"key") {
        return Some(Strength::Firm);
    }
    if words.last() == Some(b"id") && words.before_last() == Some(b"key") && words.has(b"private") {
        return Some(Strength::Firm);
    }
    while words.last().is_some_and(|word| {
        word.iter().all(u8::is_ascii_digit)
            || matches!(
                word,
                b"value" | b"base64" | b"b64" | b"raw" | b"txt" | b"old" | b"new" | b"prod" | b"dev" | b"plain" | b"hash" | b"encoded"
            )
    }) {
        words.pop();
    }
    let last = words.last()?;
    if ABOUT.binary_search(&last).is_ok() {
        return None;
    }
    if words.any(|word| {
        matches!(
            word,
            b"public"
                | b"pub"
                | b"checksum"
                | b"digest"
                | b"fingerprint"
                | b"sha256"
                | b"existing"
                | b"pull"
                | b"publishable"
                | b"max"
                | b"num"
                | b"automount"
                | b"keyword"
        )
    }) && last != b"password"
    {
        return None;
    }
    let password = |word: &[u8]| {
        matches!(word, b"pwd" | b"passwd" | b"passphrase" | b"passcode" | b"pass" | b"passwords" | b"passwort" | b"psw" | b"pw")
            || word.ends_with(b"password")
            || word.ends_with(b"passwd")
            || word.ends_with(b"passphrase")
            || word.len() > 3 && word.ends_with(b"pwd")
            || word.starts_with(b"password")
    };
    if password(last) || words.any(|word| password(word) && word != b"pass" && word != b"pw") {
        // `pwd` alone is the working directory of a shell, and `pass` a verb.
        return (words.len() > 1 || !matches!(last, b"pass" | b"pw")).then_some(Strength::Strong);
    }
    let alone = words.len() == 1;
    match last {
        b"secret" | b"token" | b"clientsecret" | b"authtoken" | b"accesstoken" => {
            // `nginx.ingress.kubernetes.io/auth-secret` and `tlsSecret` hold the name of a Secret.
            if last == b"secret" && words.any(|word| matches!(word, b"ingress" | b"tls" | b"ssl" | b"ca" | b"cert" | b"certificate")) {
                return None;
            }
            Some(if alone && matches!(last, b"secret" | b"token") { Strength::Plain } else { Strength::Firm })
        }
        b"authorization" if alone || words.before_last() == Some(b"proxy") => Some(Strength::Plain),
        b"salt" if !alone => Some(Strength::Firm),
        b"seed" if words.any(|word| matches!(word, b"totp" | b"otp" | b"mfa")) => Some(Strength::Firm),
        b"cookie" if words.has(b"erlang") => Some(Strength::Firm),
        b"apikey" | b"accesskey" | b"secretkey" | b"privatekey" | b"apitoken" | b"accountkey" | b"authkey" | b"sharedkey"
        | b"signingkey" | b"encryptionkey" | b"masterkey" | b"apisecret" | b"appsecret" | b"appkey" | b"secretaccesskey" | b"psk"
        | b"licensekey" | b"sharedaccesskey" => Some(Strength::Firm),
        b"key" => {
            let (mut known, mut hard) = (false, false);
            for word in words.iter().filter(|word| KEYS.binary_search(word).is_ok()) {
                known = true;
                hard |= SOFT_KEYS.binary_search(&word).is_err();
            }
            known.then_some(if hard { Strength::Firm } else { Strength::Hinted })
        }
        b"base" if words.has(b"secret") && words.has(b"key") => Some(Strength::Firm),
        b"credential" | b"credentials" | b"creds" | b"auth" | b"authorization" | b"signature" | b"sig" | b"cookie" | b"session"
        | b"sessionid" | b"jsessionid" | b"csrf" | b"xsrf" | b"phpsessid" => Some(Strength::Weak),
        b"cvv" | b"cvc" | b"cvv2" | b"ssn" | b"otp" => Some(Strength::Strong),
        _ => None,
    }
}

/// Whether three letters in a row begin a word that matters here: most names have none, and are done with.
fn may_speak_of_a_secret(name: &[u8]) -> bool {
    name.windows(3).any(|three| {
        let [a, b, c] = [at(three, 0) | 32, at(three, 1) | 32, at(three, 2) | 32];
        matches!(
            &[a, b, c],
            b"pas"
                | b"pwd"
                | b"psw"
                | b"sec"
                | b"tok"
                | b"key"
                | b"aut"
                | b"cre"
                | b"coo"
                | b"ses"
                | b"sig"
                | b"cvv"
                | b"cvc"
                | b"ssn"
                | b"otp"
                | b"csr"
                | b"xsr"
                | b"psk"
                | b"sal"
        )
    }) || name.last().is_some_and(|last| last | 32 == b'w')
}

/// The words of a name, in small letters: `clientSecret`, `CLIENT_SECRET` and `client-secret` are `client` and `secret`.
struct Words<'b> {
    words: [&'b [u8]; WORDS_MAX],
    len: usize,
}

impl<'b> Words<'b> {
    fn split(name: &[u8], buffer: &'b mut [u8; NAME_BYTES_LOOKED_AT]) -> Self {
        // Of a name that is too long the end counts: that is where its kind is said.
        let name = name.get(name.len().saturating_sub(NAME_BYTES_LOOKED_AT)..).unwrap_or_default();
        let mut cuts = [(0, 0); WORDS_MAX];
        let (mut len, mut start, mut last) = (0, 0, 0);
        let mut end_word = |start: usize, end: usize| {
            if end > start {
                if len == WORDS_MAX {
                    cuts.rotate_left(1);
                    len -= 1;
                }
                if let Some(cut) = cuts.get_mut(len) {
                    *cut = (start, end);
                    len += 1;
                }
            }
        };
        for (place, (byte, small)) in name.iter().zip(buffer.iter_mut()).enumerate() {
            let sort = class(*byte);
            if !byte.is_ascii_alphanumeric() {
                end_word(start, place);
                start = place + 1;
            } else if sort & UPPER != 0 && last & LOWER != 0 {
                end_word(start, place);
                start = place;
            }
            *small = byte.to_ascii_lowercase();
            last = sort;
        }
        end_word(start, name.len());
        let buffer: &'b [u8] = buffer;
        let words = cuts.map(|(start, end)| buffer.get(start..end).unwrap_or_default());
        Self { words, len }
    }

    fn len(&self) -> usize {
        self.len
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = &'b [u8]> {
        self.words.iter().copied().take(self.len)
    }

    fn last(&self) -> Option<&'b [u8]> {
        self.iter().next_back()
    }

    fn before_last(&self) -> Option<&'b [u8]> {
        self.iter().rev().nth(1)
    }

    fn pop(&mut self) {
        self.len = self.len.saturating_sub(1);
    }

    fn any(&self, is: impl Fn(&[u8]) -> bool) -> bool {
        self.iter().any(is)
    }

    fn has(&self, word: &[u8]) -> bool {
        self.any(|other| other == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(ABOUT.is_sorted() && KEYS.is_sorted() && SOFT_KEYS.is_sorted());
        assert!(SOFT_KEYS.iter().all(|word| KEYS.contains(word)));
    }

    #[test]
    fn names_of_secrets_are_told_from_names_about_them() {
        let strength = |name: &str| strength(name.as_bytes());
        for name in ["password", "DB_PASSWORD", "rootPassword", "spring.datasource.password", "PGPASSWORD", "mysql_root_pwd", "REDIS_PASS"]
        {
            assert_eq!(strength(name), Some(Strength::Strong), "{name}");
        }
        for name in [
            "clientSecret",
            "AWS_SECRET_ACCESS_KEY",
            "api-key",
            "apikey",
            "AccountKey",
            "client-key-data",
            "SECRET_KEY_BASE",
            "access_token",
            "SIGNING_SALT",
            "TOTP_SEED",
        ] {
            assert_eq!(strength(name), Some(Strength::Firm), "{name}");
        }
        for name in ["token", "secret", "SECRET", "Authorization"] {
            assert_eq!(strength(name), Some(Strength::Plain), "{name}");
        }
        for name in ["routing_key", "search-key", "session.key"] {
            assert_eq!(strength(name), Some(Strength::Hinted), "{name}");
        }
        for name in ["auth", "credentials", "JSESSIONID"] {
            assert_eq!(strength(name), Some(Strength::Weak), "{name}");
        }
        for name in [
            "secretName",
            "passwordSecretRef",
            "tokenExpirationSeconds",
            "PASSWORD_FILE",
            "max_tokens",
            "partition_key",
            "key",
            "publicKey",
            "automountServiceAccountToken",
            "author",
            "KEYCLOAK_URL",
            "SSH_AUTH_SOCK",
            "token_type",
            "secretKeyRef",
            "imagePullSecrets",
            "tokens_total",
            "token_expiry_s",
            "keyRef",
            "passwordPolicy",
            "keys",
            "random_seed",
            "nginx.ingress.kubernetes.io/auth-secret",
            "tlsSecret",
        ] {
            assert_eq!(strength(name), None, "{name}");
        }
    }
}
