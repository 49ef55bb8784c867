//! Puts the web console into the binary, if it was built: `cargo xtask console` makes `console/dist`.
//!
//! The files are copied, numbered, below the output folder, and named there by paths relative to it, in sorted order: so no path of this
//! machine gets into the binary, and the same console makes the same bytes. Without `console/dist` the table is empty.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let set = |name: &str| env::var_os(name).map(PathBuf::from).ok_or_else(|| io::Error::other(format!("cargo does not set {name}")));
    let (package, out) = (set("CARGO_MANIFEST_DIR")?, set("OUT_DIR")?);
    watch(&package);
    let dist = package.join("../../console/dist");
    let mut paths = Vec::new();
    if dist.join("index.html").is_file() {
        collect(&dist, "", &mut paths)?;
    }
    paths.sort();
    let copies = out.join("console");
    if copies.exists() {
        fs::remove_dir_all(&copies)?;
    }
    fs::create_dir_all(&copies)?;
    let mut table = String::from("&[\n");
    for (number, path) in paths.iter().enumerate() {
        fs::copy(dist.join(path), copies.join(number.to_string()))?;
        let _written = writeln!(table, "    ({path:?}, include_bytes!(\"console/{number}\")),");
    }
    table.push_str("]\n");
    fs::write(out.join("console.rs"), table)
}

/// Tells cargo what to look at. What is not there yet would make it look every time, so its folder is watched instead while that is small.
fn watch(package: &Path) {
    println!("cargo::rerun-if-changed=build.rs");
    let console = package.join("../../console");
    if console.join("dist").exists() || console.join("node_modules").exists() {
        println!("cargo::rerun-if-changed=../../console/dist");
    } else if console.exists() {
        println!("cargo::rerun-if-changed=../../console");
    }
}

/// All files below a folder, as paths with `/` between the parts.
fn collect(folder: &Path, prefix: &str, paths: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| io::Error::other("a file of the console has a name that is not UTF-8"))?;
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
