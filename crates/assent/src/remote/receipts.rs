//! An archive of receipts: what `assent ledger export` gives of a ledger that several tenants share.
//!
//! ```text
//! FOLDER/receipts/7.json   the proof that record 7 is in the log
//! FOLDER/payloads/7.json   who did what to what, as the record is committed to it
//! FOLDER/checkpoint        the log as it was then
//! ```
//!
//! Each receipt is proven by itself. That none of the tenant's records was left out, receipts cannot show: for that, somebody has to have the
//! whole ledger.

use std::path::Path;

use anyhow::Context;
use assent_ledger::{Payload, Receipt, Trust};

use super::ledger::small_file;

/// The folder of the receipts.
const RECEIPTS: &str = "receipts";
/// The folder of the payloads.
const PAYLOADS: &str = "payloads";

/// Whether this is such an archive, and no whole ledger.
pub(super) fn are_in(folder: &Path) -> bool {
    folder.join(RECEIPTS).is_dir() && !folder.join(assent_ledger::HISTORY).exists()
}

/// Checks every receipt, its payload and the checkpoint. Says what holds, or else what does not.
pub(super) fn verify(folder: &Path, trust: &Trust) -> anyhow::Result<Result<String, String>> {
    let note = small_file(&folder.join(assent_ledger::CHECKPOINT))?;
    let checkpoint = match trust.checkpoint(note.as_bytes()) {
        Ok(checkpoint) => checkpoint,
        Err(bad) => return Ok(Err(format!("the checkpoint is {bad}"))),
    };
    let receipts = folder.join(RECEIPTS);
    let place = || format!("cannot read {}", receipts.display());
    let (mut count, mut tenant) = (0_u64, None);
    for entry in std::fs::read_dir(&receipts).with_context(place)? {
        let path = entry.with_context(place)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let payload = folder.join(PAYLOADS).join(&name);
        let text = small_file(&path)?;
        let proven = match Receipt::parse(text.as_bytes()).and_then(|receipt| receipt.verify(trust)) {
            Ok(proven) => proven,
            Err(bad) => return Ok(Err(format!("receipt `{name}`: {bad}"))),
        };
        if name != format!("{}.json", proven.index) {
            return Ok(Err(format!("receipt `{name}` is of record {}", proven.index)));
        }
        if *tenant.get_or_insert(proven.record.tenant) != proven.record.tenant {
            return Ok(Err(format!("receipt `{name}` is of another tenant than the others")));
        }
        if !payload.exists() {
            return Ok(Err(format!("record {} has no payload", proven.index)));
        }
        let place = || format!("cannot read {}", payload.display());
        if std::fs::metadata(&payload).with_context(place)?.len() > assent_ledger::PAYLOAD_BYTES_MAX as u64 {
            return Ok(Err(format!("the payload of record {} is longer than any", proven.index)));
        }
        let plain = std::fs::read(&payload).with_context(place)?;
        if Payload::open(&plain, &proven.record.commitment).is_err() {
            return Ok(Err(format!("the payload of record {} is not what was recorded", proven.index)));
        }
        count += 1;
    }
    let whose = tenant.map_or_else(String::new, |tenant| format!(" of {tenant}"));
    Ok(Ok(format!(
        "{count} records{whose}, each proven with its payload, in a log of {} records. Receipts cannot show that none is left out.",
        checkpoint.size
    )))
}

#[cfg(test)]
mod tests {
    use assent_base::Timestamp;
    use assent_journal::{Config, Entry, Journal, Key, Limits};
    use assent_ledger::{Algorithm, Outcome, Signer as _};

    use super::*;

    /// An archive of two records of a shared log, and the log's public key.
    async fn archive() -> (tempfile::TempDir, Trust) {
        let folder = tempfile::tempdir().unwrap();
        let origin = "example/ledger".to_owned();
        let key = Key::load_or_create(&folder.path().join("key"), &origin, Algorithm::Ed25519, [7; 32]).unwrap();
        let trust = Trust::log(key.key().clone());
        let config = Config { dir: folder.path().join("log"), origin, limits: Limits::default() };
        let journal = Journal::open(&config, Box::new(key), None).unwrap();
        let archive = folder.path().join("archive");
        for part in [RECEIPTS, PAYLOADS] {
            std::fs::create_dir_all(archive.join(part)).unwrap();
        }
        let tenant = "tnt_0192f0c1d2e37a4b8c5d6e7f80912a3b".parse().unwrap();
        let mut plains = Vec::new();
        for subject in ["one", "other"] {
            let payload = Payload::new("ada".to_owned(), subject.to_owned(), serde_json::json!({}), [1; 32]);
            let (plain, commitment) = payload.canonical().unwrap();
            let action = "test.note".parse().unwrap();
            let at = Timestamp::UNIX_EPOCH;
            journal.append(Entry { tenant, at, action, outcome: Outcome::Done, commitment, sealed: b"sealed".to_vec() }).await.unwrap();
            plains.push(plain);
        }
        for (index, plain) in (0..).zip(&plains) {
            let receipt = journal.receipt(index).await.unwrap().unwrap();
            std::fs::write(archive.join(RECEIPTS).join(format!("{index}.json")), serde_json::to_vec(&receipt).unwrap()).unwrap();
            std::fs::write(archive.join(PAYLOADS).join(format!("{index}.json")), plain).unwrap();
        }
        std::fs::write(archive.join(assent_ledger::CHECKPOINT), journal.checkpoint().1).unwrap();
        journal.close().await;
        (folder, trust)
    }

    #[tokio::test]
    async fn an_archive_holds_and_whatever_is_altered_in_it_does_not() {
        let (folder, trust) = archive().await;
        let archive = folder.path().join("archive");
        assert!(are_in(&archive));
        let held = verify(&archive, &trust).unwrap().unwrap();
        assert!(held.starts_with("2 records of tnt_0192f0c1d2e37a4b8c5d6e7f80912a3b"), "{held}");
        for file in ["receipts/1.json", "payloads/1.json", "checkpoint"] {
            let path = archive.join(file);
            let good = std::fs::read(&path).unwrap();
            let mut altered = good.clone();
            let middle = altered.len() / 2;
            altered[middle] = if altered[middle] == b'a' { b'b' } else { b'a' };
            std::fs::write(&path, &altered).unwrap();
            assert!(verify(&archive, &trust).unwrap().is_err(), "{file}");
            std::fs::write(&path, &good).unwrap();
        }
        std::fs::rename(archive.join("receipts/1.json"), archive.join("receipts/2.json")).unwrap();
        assert!(verify(&archive, &trust).unwrap().is_err(), "under another number");
    }
}
