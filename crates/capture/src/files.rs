//! Files of a dump, a bundle or a folder: what each is, by its path and its first bytes, and who reads it.
//!
//! One [`Intake`] reads one input, file by file, in any order, from any reader; the limits hold over all of them together.
//! Errors: a file that cannot be read becomes a problem, and the next one is read.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use assent_base::{Kind, ObjectRef};

use crate::layout::{LogPlace, ObjectPlace, Place, UNKNOWN_LOG_KIND, place};
use crate::limits::{Limits, Meter};
use crate::set::{CaptureSet, Hint, Origin, Output};
use crate::source::{Source, SourceId};
use crate::values::{About, Format};
use crate::{archive, json, kubectl, logs, saved, transcript, values};

/// How much of a file is looked at to tell what it is. A text of no known form that is larger is read as a log.
const HEAD_BYTES: usize = 64 * 1024;
/// How much of what a collector reports is repeated.
const REPORTED_BYTES_MAX: usize = 400;

/// Reads the files of one input.
pub struct Intake<'a> {
    /// What was read so far.
    pub(crate) set: &'a mut CaptureSet,
    pub(crate) limits: &'a Limits,
    bytes: u64,
    files: u64,
    /// Files that hold nothing that is looked at.
    passed_over: u64,
    problems_withheld: u64,
    full: bool,
}

/// Reads one file as an input of its own: `-` for what comes on standard input.
pub fn read_file(set: &mut CaptureSet, path: &str, from: impl Read, limits: &Limits) {
    let mut intake = Intake::new(set, limits);
    intake.file(path, from);
    intake.finish();
}

impl<'a> Intake<'a> {
    /// Begins an input.
    pub fn new(set: &'a mut CaptureSet, limits: &'a Limits) -> Self {
        Self { set, limits, bytes: 0, files: 0, passed_over: 0, problems_withheld: 0, full: false }
    }

    /// Reads one file. `path` is the path inside the input.
    pub fn file(&mut self, path: &str, mut from: impl Read) {
        self.entry(path, &mut from, 0);
    }

    /// Ends the input: settles what only all files together tell. Returns how many files held nothing that is looked at.
    pub fn finish(self) -> u64 {
        if self.problems_withheld > 0 {
            let what = format!("{} more problems like these are not listed", self.problems_withheld);
            self.set.problem("input", what);
        }
        settle_logs(self.set);
        self.passed_over
    }

    /// Notes a problem with one file, within the limit.
    pub(crate) fn problem(&mut self, path: &str, what: impl Into<Box<str>>) {
        if self.set.problems.len() < self.limits.problems_max {
            self.set.problem(path, what);
        } else {
            self.problems_withheld += 1;
        }
    }

    /// Reads a file that stands in this many archives.
    pub(crate) fn entry(&mut self, path: &str, from: &mut dyn Read, nesting: u32) {
        self.files += 1;
        if self.files > self.limits.files_max || self.bytes >= self.limits.input_bytes_max {
            if !std::mem::replace(&mut self.full, true) {
                let (files, bytes) = (self.limits.files_max, self.limits.input_bytes_max);
                self.set
                    .problem(path, format!("this file and all after it are not read: the limit is {files} files and {bytes} bytes in all"));
            }
            return;
        }
        if path.len() > self.limits.path_bytes_max {
            let start = path.get(..path.floor_char_boundary(80)).unwrap_or_default().to_owned();
            return self.problem(&start, format!("not read: its path is longer than {} bytes", self.limits.path_bytes_max));
        }
        let mut meter = Meter::new(from, self.limits.input_bytes_max - self.bytes);
        self.metered(path, &mut meter, nesting);
        self.bytes += meter.bytes;
    }

    fn metered(&mut self, path: &str, from: &mut Meter<&mut dyn Read>, nesting: u32) {
        let mut head = Vec::new();
        if let Err(error) = from.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head) {
            self.problem(path, format!("breaks off after {} bytes: {error}", head.len()));
        }
        if let Some(packing) = archive::packing(&head) {
            let path = if path == "-" { "" } else { path };
            return archive::unpack(self, path, packing, &mut head.chain(from), nesting + 1);
        }
        if path == saved::FILE_NAME {
            if let Some(text) = self.whole(path, head.chain(from)) {
                saved::read(self.set, path, &text);
            }
            return;
        }
        match place(path) {
            Place::Log(log) => self.log(path, &log, head.chain(from)),
            Place::Nothing => self.passed_over += 1,
            Place::CollectorErrors => {
                if let Some(text) = self.whole(path, head.chain(from)) {
                    self.collector_errors(path, &text);
                }
            }
            Place::Objects(objects) => self.objects(path, &objects, &head, from),
        }
    }

    fn log(&mut self, path: &str, log: &LogPlace, from: impl Read) {
        logs::read(self.set, path, from, &log.of, log.container.as_deref(), log.previous);
    }

    fn unknown_log(&mut self, path: &str, from: impl Read) {
        logs::read(self.set, path, from, &ObjectRef::new(Kind::Other(UNKNOWN_LOG_KIND.into()), None, path), None, false);
    }

    /// Reads a file as one text; none, with a problem, when it is too large for that.
    fn whole(&mut self, path: &str, from: impl Read) -> Option<String> {
        let mut bytes = Vec::new();
        if let Err(error) = from.take(self.limits.structured_bytes_max + 1).read_to_end(&mut bytes) {
            self.problem(path, format!("breaks off after {} bytes: {error}", bytes.len()));
        }
        if bytes.len() as u64 > self.limits.structured_bytes_max {
            let what = format!("not read: larger than {} bytes, the limit for one file that is no log", self.limits.structured_bytes_max);
            self.problem(path, what);
            return None;
        }
        Some(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    fn objects(&mut self, path: &str, objects: &ObjectPlace, head: &[u8], from: &mut Meter<&mut dyn Read>) {
        let shown = String::from_utf8_lossy(head);
        if head.contains(&0) {
            self.passed_over += 1;
            return;
        }
        let format = values::sniff(&shown).or_else(|| yaml_by_name(path));
        if format == Some(Format::Json) && is_json_log(&shown) {
            return self.unknown_log(path, head.chain(from));
        }
        let structured = format.is_some() || kubectl::looks_printed(&shown) || transcript::is_transcript(&shown);
        let small = head.len() < HEAD_BYTES;
        if !structured && (path == "-" || !small) {
            return self.unknown_log(path, head.chain(from));
        }
        drop(shown);
        let Some(text) = self.whole(path, head.chain(from)) else { return };
        if text.trim().is_empty() {
            self.passed_over += 1;
            return;
        }
        let len = text.len();
        let source = self.set.add_source(Source::whole(path, text.into_boxed_str()));
        match format {
            Some(format) => self.values(path, source, len, format, objects),
            None => self.text(path, source, len, objects),
        }
    }

    fn values(&mut self, path: &str, source: SourceId, len: usize, format: Format, objects: &ObjectPlace) {
        let hint = Hint { kind: objects.kind.clone(), namespace: objects.namespace.clone(), complete: objects.whole };
        let about = About {
            infer_whole: !objects.whole && objects.kind.is_some(),
            hint,
            origin: objects.whole.then_some(Origin::Full),
            ..About::default()
        };
        let before = self.set.listed.len();
        let outcome = values::read(self.set, source, 0..len, format, &about);
        if let Some(error) = outcome.error {
            let read =
                if outcome.admitted > 0 { format!("read only in part ({} objects)", outcome.admitted) } else { "not read".to_owned() };
            return self.problem(path, format!("{read}: {error}"));
        }
        if outcome.admitted == 0 && self.set.listed.len() == before {
            self.passed_over += 1;
            // Nothing points into it, so nothing can quote it.
            if let Some(kept) = self.set.sources.get_mut(source.0 as usize) {
                *kept = Source::whole(path, Box::default());
            }
        }
    }

    fn text(&mut self, path: &str, source: SourceId, len: usize, objects: &ObjectPlace) {
        let text = self.set.source(source).map(Source::text).unwrap_or_default();
        if transcript::is_transcript(text) {
            return transcript::read(self.set, source);
        }
        if kubectl::looks_printed(text) && kubectl::read(self.set, source, 0..len, objects.kind.clone(), objects.namespace.as_deref()) > 0 {
            return;
        }
        self.set.outputs.push(Output { command: path.into(), source, start: 0, len: len as u64 });
    }

    /// What a collector says that it could not collect: a list of texts, or null.
    fn collector_errors(&mut self, path: &str, text: &str) {
        let node = json::parse(text, 0).ok();
        if text.trim().is_empty() || node.as_ref().is_some_and(values::is_empty_value) {
            return;
        }
        let reported: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let end = reported.floor_char_boundary(REPORTED_BYTES_MAX);
        self.problem(path, format!("the collector reports: {}", reported.get(..end).unwrap_or_default()));
    }
}

fn yaml_by_name(path: &str) -> Option<Format> {
    (path.ends_with(".yaml") || path.ends_with(".yml")).then_some(Format::Yaml)
}

/// Whether a text is lines of JSON that are no objects, as programs log them.
fn is_json_log(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return false };
    let is_map = |line: &str| line.starts_with('{') && line.trim_end().ends_with('}');
    let is_object = ["\"kind\"", "\"items\"", "\"metric\"", "\"resultType\""].iter().any(|key| first.contains(key));
    is_map(first) && second.starts_with('{') && !is_object && json::parse(first, 0).is_ok()
}

/// Bundles hold some logs twice, the second time without the namespace: drops those, and finds the namespace of the others.
fn settle_logs(set: &mut CaptureSet) {
    let key = |of: &ObjectRef, container: &Option<Box<str>>, previous: bool| (of.name.clone(), container.clone(), previous);
    let known: BTreeSet<_> = set
        .logs
        .iter()
        .filter(|log| log.of.kind == Kind::Pod && log.of.namespace.is_some())
        .map(|log| key(&log.of, &log.container, log.previous))
        .collect();
    let nowhere = |of: &ObjectRef| of.kind == Kind::Pod && of.namespace.is_none();
    let mut dropped = BTreeSet::new();
    set.logs.retain(|log| {
        let twice = nowhere(&log.of) && known.contains(&key(&log.of, &log.container, log.previous));
        if twice {
            dropped.insert(log.source);
        }
        !twice
    });
    let used: BTreeSet<SourceId> = set.logs.iter().map(|log| log.source).collect();
    for id in dropped.difference(&used) {
        if let Some(source) = set.sources.get_mut(id.0 as usize).filter(|source| source.sections.is_empty()) {
            *source = Source::whole(&source.name, Box::default());
        }
    }
    let mut homes: BTreeMap<Box<str>, Option<Box<str>>> = BTreeMap::new();
    for object in set.objects.iter().filter(|object| object.reference.kind == Kind::Pod) {
        let own = &object.reference.namespace;
        homes
            .entry(object.reference.name.clone())
            .and_modify(|home| *home = home.take().filter(|_| home == own))
            .or_insert_with(|| own.clone());
    }
    for log in set.logs.iter_mut().filter(|log| nowhere(&log.of)) {
        log.of.namespace = homes.get(&log.of.name).cloned().flatten();
    }
}
