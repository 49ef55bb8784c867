//! Secret values stay where they are: no form of a report and no kept capture holds one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use std::fs;

use serde_json::{Value, json};
use support::fault::{with, wrong_image};
use support::program::{assent, assent_reads};

/// Base64 of `canary-…`, as `data` holds it, and plain text, as `stringData` and annotations do.
const CANARIES: [&str; 6] = [
    "Y2FuYXJ5LWRhdGEtMQ==",
    "canary-string-data-2",
    "Y2FuYXJ5LWFwcGxpZWQtMw==",
    "canary-docker-4",
    "Y2FuYXJ5LWRvY2tlci00",
    "Y2FuYXJ5LWJpbmFyeS01",
];

const FORMS: [&str; 5] = ["human", "json", "yaml", "markdown", "html"];

fn secrets() -> [Value; 3] {
    let applied = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "applied"}, "data": {"password": CANARIES[2]},
        "stringData": {"token": CANARIES[1]}});
    let docker = json!({"auths": {"registry.example": {"username": "u", "password": CANARIES[3], "auth": CANARIES[4]}}});
    let meta = |name: &str| json!({"name": name, "namespace": "shop"});
    let mut annotated = meta("applied");
    annotated["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": applied.to_string()});
    [
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": meta("plain"), "type": "Opaque",
            "data": {"password": CANARIES[0], "blob": CANARIES[5]}, "stringData": {"token": CANARIES[1]}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": annotated, "data": {"password": CANARIES[2]}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": meta("pull"), "type": "kubernetes.io/dockerconfigjson",
            "stringData": {".dockerconfigjson": docker.to_string()}}),
    ]
}

/// A dump with the secrets in it, in each way in which dumps are written.
fn dumps() -> Vec<(&'static str, String)> {
    let list = secrets().into_iter().fold(wrong_image(""), with);
    let documents: Vec<String> = list["items"].as_array().unwrap().iter().map(|item| serde_saphyr::to_string(item).unwrap()).collect();
    let yaml = documents.join("\n---\n");
    let only = json!({"apiVersion": "v1", "kind": "SecretList", "items": secrets().map(|mut secret| {
        secret.as_object_mut().unwrap().remove("kind");
        secret
    })});
    let broken = &list.to_string()[..list.to_string().len() - 3];
    let transcript = format!(
        "$ kubectl get pods -n shop\nNAME                       READY   STATUS             RESTARTS   AGE\n\
         checkout-5d8f7c9b6-k2x4p   0/1     ImagePullBackOff   0          5m\n$ kubectl get secrets -n shop -o yaml\n{}\n$ kubectl get secret plain -n shop -o json\n{:#}\n",
        documents[4], list["items"][4]
    );
    vec![
        ("list.json", list.to_string()),
        ("indented.json", format!("{list:#}")),
        ("list.yaml", yaml),
        ("secrets.json", only.to_string()),
        ("broken.json", broken.to_owned()),
        ("session.txt", transcript),
    ]
}

#[test]
fn no_form_of_a_report_shows_a_secret() {
    for (name, text) in dumps() {
        for canary in &CANARIES[..1] {
            assert!(text.contains(canary), "{name} is no test of anything");
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), &text).unwrap();
        let input = folder.path().join(name).to_str().unwrap().to_owned();
        for form in FORMS {
            let said = assent(&["investigate", &input, "-o", form, "--explain-all"]);
            clean(&said.out, &format!("{name} as {form}"));
            clean(&said.err, &format!("{name}, messages"));
        }
        let piped = assent_reads(&["investigate", "-", "-o", "json"], text.as_bytes());
        clean(&format!("{}{}", piped.out, piped.err), &format!("{name} on standard input"));
        let asked =
            assent(&["investigate", folder.path().to_str().unwrap(), "--focus", "secret/shop/plain", "--explain-all", "-o", "json"]);
        clean(&format!("{}{}", asked.out, asked.err), &format!("{name}, asked about the secret"));
    }
}

#[test]
fn names_and_keys_of_secrets_are_kept() {
    let list = secrets().into_iter().fold(wrong_image(""), with).to_string();
    let said = assent_reads(&["investigate", "-", "-o", "json"], list.as_bytes());
    assert_eq!((said.code, &said.report()["input"]["objects"]["Secret"]), (1, &json!(3)));
    let mut list: Value = serde_json::from_str(&list).unwrap();
    let from = json!([{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "plain", "key": "absent"}}}]);
    for path in ["/items/0/spec/template/spec/containers/0/env", "/items/2/spec/containers/0/env"] {
        let (container, _) = path.rsplit_once('/').unwrap();
        list.pointer_mut(container).unwrap()["env"] = from.clone();
    }
    let waiting = json!({"reason": "CreateContainerConfigError", "message": "couldn't find key absent in Secret shop/plain"});
    *list.pointer_mut("/items/2/status/containerStatuses/0/state/waiting").unwrap() = waiting;
    list["items"].as_array_mut().unwrap().retain(|item| item["kind"] != "Event");
    let said = assent_reads(&["investigate", "-", "-o", "json"], list.to_string().as_bytes());
    assert_eq!(said.report()["root_causes"][0]["cause"], "config.secret_key_missing", "{}", said.out);
    clean(&said.out, "a report about a key");
}

fn clean(text: &str, what: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{what}: `{canary}` came through in {text}");
    }
}
