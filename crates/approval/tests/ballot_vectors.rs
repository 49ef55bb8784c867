//! Ballots to the last byte, for readers that are not written in Rust: the console makes the same ones from the fields in its own tests.

use std::collections::BTreeSet;

use crate::support::voting::{account, at, draft};
use assent_approval::ballot::{Ballot, Word};
use assent_approval::statement::{Assurance, Draft, Nonce, Statement, Terms};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

#[test]
fn ballots_have_these_texts_and_challenges() {
    let plain = draft(1);
    let busy = Draft {
        authors: BTreeSet::from([account(3), account(0), account(200)]),
        terms: Terms { quorum: 3, assurance: Assurance::Verified },
        expires_at: "2026-05-04T12:10:00.25Z".parse().unwrap(),
        nonce: Nonce::new([0xab; 16]),
        ..draft(1)
    };
    let alone = Draft { authors: BTreeSet::new(), terms: Terms { quorum: 2, assurance: Assurance::Touched }, issued_at: at(1), ..draft(2) };
    let reason = "Not during the sale.\nAsk Ben – “später”.".to_owned();
    let words = [(1, Word::Approve), (2, Word::Reject { reason }), (20, Word::Withdraw)];
    let mut lines = Vec::new();
    for draft in [plain, busy, alone] {
        let statement = Statement::new(draft).unwrap();
        for (round, word) in &words {
            let ballot = Ballot { statement: &statement, voter: account(7), round: *round, word };
            let line = serde_json::json!({
                "fields": statement.fields(),
                "word": word,
                "voter": ballot.voter,
                "round": round,
                "statement": statement.to_string(),
                "text": ballot.to_string(),
                "challenge": URL_SAFE_NO_PAD.encode(ballot.challenge().as_bytes()),
            });
            lines.push(line.to_string());
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
}
