//! A real Vault or OpenBao, where there is one: `ASSENT_VAULT=/usr/bin/bao cargo test -p assent-custody -- --ignored`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use assent_custody::CustodyError;
use serde_json::json;

use crate::doubles::keeper;

/// A server in memory, on loopback. Dropping it kills it.
struct Server {
    child: Child,
    program: String,
    address: String,
    folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the test runs only where somebody names a program")]
        let program = std::env::var("ASSENT_VAULT").expect("ASSENT_VAULT names a vault or bao");
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(&program);
        command.args(["server", "-dev", "-dev-root-token-id=root", &format!("-dev-listen-address=127.0.0.1:{port}")]);
        command.env("HOME", folder.path()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        // Its last words before it serves.
        let said = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok)
            .any(|line| line.contains("Development mode should NOT"));
        assert!(said, "it does not start");
        Self { child, program, address: format!("http://127.0.0.1:{port}"), folder }
    }

    fn does(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.program);
        for (name, value) in [("ADDR", self.address.as_str()), ("TOKEN", "root")] {
            command.env(format!("VAULT_{name}"), value).env(format!("BAO_{name}"), value);
        }
        let done = command.args(arguments).env("HOME", self.folder.path()).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
#[ignore = "needs a vault or bao, named by ASSENT_VAULT"]
async fn a_real_vault_wraps_opens_rotates_and_refuses_as_the_double_does() {
    let server = Server::start();
    server.does(&["secrets", "enable", "transit"]);
    for key in ["assent", "other", "derived"] {
        server.does(&["write", "-f", &format!("transit/keys/{key}"), if key == "derived" { "derived=true" } else { "derived=false" }]);
    }
    let file = server.folder.path().join("token");
    std::fs::write(&file, "root").unwrap();
    let of = |key: &str| keeper(json!({ "vault": { "address": server.address, "key": key, "token_file": file } }));
    for key in ["assent", "derived"] {
        let keeper = of(key);
        let wrapped = keeper.wrap(b"one", b"secret").await.unwrap();
        assert_eq!(keeper.open(b"one", &wrapped).await.unwrap().as_slice(), b"secret");
        for refused in [keeper.open(b"two", &wrapped).await, of("other").open(b"one", &wrapped).await] {
            assert!(matches!(refused.unwrap_err(), CustodyError::DoesNotOpen { .. }));
        }
        keeper.advance().await.unwrap();
        let again = keeper.wrap(b"one", b"secret").await.unwrap();
        assert!(again.starts_with(b"vault:v2:") && keeper.open(b"one", &wrapped).await.is_ok());
        keeper.retire().await.unwrap();
        assert!(keeper.open(b"one", &wrapped).await.unwrap_err().to_string().contains("min_decryption_version"));
        keeper.open(b"one", &again).await.unwrap();
        keeper.look().await.unwrap();
    }

    // As docs/keys.md has it: what the platform may do, and no more.
    let policy = server.folder.path().join("policy.hcl");
    let paths = ["encrypt", "decrypt"].map(|act| format!("path \"transit/{act}/assent\" {{\n  capabilities = [\"update\"]\n}}\n"));
    std::fs::write(&policy, paths.concat()).unwrap();
    server.does(&["policy", "write", "assent", policy.to_str().unwrap()]);
    server.does(&["auth", "enable", "approle"]);
    server.does(&["write", "auth/approle/role/assent", "token_policies=assent", "token_ttl=4s", "token_max_ttl=60s"]);
    let role_id = server.does(&["read", "-field=role_id", "auth/approle/role/assent/role-id"]);
    std::fs::write(&file, server.does(&["write", "-f", "-field=secret_id", "auth/approle/role/assent/secret-id"])).unwrap();
    let role = json!({ "role_id": role_id, "secret_id_file": file });
    let few = keeper(json!({ "vault": { "address": server.address, "key": "assent", "approle": role } }));
    let wrapped = few.wrap(b"one", b"secret").await.unwrap();
    few.look().await.unwrap();
    assert!(matches!(few.advance().await.unwrap_err(), CustodyError::Denied { status: 403, .. }));
    let role = json!({ "role_id": role_id, "secret_id_file": file });
    let absent = keeper(json!({ "vault": { "address": server.address, "key": "absent", "approle": role } }));
    assert!(matches!(absent.wrap(b"one", b"secret").await.unwrap_err(), CustodyError::Denied { .. }), "it makes no key by itself");
    let unmounted = keeper(
        json!({ "vault": { "address": server.address, "mount": "none", "key": "assent", "approle": { "role_id": "no", "secret_id_file": file } } }),
    );
    assert!(unmounted.wrap(b"one", b"secret").await.unwrap_err().to_string().contains("denies signing in"));

    server.does(&["write", "transit/keys/assent/config", "deletion_allowed=true"]);
    server.does(&["delete", "transit/keys/assent"]);
    assert!(matches!(few.open(b"one", &wrapped).await.unwrap_err(), CustodyError::Absent { .. }));
    server.does(&["operator", "seal"]);
    let sealed = few.open(b"one", &wrapped).await.unwrap_err();
    assert!(sealed.may_pass() && sealed.to_string().contains("unseal it"), "{sealed}");
}
