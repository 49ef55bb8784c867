//! `assent certificate`: the proof that a tenant was deleted, checked with nothing but files.

use std::path::PathBuf;

use assent_ledger::{BadDeletion, Trust};
use clap::{Args, Subcommand};

use super::ledger::{small_file, verifier_key};
use crate::print;
use crate::render::text::printable;

/// The exit code of a certificate that does not hold.
const EXIT_FAULTY: u8 = 1;

/// Certificates of deletion.
#[derive(Debug, Args)]
pub(crate) struct Certificates {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Check a certificate of deletion. Nothing is asked of any server.
    #[command(after_help = "Exit codes: 0 it holds, 1 it does not, 3 it could not be read.")]
    Verify {
        /// The certificate, as `assent tenant delete` keeps it.
        file: PathBuf,
        /// The file of the ledger's public key, which you have from elsewhere than the certificate.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
}

impl Certificates {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let Act::Verify { file, key } = &self.act;
        let note = small_file(file)?;
        match Trust::log(verifier_key(key)?).deletion(note.as_bytes()) {
            Ok(deletion) => print(&format!(
                "Proven: {} was deleted at {}. Its key {} is destroyed, as record {} of the ledger `{}` says.\n",
                deletion.tenant,
                deletion.at,
                deletion.key,
                deletion.record,
                printable(&deletion.ledger)
            )),
            Err(bad @ (BadDeletion::Note(_) | BadDeletion::NotADeletion | BadDeletion::OtherLog(_) | BadDeletion::NotSigned(_))) => {
                print(&format!("NOT PROVEN: {}\n", printable(&bad.to_string()))).map(|_| EXIT_FAULTY)
            }
        }
    }
}
