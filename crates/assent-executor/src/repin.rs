//! Changing what is pinned, at a terminal: the statement, each signer's ballot, and the warrant of what was signed.
//!
//! It checks nothing that the executor would not check again; it saves people from writing these texts by hand.

use std::path::Path;

use anyhow::{Context as _, bail};
use assent_approval::ballot::{Ballot, Word};
use assent_approval::sshsig;
use assent_approval::statement::{Nonce, STANDS_S_MAX, Statement};
use assent_approval::vote::{Proof, Vote};
use assent_approval::warrant::Warrant;
use assent_base::time;
use assent_execution::{Pinned, repinning};
use assent_resident::file::{bounded, text};
use assent_resident::now;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

use crate::cli::Repin;

/// Bytes of a statement's file at most.
const STATEMENT_BYTES_MAX: u64 = 64 << 10;

pub(crate) fn run(asked: &Repin) -> anyhow::Result<()> {
    match asked {
        Repin::Statement { former, next, cluster_uid, hours } => {
            let (issued_at, mut random) = (now(), [0; 16]);
            SystemRandom::new().fill(&mut random).map_err(|_| anyhow::anyhow!("there is no randomness"))?;
            let span_s = (i64::from(*hours) * 3_600).min(STANDS_S_MAX);
            let expires_at = time::earlier(issued_at, -span_s).context("the time is out of range")?;
            let uid = cluster_uid.parse()?;
            let statement = repinning::statement(&pinned(former)?, &pinned(next)?, &uid, issued_at, expires_at, Nonce::new(random))?;
            println!("{}", serde_json::to_string_pretty(&statement)?);
        }
        Repin::Ballot { statement, account } => {
            let statement = read(statement)?;
            print!("{}", Ballot { statement: &statement, voter: *account, round: 1, word: &Word::Approve });
        }
        Repin::Gather { statement, votes } => {
            let votes = votes.iter().map(|vote| signed(vote)).collect::<anyhow::Result<Vec<_>>>()?;
            println!("{}", serde_json::to_string(&Warrant { statement: read(statement)?, votes })?);
        }
    }
    Ok(())
}

fn pinned(path: &Path) -> anyhow::Result<Pinned> {
    let bytes = bounded(path, assent_api::executor::PINNED_BYTES_MAX as u64)?;
    Pinned::parse(&bytes).with_context(|| format!("`{}` is no pinned document", path.display()))
}

fn read(path: &Path) -> anyhow::Result<Statement> {
    serde_json::from_str(&text(path, STATEMENT_BYTES_MAX)?).with_context(|| format!("`{}` is no statement", path.display()))
}

/// `acc_…=ballot.sig`
fn signed(vote: &str) -> anyhow::Result<Vote> {
    let Some((account, file)) = vote.split_once('=') else { bail!("a vote is an account and a file: `acc_…=ballot.sig`") };
    let framed = text(Path::new(file), STATEMENT_BYTES_MAX)?;
    let signature = sshsig::unframed(&framed).with_context(|| format!("`{file}` is no SSH signature"))?;
    let voter = account.parse().map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(Vote { voter, round: 1, word: Word::Approve, proof: Proof::Ssh { signature } })
}
