//! A layer: some files and folders as a tar archive that has the same bytes wherever and whenever it is made.
//!
//! Entries are sorted, have a number for an owner and no name, and say 1970-01-01 for their time. Folders above an entry are root's.

use std::collections::BTreeMap;
use std::io::Write as _;

use anyhow::{Context, Result};
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};
use tar::{EntryType, Header};

/// The user and group that programs run as, and that the manifests of observer and executor name.
pub(super) const USER: u32 = 65_532;

/// The files and folders of a layer, by path without a leading `/`.
#[derive(Debug, Default)]
pub(super) struct Tree(BTreeMap<String, Node>);

#[derive(Debug)]
enum Node {
    Folder { owner: u32, mode: u32 },
    File { mode: u32, bytes: Vec<u8> },
}

/// A layer as it is kept: compressed, with the digest of that and of what it is uncompressed.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) bytes: Vec<u8>,
    pub(super) diff_id: String,
}

impl Tree {
    /// A file of root's that everybody may read.
    pub(super) fn file(&mut self, path: &str, bytes: impl Into<Vec<u8>>) -> &mut Self {
        self.put(path, Node::File { mode: 0o644, bytes: bytes.into() })
    }

    /// A program of root's that everybody may run.
    pub(super) fn program(&mut self, path: &str, bytes: impl Into<Vec<u8>>) -> &mut Self {
        self.put(path, Node::File { mode: 0o755, bytes: bytes.into() })
    }

    /// A folder that is [`USER`]'s alone.
    pub(super) fn own_folder(&mut self, path: &str) -> &mut Self {
        self.put(path, Node::Folder { owner: USER, mode: 0o700 })
    }

    fn put(&mut self, path: &str, node: Node) -> &mut Self {
        for (end, _) in path.match_indices('/') {
            let above = path.get(..end).unwrap_or_default().to_owned();
            self.0.entry(above).or_insert(Node::Folder { owner: 0, mode: 0o755 });
        }
        self.0.insert(path.to_owned(), node);
        self
    }

    /// Packs it.
    pub(super) fn pack(&self) -> Result<Layer> {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, node) in &self.0 {
            match node {
                Node::Folder { owner, mode } => append(&mut archive, &format!("{path}/"), EntryType::Directory, (*owner, *mode), &[])?,
                Node::File { mode, bytes } => append(&mut archive, path, EntryType::Regular, (0, *mode), bytes)?,
            }
        }
        let plain = archive.into_inner()?;
        // Neither a name nor a time goes into the header.
        let mut compressed: GzEncoder<Vec<u8>> = GzBuilder::new().write(Vec::new(), Compression::default());
        compressed.write_all(&plain)?;
        Ok(Layer { diff_id: digest(&plain), bytes: compressed.finish()? })
    }
}

/// Appends one entry to an archive, with nothing in its header that differs from machine to machine.
pub(super) fn append(
    archive: &mut tar::Builder<Vec<u8>>,
    path: &str,
    kind: EntryType,
    (owner, mode): (u32, u32),
    bytes: &[u8],
) -> Result<()> {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_uid(owner.into());
    header.set_gid(owner.into());
    header.set_mode(mode);
    header.set_mtime(0);
    header.set_size(bytes.len() as u64);
    archive.append_data(&mut header, path, bytes).with_context(|| format!("cannot pack `{path}`"))
}

/// A digest as OCI writes it.
pub(super) fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
