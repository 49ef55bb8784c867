//! A root key that somebody else keeps: what a platform does with it, without it, and when it moves.

use crate::support;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::support::{House, Who};
use assent_platform::{ControlPlane, Outside, RootKey, Settings, Upkeep, custody};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What only Vault and the token's file may hold.
const TOKEN: &str = "s.canary-token-5d3e";

/// Vault in the words of an OpenBao 2.7.2: what it sealed is kept by number, with the version, and what it is bound to.
#[derive(Default)]
struct Vault {
    sealed: Mutex<HashMap<usize, (u64, Value, Value)>>,
    versions: Mutex<(u64, u64)>,
    is_sealed: Mutex<bool>,
}

impl Vault {
    async fn start() -> (Arc<Self>, String) {
        let vault = Arc::new(Self { versions: Mutex::new((1, 1)), ..Self::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::clone(&vault);
        let handler = move |uri: Uri, headers: HeaderMap, body: Bytes| {
            let reply = shared.answer(uri.path(), &headers, &serde_json::from_slice(&body).unwrap_or_default());
            async move { (reply.0, reply.1.to_string()) }
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await });
        (vault, address)
    }

    fn answer(&self, path: &str, headers: &HeaderMap, body: &Value) -> (StatusCode, Value) {
        let errors = |status, text| (status, json!({ "errors": [text] }));
        if *self.is_sealed.lock().expect("held") {
            return errors(StatusCode::SERVICE_UNAVAILABLE, "Vault is sealed");
        }
        if headers.get("x-vault-token").is_none_or(|token| token != TOKEN) {
            return errors(StatusCode::FORBIDDEN, "permission denied");
        }
        let mut versions = self.versions.lock().expect("held");
        let mut sealed = self.sealed.lock().expect("held");
        let data = match path {
            "/v1/auth/token/lookup-self" => json!({ "ttl": 0, "renewable": false }),
            "/v1/transit/encrypt/assent" => {
                let number = sealed.len();
                sealed.insert(number, (versions.0, body["plaintext"].clone(), body["associated_data"].clone()));
                json!({ "ciphertext": format!("vault:v{}:{}", versions.0, STANDARD.encode(format!("{number:012}"))) })
            }
            "/v1/transit/decrypt/assent" => {
                let number =
                    body["ciphertext"].as_str().and_then(|text| text.rsplit(':').next()).and_then(|text| STANDARD.decode(text).ok());
                let number = number.and_then(|number| String::from_utf8(number).ok()?.parse().ok()).unwrap_or(usize::MAX);
                match sealed.get(&number) {
                    Some((version, ..)) if *version < versions.1 => {
                        return errors(StatusCode::BAD_REQUEST, "disallowed by policy (too old)");
                    }
                    Some((_, plain, place)) if *place == body["associated_data"] => json!({ "plaintext": plain }),
                    _ => return errors(StatusCode::BAD_REQUEST, "cipher: message authentication failed"),
                }
            }
            "/v1/transit/keys/assent/rotate" => {
                versions.0 += 1;
                json!({})
            }
            "/v1/transit/keys/assent" => json!({ "latest_version": versions.0 }),
            "/v1/transit/keys/assent/config" => {
                versions.1 = body["min_decryption_version"].as_u64().expect("a version");
                json!({})
            }
            _ => return errors(StatusCode::NOT_FOUND, "no handler for route"),
        };
        (StatusCode::OK, json!({ "data": data }))
    }
}

fn vault_at(address: &str, token: &Path) -> RootKey {
    let config = json!({ "vault": { "address": address, "key": "assent", "token_file": token } });
    let outside = custody::Outside {
        clock: Arc::new(|| support::NOON.parse().expect("an instant")),
        proxy: None,
        authorities_pem: Vec::new(),
        aws: [None, None, None],
    };
    RootKey::of(&serde_json::from_value(config).expect("a configuration"), &outside).expect("usable")
}

fn with(root_key: &RootKey) -> Settings {
    Settings { root_key: root_key.clone(), ..Settings::default() }
}

fn outside() -> Outside {
    Outside { clock: Box::new(|| support::NOON.parse().expect("an instant")), random: Box::new(|bytes| bytes.fill(9)) }
}

/// Why a platform does not start on a folder.
async fn refused(data: &Path, root_key: &RootKey) -> String {
    match ControlPlane::start(&data.join("data"), with(root_key), outside()).await {
        Ok(_) => panic!("it starts"),
        Err(error) => error.to_string(),
    }
}

/// Stops a platform and gives its folder.
async fn stopped(house: House) -> tempfile::TempDir {
    house.plane.stop().await;
    house.data
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
async fn a_platform_lives_with_a_root_key_in_vault_and_through_its_silence() {
    let (vault, address) = Vault::start().await;
    let token = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(token.path(), TOKEN).expect("written");
    let root_key = vault_at(&address, token.path());
    let house = House::with(with(&root_key)).await;
    let owner = house.owner().await;
    assert!(!house.data.path().join("data/keys/root-1.key").exists());
    house.plane.look_after_keys().await.expect("somebody keeps it");
    assert_eq!(house.get(&Who::Nobody, "/readyz").await.text().lines().last(), Some("root key: ready"));

    *vault.is_sealed.lock().expect("held") = true;
    house.plane.look_after_keys().await.expect("somebody keeps it");
    let ready = house.get(&Who::Nobody, "/readyz").await;
    assert_eq!(ready.status, 200, "it serves on");
    assert!(ready.text().contains("root key: does not do its work"), "{}", ready.text());
    assert_eq!(house.get(&Who::Nobody, "/api/v1/status").await.json()["level"], "degraded");
    let made = house.call(&owner, "POST", "/api/v1/environments", Some(json!({ "name": "prod", "criticality": "prod" }))).await;
    assert_eq!(made.status, 201, "what is open stays open: {}", made.text());
    let tenant = house.call(&owner, "POST", "/api/v1/tenants", Some(json!({ "name": "Orchard" }))).await;
    assert_eq!(tenant.status, 503, "a new tenant needs it: {}", tenant.text());

    let data = stopped(house).await;
    let told = refused(data.path(), &root_key).await;
    assert!(told.contains("unseal it") && told.contains(&address), "{told}");
    *vault.is_sealed.lock().expect("held") = false;
    std::fs::write(token.path(), "s.revoked").expect("written");
    let told = refused(data.path(), &root_key).await;
    assert!(told.contains("denies") && !told.contains("s.revoked"), "{told}");
    std::fs::write(token.path(), TOKEN).expect("written");
    let told = refused(data.path(), &RootKey::default()).await;
    assert!(told.contains("wrapped by `vault transit/assent`, and the configuration names `file`"), "{told}");
    let house = House::on(data, with(&root_key)).await;
    assert_eq!(house.get(&Who::Nobody, "/readyz").await.status, 200);
    let data = stopped(house).await;
    for path in files(data.path()) {
        let bytes = std::fs::read(&path).expect("read");
        assert!(!bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes()), "the token is in {}", path.display());
    }
}

#[tokio::test]
async fn keys_are_rotated_moved_backed_up_and_restored_with_vault() {
    let (vault, address) = Vault::start().await;
    let token = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(token.path(), TOKEN).expect("written");
    let (file, root_key) = (RootKey::default(), vault_at(&address, token.path()));
    let house = House::open().await;
    let owner = house.owner().await;
    let _ = house.another(&owner, "Orchard", "bo@example.org").await;
    let data = stopped(house).await;
    let folder = data.path().join("data");
    let upkeep = |root_key: &RootKey| Upkeep::of(&folder, None, root_key.clone(), outside());

    // The installation's own tenant, the first, and another.
    assert_eq!(upkeep(&file).move_root(&root_key).await.expect("moved"), 3);
    assert!(!folder.join("keys/root-1.key").exists());
    assert!(upkeep(&file).check().await.expect_err("who keeps it no more").to_string().contains("vault transit/assent"));
    assert_eq!(upkeep(&root_key).check().await.expect("sound").tenants.len(), 3);

    assert_eq!(upkeep(&root_key).rotate_root().await.expect("rotated"), 3);
    assert_eq!(*vault.versions.lock().expect("held"), (2, 2));
    upkeep(&root_key).rotate_tenants().await.expect("rotated");

    let backup = data.path().join("backup");
    upkeep(&root_key).backup(&backup).await.expect("backed up");
    let restored = data.path().join("restored");
    for sub in ["keys", "keys/tenants"] {
        assent_platform::own_folder(&restored.join(sub)).expect("made");
    }
    for path in files(&folder.join("keys")) {
        std::fs::copy(&path, restored.join("keys").join(path.strip_prefix(folder.join("keys")).expect("within"))).expect("copied");
    }
    assert!(
        Upkeep::of(&restored, None, file.clone(), outside())
            .restore(&backup)
            .await
            .expect_err("the wrong keeper")
            .to_string()
            .contains("vault transit/assent")
    );
    Upkeep::of(&restored, None, root_key.clone(), outside()).restore(&backup).await.expect("restored");
    assert_eq!(Upkeep::of(&restored, None, root_key.clone(), outside()).check().await.expect("sound").tenants.len(), 3);

    assert_eq!(upkeep(&root_key).move_root(&file).await.expect("moved back"), 3);
    *vault.is_sealed.lock().expect("held") = true;
    assert_eq!(upkeep(&file).check().await.expect("sound without Vault").tenants.len(), 3);
    let house = House::on(data, Settings::default()).await;
    assert_eq!(house.sign_in("bo@example.org", support::PASSWORD).await.status, 200);
    assert!(!house.get(&Who::Nobody, "/readyz").await.text().contains("root key"));
    assert_eq!(moves(&stopped(house).await.path().join("data/ledger")), ["intended", "done", "intended", "done"]);
}

/// How the moves of the root key stand on a ledger.
fn moves(ledger: &Path) -> Vec<String> {
    let files = assent_journal::DirFiles::new(ledger.to_owned());
    let note = std::fs::read_to_string(ledger.join(assent_ledger::CHECKPOINT)).expect("a checkpoint");
    let size: u64 = note.lines().nth(1).expect("a size").parse().expect("a number");
    let bundles = (0..size.div_ceil(assent_ledger::TILE_WIDTH)).map(|bundle| {
        let path = assent_ledger::entries_path(bundle, assent_ledger::width_at(0, bundle, size));
        assent_ledger::Files::read_at(&files, &path, 0, usize::MAX).expect("readable").expect("there")
    });
    let mut found = Vec::new();
    for bundle in bundles {
        for entry in assent_ledger::entries(&bundle) {
            let record = assent_ledger::Record::parse(entry.expect("an entry")).expect("a record");
            if record.action.as_str() == "keys.move_root" {
                found.push(json!(record.outcome).as_str().expect("a word").to_owned());
            }
        }
    }
    found
}
