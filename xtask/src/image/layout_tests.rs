//! An image read back by other means than it was written with: `oci_spec` for the documents, a walk over the archive for everything else.

use std::collections::BTreeMap;
use std::io::Read as _;

use oci_spec::image::{Arch, Descriptor, ImageConfiguration, ImageIndex, ImageManifest, OciLayout, Os};

use super::*;

const BINARY: &[u8] = b"\x7fELF and more";

#[test]
fn the_same_binary_and_commit_give_the_same_bytes() {
    for program in Program::ALL {
        let (first, second) = (image(program, BINARY, &origin()).unwrap(), image(program, BINARY, &origin()).unwrap());
        assert_eq!((&first.digest, &first.archive), (&second.digest, &second.archive));
        assert_ne!(first.digest, image(program, b"another", &origin()).unwrap().digest);
    }
}

#[test]
fn every_blob_is_what_its_digest_says_and_is_named_by_somebody() {
    for program in Program::ALL {
        let layout = Layout::of(&image(program, BINARY, &origin()).unwrap());
        let (manifest, descriptor) = (layout.manifest(), layout.index().manifests()[0].clone());
        let mut named: Vec<&Descriptor> = vec![&descriptor, manifest.config()];
        named.extend(manifest.layers());
        for one in &named {
            let bytes = layout.blob(one);
            assert_eq!((layer::digest(bytes), bytes.len() as u64), (one.digest().to_string(), one.size()));
        }
        let mut expected = vec!["blobs/".to_owned(), "blobs/sha256/".to_owned(), "index.json".to_owned(), "oci-layout".to_owned()];
        expected.extend(named.iter().map(|one| format!("blobs/sha256/{}", one.digest().digest())));
        expected.sort();
        assert_eq!(layout.files.keys().cloned().collect::<Vec<_>>(), expected, "nothing else is in the archive");
        let version = OciLayout::from_reader(layout.files["oci-layout"].as_slice()).unwrap();
        assert_eq!(version.image_layout_version(), "1.0.0");
    }
}

#[test]
fn an_image_holds_the_program_the_authorities_and_a_user_and_nothing_else() {
    let layout = Layout::of(&image(Program::Observer, BINARY, &origin()).unwrap());
    let held: Vec<String> = layout.entries().into_iter().map(|entry| entry.line).collect();
    let expected = [
        "0755     0 etc/",
        "0644     0 etc/group",
        "0644     0 etc/passwd",
        "0755     0 etc/ssl/",
        "0755     0 etc/ssl/certs/",
        "0644     0 etc/ssl/certs/ca-certificates.crt",
        "0755     0 usr/",
        "0755     0 usr/local/",
        "0755     0 usr/local/bin/",
        "0755     0 usr/local/bin/assent-observer",
        "0755     0 var/",
        "0755     0 var/lib/",
        "0700 65532 var/lib/assent-observer/",
    ];
    assert_eq!(held, expected);
}

#[test]
fn it_runs_as_a_number_that_is_not_root_and_starts_the_program_that_is_there() {
    for program in Program::ALL {
        let layout = Layout::of(&image(program, BINARY, &origin()).unwrap());
        let configuration = layout.configuration();
        assert_eq!((configuration.architecture(), configuration.os()), (&Arch::Amd64, &Os::Linux));
        let run = configuration.config().as_ref().unwrap();
        let (user, group) = run.user().as_ref().unwrap().split_once(':').unwrap();
        assert!(user.parse::<u32>().unwrap() > 0 && group.parse::<u32>().unwrap() > 0);

        let entries = layout.entries();
        let [start] = run.entrypoint().as_ref().unwrap().as_slice() else { panic!("one word") };
        let started = entries.iter().find(|entry| format!("/{}", entry.path) == *start).unwrap();
        assert_eq!((started.mode & 0o111, started.bytes.as_slice()), (0o111, BINARY));
        // As the probes of the manifests ask for it: by its name.
        let path = run.env().as_ref().unwrap().iter().find_map(|one| one.strip_prefix("PATH=")).unwrap();
        assert_eq!(format!("{path}/{}", program.package()), *start);

        let work = run.working_dir().as_ref().unwrap();
        let work = entries.iter().find(|entry| format!("/{}", entry.path) == format!("{work}/")).unwrap();
        assert_eq!((work.mode, work.owner.to_string().as_str()), (0o700, user), "the volume that is mounted there becomes the user's");
        let passwd = entries.iter().find(|entry| entry.path == "etc/passwd").unwrap();
        assert!(String::from_utf8_lossy(&passwd.bytes).contains(&format!(":{user}:{group}:")));
    }
}

#[test]
fn layers_unpack_to_what_the_configuration_says_they_are() {
    let layout = Layout::of(&image(Program::Executor, BINARY, &origin()).unwrap());
    let (manifest, configuration) = (layout.manifest(), layout.configuration());
    let unpacked: Vec<String> = manifest.layers().iter().map(|layer| layer::digest(&layout.unpacked(layer))).collect();
    assert_eq!(&unpacked, configuration.rootfs().diff_ids());
    assert_eq!(configuration.history().as_ref().unwrap().len(), unpacked.len());
}

#[test]
fn the_first_layer_is_shared() {
    let first = |program| Layout::of(&image(program, BINARY, &origin()).unwrap()).manifest().layers()[0].digest().clone();
    assert_eq!(first(Program::Observer), first(Program::Platform));
}

#[test]
fn what_is_known_of_the_commit_is_said_and_what_is_not_is_left_out() {
    let said = |origin: &Origin| {
        let layout = Layout::of(&image(Program::Platform, BINARY, origin).unwrap());
        let annotations = layout.manifest().annotations().clone().unwrap();
        assert_eq!(layout.configuration().config().as_ref().unwrap().labels().as_ref(), Some(&annotations));
        let ordered: BTreeMap<String, String> = annotations.into_iter().collect();
        ordered
            .into_iter()
            .map(|(key, value)| format!("{} {value}", key.trim_start_matches("org.opencontainers.image.")))
            .collect::<Vec<_>>()
    };
    let known = [
        "created 2026-11-01T12:00:00Z",
        "description AI operations for Kubernetes: nothing changes without a person's assent",
        "licenses Apache-2.0",
        "revision 0123456789abcdef0123456789abcdef01234567",
        "source https://git.example/assent",
        "title assent",
        "version 0.1.0",
    ];
    assert_eq!(said(&origin()), known);
    let unknown = said(&Origin { source: None, revision: None, created: None, ..origin() });
    assert_eq!(unknown, [known[1], known[2], known[5], known[6]]);
}

#[test]
fn the_index_names_the_image_as_each_reader_wants_it() {
    let image = image(Program::Observer, BINARY, &origin()).unwrap();
    assert_eq!((image.name.as_str(), image.file_name().as_str()), ("assent-observer:trial", "assent-observer-trial-amd64.tar"));
    let index = Layout::of(&image).index();
    let [descriptor] = index.manifests().as_slice() else { panic!("one image") };
    assert_eq!(descriptor.digest().to_string(), image.digest);
    let names = descriptor.annotations().clone().unwrap();
    assert_eq!(names["org.opencontainers.image.ref.name"], "assent-observer:trial");
    assert_eq!(names["io.containerd.image.name"], "docker.io/library/assent-observer:trial");
}

fn origin() -> Origin {
    Origin {
        version: "0.1.0".to_owned(),
        tag: "trial".to_owned(),
        licence: "Apache-2.0".to_owned(),
        source: Some("https://git.example/assent".to_owned()),
        revision: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        created: Some("2026-11-01T12:00:00Z".to_owned()),
    }
}

/// An archive, read back.
struct Layout {
    files: BTreeMap<String, Vec<u8>>,
}

/// One entry of a layer.
struct Entry {
    path: String,
    mode: u32,
    owner: u64,
    bytes: Vec<u8>,
    /// Mode, owner and path, for people.
    line: String,
}

impl Layout {
    fn of(image: &Image) -> Self {
        let entries = read(&image.archive);
        let (count, files) = (entries.len(), entries.into_iter().map(|entry| (entry.path, entry.bytes)).collect::<BTreeMap<_, _>>());
        assert_eq!(files.len(), count, "no path stands in the archive twice");
        Self { files }
    }

    fn index(&self) -> ImageIndex {
        ImageIndex::from_reader(self.files["index.json"].as_slice()).unwrap()
    }

    fn blob(&self, descriptor: &Descriptor) -> &[u8] {
        &self.files[&format!("blobs/sha256/{}", descriptor.digest().digest())]
    }

    fn manifest(&self) -> ImageManifest {
        ImageManifest::from_reader(self.blob(&self.index().manifests()[0])).unwrap()
    }

    fn configuration(&self) -> ImageConfiguration {
        ImageConfiguration::from_reader(self.blob(self.manifest().config())).unwrap()
    }

    fn unpacked(&self, layer: &Descriptor) -> Vec<u8> {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(self.blob(layer)).read_to_end(&mut plain).unwrap();
        plain
    }

    /// All entries of all layers, in their order; a folder that is in both is shown once.
    fn entries(&self) -> Vec<Entry> {
        let manifest = self.manifest();
        let mut all: Vec<Entry> = manifest.layers().iter().flat_map(|layer| read(&self.unpacked(layer))).collect();
        all.dedup_by(|one, other| one.line == other.line);
        all
    }
}

/// Every entry of an archive, of which each must be an ordinary file or folder without a time or a name.
fn read(archive: &[u8]) -> Vec<Entry> {
    let mut archive = tar::Archive::new(archive);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let header = entry.header().clone();
        assert!(matches!(header.entry_type(), EntryType::Regular | EntryType::Directory));
        assert_eq!((header.mtime().unwrap(), header.username_bytes(), header.groupname_bytes()), (0, Some(&b""[..]), Some(&b""[..])));
        assert_eq!(header.uid().unwrap(), header.gid().unwrap());
        let (path, mode, owner) = (entry.path().unwrap().to_str().unwrap().to_owned(), header.mode().unwrap(), header.uid().unwrap());
        assert_eq!(path.ends_with('/'), header.entry_type() == EntryType::Directory);
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        Entry { line: format!("{mode:04o} {owner:5} {path}"), path, mode, owner, bytes }
    });
    entries.collect()
}
