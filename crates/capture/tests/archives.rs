//! Archives are read whole, in bounds, and never followed out of themselves.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a fixture that cannot be built fails its test")]

use std::io::{Read, Write};

use assent_base::Kind;
use assent_capture::archive::{Fatal, read_archive};
use assent_capture::files::{Intake, read_file};
use assent_capture::limits::Limits;
use assent_capture::set::{CaptureSet, Listed};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

#[test]
fn a_bundle_becomes_objects_logs_and_what_was_listed() {
    let set = read(&gz(&bundle()));
    let names: Vec<String> = set.objects.iter().map(|object| object.reference.to_string()).collect();
    assert_eq!(names, ["Pod shop/web-1", "Secret shop/db"]);
    assert!(set.listed.contains(&Listed { kind: Kind::Pod, namespace: Some("shop".into()) }));
    assert!(set.listed.contains(&Listed { kind: Kind::Event, namespace: Some("shop".into()) }));
    let logs: Vec<String> = set.logs.iter().map(|log| log.of.to_string()).collect();
    assert_eq!(logs, ["Pod shop/web-1"], "the copy in all-logs is not a second log");
    let problems: Vec<&str> = set.problems.iter().map(|problem| &*problem.what).collect();
    assert_eq!(problems, ["the collector reports: [\"secrets is forbidden\"]"]);
}

#[test]
fn no_value_of_a_secret_is_kept_anywhere() {
    let set = read(&gz(&bundle()));
    assert!(!format!("{set:?}").contains("aHVudGVyMg"));
}

#[test]
fn zip_and_nested_archives_read_like_tar() {
    let inner = gz(&bundle());
    for packed in [zip_of(&[("b/logs.tar.gz", &inner)]), tar_of(&[("b/logs.tar.gz", &inner)]), gz(&tar_of(&[("b/logs.tgz", &inner)]))] {
        assert_eq!(read(&packed).objects.len(), 2);
    }
    let mut set = CaptureSet::default();
    read_archive(&mut set, "b.zip", zip_of(&[("pods/shop.json", POD.as_bytes())]).as_slice(), &Limits::default()).unwrap();
    assert_eq!(set.objects.len(), 1);
}

#[test]
fn a_compressed_log_is_read_as_the_log_it_is() {
    let set = read(&tar_of(&[("logs/shop/web-1/app.log.gz", &gz(b"error: gone\n"))]));
    assert_eq!(set.logs[0].of.to_string(), "Pod shop/web-1");
}

#[test]
fn archives_in_archives_in_archives_are_not_read() {
    let deep = tar_of(&[("a.tar", &tar_of(&[("b.tar", &tar_of(&[("pods.json", POD.as_bytes())]))]))]);
    let set = read(&tar_of(&[("ok.log", b"fine\n"), ("deep.tar", &deep)]));
    assert!(set.objects.is_empty());
    assert!(set.problems.iter().any(|problem| problem.what.contains("an archive within 2 others")));
}

#[test]
fn paths_and_links_out_of_the_archive_are_refused_and_the_rest_is_read() {
    let mut builder = tar::Builder::new(Vec::new());
    for name in ["../../etc/cron.d/x", "/etc/passwd", "a/../../b", "C:\\x"] {
        builder.append(&raw_header(name, tar::EntryType::Regular, 2), &b"{}"[..]).unwrap();
    }
    for (kind, target) in [(tar::EntryType::Symlink, "/etc/shadow"), (tar::EntryType::Symlink, "../x"), (tar::EntryType::Link, "../x")] {
        let mut header = raw_header("link", kind, 0);
        header.set_link_name(target).unwrap();
        header.set_cksum();
        builder.append(&header, &b""[..]).unwrap();
    }
    let mut header = raw_header("b/inside", tar::EntryType::Symlink, 0);
    header.set_link_name("../pods/shop.json").unwrap();
    header.set_cksum();
    builder.append(&header, &b""[..]).unwrap();
    builder.append(&raw_header("dev/sda", tar::EntryType::Block, 0), &b""[..]).unwrap();
    builder.append(&raw_header("pods/shop.json", tar::EntryType::Regular, POD.len() as u64), POD.as_bytes()).unwrap();
    let set = read(&builder.into_inner().unwrap());
    assert_eq!(set.problems.len(), 8, "{:?}", set.problems);
    assert_eq!(set.objects.len(), 1);
}

#[test]
fn a_bomb_is_stopped_long_before_it_is_unpacked() {
    let limits = Limits { expansion_free_bytes: 1 << 20, ..Limits::default() };
    let zeros = std::io::repeat(b'0').take(64 << 20);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    std::io::copy(&mut zeros.chain(&b""[..]), &mut encoder).unwrap();
    let bomb = encoder.finish().unwrap();
    let mut set = CaptureSet::default();
    read_file(&mut set, "bomb.log.gz", &bomb[..], &limits);
    assert!(set.problems[0].what.contains("unpacks to more than 200 times its size"), "{:?}", set.problems);
    let mut set = CaptureSet::default();
    let zip = zip_of(&[("bomb.json", &vec![b'0'; 8 << 20]), ("pods/shop.json", POD.as_bytes())]);
    read_archive(&mut set, "b.zip", zip.as_slice(), &limits).unwrap();
    assert_eq!((set.problems.len(), set.objects.len()), (1, 1));
}

#[test]
fn limits_hold_over_all_files_together() {
    let limits = Limits { files_max: 2, ..Limits::default() };
    let files = [("a.log", &b"1\n"[..]), ("b.log", b"2\n"), ("c.log", b"3\n"), ("d.log", b"4\n")];
    let mut set = CaptureSet::default();
    read_archive(&mut set, "a", &tar_of(&files)[..], &limits).unwrap();
    assert_eq!((set.logs.len(), set.problems.len()), (2, 1));
    let limits = Limits { input_bytes_max: 3, ..Limits::default() };
    let mut set = CaptureSet::default();
    let mut intake = Intake::new(&mut set, &limits);
    files.iter().for_each(|(name, bytes)| intake.file(name, *bytes));
    intake.finish();
    assert_eq!(set.logs.iter().map(|log| log.lines_total).sum::<u64>(), 2);
    assert!(set.problems.iter().any(|problem| problem.what.contains("limit")));
}

#[test]
fn what_is_no_archive_or_holds_nothing_is_fatal_and_says_so() {
    let mut set = CaptureSet::default();
    let limits = Limits::default();
    assert!(matches!(read_archive(&mut set, "x", &b"hello"[..], &limits), Err(Fatal::NotAnArchive { .. })));
    assert!(matches!(read_archive(&mut set, "x", &gz(&tar_of(&[]))[..20], &limits), Err(Fatal::Nothing { .. })));
    assert!(matches!(read_archive(&mut set, "x", b"PK\x03\x04 gone".as_slice(), &limits), Err(Fatal::Nothing { .. })));
}

#[test]
fn a_truncated_archive_gives_what_came_before() {
    let whole = tar_of(&[("pods/shop.json", POD.as_bytes()), ("a.log", &b"line\n".repeat(1000))]);
    let set = read(&whole[..2048]);
    assert_eq!(set.objects.len(), 1);
    assert!(set.problems.iter().any(|problem| problem.what.contains("breaks off")), "{:?}", set.problems);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_truncation_or_damage_is_survived(cut in 0.0_f64..1.0, at in 0.0_f64..1.0, byte: u8) {
        for whole in [bundle(), gz(&bundle()), zip_of(&[("pods/shop.json", POD.as_bytes()), ("a/b.tgz", &gz(&bundle()))])] {
            let place = |share: f64| (whole.len() as f64 * share) as usize;
            let _ = read_archive(&mut CaptureSet::default(), "x", &whole[..place(cut)], &Limits::default());
            let mut damaged = whole.clone();
            damaged[place(at)] = byte;
            let _ = read_archive(&mut CaptureSet::default(), "x", &damaged[..], &Limits::default());
        }
    }

    #[test]
    fn any_bytes_under_any_path_are_survived(path in "[a-z./_-]{0,30}(log|json|yaml|txt|gz)?", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_file(&mut CaptureSet::default(), &path, &bytes[..], &Limits::default());
    }
}

const POD: &str = r#"{"kind":"PodList","items":[{"kind":"Pod","metadata":{"name":"web-1","namespace":"shop","uid":"u"}}]}"#;

fn bundle() -> Vec<u8> {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: shop\ndata:\n  password: aHVudGVyMg==\n";
    tar_of(&[
        ("b/version.yaml", b"kind: SupportBundle\n"),
        ("b/cluster-resources/pods/shop.json", POD.as_bytes()),
        ("b/cluster-resources/events/shop.json", br#"{"kind":"EventList","items":[]}"#),
        ("b/cluster-resources/secrets-errors.json", br#"["secrets is forbidden"]"#),
        ("b/cluster-resources/pods-errors.json", b"null\n"),
        ("b/cluster-resources/pods/logs/shop/web-1/app.log", b"2025-01-02T15:04:05Z error: gone\n"),
        ("b/all-logs/web-1/app.log", b"2025-01-02T15:04:05Z error: gone\n"),
        ("b/extra/db.yaml", secret.as_bytes()),
    ])
}

fn read(bytes: &[u8]) -> CaptureSet {
    let mut set = CaptureSet::default();
    read_archive(&mut set, "x", bytes, &Limits::default()).unwrap();
    set
}

fn raw_header(name: &str, kind: tar::EntryType, size: u64) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_cksum();
    header
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        builder.append(&raw_header(name, tar::EntryType::Regular, bytes.len() as u64), *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut writer = rawzip::ZipArchiveWriter::new(&mut packed);
    for (name, bytes) in files {
        let (mut entry, config) = writer.new_file(*name).compression_method(rawzip::CompressionMethod::DEFLATE).start().unwrap();
        let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
        let mut file = config.wrap(encoder);
        file.write_all(bytes).unwrap();
        let (encoder, descriptor) = file.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    writer.finish().unwrap();
    packed
}
