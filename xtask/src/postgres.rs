//! Whether the tests of the store find PostgreSQL. They start servers of their own; the program has to be installed for that.

use std::path::Path;

use anyhow::Result;

use crate::command;
use crate::metadata::Workspace;
use crate::step::Outcome;

/// Where Debian and Ubuntu keep the programs, in a folder for each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Looks for it. The tests pass without it, on SQLite alone, so this is where it is said.
pub(crate) fn look(_: &Workspace) -> Result<Outcome> {
    if command::answers("initdb", &["--version"]) || has_version(Path::new(VERSIONS)) {
        println!("PostgreSQL is installed: the tests of the store run on it too");
        return Ok(Outcome::Passed);
    }
    Ok(Outcome::skipped("tests of the store on PostgreSQL", "it is not installed"))
}

fn has_version(folder: &Path) -> bool {
    let versions = folder.read_dir().into_iter().flatten().flatten();
    versions.into_iter().any(|version| version.path().join("bin/initdb").is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_version_with_its_programs_counts() {
        let folder = std::env::temp_dir().join(format!("assent-xtask-postgres-{}", std::process::id()));
        assert!(!has_version(&folder), "no folder");
        std::fs::create_dir_all(folder.join("15/bin")).unwrap();
        assert!(!has_version(&folder), "a version without programs");
        std::fs::write(folder.join("15/bin/initdb"), "").unwrap();
        assert!(has_version(&folder));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
