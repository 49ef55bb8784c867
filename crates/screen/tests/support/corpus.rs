//! Labelled text, made from a seed: secrets of many kinds in many places and encodings, and what merely looks like one.
//!
//! Every value is drawn here; none was ever issued to anybody. Formats and check digits are right, so that validators accept them.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of a module that is in all of them")]

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::{Compression, write::GzEncoder};

/// SplitMix64: small, seeded, the same everywhere.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub fn of(&mut self, alphabet: &str, len: usize) -> String {
        (0..len).map(|_| self.pick(alphabet.as_bytes()) as char).collect()
    }

    pub fn hex(&mut self, len: usize) -> String {
        self.of("0123456789abcdef", len)
    }

    pub fn alnum(&mut self, len: usize) -> String {
        self.of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", len)
    }

    pub fn digits(&mut self, len: usize) -> String {
        self.of("0123456789", len)
    }

    pub fn lower(&mut self, len: usize) -> String {
        self.of("bcdfghjklmnpqrstvwxz2456789", len)
    }

    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }

    fn base64(&mut self, len: usize) -> String {
        STANDARD.encode(self.bytes(len))
    }

    pub fn uuid(&mut self) -> String {
        format!("{}-{}-4{}-a{}-{}", self.hex(8), self.hex(4), self.hex(3), self.hex(3), self.hex(12))
    }
}

/// A kind of secret: its name, the name of the setting that holds it unless it speaks for itself, and how one is drawn.
pub struct Kind {
    pub name: &'static str,
    pub setting: Option<&'static str>,
    pub draw: fn(&mut Rng) -> String,
}

/// All kinds of secrets; personal data are apart, in [`PERSONAL`].
pub const KINDS: &[Kind] = &[
    kind("aws-access-key", None, |r| format!("AKIA{}", r.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16))),
    kind("aws-secret-key", Some("AWS_SECRET_ACCESS_KEY"), |r| r.of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 40)),
    kind("gcp-api-key", None, |r| format!("AIza{}", r.alnum(35))),
    kind("gcp-oauth-secret", None, |r| format!("GOCSPX-{}", r.alnum(28))),
    kind("azure-storage-key", Some("AccountKey"), |r| r.base64(64)),
    kind("azure-client-secret", None, |r| format!("{}8Q~{}", r.alnum(3), r.alnum(34))),
    kind("github-token", None, |r| signed("ghp_", &r.alnum(30))),
    kind("github-fine-grained", None, |r| format!("github_pat_{}_{}", r.alnum(22), r.alnum(59))),
    kind("gitlab-token", None, |r| format!("glpat-{}", r.alnum(20))),
    kind("npm-token", None, |r| format!("npm_{}", r.alnum(36))),
    kind("pypi-token", None, |r| format!("pypi-AgEIcHlwaS5vcmc{}", r.alnum(70))),
    kind("slack-token", None, |r| format!("xoxb-{}-{}-{}", r.digits(12), r.digits(12), r.alnum(24))),
    kind("slack-webhook", None, |r| {
        format!("https://hooks.slack.com/services/T{}/B{}/{}", r.alnum(9).to_uppercase(), r.alnum(9).to_uppercase(), r.alnum(24))
    }),
    kind("stripe-key", None, |r| format!("sk_live_{}", r.alnum(24))),
    kind("twilio-key", None, |r| format!("SK{}", r.hex(32))),
    kind("twilio-auth-token", Some("TWILIO_AUTH_TOKEN"), |r| r.hex(32)),
    kind("sendgrid-key", None, |r| format!("SG.{}.{}", r.alnum(22), r.alnum(43))),
    kind("openai-key", None, |r| format!("sk-proj-{}T3BlbkFJ{}", r.alnum(20), r.alnum(20))),
    kind("anthropic-key", None, |r| format!("sk-ant-api03-{}AA", r.alnum(93))),
    kind("huggingface-token", None, |r| format!("hf_{}", r.alnum(34))),
    kind("datadog-key", Some("DD_API_KEY"), |r| r.hex(32)),
    kind("newrelic-key", None, |r| format!("NRAK-{}", r.alnum(27).to_uppercase())),
    kind("grafana-token", None, |r| format!("glsa_{}_{}", r.alnum(32), r.hex(8))),
    kind("vault-token", None, |r| format!("hvs.{}", r.alnum(90))),
    kind("terraform-token", None, |r| format!("{}.atlasv1.{}", r.alnum(14), r.alnum(64))),
    kind("docker-hub-token", None, |r| format!("dckr_pat_{}", r.alnum(27))),
    kind("digitalocean-token", None, |r| format!("dop_v1_{}", r.hex(64))),
    kind("heroku-key", Some("HEROKU_API_KEY"), Rng::uuid),
    kind("shopify-token", None, |r| format!("shpat_{}", r.hex(32))),
    kind("telegram-token", None, |r| format!("{}:AA{}", r.digits(10), r.alnum(33))),
    kind("discord-token", None, |r| format!("{}.{}.{}", STANDARD.encode(format!("1{}", r.digits(17))), r.alnum(6), r.alnum(38))),
    kind("mailgun-key", None, |r| format!("key-{}", r.hex(32))),
    kind("mailchimp-key", None, |r| format!("{}-us{}", r.hex(32), r.digits(2))),
    kind("databricks-token", None, |r| format!("dapi{}", r.hex(32))),
    kind("jwt", None, |r| {
        format!(
            "{}.{}.{}",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#),
            URL_SAFE_NO_PAD.encode(format!(r#"{{"sub":"system:serviceaccount:{}:app"}}"#, r.lower(6))),
            URL_SAFE_NO_PAD.encode(r.bytes(64))
        )
    }),
    kind("private-key", None, |r| pem("RSA PRIVATE KEY", r, 300)),
    kind("openssh-key", None, |r| pem("OPENSSH PRIVATE KEY", r, 250)),
    kind("age-key", None, |r| format!("AGE-SECRET-KEY-1{}", r.of("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58))),
    kind("bcrypt", None, |r| format!("$2b$12${}", r.alnum(53))),
    kind("postgres-url", None, |r| format!("postgres://app:{}@db.shop.svc:5432/orders", password(r))),
    kind("mongodb-url", None, |r| format!("mongodb+srv://svc:{}@cluster0.example.net/x", password(r))),
    kind("redis-url", None, |r| format!("redis://:{}@cache:6379/0", password(r))),
    kind("amqp-url", None, |r| format!("amqp://shop:{}@rabbit.shop:5672/", password(r))),
    kind("basic-auth", None, |r| format!("Authorization: Basic {}", STANDARD.encode(format!("bob:{}", password(r))))),
    kind("bearer", None, |r| format!("Authorization: Bearer {}", r.alnum(40))),
    kind("password", Some("DB_PASSWORD"), password),
    kind("word-password", Some("password"), |r| {
        r.pick(&["hunter", "letmein", "correcthorse", "swordfish", "dragonfly"]).to_owned()
            + r.pick(&["battery", "staple", "monkey", "sunshine"])
    }),
    kind("client-secret", Some("client_secret"), |r| r.alnum(32)),
    kind("kubeconfig-key", Some("client-key-data"), |r| STANDARD.encode(pem("EC PRIVATE KEY", r, 60))),
    kind("sas", Some("sharedaccesskey"), |r| r.base64(32)),
];

const fn kind(name: &'static str, setting: Option<&'static str>, draw: fn(&mut Rng) -> String) -> Kind {
    Kind { name, setting, draw }
}

/// Personal data.
pub const PERSONAL: &[Kind] = &[
    kind("email", None, |r| format!("{}.{}@{}.example.com", r.pick(&["jane", "ada", "li"]), r.pick(&["doe", "okafor", "wei"]), r.lower(5))),
    kind("phone", None, |r| format!("+{} {} {}", r.pick(&["44", "49", "1", "91"]), r.pick(&["207", "151", "415"]), r.of("123456789", 7))),
    kind("card", None, card),
    kind("iban", None, iban),
    kind("person", Some("customer name"), |r| {
        format!("{} {}", r.pick(&["Jane", "Ada", "Wei", "Tomasz"]), r.pick(&["Doe", "Okafor", "Nowak", "O'Neil"]))
    }),
];

fn password(r: &mut Rng) -> String {
    let (a, b, c) = (r.alnum(6), r.pick(&["!", "-", "_", "", "."]), r.alnum(6));
    format!("{a}{b}{c}7")
}

fn pem(label: &str, r: &mut Rng, bytes: usize) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", wrap(&STANDARD.encode(r.bytes(bytes)), 64))
}

pub fn wrap(text: &str, width: usize) -> String {
    text.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line).into_owned()).collect::<Vec<_>>().join("\n")
}

fn signed(prefix: &str, body: &str) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut crc = flate2::Crc::new();
    crc.update(body.as_bytes());
    let (mut rest, mut sum) = (crc.sum() as usize, Vec::new());
    for _ in 0..6 {
        sum.insert(0, DIGITS[rest % 62] as char);
        rest /= 62;
    }
    format!("{prefix}{body}{}", sum.into_iter().collect::<String>())
}

fn card(r: &mut Rng) -> String {
    let body = format!("4539{}", r.digits(11));
    let check = (0..10).find(|check| luhn(&format!("{body}{check}"))).unwrap();
    let whole = format!("{body}{check}");
    let groups: Vec<&str> = (0..4).map(|n| &whole[n * 4..n * 4 + 4]).collect();
    r.pick(&[groups.concat(), groups.join(" "), groups.join("-")].each_ref().map(String::as_str)).to_owned()
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits.bytes().rev().enumerate().map(|(n, d)| u32::from(d - b'0') * (1 + n as u32 % 2)).map(|d| d / 10 + d % 10).sum();
    sum.is_multiple_of(10)
}

fn iban(r: &mut Rng) -> String {
    let body = r.digits(18);
    let check =
        (2..99).find(|check| format!("{body}1314{check:02}").bytes().fold(0_u32, |rest, d| (rest * 10 + u32::from(d - b'0')) % 97) == 1);
    format!("DE{:02}{body}", check.unwrap())
}

/// Ways in which text is written down.
pub const ENCODINGS: &[&str] =
    &["plain", "base64", "base64url", "percent", "json", "json-twice", "hex", "gzip-base64", "wrapped-base64", "continued"];

/// The text in an encoding.
pub fn encode(encoding: &str, text: &str, r: &mut Rng) -> String {
    let quoted = |text: &str| serde_json::Value::String(text.to_owned()).to_string();
    let inside = |text: String| text[1..text.len() - 1].to_owned();
    match encoding {
        "plain" => text.to_owned(),
        "base64" => STANDARD.encode(text),
        "base64url" => URL_SAFE_NO_PAD.encode(text),
        "percent" => {
            let first = r.below(text.len().min(4));
            text.bytes()
                .enumerate()
                .map(
                    |(n, byte)| {
                        if byte.is_ascii_alphanumeric() && n != first { (byte as char).to_string() } else { format!("%{byte:02X}") }
                    },
                )
                .collect()
        }
        "json" => {
            let first = text.chars().next().unwrap() as u32;
            format!("\\u{first:04x}{}", inside(quoted(&text[1..])))
        }
        "json-twice" => inside(quoted(&inside(quoted(&format!("{{\"note\":{}}}", quoted(text)))))),
        "hex" => text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        "gzip-base64" => {
            let mut out = GzEncoder::new(Vec::new(), Compression::default());
            out.write_all(text.as_bytes()).unwrap();
            STANDARD.encode(out.finish().unwrap())
        }
        "wrapped-base64" => wrap(&STANDARD.encode(text), r.pick(&[20, 48, 64, 76])),
        "continued" => {
            let cut = (text.len() / 2).max(1);
            if text.contains('\n') { text.to_owned() } else { format!("{}\\\n  {}", &text[..cut], &text[cut..]) }
        }
        _ => unreachable!("{encoding}"),
    }
}

/// A secret as drawn, without what may be seen around it, and the text that it stands in.
pub fn planted(kind: &Kind, encoding: &str, r: &mut Rng) -> (String, String) {
    let drawn = (kind.draw)(r);
    let plain = kind.setting.map_or(drawn.clone(), |setting| format!("{setting}={drawn}"));
    // What must not be seen is the credential, and not the address or scheme around it.
    let value = match kind.name {
        "slack-webhook" => drawn.rsplit('/').next().unwrap(),
        "basic-auth" | "bearer" => drawn.rsplit(' ').next().unwrap(),
        name if name.ends_with("-url") => drawn.split("://").nth(1).unwrap().rsplit_once('@').unwrap().0.split_once(':').unwrap().1,
        _ => &drawn,
    };
    (value.to_owned(), encode(encoding, &plain, r))
}

/// A piece of text with a label.
pub struct Sample {
    pub kind: &'static str,
    pub encoding: &'static str,
    pub text: String,
    /// Where the secret is, encoding and all; nothing in a look-alike.
    pub secret: Option<std::ops::Range<usize>>,
}

const FRAMES: &[(&str, &str)] = &[
    ("2026-04-14T09:27:21Z INFO checkout: loaded ", " from disk in 12ms"),
    ("level=warn msg=\"retrying\" detail=\"", "\" attempt=3"),
    ("{\"level\":\"info\",\"ts\":1776158841.2,\"detail\":\"", "\"}"),
    ("  extra: ", "\n  replicas: 3\n"),
    ("Error: exit status 1: ", ""),
    ("+ export SETTING=", " && ./run --verbose"),
];

/// Secrets, each kind in each encoding and each frame, `rounds` times.
pub fn secrets(seed: u64, rounds: usize) -> Vec<Sample> {
    let mut r = Rng(seed);
    let mut samples = Vec::new();
    for _ in 0..rounds {
        for kind in KINDS.iter().chain(PERSONAL) {
            for encoding in ENCODINGS {
                let (before, after) = r.pick(FRAMES);
                let value = (kind.draw)(&mut r);
                let joint = if kind.name == "person" { ": " } else { "=" };
                let plain = kind.setting.map_or(value.clone(), |setting| format!("{setting}{joint}{value}"));
                // A raw line break inside a JSON log line or a quoted field is never written: it is escaped there.
                let text = if *encoding == "plain" && before.contains('"') {
                    plain.replace('\n', "\\n")
                } else {
                    encode(encoding, &plain, &mut r)
                };
                let start = before.len() + if *encoding == "plain" { plain.find(&value).unwrap() } else { 0 };
                // Of a URL or header only the credential is the secret.
                let credential = match (*encoding, kind.name) {
                    ("plain", "postgres-url" | "mongodb-url" | "redis-url" | "amqp-url") => {
                        let from = value.find("://").unwrap() + 3;
                        start + from + value[from..].find(':').unwrap() + 1..start + value.rfind('@').unwrap()
                    }
                    ("plain", "basic-auth" | "bearer") => start + value.rfind(' ').unwrap() + 1..start + value.len(),
                    ("plain", "slack-webhook") => start + "https://hooks.slack.com/".len()..start + value.len(),
                    _ => {
                        // Around an escaped or continued secret its setting may stay: what counts is the last quarter.
                        let end = before.len() + text.len();
                        let from =
                            if matches!(*encoding, "percent" | "json" | "json-twice" | "continued") { end - text.len() / 4 } else { start };
                        let trail = if *encoding == "json-twice" { 4 + 2 } else { 0 };
                        match kind.name {
                            "postgres-url" | "mongodb-url" | "redis-url" | "amqp-url" if from > start => {
                                let sign = text.rfind("%40").or_else(|| text.rfind('@')).unwrap();
                                before.len() + sign - 4..before.len() + sign
                            }
                            _ => from..end - trail,
                        }
                    }
                };
                samples.push(Sample { kind: kind.name, encoding, text: format!("{before}{text}{after}"), secret: Some(credential) });
            }
        }
    }
    samples
}

/// Text of clusters that looks like a secret in one way or another, and is none.
pub fn look_alikes(seed: u64, count: usize) -> Vec<Sample> {
    let mut r = Rng(seed);
    (0..count)
        .map(|n| {
            let (kind, text) = look_alike(n % 44, &mut r);
            let framed = r.below(2) == 0 && !text.contains('\n') && !text.contains('"');
            let (before, after) = if framed { r.pick(FRAMES) } else { ("", "") };
            Sample { kind, encoding: "plain", text: format!("{before}{text}{after}"), secret: None }
        })
        .collect()
}

fn look_alike(which: usize, r: &mut Rng) -> (&'static str, String) {
    let pod = format!("checkout-{}-{}", r.of("456789bcdf", 10), r.lower(5));
    match which {
        0 => ("image digest", format!("registry.example/shop/cart@sha256:{}", r.hex(64))),
        1 => ("uid", r.uuid()),
        2 => ("pod", pod),
        3 => ("resource version", format!("resourceVersion: \"{}\"", r.digits(9))),
        4 => ("instant", format!("2026-04-14T09:{}:{}.{}Z", 10 + r.below(49), 10 + r.below(49), r.digits(9))),
        5 => ("version", format!("v1.{}.{}-rc.1+build.{}", r.below(40), r.below(20), r.digits(4))),
        6 => ("commit", format!("revision: main@sha1:{}", r.hex(40))),
        7 => ("quantity", format!("limits: cpu {}m, memory {}Mi, ephemeral-storage {}Gi", r.digits(4), r.digits(4), r.digits(2))),
        8 => ("address", format!("dial tcp 10.42.{}.{}:5432: connect: connection refused", r.below(255), r.below(255))),
        9 => ("service name", format!("cart-store.shop-{}.svc.cluster.local:6379", r.lower(4))),
        10 => ("sha-256", r.hex(64)),
        11 => ("trace", format!("trace_id={} span_id={}", r.hex(32), r.hex(16))),
        12 => ("container", format!("containerID: containerd://{}", r.hex(64))),
        13 => ("secret missing", format!("MountVolume.SetUp failed for volume \"creds\" : secret \"db-creds-{}\" not found", r.lower(5))),
        14 => ("key missing", "couldn't find key password in Secret shop/db-creds".to_owned()),
        15 => ("refused", format!("FATAL: password authentication failed for user \"app_{}\"", r.lower(3))),
        16 => (
            "reference",
            format!(
                "{{\"name\":\"DB_PASSWORD\",\"valueFrom\":{{\"secretKeyRef\":{{\"key\":\"password\",\"name\":\"db-{}\"}}}}}}",
                r.lower(5)
            ),
        ),
        17 => ("address setting", format!("DB_HOST=cart-store:6379 DB_PORT=5432 DB_NAME=orders_{}", r.lower(3))),
        18 => ("plain url", format!("http://cart.shop.svc:8080/api/v1/items?id={}&limit=20", r.digits(6))),
        19 => (
            "class",
            format!(
                "at org.example.shop.AbstractTransactionalOrderProcessorFactoryBean{}.invoke(Processor.java:{})",
                r.below(9),
                r.below(900)
            ),
        ),
        20 => {
            ("base64 of plain text", STANDARD.encode(format!("replicas: 3\nimage: shop/cart:v{}\nstrategy: RollingUpdate\n", r.below(90))))
        }
        21 => ("certificate", pem("CERTIFICATE", r, 400)),
        22 => ("ssh public key", format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{} ops", r.alnum(43))),
        23 => ("fingerprint", format!("SHA256:{}", r.alnum(43))),
        24 => ("integrity", format!("sha256-{}", r.base64(32))),
        25 => ("placeholder", "password: ${DB_PASSWORD} token: $(API_TOKEN) secret: <your-secret>".to_owned()),
        26 => ("token prose", "token expired, token is invalid: token contains an invalid number of segments".to_owned()),
        27 => ("secret name", format!("secretName: tls-{} imagePullSecrets: [registry-{}]", r.lower(5), r.lower(5))),
        28 => ("path", format!("/var/lib/kubelet/pods/{}/volumes/kubernetes.io~projected/kube-api-access-{}/token", r.uuid(), r.lower(5))),
        29 => ("mount", "tokenExpirationSeconds: 3607 automountServiceAccountToken: true".to_owned()),
        30 => {
            ("millis", format!("ts={} took={}ns offset=+{}", 1_776_158_841_000_u64 + r.next() % 1_000_000_000, r.digits(12), r.digits(4)))
        }
        31 => ("table", format!("NAME READY STATUS RESTARTS AGE\n{} 0/1 CrashLoopBackOff {} 14m\n", pod, r.below(90))),
        32 => ("sort key", format!("partition_key=orders-{} key: zone operator: In keyPrefix=shop/", r.lower(4))),
        33 => ("node", format!("ip-10-0-{}-{}.eu-west-1.compute.internal", r.below(255), r.below(255))),
        34 => ("role", format!("arn:aws:iam::{}:role/shop-cart-{}", r.digits(12), r.lower(4))),
        35 => ("backoff", format!("Back-off restarting failed container app in pod {}_shop({})", pod, r.uuid())),
        36 => ("percent", format!("{}% of 4096Mi used, 100%25 full at /data", r.below(100))),
        37 => ("max tokens", format!("max_tokens={} prompt_tokens: {} tokens=15", r.digits(4), r.digits(3))),
        38 => ("ids", format!("order {} for account {} shard {}", r.digits(10), r.digits(8), r.digits(3))),
        39 => (
            "mail-like",
            format!("npm ERR! notarget No matching version found for left-pad@1.{}.0 git@github.com:shop/cart.git", r.below(9)),
        ),
        40 => ("x509", "x509: certificate is valid for ledger, ledger.bank.svc, not ledger.internal".to_owned()),
        41 => ("user agent", format!("\"GET /healthz HTTP/1.1\" 200 2 \"-\" \"kube-probe/1.{}\"", r.below(40))),
        42 => ("build id", format!("git_sha={} image_tag=2026.04.{}-{}", r.hex(40), r.digits(2), r.hex(7))),
        _ => ("checksum", format!("checksum/config: {}", r.hex(64))),
    }
}
