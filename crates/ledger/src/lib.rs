//! The Merkle log: records, leaves, tree, checkpoints, proofs, and the verifier that needs only files and a key.
