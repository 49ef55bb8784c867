//! Checking a log that somebody may be writing to.
//!
//! `assent_ledger` reads the edge of such a log again when a commit changes it meanwhile, and has no clock. On a disk that is slow, a commit
//! takes longer than all of that: its payloads are there, and its checkpoint is not yet. What is found then is no fault.

use assent_ledger::{Checkpoint, Files, Trust, Unreadable, Verdict};

/// How often such a log is looked at before what is found there is a fault.
pub const LOOKS_MAX: usize = 100;

/// Checks a log like [`Trust::verify`]. A fault is one when it is found twice, the second time with no commit under way, or after
/// [`LOOKS_MAX`] looks with `pause` between them.
///
/// # Errors
/// When a file cannot be read, so that nothing is known.
pub fn verify_while_written(
    trust: &Trust,
    files: &impl Files,
    since: Option<&Checkpoint>,
    mut pause: impl FnMut(),
) -> Result<Verdict, Unreadable> {
    let mut found = trust.verify(files, since)?;
    let mut looks = 0;
    while looks < LOOKS_MAX && matches!(found, Verdict::Faulty(_)) {
        while looks < LOOKS_MAX && !trust.is_settled(files)? {
            looks += 1;
            pause();
        }
        looks += 1;
        let again = trust.verify(files, since)?;
        if again == found {
            break;
        }
        found = again;
    }
    Ok(found)
}
