//! The ledger's files: group commit, tiles and checkpoints on disk, recovery.
