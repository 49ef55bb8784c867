//! A large log, made up: mostly routine, with a complaint every so often. The same bytes each time.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};

/// One line in so many complains.
const COMPLAINT_EVERY: u64 = 50;

/// Writes a folder with one pod's log of at least `bytes` bytes, where a dump of a cluster would have it.
pub(super) fn write(folder: &Path, bytes: u64) -> Result<()> {
    let place = folder.join("shop").join("checkout-0");
    fs::create_dir_all(&place).with_context(|| format!("cannot make `{}`", place.display()))?;
    let path = place.join("logs.txt");
    let file = File::create(&path).with_context(|| format!("cannot write `{}`", path.display()))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let (mut written, mut number) = (0, 0);
    while written < bytes {
        number += 1;
        let line = line(number);
        out.write_all(line.as_bytes())?;
        written += line.len() as u64;
    }
    out.flush().context("the log could not be written")
}

fn line(number: u64) -> String {
    let (hour, minute, second) = (number / 3600 % 24, number / 60 % 60, number % 60);
    let at = format!("2026-03-01T{hour:02}:{minute:02}:{second:02}Z");
    // Ids differ from line to line as they do in life, so that a reader cannot live on repetition.
    let id = number.wrapping_mul(2_654_435_761) % (1 << 32);
    if number.is_multiple_of(COMPLAINT_EVERY) {
        format!("{at} ERROR dial tcp 10.0.{}.7:5432: connect: connection refused request={id:08x}\n", number % 200)
    } else {
        format!("{at} INFO handled GET /api/items/{number} status=200 ms={} request={id:08x}\n", number % 90)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_has_its_size_and_its_complaints() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), 100_000).unwrap();
        let text = fs::read_to_string(folder.path().join("shop/checkout-0/logs.txt")).unwrap();
        assert!((100_000..100_200).contains(&text.len()), "{}", text.len());
        let (lines, errors) = (text.lines().count() as u64, text.lines().filter(|line| line.contains(" ERROR ")).count() as u64);
        assert_eq!(errors, lines / COMPLAINT_EVERY);
    }
}
