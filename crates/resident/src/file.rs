//! Files of which no more is read than they may have.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};

/// A file of text, if it is no longer than that.
///
/// # Errors
/// When it cannot be read, is longer, or is no text.
pub fn text(path: &Path, bytes_max: u64) -> anyhow::Result<String> {
    String::from_utf8(bounded(path, bytes_max)?).map_err(|_| anyhow::anyhow!("`{}` is no text", path.display()))
}

/// A file, if it is no longer than that.
///
/// # Errors
/// When it cannot be read, or is longer.
pub fn bounded(path: &Path, bytes_max: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes));
    read.with_context(|| format!("`{}` cannot be read", path.display()))?;
    if bytes.len() as u64 > bytes_max {
        bail!("`{}` has more than {bytes_max} bytes", path.display());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_bound_and_no_further() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "four").unwrap();
        assert_eq!(text(&path, 4).unwrap(), "four");
        assert!(bounded(&path, 3).unwrap_err().to_string().ends_with("has more than 3 bytes"));
        assert!(bounded(&folder.path().join("none"), 3).unwrap_err().to_string().ends_with("cannot be read"));
        std::fs::write(&path, [0xff]).unwrap();
        assert!(text(&path, 4).unwrap_err().to_string().ends_with("is no text"));
    }
}
