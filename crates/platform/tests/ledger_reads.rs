//! The ledger can be asked, and what it answers can be checked by a stranger.

use std::collections::BTreeMap;
use std::io::Read as _;

use crate::support::{House, Who};
use assent_ledger::{Files, Receipt, Trust, Unreadable, Verdict, VerifierKey};
use serde_json::{Value, json};

#[tokio::test]
async fn records_come_newest_first_page_by_page() {
    let house = House::open().await;
    let owner = house.owner().await;
    for name in ["one", "two", "three"] {
        house.pass(60);
        make(&house, &owner, name).await;
    }
    let all = house.records(&owner).await;
    assert!(all.is_sorted_by(|a, b| a.index > b.index), "newest first, each once");
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = house.get(&owner, &format!("/api/v1/ledger/records?limit=2{cursor}")).await.json();
        paged.extend(page["items"].as_array().expect("a list").iter().map(|record| record["index"].as_u64().expect("an index")));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, all.iter().map(|record| record.index).collect::<Vec<_>>());
}

#[tokio::test]
async fn filters_narrow() {
    let house = House::open().await;
    let owner = house.owner().await;
    make(&house, &owner, "one").await;
    house.pass(60);
    let since = house.now();
    make(&house, &owner, "two").await;
    let count = |query: String| {
        let (house, owner) = (&house, &owner);
        async move { house.get(owner, &format!("/api/v1/ledger/records?{query}")).await.json()["items"].as_array().map_or(0, Vec::len) }
    };
    assert_eq!(count("action=environment.manage".to_owned()).await, 2);
    assert_eq!(count("action=environment.".to_owned()).await, 2);
    assert_eq!(count("action=environment".to_owned()).await, 0);
    assert_eq!(count(format!("action=environment.&since={since}")).await, 1);
    assert_eq!(count(format!("action=environment.&until={since}")).await, 1);
    assert_eq!(count("action=environment.&outcome=refused".to_owned()).await, 0);
    let me = house.get(&owner, "/api/v1/me").await.json()["principal"].as_str().expect("a principal").to_owned();
    assert_eq!(count(format!("action=environment.&actor={me}")).await, 2);
    assert_eq!(count("action=environment.&actor=account:nobody".to_owned()).await, 0);
    assert_eq!(house.get(&owner, "/api/v1/ledger/records?cursor=zz").await.status, 422);
}

#[tokio::test]
async fn a_refusal_is_on_the_ledger_with_its_question() {
    let house = House::open().await;
    let owner = house.owner().await;
    let viewer = house.join(&owner, "ben@example.org", json!([{ "role": "viewer" }])).await;
    let refused = house.call(&viewer, "POST", "/api/v1/environments", Some(json!({ "name": "x", "criticality": "lab" }))).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    let records = house.records(&owner).await;
    let record = records.iter().find(|record| record.action == "environment.manage").expect("a record");
    assert_eq!(json!(record.outcome), "refused");
    assert_eq!(record.details["ask"]["caller"]["grants"], json!([{ "role": "viewer" }]));

    let allow = r#"forbid (principal, action == Action::"member.read", resource);"#;
    let backtest = house.call(&owner, "POST", "/api/v1/policies/backtest", Some(json!({ "text": allow }))).await;
    assert_eq!(backtest.status, 200, "{}", backtest.text());
    assert!(backtest.json()["examined"].as_u64().is_some_and(|examined| examined >= 1), "{}", backtest.text());
}

#[tokio::test]
async fn a_receipt_proves_its_record_with_nothing_but_the_key() {
    let house = House::open().await;
    let owner = house.owner().await;
    make(&house, &owner, "one").await;
    let checkpoint = house.get(&owner, "/api/v1/ledger/checkpoint").await.json();
    let key: VerifierKey = checkpoint["public_key"].as_str().expect("a key").parse().expect("a verifier key");
    let trust = Trust::log(key);
    for record in house.records(&owner).await {
        let answer = house.get(&owner, &format!("/api/v1/ledger/records/{}/receipt", record.index)).await;
        let receipt: Receipt = serde_json::from_slice(&answer.bytes).expect("a receipt");
        let proven = receipt.verify(&trust).expect("it proves");
        assert_eq!((proven.index, proven.record.action.to_string()), (record.index, record.action));
        let altered = Receipt { index: receipt.index + 1, ..receipt };
        assert!(altered.verify(&trust).is_err());
    }
    let other = house.another(&owner, "Other", "otto@example.org").await;
    let index = house.records(&owner).await.first().expect("a record").index;
    for path in [format!("/api/v1/ledger/records/{index}"), format!("/api/v1/ledger/records/{index}/receipt")] {
        assert_eq!(house.get(&other, &path).await.status, 404, "a record of another tenant is none");
    }
}

#[tokio::test]
async fn the_key_of_a_witness_is_given_with_that_of_the_log() {
    let alone = House::open().await;
    let owner = alone.owner().await;
    assert!(alone.get(&owner, "/api/v1/ledger/checkpoint").await.json().get("witness_key").is_none(), "nobody signs besides the log");

    let elsewhere = tempfile::tempdir().expect("a folder");
    let settings = assent_platform::Settings { witness_key: Some(elsewhere.path().join("witness")), ..Default::default() };
    let house = House::with(settings).await;
    let owner = house.owner().await;
    let checkpoint = house.get(&owner, "/api/v1/ledger/checkpoint").await.json();
    let key = |name: &str| checkpoint[name].as_str().expect("a key").parse::<VerifierKey>().expect("a verifier key");
    assert_eq!(key("witness_key").algorithm(), assent_ledger::Algorithm::CosignatureV1);
    let trust = Trust { log: key("public_key"), witnesses: vec![key("witness_key")] };
    let note = checkpoint["note"].as_str().expect("a note");
    assert_eq!(trust.checkpoint(note.as_bytes()).expect("both have signed it").size, checkpoint["size"].as_u64().expect("a size"));
}

#[tokio::test]
async fn the_archive_of_a_sole_tenant_is_the_log_and_verifies() {
    let house = House::open().await;
    let owner = house.owner().await;
    make(&house, &owner, "one").await;
    let viewer = house.join(&owner, "ben@example.org", json!([{ "role": "viewer" }])).await;
    // Each of these is refused, which is a record; together they are a few commits.
    let asks = (0..300).map(|_| house.get(&viewer, "/api/v1/ledger/checkpoint"));
    assert!(futures_util::future::join_all(asks).await.iter().all(|answer| answer.status == 403));
    let archive = Archive::read(&house.get(&owner, "/api/v1/ledger/export").await.bytes);
    let key: VerifierKey = archive.text("key").trim().parse().expect("a verifier key");
    let verdict = Trust::log(key).verify(&archive, None).expect("readable");
    let Verdict::Sound(summary) = verdict else { panic!("{verdict:?}") };
    assert!(summary.checkpoint.size > 300, "more than one tile");

    // One bit anywhere in it is found.
    for path in archive.files.keys().filter(|path| path.as_str() != "key") {
        let mut damaged = archive.clone();
        let bytes = damaged.files.get_mut(path).expect("a file");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let verdict = Trust::log(archive.text("key").trim().parse().expect("a key")).verify(&damaged, None);
        assert!(!matches!(verdict, Ok(Verdict::Sound(_))), "a changed bit in {path} is not found");
    }
}

#[tokio::test]
async fn the_archive_of_one_tenant_among_others_holds_its_receipts_alone() {
    let house = House::open().await;
    let owner = house.owner().await;
    make(&house, &owner, "one").await;
    let other = house.another(&owner, "Other", "otto@example.org").await;
    make(&house, &other, "two").await;
    let archive = Archive::read(&house.get(&other, "/api/v1/ledger/export").await.bytes);
    let trust = Trust::log(archive.text("key").trim().parse().expect("a verifier key"));
    let own: Vec<u64> = house.records(&other).await.iter().map(|record| record.index).collect();
    let mut proven = 0;
    for (path, bytes) in &archive.files {
        if let Some(index) = path.strip_prefix("receipts/") {
            let receipt: Receipt = serde_json::from_slice(bytes).expect("a receipt");
            let record = receipt.verify(&trust).expect("it proves").record;
            assert!(own.contains(&receipt.index), "a record of another tenant");
            let payload = archive.files.get(&format!("payloads/{index}")).expect("its payload");
            assert!(assent_ledger::Payload::open(payload, &record.commitment).is_ok());
            proven += 1;
        }
    }
    assert!(proven > 0 && !archive.files.keys().any(|path| path.contains("entries")), "{:?}", archive.files.keys());
}

#[tokio::test]
async fn the_records_of_a_tenant_come_as_lines_and_as_a_table() {
    let house = House::open().await;
    let owner = house.owner().await;
    make(&house, &owner, "one").await;
    let other = house.another(&owner, "Other", "otto@example.org").await;
    make(&house, &other, "two").await;
    let lines = house.get(&other, "/api/v1/ledger/export?format=jsonl").await;
    assert_eq!(lines.headers["content-disposition"], format!("attachment; filename=\"ledger-{}.jsonl\"", lines_to(&house, &other).await));
    let mut records: Vec<assent_api::ledger::Record> =
        lines.text().lines().map(|line| serde_json::from_str(line).expect("a record")).collect();
    records.reverse();
    let (asked, listed) = (records.first().expect("one").index, house.records(&other).await);
    let listed: Vec<_> = listed.into_iter().filter(|record| record.index <= asked).collect();
    assert_eq!(records, listed, "the tenant's own, all of them");

    let table = house.get(&other, "/api/v1/ledger/export?format=csv").await;
    assert_eq!(table.headers["content-type"], "text/csv; charset=utf-8");
    let text = table.text();
    let rows: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(rows[0], "index,at,actor,action,subject,outcome,details,leaf,tenant");
    assert_eq!(rows.last(), Some(&""), "the last line ends too");
    assert!(rows.len() >= records.len() + 2, "a row for each record: {text}");
    assert!(rows.iter().any(|row| row.contains(",environment.manage,") && row.contains("\"\"two\"\"")), "{text}");
    let exported = house.records(&other).await.iter().filter(|record| record.action == "ledger.export").count();
    assert_eq!(exported, 2, "taking it away is on it");
}

/// The size of the log when the latest export of a tenant was made: its record is the last of it.
async fn lines_to(house: &House, who: &Who) -> u64 {
    house.records(who).await.iter().find(|record| record.action == "ledger.export").expect("an export").index + 1
}

#[tokio::test]
async fn whoever_may_not_read_the_ledger_reads_nothing_of_it() {
    let house = House::open().await;
    let owner = house.owner().await;
    let viewer = house.join(&owner, "ben@example.org", json!([{ "role": "viewer" }])).await;
    for path in ["records", "records/0", "records/0/receipt", "checkpoint", "export"] {
        assert_eq!(house.get(&viewer, &format!("/api/v1/ledger/{path}")).await.status, 403, "{path}");
    }
    let auditor = house.join(&owner, "cleo@example.org", json!([{ "role": "auditor" }])).await;
    assert_eq!(house.get(&auditor, "/api/v1/ledger/records").await.status, 200);
    assert_eq!(house.get(&auditor, "/api/v1/ledger/export").await.status, 200);
}

async fn make(house: &House, who: &Who, name: &str) -> Value {
    let made = house.call(who, "POST", "/api/v1/environments", Some(json!({ "name": name, "criticality": "lab" }))).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()
}

/// The files of an archive.
#[derive(Debug, Clone)]
struct Archive {
    files: BTreeMap<String, Vec<u8>>,
}

impl Archive {
    fn read(bytes: &[u8]) -> Self {
        let mut files = BTreeMap::new();
        for entry in tar::Archive::new(bytes).entries().expect("an archive") {
            let mut entry = entry.expect("a file");
            let path = entry.path().expect("a path").to_string_lossy().into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("its bytes");
            files.insert(path, content);
        }
        Self { files }
    }

    fn text(&self, path: &str) -> String {
        String::from_utf8(self.files.get(path).expect("a file").clone()).expect("text")
    }
}

impl Files for Archive {
    fn read_at(&self, path: &str, offset: u64, bytes_max: usize) -> Result<Option<Vec<u8>>, Unreadable> {
        let offset = usize::try_from(offset).expect("an offset");
        Ok(self.files.get(path).map(|bytes| bytes.iter().skip(offset).take(bytes_max).copied().collect()))
    }

    fn length(&self, path: &str) -> Result<Option<u64>, Unreadable> {
        Ok(self.files.get(path).map(|bytes| bytes.len() as u64))
    }
}
