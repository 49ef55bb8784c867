//! Servers on loopback that answer as keepers do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use assent_base::Timestamp;
use assent_custody::{Config, Keeper, Outside};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(crate) type Reply = (StatusCode, String);

/// A request as it came.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Serves on loopback for as long as the test's runtime lives.
pub(crate) async fn serve(answer: impl Fn(Asked) -> Reply + Clone + Send + Sync + 'static) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let handler = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let reply = answer(Asked { method, path: uri.path().to_owned(), headers, body });
        async move { reply }
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await });
    address
}

/// The outside of a test: a clock that stands, no proxy, and credentials that AWS prints in its examples.
pub(crate) fn outside() -> Outside {
    let secret = |text: &str| Some(assent_base::Secret::new(text.to_owned()));
    Outside {
        clock: Arc::new(|| "2026-11-22T04:00:00Z".parse::<Timestamp>().unwrap()),
        proxy: None,
        authorities_pem: Vec::new(),
        aws: [secret("AKIDEXAMPLE"), secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), None],
    }
}

/// A keeper from what a configuration would say.
pub(crate) fn keeper(config: Value) -> Keeper {
    let config: Config = serde_json::from_value(config).unwrap();
    Keeper::of(&config, &outside()).unwrap().unwrap()
}

/// What somebody sealed: kept by number, since a double need not be able to hide anything.
#[derive(Default)]
pub(crate) struct Sealed(Mutex<Vec<(String, u64, String, String)>>);

impl Sealed {
    fn put(&self, key: &str, version: u64, plain: &str, place: &str) -> String {
        let mut sealed = self.0.lock().unwrap();
        sealed.push((key.to_owned(), version, plain.to_owned(), place.to_owned()));
        STANDARD.encode(format!("sealed{:08}", sealed.len() - 1))
    }

    fn get(&self, text: &str) -> Option<(String, u64, String, String)> {
        let number = STANDARD.decode(text).ok()?;
        let number: usize = std::str::from_utf8(&number).ok()?.strip_prefix("sealed")?.parse().ok()?;
        // What was cut short or altered is what nobody sealed.
        let is_whole = text == STANDARD.encode(format!("sealed{number:08}"));
        self.0.lock().unwrap().get(number).filter(|_| is_whole).cloned()
    }
}

/// Vault, as far as it concerns us.
#[derive(Default)]
pub(crate) struct VaultDouble {
    sealed: Sealed,
    /// Newest and oldest version of each key that opens.
    pub(crate) keys: Mutex<BTreeMap<String, (u64, u64)>>,
    pub(crate) is_sealed: Mutex<bool>,
    /// Tokens, and whether each may rotate.
    pub(crate) tokens: Mutex<BTreeMap<String, bool>>,
    pub(crate) sign_ins: Mutex<u32>,
    pub(crate) renewals: Mutex<u32>,
    pub(crate) lease_s: Mutex<u64>,
    pub(crate) namespaces: Mutex<Vec<String>>,
}

fn errors(status: u16, text: &str) -> Reply {
    (StatusCode::from_u16(status).unwrap(), json!({ "errors": [text] }).to_string())
}

fn data(data: Value) -> Reply {
    let body = json!({ "request_id": "60bffe65", "lease_id": "", "renewable": false, "lease_duration": 0, "data": data, "wrap_info": null, "warnings": null, "auth": null });
    (StatusCode::OK, body.to_string())
}

impl VaultDouble {
    pub(crate) async fn start() -> (Arc<Self>, String) {
        let double = Arc::new(Self::default());
        double.keys.lock().unwrap().insert("assent".to_owned(), (1, 1));
        double.keys.lock().unwrap().insert("other".to_owned(), (1, 1));
        double.tokens.lock().unwrap().insert("root".to_owned(), true);
        *double.lease_s.lock().unwrap() = 60;
        let shared = Arc::clone(&double);
        (double, serve(move |asked| shared.answer(&asked)).await)
    }

    fn answer(&self, asked: &Asked) -> Reply {
        if *self.is_sealed.lock().unwrap() {
            return errors(503, "Vault is sealed");
        }
        self.namespaces.lock().unwrap().push(asked.header("x-vault-namespace").to_owned());
        let path: Vec<&str> = asked.path.trim_start_matches("/v1/").split('/').collect();
        if let ["auth", method, "login"] = path.as_slice() {
            return self.sign_in(method, &asked.json());
        }
        let Some(may_rotate) = self.tokens.lock().unwrap().get(asked.header("x-vault-token")).copied() else {
            return errors(403, "permission denied");
        };
        match path.as_slice() {
            ["auth", "token", "lookup-self"] => data(json!({ "id": "…", "ttl": *self.lease_s.lock().unwrap(), "renewable": true })),
            ["auth", "token", "renew-self"] => {
                *self.renewals.lock().unwrap() += 1;
                self.auth(asked.header("x-vault-token"))
            }
            ["transit", "keys", ..] if !may_rotate => errors(403, "1 error occurred:\n\t* permission denied\n\n"),
            ["transit", act, name, rest @ ..] => self.transit(asked, (act, name), rest),
            _ => errors(404, &format!("no handler for route \"{}\". route entry not found.", asked.path)),
        }
    }

    fn sign_in(&self, method: &str, body: &Value) -> Reply {
        let right = match method {
            "approle" => body["role_id"] == "role-1" && body["secret_id"] == "secret-1",
            "kubernetes" => body["role"] == "assent" && body["jwt"] == "service.account.token",
            _ => return errors(404, "no handler for route"),
        };
        if !right {
            return errors(400, "invalid role or secret ID");
        }
        let number = {
            let mut sign_ins = self.sign_ins.lock().unwrap();
            *sign_ins += 1;
            *sign_ins
        };
        let token = format!("s.{number}");
        self.tokens.lock().unwrap().insert(token.clone(), false);
        self.auth(&token)
    }

    fn auth(&self, token: &str) -> Reply {
        let lease_s = *self.lease_s.lock().unwrap();
        let auth = json!({ "client_token": token, "policies": ["assent", "default"], "lease_duration": lease_s, "renewable": true });
        (StatusCode::OK, json!({ "data": null, "auth": auth }).to_string())
    }

    fn transit(&self, asked: &Asked, (act, name): (&str, &str), rest: &[&str]) -> Reply {
        let mut keys = self.keys.lock().unwrap();
        let body = asked.json();
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        let Some((newest, oldest)) = keys.get_mut(name) else {
            let status = if asked.method == Method::GET { 404 } else { 400 };
            return errors(status, "encryption key not found");
        };
        match (act, rest) {
            ("encrypt", []) => {
                assert_eq!(text("associated_data"), text("context"), "a derived key needs the context");
                let text = self.sealed.put(name, *newest, &text("plaintext"), &text("associated_data"));
                data(json!({ "ciphertext": format!("vault:v{newest}:{text}"), "key_version": *newest }))
            }
            ("decrypt", []) => {
                let text_of = text("ciphertext");
                let Some((_, sealed)) = text_of.strip_prefix("vault:v").and_then(|rest| rest.split_once(':')) else {
                    return errors(400, "invalid ciphertext: no prefix");
                };
                match self.sealed.get(sealed) {
                    Some((_, version, ..)) if version < *oldest => {
                        errors(400, "ciphertext or signature version is disallowed by policy (too old)")
                    }
                    Some((key, _, plain, place)) if key == name && place == text("associated_data") => data(json!({ "plaintext": plain })),
                    _ => errors(400, "cipher: message authentication failed"),
                }
            }
            ("keys", []) => data(json!({ "name": name, "latest_version": *newest, "min_decryption_version": *oldest })),
            ("keys", ["rotate"]) => {
                *newest += 1;
                data(json!({ "name": name, "latest_version": *newest }))
            }
            ("keys", ["config"]) => {
                *oldest = body["min_decryption_version"].as_u64().unwrap();
                data(json!({ "name": name, "min_decryption_version": *oldest }))
            }
            _ => errors(404, "unsupported path"),
        }
    }
}

/// AWS KMS, as far as it concerns us. It does not check signatures; that of each request is compared elsewhere.
#[derive(Default)]
pub(crate) struct AwsDouble {
    sealed: Sealed,
    pub(crate) seen: Mutex<Vec<(String, String)>>,
}

impl AwsDouble {
    pub(crate) async fn start() -> (Arc<Self>, String) {
        let double = Arc::new(Self::default());
        let shared = Arc::clone(&double);
        (double, serve(move |asked| shared.answer(&asked)).await)
    }

    fn answer(&self, asked: &Asked) -> Reply {
        self.seen.lock().unwrap().push((asked.header("authorization").to_owned(), asked.header("x-amz-security-token").to_owned()));
        let fault = |kind: &str| (StatusCode::BAD_REQUEST, json!({ "__type": kind, "message": "…" }).to_string());
        let body = asked.json();
        let (key, place) = (body["KeyId"].as_str().unwrap_or_default(), body["EncryptionContext"].to_string());
        if !["alias/assent", "alias/other"].contains(&key) {
            return fault("NotFoundException");
        }
        match asked.header("x-amz-target") {
            "TrentService.Encrypt" => {
                let sealed = self.sealed.put(key, 1, body["Plaintext"].as_str().unwrap(), &place);
                (StatusCode::OK, json!({ "CiphertextBlob": sealed, "KeyId": key, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT" }).to_string())
            }
            "TrentService.Decrypt" => match self.sealed.get(body["CiphertextBlob"].as_str().unwrap()) {
                Some((of, ..)) if of != key => fault("IncorrectKeyException"),
                Some((_, _, plain, of)) if of == place => (StatusCode::OK, json!({ "Plaintext": plain, "KeyId": key }).to_string()),
                _ => fault("InvalidCiphertextException"),
            },
            _ => fault("UnknownOperationException"),
        }
    }
}

/// Google Cloud KMS, as far as it concerns us, with the server of tokens in it.
#[derive(Default)]
pub(crate) struct GoogleDouble {
    sealed: Sealed,
    pub(crate) statements: Mutex<Vec<String>>,
}

pub(crate) const GOOGLE_KEY: &str = "projects/shop/locations/europe-west3/keyRings/assent/cryptoKeys/root";

impl GoogleDouble {
    pub(crate) async fn start() -> (Arc<Self>, String) {
        let double = Arc::new(Self::default());
        let shared = Arc::clone(&double);
        (double, serve(move |asked| shared.answer(&asked)).await)
    }

    fn answer(&self, asked: &Asked) -> Reply {
        let fault = |status: u16, word: &str| {
            (StatusCode::from_u16(status).unwrap(), json!({ "error": { "code": status, "status": word } }).to_string())
        };
        if asked.path == "/token" {
            self.statements.lock().unwrap().push(String::from_utf8(asked.body.to_vec()).unwrap());
            return (StatusCode::OK, json!({ "access_token": "ya29.given", "expires_in": 3599, "token_type": "Bearer" }).to_string());
        }
        if asked.path.starts_with("/computeMetadata/") {
            assert_eq!(asked.header("metadata-flavor"), "Google");
            return (StatusCode::OK, json!({ "access_token": "ya29.given", "expires_in": 3599, "token_type": "Bearer" }).to_string());
        }
        if asked.header("authorization") != "Bearer ya29.given" {
            return fault(401, "UNAUTHENTICATED");
        }
        let Some((key, act)) = asked.path.strip_prefix("/v1/").and_then(|path| path.rsplit_once(':')) else {
            return fault(404, "NOT_FOUND");
        };
        if key != GOOGLE_KEY && key != GOOGLE_KEY.replace("root", "other") {
            return fault(404, "NOT_FOUND");
        }
        let body = asked.json();
        let field = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let sum = |text: &str| crc(&STANDARD.decode(text).unwrap()).to_string();
        let place = field("additionalAuthenticatedData");
        assert_eq!(field("additionalAuthenticatedDataCrc32c"), sum(&place));
        match act {
            "encrypt" => {
                assert_eq!(field("plaintextCrc32c"), sum(&field("plaintext")));
                let sealed = self.sealed.put(key, 1, &field("plaintext"), &place);
                let body = json!({ "name": format!("{key}/cryptoKeyVersions/1"), "ciphertextCrc32c": sum(&sealed), "ciphertext": sealed,
                    "verifiedPlaintextCrc32c": true, "verifiedAdditionalAuthenticatedDataCrc32c": true, "protectionLevel": "SOFTWARE" });
                (StatusCode::OK, body.to_string())
            }
            "decrypt" => match self.sealed.get(&field("ciphertext")) {
                Some((of, _, plain, at)) if of == key && at == place => {
                    (StatusCode::OK, json!({ "plaintextCrc32c": sum(&plain), "plaintext": plain, "usedPrimary": true }).to_string())
                }
                _ => fault(400, "INVALID_ARGUMENT"),
            },
            _ => fault(404, "NOT_FOUND"),
        }
    }
}

/// CRC-32C by a table, and not as the room computes it.
fn crc(bytes: &[u8]) -> u32 {
    let table: Vec<u32> =
        (0..256_u32).map(|byte| (0..8).fold(byte, |sum, _| if sum & 1 == 1 { 0x82f6_3b78 ^ (sum >> 1) } else { sum >> 1 })).collect();
    !bytes.iter().fold(!0, |sum, byte| table[usize::from(u8::try_from(sum & 0xff).unwrap() ^ byte)] ^ (sum >> 8))
}
