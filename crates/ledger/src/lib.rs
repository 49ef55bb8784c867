//! The Merkle log: records, leaves, tree, checkpoints, proofs, and the verifier that needs only files and a key.
//!
//! An entry of the log is a [`Record`]: canonical JSON that says when, whose, what and how it ended. What is personal about it, the
//! [`Payload`], is encrypted with the tenant's key by the caller and lies beside the log; the record commits to it twice, by the digest
//! of its plain bytes and by the digest of its sealed bytes. So a log outlives the key of a tenant and still verifies.
//!
//! Records are the leaves of an RFC 6962 tree, kept as C2SP tiles and entry bundles, and a signed [`Checkpoint`] names size and root.
//! [`Trust::verify`] checks all of it from [`Files`] and a public key; a [`Receipt`] proves one record with nothing else at hand.
//!
//! For example: a person dismisses an incident. The journal appends `{"action":"incident.dismiss",…}` at index 812 and signs size 813. The
//! receipt of index 812 holds that record, ten hashes and the signed note; an auditor checks it on another machine, years later.
//!
//! Units: sizes and indices count records, lengths are bytes, times are UTC; a cosignature's time is whole seconds since 1970.
//! Errors: what cannot be read ([`Unreadable`]) is apart from what was read and is wrong ([`Fault`]).
//! Source: RFC 6962 section 2.1, RFC 9162 sections 2.1.3 and 2.1.4, RFC 8785; C2SP tlog-tiles, tlog-checkpoint, signed-note and
//! tlog-cosignature.

mod bundle;
mod checkpoint;
mod deletion;
mod files;
mod key;
mod note;
mod payload;
mod proof;
mod receipt;
mod record;
mod tile;
mod tiles;
mod tree;
mod verify;

pub use bundle::{BadBundle, ENTRIES_PREFIX_BYTES, PAYLOAD_BYTES_MAX, PAYLOADS_PREFIX_BYTES, entries, payloads, push_entry, push_payload};
pub use checkpoint::{BadCheckpoint, Checkpoint, SIZE_MAX, Signer, SigningFailed, Trust, cosign, sign};
pub use deletion::{BadDeletion, Deletion};
pub use files::{CHECKPOINT, Files, HISTORY, Unreadable, part, read_whole};
pub use key::{Algorithm, BadKey, KEY_NAME_BYTES_MAX, VerifierKey};
pub use note::{BadNote, NOTE_BYTES_MAX, Note, SIGNATURES_MAX, Signature, split_first};
pub use payload::{BadPayload, Payload, SALT_BYTES};
pub use proof::{BadProof, consistency, inclusion, verify_consistency, verify_inclusion};
pub use receipt::{BadReceipt, Proven, RECEIPT_BYTES_MAX, Receipt};
pub use record::{ACTION_BYTES_MAX, Action, BadRecord, Outcome, RECORD_BYTES_MAX, RECORD_VERSION, Record};
pub use tile::{TILE_HEIGHT, TILE_WIDTH, Tile, entries_path, fold, levels, payload_path, width_at};
pub use tiles::{TileFault, Tiles};
pub use tree::{Frontier, leaf_hash, node_hash, range_hash};
pub use verify::{EntryProblem, Fault, Summary, Verdict};
