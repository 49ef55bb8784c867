//! What is redacted, and what stays.

use std::sync::Arc;

use assent_screen::{Custom, PseudonymKey, Rule, Rules, Screen};
use serde_json::json;

fn screen() -> Screen {
    Screen::new(Arc::new(Rules::builtin()), PseudonymKey::new(&[7; 32]))
}

/// The text with each stand-in shortened to the name of its rule.
fn shown(text: &str) -> String {
    short(&screen().text(text).text)
}

fn short(text: &str) -> String {
    let mut parts = text.split("[redacted:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (rule, rest) = part.split_once(':').unwrap();
        out.push_str(&format!("<{rule}>{}", rest.split_once(']').unwrap().1));
    }
    out
}

#[test]
fn text_keeps_what_is_around_a_secret() {
    let key = ["AK", "IAIOSFODNN7EXAMPLE"].concat();
    assert_eq!(shown(&format!("uploading with {key} to s3")), "uploading with <aws-key> to s3");
    assert_eq!(shown("login with password=hunter2 failed"), "login with password=<secret-setting> failed");
    assert_eq!(
        shown("dial postgres://app:hunter2@db.shop:5432/orders: refused"),
        "dial postgres://app:<url-password>@db.shop:5432/orders: refused"
    );
    assert_eq!(shown("Authorization: Basic Ym9iOmh1bnRlcjI="), "Authorization: Basic <basic-auth>");
    assert_eq!(shown("sent to jane@example.com"), "sent to <email>");
    assert_eq!(shown("mysql -u root -phunter2 shop"), "mysql -u root -p<command-password> shop");
    assert_eq!(shown("redis-cli -h cache -a hunter2 ping"), "redis-cli -h cache -a <command-password> ping");
    assert_eq!(shown("curl -u bob:hunter2 https://x.example"), "curl -u bob:<command-password> https://x.example");
    assert_eq!(
        shown(r#"{"msg":"{\"password\":\"hunter2\",\"user\":\"bob\"}"}"#),
        r#"{"msg":"{\"password\":\"<secret-setting>\",\"user\":\"bob\"}"}"#
    );
    assert_eq!(shown("q=%70assword%3Dhunter2%26user%3Dbob end"), "q=%70assword%3D<secret-setting>%26user%3Dbob end");
    assert_eq!(shown("conf cGFzc3dvcmQ9aHVudGVyMg== loaded"), "conf <secret-setting> loaded");
    assert_eq!(shown("conf 70617373776f72643d68756e74657232 loaded"), "conf <secret-setting> loaded");
}

#[test]
fn nothing_found_is_the_text_itself() {
    let text = r#"Back-off restarting failed container app in pod shop-6c9f7d58b4-q8z2m_shop(5f0b2f0e-93ce-4b1e-b1c7-2a2f54d3c1aa)"#;
    let redacted = screen().text(text);
    assert!(redacted.hits.is_empty() && matches!(redacted.text, std::borrow::Cow::Borrowed(_)));
}

#[test]
fn hits_say_where_and_by_which_rule() {
    let redacted = screen().text("a password=hunter2 b password=hunter3");
    let hits: Vec<_> = redacted.hits.iter().map(|hit| (&*hit.rule, hit.start, hit.len)).collect();
    assert_eq!(hits, [("secret-setting", 11, 7), ("secret-setting", 30, 7)]);
}

#[test]
fn an_object_loses_its_secrets_and_nothing_else() {
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "cart-6c9f7d58b4-q8z2m", "uid": "5f0b2f0e-93ce-4b1e-b1c7-2a2f54d3c1aa", "resourceVersion": "48213377",
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "{\"kind\":\"Secret\",\"data\":{\"user\":\"Ym9i\"}}\n",
                "checksum/secret": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            },
        },
        "spec": {"containers": [{
            "name": "app", "image": "registry.example/cart@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "command": ["/app", "--password", "hunter2", "--addr", "cart-store:6379"],
            "env": [
                {"name": "DB_HOST", "value": "cart-store:6379"},
                {"name": "DB_PASSWORD", "value": "hunter2"},
                {"name": "DB_URL", "value": "redis://:hunter2@cart-store:6379/0"},
                {"name": "SESSION_STORE", "value": "redis"},
                {"name": "SECRET_NAME", "valueFrom": {"secretKeyRef": {"name": "db-creds", "key": "password"}}},
                {"name": "PIN_SEED", "value": "Zx9Kq2LmT7vRb4WnYc8H"},
            ],
            "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080, "httpHeaders": [{"name": "Authorization", "value": "Token abc"}]}},
        }]},
    });
    let screen = screen();
    let counts = screen.object(&mut pod);
    let text: serde_json::Value = serde_json::from_str(&short(&pod.to_string())).unwrap();
    let container = &text["spec"]["containers"][0];
    assert_eq!(container["command"], json!(["/app", "--password", "<secret-setting>", "--addr", "cart-store:6379"]));
    assert_eq!(container["env"][0]["value"], "cart-store:6379");
    assert_eq!(container["env"][1]["value"], "<secret-setting>");
    assert_eq!(container["env"][2]["value"], "redis://:<url-password>@cart-store:6379/0");
    assert_eq!(container["env"][3]["value"], "redis");
    assert_eq!(container["env"][4]["valueFrom"]["secretKeyRef"], json!({"name": "db-creds", "key": "password"}));
    assert_eq!(container["env"][5]["value"], "<random>");
    assert_eq!(container["livenessProbe"]["httpGet"]["httpHeaders"][0]["value"], "<authorization>");
    assert_eq!(container["image"], "registry.example/cart@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    let applied = text["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"].as_str().unwrap();
    assert_eq!(applied, "{\"kind\":\"Secret\",\"data\":{\"user\":\"<secret-data>\"}}\n");
    assert!(text["metadata"]["annotations"]["checksum/secret"].as_str().unwrap().starts_with("9f86"));
    assert_eq!(counts.total(), 6);
    let once = pod.clone();
    assert_eq!(screen.object(&mut pod).total(), 0);
    assert_eq!(pod, once);
}

#[test]
fn an_environment_denies_and_allows() {
    let rule = |name: &str, pattern: &str| Rule { name: name.to_owned(), pattern: pattern.to_owned() };
    let custom = Custom { deny: vec![rule("badge", r"B-\d{6}")], allow: vec![rule("demo", "hunter2|.*@example\\.com")], addresses: true };
    let rules = Rules::builtin().with(&custom).unwrap();
    let screen = Screen::new(Arc::new(rules), PseudonymKey::new(&[7; 32]));
    let shown = |text: &str| short(&screen.text(text).text);
    assert_eq!(
        shown("B-123456 password=hunter2 password=hunter3 jane@example.com"),
        "<badge> password=hunter2 password=<secret-setting> jane@example.com"
    );
    assert_eq!(
        shown("10.42.3.17:8080 and fe80::1ff:fe23:4567:890a at 12:30:45 v1.2.3"),
        "<ip-address>:8080 and <ip-address> at 12:30:45 v1.2.3"
    );
    assert_eq!(shown("Qi0xMjM0NTYgaGFzIGxlZnQ="), "<badge>", "deny rules see views too");
}

#[test]
fn what_a_name_or_scheme_announces_goes_whatever_it_looks_like() {
    for (text, redacted) in [
        ("Authorization: Bearer letmeinplease", "Authorization: Bearer <authorization>"),
        ("Authorization: Token abcdef", "Authorization: Token <authorization>"),
        ("client_secret: topsecret", "client_secret: <secret-setting>"),
        ("token: abcdefgh", "token: <secret-setting>"),
        ("auth_token=letmein", "auth_token=<secret-setting>"),
        (r#"{"secretKey": "x1"}"#, r#"{"secretKey": "<secret-setting>"}"#),
        ("api_key: 12345678", "api_key: <secret-setting>"),
        ("SECRET: 12345", "SECRET: <secret-setting>"),
        ("passphrase: open sesame", "passphrase: <secret-setting>"),
        ("SIGNING_SALT=pepper", "SIGNING_SALT=<secret-setting>"),
        ("sh -c \"app --user root -p cmdpw4\"", "sh -c \"app --user root -p <command-password>\""),
        ("sh -c \"exec app -p cmdpw4\"", "sh -c \"exec app -p <command-password>\""),
        ("app:hunter2@tcp(db:3306)/orders", "app:<url-password>@tcp(db:3306)/orders"),
    ] {
        assert_eq!(shown(text), redacted);
        assert_eq!(screen().text(&screen().text(text).text).hits, [], "twice is once");
    }
    let mut objects = json!([
        {"kind": "ConfigMap", "data": {"API_KEY": "12345678", "LOG_LEVEL": "info"}},
        {"env": [{"name": "SIGNING_SALT", "value": "pepper"}]},
        {"command": ["sh", "-c", "exec app -p cmdpw4"]},
    ]);
    screen().object(&mut objects);
    let text: serde_json::Value = serde_json::from_str(&short(&objects.to_string())).unwrap();
    assert_eq!(text[0]["data"], json!({"API_KEY": "<secret-setting>", "LOG_LEVEL": "info"}));
    assert_eq!(text[1]["env"][0]["value"], "<secret-setting>");
    assert_eq!(text[2]["command"][2], "exec app -p <command-password>");
}

#[test]
fn what_is_only_about_secrets_stays() {
    let objects = json!([
        {"tokens_total": 48213, "max_tokens": 4096, "token_expiry_s": 36000, "secretName": "db", "keyRef": "db", "passwordPolicy": "strict", "keys": 3},
        {"data": [{"secretKey": "password", "remoteRef": {"key": "prod/orders", "property": "password"}}]},
        {"metadata": {"annotations": {"nginx.ingress.kubernetes.io/auth-secret": "orders-basic-auth"}}},
        {"env": [{"name": "ACCESS_TOKEN_LIFETIME", "value": "3600"}, {"name": "API_TOKEN", "value": "$(TOKEN)"}]},
    ]);
    let mut copy = objects.clone();
    assert_eq!(screen().object(&mut copy).total(), 0, "{copy}");
    for text in [
        "docker run -u 1000 -p 8080:80 nginx",
        "psql -U app -p 5432 orders",
        "iptables -A INPUT -p tcp",
        "oauth_tokens_issued_total{client=\"web\"} 88172",
    ] {
        assert_eq!(screen().text(text).hits, [], "{text}");
    }
}
