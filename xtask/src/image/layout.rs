//! An image as an OCI layout in one archive: two layers, a configuration, a manifest, and the index that names it.
//!
//! The first layer is the same for all programs (authorities and user), so a registry and a node keep it once; the second is the program.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Map, Value, json};
use tar::EntryType;

use super::compile::ARCHITECTURE;
use super::layer::{self, Layer, Tree, USER};
use super::program::{FOLDER, Program};
use super::roots;

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// What an image says about where it comes from.
#[derive(Debug, Clone, Default)]
pub(super) struct Origin {
    pub(super) version: String,
    pub(super) tag: String,
    pub(super) licence: String,
    pub(super) source: Option<String>,
    pub(super) revision: Option<String>,
    /// The commit's time, RFC 3339.
    pub(super) created: Option<String>,
}

/// An image, built.
#[derive(Debug)]
pub(super) struct Image {
    /// `assent-observer:0.1.0`.
    pub(super) name: String,
    /// The manifest's digest, by which a registry knows the image.
    pub(super) digest: String,
    /// The layout, as a tar archive.
    pub(super) archive: Vec<u8>,
}

impl Image {
    pub(super) fn file_name(&self) -> String {
        format!("{}-{ARCHITECTURE}.tar", self.name.replace(':', "-"))
    }
}

/// Builds the image of a program from its binary.
pub(super) fn image(program: Program, binary: &[u8], origin: &Origin) -> Result<Image> {
    let mut system = Tree::default();
    system
        .file(roots::PATH, roots::pem())
        .file("etc/group", format!("assent:x:{USER}:\n"))
        .file("etc/passwd", format!("assent:x:{USER}:{USER}:Assent:/nonexistent:/sbin/nologin\n"));
    let mut own = Tree::default();
    own.program(&format!("{FOLDER}/{}", program.package()), binary).own_folder(program.state());
    let layers = [system.pack()?, own.pack()?];

    let mut blobs = Blobs::default();
    let annotations = annotations(program, origin);
    let config = blobs.keep_json(CONFIG, &config(program, origin, &annotations, &layers));
    let layers: Vec<Value> = layers.into_iter().map(|layer| blobs.keep(LAYER, layer.bytes)).collect();
    let manifest =
        json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers, "annotations": annotations.clone()});
    let mut descriptor = blobs.keep_json(MANIFEST, &manifest);

    let name = format!("{}:{}", program.package(), origin.tag);
    let digest = descriptor.get("digest").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(fields) = descriptor.as_object_mut() {
        fields.insert("platform".to_owned(), json!({"architecture": ARCHITECTURE, "os": "linux"}));
        // The first is how skopeo and podman find a name, the second how containerd and kind do.
        let names = json!({"org.opencontainers.image.ref.name": name, "io.containerd.image.name": format!("docker.io/library/{name}")});
        fields.insert("annotations".to_owned(), names);
    }
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor]});
    Ok(Image { name, digest, archive: blobs.archive(&index)? })
}

/// What every part of the image says of it.
fn annotations(program: Program, origin: &Origin) -> Map<String, Value> {
    let all = [
        ("created", origin.created.as_deref()),
        ("description", Some(program.description())),
        ("licenses", Some(&*origin.licence)),
        ("revision", origin.revision.as_deref()),
        ("source", origin.source.as_deref()),
        ("title", Some(program.package())),
        ("version", Some(&*origin.version)),
    ];
    let known = all.into_iter().filter_map(|(key, value)| Some((key, value?)));
    known.map(|(key, value)| (format!("org.opencontainers.image.{key}"), value.into())).collect()
}

fn config(program: Program, origin: &Origin, labels: &Map<String, Value>, layers: &[Layer]) -> Value {
    let mut variables = vec![format!("PATH=/{FOLDER}")];
    variables.extend(program.variables().iter().map(|variable| (*variable).to_owned()));
    let mut run = json!({
        "User": format!("{USER}:{USER}"),
        "Env": variables,
        "Entrypoint": [format!("/{FOLDER}/{}", program.package())],
        "Cmd": [program.command()],
        // SQLite puts what it sorts beside it where there is no /tmp.
        "WorkingDir": format!("/{}", program.state()),
        "Labels": labels,
        "StopSignal": "SIGTERM",
    });
    if let (Some(port), Some(fields)) = (program.port(), run.as_object_mut()) {
        let mut ports = Map::new();
        ports.insert(format!("{port}/tcp"), json!({}));
        fields.insert("ExposedPorts".to_owned(), ports.into());
    }
    let diff_ids: Vec<&str> = layers.iter().map(|layer| &*layer.diff_id).collect();
    let history = ["authorities and user", program.package()].map(|what| step(what, origin));
    let mut config = json!({
        "architecture": ARCHITECTURE,
        "os": "linux",
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": history,
    });
    if let (Some(created), Some(fields)) = (&origin.created, config.as_object_mut()) {
        fields.insert("created".to_owned(), created.as_str().into());
    }
    config
}

fn step(what: &str, origin: &Origin) -> Value {
    let mut step = json!({"created_by": "cargo xtask image", "comment": what});
    if let (Some(created), Some(fields)) = (&origin.created, step.as_object_mut()) {
        fields.insert("created".to_owned(), created.as_str().into());
    }
    step
}

/// What the layout keeps under its digest.
#[derive(Debug, Default)]
struct Blobs(BTreeMap<String, Vec<u8>>);

impl Blobs {
    /// Keeps bytes, and gives the descriptor that others name them by.
    fn keep(&mut self, media_type: &str, bytes: Vec<u8>) -> Value {
        let digest = layer::digest(&bytes);
        let descriptor = json!({"mediaType": media_type, "digest": digest, "size": bytes.len()});
        self.0.insert(digest, bytes);
        descriptor
    }

    fn keep_json(&mut self, media_type: &str, value: &Value) -> Value {
        self.keep(media_type, value.to_string().into_bytes())
    }

    fn archive(&self, index: &Value) -> Result<Vec<u8>> {
        let mut archive = tar::Builder::new(Vec::new());
        let (file, folder) = ((0, 0o644), (0, 0o755));
        for path in ["blobs/", "blobs/sha256/"] {
            layer::append(&mut archive, path, EntryType::Directory, folder, &[])?;
        }
        for (digest, bytes) in &self.0 {
            let path = format!("blobs/{}", digest.replace(':', "/"));
            layer::append(&mut archive, &path, EntryType::Regular, file, bytes)?;
        }
        layer::append(&mut archive, "index.json", EntryType::Regular, file, index.to_string().as_bytes())?;
        let version = json!({"imageLayoutVersion": "1.0.0"}).to_string();
        layer::append(&mut archive, "oci-layout", EntryType::Regular, file, version.as_bytes())?;
        Ok(archive.into_inner()?)
    }
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
