//! Keeps what was read from a cluster as an archive that `investigate` and `verify` read again.

use std::fs::File;
use std::path::Path;

use anyhow::Context;
use assent_capture::saved;
use assent_capture::set::CaptureSet;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Writes every source of a set, under its own name. Nothing half-written stays behind.
pub(crate) fn write(set: &CaptureSet, path: &Path) -> anyhow::Result<()> {
    let partial = path.with_extension("partial");
    let written = archive(set, &partial).and_then(|()| std::fs::rename(&partial, path).map_err(Into::into));
    if written.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    written.with_context(|| format!("cannot write `{}`", path.display()))
}

fn archive(set: &CaptureSet, path: &Path) -> anyhow::Result<()> {
    let mut tar = tar::Builder::new(GzEncoder::new(File::create(path)?, Compression::default()));
    let itself = saved::write(set)?;
    let files = set.sources.iter().map(|source| (&*source.name, source.text()));
    for (name, text) in files.chain([(saved::FILE_NAME, itself.as_str())]) {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o600);
        tar.append_data(&mut header, name, text.as_bytes())?;
    }
    tar.into_inner()?.finish()?.sync_all()?;
    Ok(())
}
