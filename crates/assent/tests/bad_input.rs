//! Bad input has a clear answer: exit code 3 and a message that names it, or a report that says what could not be read.
//!
//! Never a panic, a hang, or memory without bound: the program runs here with a bounded address space.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use support::fault::{with, wrong_image};
use support::program::{self, Said, assent, assent_reads, bounded, investigate};
use tempfile::TempDir;

/// Address space that any of these inputs may take.
const ADDRESS_SPACE_MIB: u64 = 2048;

#[test]
fn nothing_at_all_is_said_to_be_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("empty"), "").unwrap();
    fs::create_dir(folder.path().join("hollow")).unwrap();
    for name in ["empty", "hollow", "absent"] {
        refused(&read(&folder.path().join(name)), name);
    }
    refused(&assent_reads(&["investigate", "-"], b""), "`-`");
    refused(&assent_reads(&["investigate", "-"], b" \n\n"), "`-`");
}

#[test]
fn a_truncated_archive_gives_what_came_before_the_break() {
    let dump = wrong_image("").to_string();
    let padding: String = (0..40_000_u64).map(|number| format!("{:x} ", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    for (name, bytes) in [
        ("b.tar.gz", packed(&tar(&[("dump/list.json", &dump), ("dump/app.log", &padding)]))),
        ("b.tar", tar(&[("dump/list.json", &dump), ("dump/app.log", &padding)])),
        ("b.zip", zip(&[("dump/list.json", dump.as_bytes()), ("dump/app.log", padding.as_bytes())])),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        for eighths in 0..8 {
            fs::write(&path, &bytes[..bytes.len() * eighths / 8]).unwrap();
            let said = read(&path);
            if said.code == 3 {
                refused(&said, name);
            } else {
                assert!(!unread(&said).is_empty(), "{name} cut at {eighths}/8 is said to be whole: {}", said.out);
            }
        }
        fs::write(&path, &bytes).unwrap();
        let (code, report) = investigate(&path, &[]);
        assert_eq!((code, &report["root_causes"][0]["cause"]), (1, &json!("image.not_found")), "{name}");
    }
}

#[test]
fn what_expands_without_measure_is_not_expanded() {
    let mut bomb = vec![b' '; 160 << 20];
    bomb[0] = b'{';
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bomb.json.gz"), packed(&bomb)).unwrap();
    fs::write(folder.path().join("bomb.zip"), zip(&[("bomb.json", &bomb)])).unwrap();
    for name in ["bomb.json.gz", "bomb.zip"] {
        let said = read(&folder.path().join(name));
        let told = format!("{}{}", said.out, said.err);
        assert!(said.code >= 2 && told.contains("unpacks to more than 200 times its size"), "{name}: {told}");
    }
}

#[test]
fn no_link_or_path_leads_out_of_an_archive_or_folder() {
    let canary = "the words of a file that is not part of the input";
    let folder = tempfile::tempdir().unwrap();
    let outside = folder.path().join("outside.log");
    fs::write(&outside, canary).unwrap();
    let mut builder = tar::Builder::new(Vec::new());
    let dump = wrong_image("").to_string();
    append(&mut builder, "dump/list.json", &dump);
    for target in [outside.to_str().unwrap(), "../../../../../../etc/passwd"] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        builder.append_link(&mut header, format!("dump/{}.log", target.len()), target).unwrap();
    }
    let archive = folder.path().join("links.tar");
    fs::write(&archive, builder.into_inner().unwrap()).unwrap();
    let dumped = folder.path().join("dumped");
    fs::create_dir(&dumped).unwrap();
    fs::write(dumped.join("list.json"), &dump).unwrap();
    std::os::unix::fs::symlink(&outside, dumped.join("app.log")).unwrap();
    std::os::unix::fs::symlink("/", dumped.join("root")).unwrap();
    for input in [archive, dumped] {
        let said = read(&input);
        assert_eq!((said.code, unread(&said).len()), (1, 2), "{}", said.out);
        assert!(!said.out.contains(canary) && !said.out.contains("/bin/"), "{}", said.out);
    }
}

#[test]
fn bytes_that_are_no_text_spoil_no_other_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("list.json"), wrong_image("").to_string()).unwrap();
    for (name, bytes) in [
        ("latin.yaml", &b"kind: Pod\nmetadata: {name: caf\xe9, namespace: shop}\n"[..]),
        ("wide.json", b"\xff\xfe{\x00}\x00"),
        ("torn.yaml", b"kind: [Pod\n"),
        ("torn.json", b"{\"kind\": \"Pod\", \"metadata\": {"),
        ("noise.log", b"\x00\x01\xc3\x28\xf0\x9f\x92\n\xed\xa0\x80\n"),
        ("noise", &[0x80; 4096]),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let (code, report) = investigate(folder.path(), &[]);
    assert_eq!((code, &report["root_causes"][0]["cause"]), (1, &json!("image.not_found")));
    let unread = report["input"]["unread"].to_string();
    for name in ["torn.yaml", "torn.json"] {
        assert!(unread.contains(name), "{name} is not in {unread}");
    }
}

#[test]
fn a_line_of_a_hundred_megabytes_is_read_in_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("namespaces/shop/pods/web/main/logs");
    fs::create_dir_all(&logs).unwrap();
    fs::write(logs.join("current.log"), vec![b'x'; 100 << 20]).unwrap();
    fs::write(folder.path().join("list.json"), wrong_image("").to_string()).unwrap();
    let said = read_within(folder.path(), 512);
    assert_eq!((said.code, &said.report()["root_causes"][0]["cause"]), (1, &json!("image.not_found")), "{}", said.err);
}

#[test]
fn aliases_and_nesting_do_not_multiply() {
    let mut bomb = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..12 {
        let again = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb += &format!("a{level}: &a{level} [{again}]\n");
    }
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(200_000), close.repeat(200_000));
    let nested = deep("[", "]");
    let objects = deep("{\"a\":", "}");
    let flow = format!("kind: List\nitems: {nested}");
    let dashes = "- ".repeat(200_000);
    for (name, text) in
        [("bomb.yaml", &bomb), ("deep.json", &nested), ("maps.json", &objects), ("flow.yaml", &flow), ("dash.yaml", &dashes)]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let said = read(&path);
        assert!(said.code >= 2, "{name} {}: {}", said.code, said.out);
    }
}

#[test]
fn owners_in_a_circle_end_somewhere() {
    let owned = |kind: &str, name: &str, by: &str, owner: &str| {
        json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": "shop", "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": by, "name": owner, "uid": "u", "controller": true}]}})
    };
    let list = wrong_image("");
    let list = with(list, owned("Deployment", "checkout", "ReplicaSet", "checkout-5d8f7c9b6"));
    let list = with(list, owned("StatefulSet", "itself", "StatefulSet", "itself"));
    let (_folder, path) = file("list.json", list.to_string().as_bytes());
    let (code, report) = investigate(&path, &[]);
    assert_eq!((code, &report["root_causes"][0]["cause"]), (1, &json!("image.not_found")), "{report:#}");
}

#[test]
fn a_clock_that_is_wrong_changes_no_verdict() {
    for time in ["2031-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-13-45T99:99:99Z", "soon", ""] {
        let mut list = wrong_image("");
        for item in list["items"].as_array_mut().unwrap() {
            if item["kind"] == "Event" {
                item["lastTimestamp"] = json!(time);
                item["firstTimestamp"] = json!("2040-01-01T00:00:00Z");
            }
        }
        let (_folder, path) = file("list.json", list.to_string().as_bytes());
        let (code, report) = investigate(&path, &["--at", "2026-03-01T12:00:00Z"]);
        assert_eq!((code, &report["root_causes"][0]["entity"]["name"]), (1, &json!("checkout")), "{time}: {report:#}");
    }
}

#[test]
fn a_folder_that_may_not_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.path().join("list.json"), wrong_image("").to_string()).unwrap();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::write(closed.join("a.json"), "{}").unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let run = |path: &Path| {
        let mut command = program::command(&["investigate", path.to_str().unwrap(), "-o", "json"]);
        if fs::read_dir(&closed).is_ok() {
            // The superuser may open anything, so somebody else has to try.
            command.uid(65534).gid(65534);
        }
        command.output().ok().filter(|output| output.status.code().is_some()).map(|output| program::said(&output))
    };
    let (Some(whole), Some(part)) = (run(folder.path()), run(&closed)) else {
        eprintln!("SKIPPED a_folder_that_may_not_be_opened_is_named: no other user may run the program here");
        return;
    };
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    refused(&part, "closed");
    assert_eq!(whole.code, 1, "{}", whole.err);
    assert!(unread(&whole).iter().any(|place| place.contains("closed")), "{}", whole.out);
}

#[test]
fn a_report_that_is_none_is_not_checked() {
    let (_folder, path) = file("list.json", wrong_image("").to_string().as_bytes());
    let against = path.to_str().unwrap();
    let good = assent(&["investigate", against, "-o", "json"]).report();
    let verify = |report: &str| assent_reads(&["verify", "-", "--against", against], report.as_bytes());
    assert_eq!(verify(&good.to_string()).code, 0);
    for version in [json!(0), json!(99)] {
        let mut report = good.clone();
        report["version"] = version.clone();
        let said = verify(&report.to_string());
        refused(&said, &version.to_string());
        assert!(said.err.contains("version"), "{}", said.err);
    }
    let mut more = good.clone();
    more["surprise"] = json!(true);
    for report in [more.to_string(), String::new(), "{".to_owned(), "[]".to_owned(), "version: [".to_owned(), "\u{0}".to_owned()] {
        refused(&verify(&report), "-");
    }
    let mut forged = good;
    forged["root_causes"][0]["evidence"][0]["quote"] = json!("words that are nowhere");
    assert_eq!(verify(&forged.to_string()).code, 1);
}

#[test]
fn bad_usage_is_bad_input() {
    for arguments in [
        &["investigate", "--no-such-flag"][..],
        &["investigate", "--since", "yesterday", "-"],
        &["investigate", "--at", "noon", "-"],
        &["investigate", "--focus", "//", "-"],
        &["investigate", "-l", "a in (", "-"],
        &["investigate", "--kubeconfig", "/nonexistent"],
        &["investigate"],
        &["causes", "no.such_cause"],
        &["unheard"],
        &[],
    ] {
        let said = assent(arguments);
        assert_eq!((said.code, said.out.is_empty()), (3, true), "{arguments:?}: {}{}", said.out, said.err);
        assert!(!said.err.trim().is_empty(), "{arguments:?}");
    }
}

#[test]
fn any_bytes_have_an_answer() {
    let seeds = wrong_image("").to_string();
    let yaml = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nstatus:\n  phase: Pending\n";
    let table = "$ kubectl get pods -o wide\nNAME   READY   STATUS   RESTARTS   AGE\nweb-1  0/1  CrashLoopBackOff  4 (3s ago)  5m\n$ kubectl describe pod web-1\nName: web-1\n";
    let mut random = Random(7);
    for round in 0..24 {
        let seed = [seeds.as_bytes(), yaml.as_bytes(), table.as_bytes(), &packed(&tar(&[("a.yaml", yaml)]))][round % 4].to_vec();
        let mut bytes = seed;
        for _ in 0..=random.below(8) {
            let at = random.below(bytes.len());
            match random.below(3) {
                0 => bytes[at] = u8::try_from(random.below(256)).unwrap(),
                1 => bytes.truncate(at + 1),
                _ => bytes.insert(at, [b'\n', b'\t', b'"', 0xff, b'{', b':'][random.below(6)]),
            }
        }
        let said = assent_reads(&["investigate", "-", "-o", "json"], &bytes);
        assert!(said.code != 3 || said.err.starts_with("assent: "), "{}", said.err);
    }
}

/// A small generator of the same numbers each time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

fn read(path: &Path) -> Said {
    read_within(path, ADDRESS_SPACE_MIB)
}

fn read_within(path: &Path, mib: u64) -> Said {
    bounded(&["investigate", path.to_str().unwrap(), "-o", "json"], mib)
}

/// Exit code 3, nothing on standard output, and one message that names the thing.
fn refused(said: &Said, named: &str) {
    assert_eq!((said.code, said.out.as_str()), (3, ""), "{}", said.err);
    assert!(said.err.contains("assent: ") && said.err.contains(named), "`{named}` is not named: {}", said.err);
}

/// The places that a report says could not be read.
fn unread(said: &Said) -> Vec<String> {
    let unread = |report: Value| report["input"]["unread"].as_array().unwrap().iter().map(|one| one["place"].to_string()).collect();
    unread(said.report())
}

fn file(name: &str, bytes: &[u8]) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn append(builder: &mut tar::Builder<Vec<u8>>, name: &str, text: &str) {
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o600);
    builder.append_data(&mut header, name, text.as_bytes()).unwrap();
}

fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    files.iter().for_each(|(name, text)| append(&mut builder, name, text));
    builder.into_inner().unwrap()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// A zip archive of deflated files, by the letter of the format.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    let small = |number: usize| u16::try_from(number).unwrap().to_le_bytes();
    let large = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    for (name, content) in files {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(content).unwrap();
        let packed = deflate.finish().unwrap();
        let sizes = [crc.sum().to_le_bytes(), large(packed.len()), large(content.len())].concat();
        // Version 2.0, no flags, deflate, no time.
        let common = [&[20, 0, 0, 0, 8, 0, 0, 0, 0, 0], sizes.as_slice(), &small(name.len()), &[0, 0]].concat();
        let offset = large(bytes.len());
        directory.extend([b"PK\x01\x02\x14\0", common.as_slice(), &[0; 10], &offset, name.as_bytes()].concat());
        bytes.extend([b"PK\x03\x04", common.as_slice(), name.as_bytes(), &packed].concat());
    }
    let (at, count) = (bytes.len(), small(files.len()));
    bytes.extend(&directory);
    bytes.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &large(directory.len()), &large(at), &[0, 0]].concat());
    bytes
}
