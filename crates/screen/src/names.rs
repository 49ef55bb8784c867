//! What the name of a setting says about its value: `DB_PASSWORD` holds a secret, `passwordSecretRef` names one.

use crate::cursor::class;
use crate::cursor::{LOWER, UPPER};

/// How sure a name makes us that its value is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    /// `token`, `auth`, `session`: a value that is random is one.
    Weak,
    /// `access_token`, `client_secret`, `api_key`: a value that is no word, name or number is one.
    Firm,
    /// `password`: any value is one.
    Strong,
}

/// Longest name that is looked at; the rest of a longer one is ignored.
pub(crate) const NAME_BYTES_LOOKED_AT: usize = 96;
const WORDS_MAX: usize = 16;

/// Last words of names whose value is about a secret and is none: where it lies, how long it lives, what kind it is.
const ABOUT: &[&[u8]] = &[
    b"name",
    b"names",
    b"ref",
    b"refs",
    b"reference",
    b"path",
    b"paths",
    b"file",
    b"files",
    b"filename",
    b"type",
    b"types",
    b"id",
    b"ids",
    b"url",
    b"uri",
    b"ttl",
    b"expiry",
    b"expires",
    b"expired",
    b"expire",
    b"expiration",
    b"seconds",
    b"minutes",
    b"hours",
    b"days",
    b"age",
    b"enabled",
    b"disabled",
    b"enable",
    b"disable",
    b"length",
    b"len",
    b"size",
    b"policy",
    b"count",
    b"limit",
    b"limits",
    b"max",
    b"min",
    b"prefix",
    b"suffix",
    b"mode",
    b"version",
    b"provider",
    b"store",
    b"class",
    b"manager",
    b"rotation",
    b"algorithm",
    b"alg",
    b"format",
    b"header",
    b"field",
    b"label",
    b"labels",
    b"selector",
    b"namespace",
    b"mount",
    b"mounts",
    b"volume",
    b"dir",
    b"directory",
    b"endpoint",
    b"issuer",
    b"audience",
    b"audiences",
    b"kind",
    b"source",
    b"sources",
    b"method",
    b"methods",
    b"required",
    b"status",
    b"state",
    b"reason",
    b"error",
    b"errors",
    b"requests",
    b"request",
    b"failures",
    b"failed",
    b"review",
    b"reviews",
    b"authentication",
    b"server",
    b"service",
    b"host",
    b"port",
    b"usage",
    b"used",
    b"total",
    b"rate",
    b"timeout",
    b"duration",
    b"interval",
    b"at",
    b"by",
    b"hash_algorithm",
    b"attempts",
    b"scope",
    b"scopes",
    b"sock",
    b"socket",
    b"column",
    b"index",
    b"keeper",
    b"cloak",
    b"generation",
    b"resource",
    b"resources",
    b"affinity",
    b"true",
    b"false",
    b"optional",
    b"info",
    b"hint",
    b"prompt",
    b"reset",
    b"change",
    b"changed",
    b"strength",
    b"validation",
    b"exists",
    b"create",
    b"projected",
    b"accessor",
    b"number",
    b"pair",
    b"pairs",
    b"domain",
    b"samesite",
    b"secure",
    b"httponly",
];

/// Words before `key` that make it a secret; other keys sort, partition and label.
const KEYS: &[&[u8]] = &[
    b"api",
    b"access",
    b"secret",
    b"private",
    b"encryption",
    b"encrypt",
    b"signing",
    b"sign",
    b"master",
    b"account",
    b"auth",
    b"client",
    b"license",
    b"licence",
    b"ssh",
    b"deploy",
    b"shared",
    b"hmac",
    b"session",
    b"storage",
    b"app",
    b"application",
    b"service",
    b"admin",
    b"root",
    b"write",
    b"read",
    b"ingest",
    b"ingestion",
    b"consumer",
    b"integration",
    b"routing",
    b"cookie",
    b"jwt",
    b"aes",
    b"rsa",
    b"tls",
    b"ssl",
    b"crypto",
    b"cipher",
    b"decryption",
    b"webhook",
    b"datadog",
    b"dd",
    b"azure",
    b"aws",
    b"openai",
    b"stripe",
    b"subscription",
    b"functions",
    b"instrumentation",
    b"wireguard",
    b"preshared",
    b"psk",
    b"unseal",
    b"recovery",
    b"seal",
    b"django",
    b"flask",
    b"laravel",
    b"rails",
    b"ceph",
    b"keyring",
    b"search",
    b"personal",
];

/// What this name says, or nothing when it speaks of no secret.
pub(crate) fn strength(name: &[u8]) -> Option<Strength> {
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
    if ABOUT.contains(&last) {
        return None;
    }
    if words.any(|word| matches!(word, b"public" | b"pub" | b"publishable" | b"max" | b"num" | b"automount" | b"keyword"))
        && last != b"password"
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
            Some(if alone && matches!(last, b"secret" | b"token") { Strength::Weak } else { Strength::Firm })
        }
        b"apikey" | b"accesskey" | b"secretkey" | b"privatekey" | b"apitoken" | b"accountkey" | b"authkey" | b"sharedkey"
        | b"signingkey" | b"encryptionkey" | b"masterkey" | b"apisecret" | b"appsecret" | b"appkey" | b"secretaccesskey" | b"psk"
        | b"licensekey" | b"sharedaccesskey" => Some(Strength::Firm),
        b"key" if words.any(|word| KEYS.contains(&word)) => Some(Strength::Firm),
        b"base" if words.has(b"secret") && words.has(b"key") => Some(Strength::Firm),
        b"credential" | b"credentials" | b"creds" | b"auth" | b"authorization" | b"signature" | b"sig" | b"cookie" | b"session"
        | b"sessionid" | b"jsessionid" | b"csrf" | b"xsrf" | b"phpsessid" => Some(Strength::Weak),
        b"cvv" | b"cvc" | b"cvv2" | b"ssn" | b"otp" => Some(Strength::Strong),
        _ => None,
    }
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
        ] {
            assert_eq!(strength(name), Some(Strength::Firm), "{name}");
        }
        for name in ["token", "secret", "auth", "credentials", "JSESSIONID"] {
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
        ] {
            assert_eq!(strength(name), None, "{name}");
        }
    }
}
