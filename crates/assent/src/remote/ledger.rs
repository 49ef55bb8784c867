//! `assent ledger`: what was done, and proof of it. `verify` and a receipt need nothing but files and the public key.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use assent_api::Empty;
use assent_api::ledger::{Outcome, Receipt, Record, RecordPath, RecordQuery};
use assent_api::operations as ops;
use assent_base::Timestamp;
use assent_client::Download;
use assent_journal::{DirFiles, verify_while_written};
use assent_ledger::{Trust, Verdict, VerifierKey};
use clap::{Args, Subcommand};
use futures_util::StreamExt as _;

use super::{Remote, Server};
use crate::print;
use crate::render::text::printable;

/// Bytes of a key or note file at most.
const SMALL_FILE_BYTES_MAX: u64 = 64 << 10;
/// Between two looks at a log in which a commit seems to be under way.
const PAUSE: Duration = Duration::from_millis(100);
/// The exit code of a log or receipt that does not hold.
const EXIT_FAULTY: u8 = 1;

/// What to ask of the ledger.
#[derive(Debug, Args)]
pub(crate) struct Ledger {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// List records, newest first.
    List(List),
    /// Show a record whole.
    Show {
        /// Its place in the log.
        index: u64,
        #[command(flatten)]
        server: Server,
    },
    /// Fetch the log's files, to verify them elsewhere.
    Export {
        /// The archive to write (tar).
        file: PathBuf,
        #[command(flatten)]
        server: Server,
    },
    /// Print the log's public key, or its witness's: what `verify` and `receipt --check` need, to be kept apart from the log.
    Key {
        /// The key of the witness that signs besides the log.
        #[arg(long)]
        witness: bool,
        #[command(flatten)]
        server: Server,
    },
    /// Fetch a receipt that proves a record, or check one.
    Receipt(ReceiptOf),
    /// Check a whole log: every record, every proof, every checkpoint that was ever signed.
    #[command(after_help = "Exit codes: 0 everything holds, 1 something does not, 3 it could not be read.")]
    Verify(Verify),
}

#[derive(Debug, Args)]
struct List {
    /// Only by this actor: `account:acc_…`, `key:key_…`, `observer:cls_…`, `platform`.
    #[arg(long)]
    actor: Option<String>,
    /// Only this action, or all that start with it: `incident.`
    #[arg(long)]
    action: Option<String>,
    /// Only to this.
    #[arg(long)]
    subject: Option<String>,
    /// Only with this end: intended, done, refused, failed.
    #[arg(long, value_parser = outcome)]
    outcome: Option<Outcome>,
    /// Only at or after this instant (RFC 3339).
    #[arg(long)]
    since: Option<Timestamp>,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = assent_api::page::PAGE_ENTRIES_DEFAULT)]
    limit: u32,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Args)]
struct ReceiptOf {
    /// The record's place in the log.
    #[arg(required_unless_present = "check")]
    index: Option<u64>,
    /// Check this receipt; nothing is asked of any server.
    #[arg(long, value_name = "FILE", conflicts_with = "index", requires = "key")]
    check: Option<PathBuf>,
    /// The file of the log's public key.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Args)]
struct Verify {
    /// The folder of the log's files: `ledger` in the data folder, or an export, unpacked.
    folder: PathBuf,
    /// The file of the log's public key; `key` in the folder if absent, as exports and backups have it.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// A checkpoint from earlier or elsewhere, which the log must still contain: shows a rollback or a second history.
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
    /// The file of a witness's public key, which must have signed the newest checkpoint. May be given several times.
    #[arg(long, value_name = "FILE")]
    witness: Vec<PathBuf>,
}

impl Ledger {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        run(&self.act)
    }
}

fn run(act: &Act) -> anyhow::Result<u8> {
    match act {
        Act::List(asked) => list(asked),
        Act::Show { index, server } => {
            let record = Remote::of(server)?.call::<ops::GetRecord>(&RecordPath { index: *index }, &Empty {}, &Empty {})?;
            print(&format!("{}\n", serde_json::to_string_pretty(&record)?))
        }
        Act::Export { file, server } => export(file, server),
        Act::Key { witness, server } => key(*witness, server),
        Act::Receipt(asked) => receipt(asked),
        Act::Verify(asked) => verify(asked),
    }
}

fn key(witness: bool, server: &Server) -> anyhow::Result<u8> {
    let checkpoint = Remote::of(server)?.call::<ops::GetCheckpoint>(&Empty {}, &Empty {}, &Empty {})?;
    let key = match witness {
        false => checkpoint.public_key,
        true => checkpoint.witness_key.context("no witness signs this log: set `witness_key` in the platform's configuration")?,
    };
    print(&format!("{}\n", printable(&key)))
}

fn list(asked: &List) -> anyhow::Result<u8> {
    let query = RecordQuery {
        actor: asked.actor.clone(),
        action: asked.action.clone(),
        subject: asked.subject.clone(),
        outcome: asked.outcome,
        since: asked.since,
        limit: Some(asked.limit),
        ..RecordQuery::default()
    };
    let page = Remote::of(&asked.server)?.call::<ops::ListRecords>(&Empty {}, &query, &Empty {})?;
    if asked.json {
        return print(&format!("{}\n", serde_json::to_string_pretty(&page)?));
    }
    print(&page.items.iter().map(row).collect::<String>())
}

fn row(record: &Record) -> String {
    let outcome = serde_json::to_value(record.outcome).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default();
    format!(
        "{:>8}  {:.3}  {outcome:<8}  {:<24} {}  by {}\n",
        record.index,
        record.at,
        printable(&record.action),
        printable(&record.subject),
        printable(&record.actor)
    )
}

fn export(file: &Path, server: &Server) -> anyhow::Result<u8> {
    let remote = Remote::of(server)?;
    let place = || format!("cannot write {}", file.display());
    let mut out = std::fs::OpenOptions::new().write(true).create_new(true).open(file).with_context(place)?;
    let bytes = match remote.wait(fetch(&remote, &mut out)) {
        Ok(bytes) => bytes,
        Err(error) => {
            // Half an archive would pass for one.
            let _ = std::fs::remove_file(file);
            return Err(error);
        }
    };
    out.flush().and_then(|()| out.sync_all()).with_context(place)?;
    print(&format!("{bytes} bytes in {}. Unpack it, and run `assent ledger verify FOLDER`.\n", file.display()))
}

async fn fetch(remote: &Remote, out: &mut std::fs::File) -> anyhow::Result<u64> {
    let mut chunks = std::pin::pin!(remote.client.download(Download::Ledger).await?);
    let mut bytes = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        out.write_all(&chunk)?;
        bytes += chunk.len() as u64;
    }
    Ok(bytes)
}

fn receipt(asked: &ReceiptOf) -> anyhow::Result<u8> {
    if let (Some(file), Some(key)) = (&asked.check, &asked.key) {
        let text = small_file(file)?;
        let receipt = assent_ledger::Receipt::parse(text.as_bytes()).with_context(|| format!("{} is no receipt", file.display()))?;
        return match receipt.verify(&Trust::log(verifier_key(key)?)) {
            Ok(proven) => print(&format!(
                "Proven: record {} of a log of {} records.\n{}\n",
                proven.index,
                proven.checkpoint.size,
                serde_json::to_string_pretty(&proven.record)?
            )),
            Err(bad) => print(&format!("NOT PROVEN: {bad}\n")).map(|_| EXIT_FAULTY),
        };
    }
    let Some(index) = asked.index else { bail!("name a record, or a receipt with --check") };
    let receipt: Receipt = Remote::of(&asked.server)?.call::<ops::GetReceipt>(&RecordPath { index }, &Empty {}, &Empty {})?;
    print(&format!("{}\n", serde_json::to_string_pretty(&receipt)?))
}

fn verify(asked: &Verify) -> anyhow::Result<u8> {
    let key = asked.key.clone().unwrap_or_else(|| asked.folder.join(assent_platform::PUBLIC_KEY));
    let mut trust = Trust::log(verifier_key(&key)?);
    trust.witnesses = asked.witness.iter().map(|path| verifier_key(path)).collect::<anyhow::Result<_>>()?;
    for (path, witness) in asked.witness.iter().zip(&trust.witnesses) {
        if witness.algorithm() != assent_ledger::Algorithm::CosignatureV1 {
            bail!("{} is no witness's key: the log's own key vouches for nothing beyond itself", path.display());
        }
    }
    let since = asked.since.as_ref().map(|path| {
        let note = small_file(path)?;
        trust.checkpoint_of_log(note.as_bytes()).with_context(|| format!("{} is no checkpoint of this log", path.display()))
    });
    let since = since.transpose()?;
    if super::receipts::are_in(&asked.folder) {
        if since.is_some() {
            bail!("an archive of receipts has no consistency proof: --since goes with a whole ledger");
        }
        return match super::receipts::verify(&asked.folder, &trust)? {
            Ok(all) => print(&format!("Everything holds: {all}\n")),
            Err(fault) => print(&format!("DOES NOT HOLD: {}\n", printable(&fault))).map(|_| EXIT_FAULTY),
        };
    }
    // The folder may be that of a platform that runs.
    let pause = || std::thread::sleep(PAUSE);
    match verify_while_written(&trust, &DirFiles::new(asked.folder.clone()), since.as_ref(), pause)? {
        Verdict::Sound(summary) => print(&format!(
            "Everything holds: {} records, {} checkpoints, root {}.\n",
            summary.checkpoint.size, summary.checkpoints, summary.checkpoint.root
        )),
        Verdict::Faulty(fault) => print(&format!("DOES NOT HOLD: {}\n", printable(&fault.to_string()))).map(|_| EXIT_FAULTY),
    }
}

pub(super) fn verifier_key(path: &Path) -> anyhow::Result<VerifierKey> {
    small_file(path)?.trim().parse().map_err(|bad| anyhow::anyhow!("{} holds no public key: {bad}", path.display()))
}

pub(super) fn small_file(path: &Path) -> anyhow::Result<String> {
    let place = || format!("cannot read {}", path.display());
    let size = std::fs::metadata(path).with_context(place)?.len();
    if size > SMALL_FILE_BYTES_MAX {
        bail!("{} has {size} bytes; at most {SMALL_FILE_BYTES_MAX} are read", path.display());
    }
    std::fs::read_to_string(path).with_context(place)
}

fn outcome(word: &str) -> Result<Outcome, String> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(|_| "intended, done, refused or failed".to_owned())
}
