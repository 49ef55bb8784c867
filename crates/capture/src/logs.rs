//! Container logs: of any size, read once, in bounded memory.
//!
//! A log of a gigabyte has a few hundred lines worth quoting. Kept are the first [`LOG_HEAD_LINES`], the last [`LOG_TAIL_LINES`], and
//! one run for each kind of line that may be a complaint: lines that are alike once their figures and ids are masked. So
//! `dial tcp 10.0.0.7:5432: connection refused`, printed 40,000 times, is one run with its count and its last occurrence.
//!
//! Units: offsets are bytes of the text after invalid UTF-8 was replaced; lines count from 1.
//! Errors: a log that breaks off is kept up to there, and becomes a problem.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hasher};
use std::io::{ErrorKind, Read};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use assent_base::{Kind, ObjectRef};

use crate::set::{CaptureSet, LogLine, LogStream};
use crate::source::{QUOTE_BYTES_MAX, Source, SourceId};
use crate::stamp;

/// A log up to this size is kept whole.
pub const LOG_WHOLE_BYTES_MAX: usize = 256 * 1024;
/// The first lines of a log that are kept, whatever they say.
pub const LOG_HEAD_LINES: usize = 20;
/// The last lines of a log that are kept, whatever they say.
pub const LOG_TAIL_LINES: usize = 100;
/// Kinds of complaint that are kept. Half of the places are for the first that are seen, half for the latest.
pub const LOG_RUNS_MAX: usize = 300;
/// Of a longer line only this much is looked at.
pub const LOG_LINE_BYTES_MAX: usize = 4096;
/// Containers whose lines one text may mix, as `kubectl logs --prefix` does.
pub const LOG_STREAMS_MAX: usize = 256;

const CHUNK_BYTES: usize = 64 * 1024;

/// Words of lines that say that something is wrong.
const STRONG: &[&str] = &[
    "error",
    "fail",
    "fatal",
    "panic",
    "exception",
    "refused",
    "denied",
    "timeout",
    "timed out",
    "time-out",
    "unable",
    "cannot",
    "can't",
    "could not",
    "couldn't",
    "not found",
    "notfound",
    "no such",
    "killed",
    "out of memory",
    "outofmemory",
    "oom",
    "invalid",
    "unavailable",
    "missing",
    "required",
    "undefined",
    "unauthorized",
    "forbidden",
    "not permitted",
    "not allowed",
    "x509",
    "certificate",
    "expired",
    "traceback",
    "caused by",
    "segfault",
    "segmentation",
    "signal",
    "sigterm",
    "sigkill",
    "abort",
    "evict",
    "corrupt",
    "read-only",
    "readonly",
    "no space",
    "disk full",
    "too many",
    "deadlock",
    "unreachable",
    "no route",
    "reset by peer",
    "broken pipe",
    "eof",
    "usage:",
    "usage of",
    "not set",
    "must be",
    "must set",
    "unknown",
    "unrecognized",
    "unsupported",
    "unexpected",
    "exceed",
    "insufficient",
    "already in use",
    "address in use",
    "eaddrinuse",
    "econn",
    "enotfound",
    "enoent",
    "eacces",
    "etimedout",
    "permission",
    "no host",
    "lookup",
    "crash",
    "critical",
    "emerg",
    "assert",
    "violat",
    "reject",
    "mismatch",
    "authentication",
    "not ready",
    "unhealthy",
    "exit code",
    "exited",
    "exit status",
    "terminated",
    "stack overflow",
    "no leader",
    "does not exist",
    "doesn't exist",
    "is not a",
    "not available",
    "bad gateway",
    "gateway time",
    "service unavailable",
    "unhandled",
];
/// Words of lines that may explain something, but are printed by what is well, too.
const WEAK: &[&str] = &[
    "warn",
    "slow",
    "took",
    "duration",
    "latency",
    "elapsed",
    "retry",
    "retries",
    "throttl",
    "deprecat",
    "shutting down",
    "stopp",
    "lost",
    "drop",
    "disconnect",
    "backoff",
    "back-off",
    "pending",
    "degraded",
    "\" 5",
    " 50",
];

#[expect(clippy::expect_used, reason = "the words are constants, and few")]
static COMPLAINTS: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(STRONG.iter().chain(WEAK)).expect("constant words build"));

/// Reads a log as it comes. `of` is the pod, or what was asked for; lines that name their pod themselves get streams of their own.
pub fn read(set: &mut CaptureSet, name: &str, mut from: impl Read, of: &ObjectRef, container: Option<&str>, previous: bool) {
    let mut reader = Streaming::default();
    if let Err(error) = reader.read(&mut from) {
        set.problem(name, format!("the log breaks off after {} bytes: {error}", reader.offset));
    }
    let Streaming { scanner, whole, .. } = reader;
    let streams = scanner.finish();
    let source = match whole {
        Some(text) => Source::whole(name, text.into_boxed_str()),
        None => {
            let mut source = Source::pieces(name);
            for line in streams.iter().flat_map(|(_, stream)| &stream.lines) {
                source.keep(line.start, line.number, &line.words);
            }
            source
        }
    };
    let source = set.add_source(source);
    admit(set, source, streams, &Of { object: of, container, previous });
}

/// Reads a log that is a part of a source that is kept anyway.
pub fn read_within(
    set: &mut CaptureSet,
    source: SourceId,
    start: usize,
    len: usize,
    of: &ObjectRef,
    container: Option<&str>,
    previous: bool,
) {
    let mut scanner = Scanner::default();
    let text = set.source(source).and_then(|source| source.text().get(start..start.checked_add(len)?)).unwrap_or_default();
    let mut offset = start as u64;
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        scanner.line(offset, number, cut(line.trim_end_matches(['\n', '\r']), LOG_LINE_BYTES_MAX));
        offset += line.len() as u64;
    }
    admit(set, source, scanner.finish(), &Of { object: of, container, previous });
}

struct Of<'a> {
    object: &'a ObjectRef,
    container: Option<&'a str>,
    previous: bool,
}

type Named = (Option<(Box<str>, Box<str>)>, Finished);

fn admit(set: &mut CaptureSet, source: SourceId, streams: Vec<Named>, of: &Of<'_>) {
    for (own, stream) in streams {
        let (object, container) = match own {
            Some((pod, container)) => (of.object.beside(Kind::Pod, &pod), Some(container)),
            None => (of.object.clone(), of.container.map(Into::into)),
        };
        let lines = stream.lines.iter().map(|line| LogLine {
            start: line.start,
            len: u32::try_from(line.words.len()).unwrap_or(0),
            time: stamp::of_line(&line.words),
            count: line.count,
            line: line.number,
        });
        let lines = lines.collect();
        set.logs.push(LogStream { of: object, container, previous: of.previous, source, lines, lines_total: stream.lines_total });
    }
}

/// Bytes to replaced text to lines.
#[derive(Default)]
struct Streaming {
    scanner: Scanner,
    /// All of the text, for as long as it is small.
    whole: Option<String>,
    begun: bool,
    /// The head of the line that the chunk before broke.
    pending: String,
    pending_open: bool,
    /// Offset of the text seen so far.
    offset: u64,
    line_start: u64,
    lines: u64,
}

impl Streaming {
    fn read(&mut self, from: &mut impl Read) -> std::io::Result<()> {
        if !self.begun {
            (self.begun, self.whole) = (true, Some(String::new()));
        }
        let mut buffer = vec![0; CHUNK_BYTES];
        let mut carried = 0;
        let end = loop {
            let room = buffer.get_mut(carried..).unwrap_or_default();
            let got = match from.read(room) {
                Ok(0) => break Ok(()),
                Ok(got) => got,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => break Err(error),
            };
            let filled = carried + got;
            let bytes = buffer.get(..filled).unwrap_or_default();
            let complete = filled - unfinished(bytes);
            self.text(&String::from_utf8_lossy(bytes.get(..complete).unwrap_or_default()));
            buffer.copy_within(complete..filled, 0);
            carried = filled - complete;
        };
        self.text(&String::from_utf8_lossy(buffer.get(..carried).unwrap_or_default()));
        self.end_line("");
        end
    }

    fn text(&mut self, text: &str) {
        match &mut self.whole {
            Some(whole) if whole.len() + text.len() <= LOG_WHOLE_BYTES_MAX => whole.push_str(text),
            whole => *whole = None,
        }
        let mut rest = text;
        while let Some(at) = memchr::memchr(b'\n', rest.as_bytes()) {
            let (line, after) = (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default());
            self.pending_open = true;
            self.end_line(line);
            self.offset += at as u64 + 1;
            self.line_start = self.offset;
            rest = after;
        }
        if !rest.is_empty() {
            let room = LOG_LINE_BYTES_MAX.saturating_sub(self.pending.len());
            self.pending.push_str(cut(rest, room));
            self.pending_open = true;
            self.offset += rest.len() as u64;
        }
    }

    fn end_line(&mut self, tail: &str) {
        if !std::mem::take(&mut self.pending_open) {
            return;
        }
        self.lines += 1;
        if self.pending.is_empty() {
            self.scanner.line(self.line_start, self.lines, cut(tail, LOG_LINE_BYTES_MAX).trim_end_matches('\r'));
        } else {
            let room = LOG_LINE_BYTES_MAX.saturating_sub(self.pending.len());
            self.pending.push_str(cut(tail, room));
            self.scanner.line(self.line_start, self.lines, self.pending.trim_end_matches('\r'));
            self.pending.clear();
        }
    }
}

/// How many bytes at the end begin a character that is not finished.
fn unfinished(bytes: &[u8]) -> usize {
    (1..=bytes.len().min(3))
        .find(|back| {
            let tail = bytes.get(bytes.len() - back..).unwrap_or_default();
            matches!(std::str::from_utf8(tail), Err(error) if error.valid_up_to() == 0 && error.error_len().is_none())
        })
        .unwrap_or(0)
}

/// The first bytes of a text, cut at a character boundary.
fn cut(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or(text)
}

/// Sorts lines to the containers that wrote them.
#[derive(Default)]
struct Scanner {
    plain: Stream,
    prefixed: BTreeMap<(Box<str>, Box<str>), Stream>,
}

impl Scanner {
    fn line(&mut self, start: u64, number: u64, line: &str) {
        let Some((pod, container, rest)) = prefix(line) else { return self.plain.line(start, number, line) };
        let key = (Box::from(pod), Box::from(container));
        if self.prefixed.len() >= LOG_STREAMS_MAX && !self.prefixed.contains_key(&key) {
            return self.plain.line(start, number, line);
        }
        let offset = start + (line.len() - rest.len()) as u64;
        self.prefixed.entry(key).or_default().line(offset, number, rest);
    }

    fn finish(self) -> Vec<Named> {
        let plain = (self.plain.lines_total > 0 || self.prefixed.is_empty()).then(|| (None, self.plain.finish()));
        plain.into_iter().chain(self.prefixed.into_iter().map(|(key, stream)| (Some(key), stream.finish()))).collect()
    }
}

/// Splits `[pod/NAME/CONTAINER] line`.
fn prefix(line: &str) -> Option<(&str, &str, &str)> {
    let (names, rest) = line.strip_prefix("[pod/")?.split_once(']')?;
    let (pod, container) = names.split_once('/')?;
    Some((pod, container, rest.strip_prefix(' ').unwrap_or(rest)))
}

/// The lines of one container.
#[derive(Default)]
struct Stream {
    lines_total: u64,
    head: Vec<Line>,
    tail: VecDeque<Line>,
    runs: BTreeMap<u64, Run>,
    within: Within,
}

struct Finished {
    lines_total: u64,
    lines: Vec<Line>,
}

#[derive(Clone)]
struct Line {
    start: u64,
    number: u64,
    count: u64,
    words: String,
}

struct Run {
    strong: bool,
    /// The position of the run's kind among all kinds seen; the first ones are never pushed out.
    seniority: usize,
    line: Line,
}

/// What kind of stack trace the lines before opened.
#[derive(Default, Clone, Copy, PartialEq)]
enum Within {
    #[default]
    Nothing,
    /// Python: indented lines are frames, and the next other line names the exception.
    Traceback,
    /// Go: all lines up to an empty one are frames.
    Goroutine,
}

impl Stream {
    fn line(&mut self, start: u64, number: u64, line: &str) {
        self.lines_total += 1;
        let words = cut(line, QUOTE_BYTES_MAX);
        if self.head.len() < LOG_HEAD_LINES {
            self.head.push(Line { start, number, count: 1, words: words.to_owned() });
        } else {
            let mut kept = match self.tail.len() {
                LOG_TAIL_LINES.. => self.tail.pop_front(),
                _ => None,
            }
            .unwrap_or(Line { start, number, count: 1, words: String::new() });
            (kept.start, kept.number) = (start, number);
            kept.words.clear();
            kept.words.push_str(words);
            self.tail.push_back(kept);
        }
        if let Some(strong) = self.complaint(line) {
            self.run(start, number, line, words, strong);
        }
    }

    /// Whether a line may be a complaint: none, or whether a strong one.
    fn complaint(&mut self, line: &str) -> Option<bool> {
        let said = message(line);
        let indented = said.starts_with([' ', '\t']);
        let word = said.trim_start();
        if self.within == Within::Goroutine {
            if !word.is_empty() {
                return None;
            }
            self.within = Within::Nothing;
        }
        if self.within == Within::Traceback {
            if indented || word.is_empty() {
                return None;
            }
            self.within = Within::Nothing;
            return Some(true);
        }
        if word.starts_with("goroutine ") && word.ends_with("]:") {
            self.within = Within::Goroutine;
            return None;
        }
        if word.starts_with("Traceback (most recent call last)") {
            self.within = Within::Traceback;
            return None;
        }
        let frame = indented && (word.starts_with("at ") || word.starts_with("File \"") || word.starts_with("... "));
        if frame {
            return None;
        }
        let mut found = None;
        for hit in COMPLAINTS.find_iter(line) {
            let strong = hit.pattern().as_usize() < STRONG.len();
            found = Some(strong);
            if strong {
                break;
            }
        }
        found
    }

    fn run(&mut self, start: u64, number: u64, line: &str, words: &str, strong: bool) {
        let template = template(cut(line, QUOTE_BYTES_MAX));
        if let Some(run) = self.runs.get_mut(&template) {
            run.line.count += 1;
            (run.line.start, run.line.number) = (start, number);
            run.line.words.clear();
            run.line.words.push_str(words);
            return;
        }
        let seniority = if self.runs.len() < LOG_RUNS_MAX { self.runs.len() } else { LOG_RUNS_MAX };
        if self.runs.len() >= LOG_RUNS_MAX {
            let leaves =
                self.runs.iter().filter(|(_, run)| (strong && !run.strong) || (strong == run.strong && run.seniority >= LOG_RUNS_MAX / 2));
            let Some(leaves) = leaves.min_by_key(|(_, run)| (run.strong, run.line.start)).map(|(template, _)| *template) else { return };
            self.runs.remove(&leaves);
        }
        self.runs.insert(template, Run { strong, seniority, line: Line { start, number, count: 1, words: words.to_owned() } });
    }

    /// All kept lines in order. A line that is both the last of a run and among the first or last lines stands once, as the run.
    fn finish(self) -> Finished {
        let mut lines: BTreeMap<u64, Line> = self.head.into_iter().chain(self.tail).map(|line| (line.start, line)).collect();
        lines.extend(self.runs.into_values().map(|run| (run.line.start, run.line)));
        Finished { lines_total: self.lines_total, lines: lines.into_values().collect() }
    }
}

/// The line without the time stamp that `kubectl logs --timestamps` or the container runtime puts before it.
fn message(line: &str) -> &str {
    let stamped = line.as_bytes().get(4) == Some(&b'-') && line.as_bytes().get(10) == Some(&b'T');
    let Some((_, rest)) = line.split_once(' ').filter(|_| stamped) else { return line };
    let runtime = ["stdout F ", "stderr F ", "stdout P ", "stderr P "];
    runtime.iter().find_map(|prefix| rest.strip_prefix(prefix)).unwrap_or(rest)
}

/// A digest of the line with its figures and ids masked.
fn template(line: &str) -> u64 {
    let mut digest = DefaultHasher::new();
    let mut masked_before = false;
    let mut rest = line.as_bytes();
    while let Some(first) = rest.first() {
        let word_len = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let (word, after) = rest.split_at(word_len.max(1));
        if word_len == 0 {
            digest.write_u8(*first);
            masked_before = masked_before && *first == b'-';
        } else {
            let digits = word.iter().any(u8::is_ascii_digit);
            let hex = word.iter().all(u8::is_ascii_hexdigit) && word_len >= 4;
            masked_before = (hex && (masked_before || (digits && word_len >= 6))) || word.iter().all(u8::is_ascii_digit);
            if masked_before {
                digest.write_u8(b'#');
            } else {
                let mut number = false;
                for byte in word {
                    if !byte.is_ascii_digit() {
                        digest.write_u8(*byte);
                    } else if !number {
                        digest.write_u8(b'#');
                    }
                    number = byte.is_ascii_digit();
                }
            }
        }
        rest = after;
    }
    digest.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pod() -> ObjectRef {
        ObjectRef::new(Kind::Pod, Some("shop"), "checkout-1")
    }

    fn set_of(log: &[u8]) -> CaptureSet {
        let mut set = CaptureSet::default();
        read(&mut set, "log", log, &pod(), Some("app"), false);
        set
    }

    fn words(set: &CaptureSet, stream: usize) -> Vec<(String, u64)> {
        let stream = &set.logs[stream];
        let source = set.source(stream.source).unwrap();
        stream.lines.iter().map(|line| (source.slice(line.start, line.len).unwrap().to_owned(), line.count)).collect()
    }

    #[test]
    fn a_small_log_is_kept_whole_and_complaints_are_counted() {
        let log: String = (0..50).map(|i| format!("GET /{i} ok\ndial tcp 10.0.0.{i}:5432: connection refused\n")).collect();
        let set = set_of(log.as_bytes());
        assert_eq!(set.sources[0].text(), log);
        assert_eq!(set.logs[0].lines_total, 100);
        let lines = words(&set, 0);
        assert_eq!(lines.iter().filter(|(_, count)| *count == 50).count(), 1);
        assert_eq!(lines.last().unwrap(), &("dial tcp 10.0.0.49:5432: connection refused".to_owned(), 50));
    }

    #[test]
    fn a_large_log_keeps_its_ends_and_one_run_for_each_complaint() {
        let mut log: String = (0..40_000).map(|i| format!("2025-01-02T15:04:05Z request {i} served\n")).collect();
        log.insert_str(log.len() / 2 / 37 * 37, "\n2025-01-02T15:04:06Z no space left on device\n");
        let set = set_of(log.as_bytes());
        assert_eq!(set.sources[0].text(), "");
        let lines = words(&set, 0);
        assert!(lines.len() <= LOG_HEAD_LINES + LOG_TAIL_LINES + 2);
        let at = lines.iter().position(|(line, _)| line.contains("no space")).unwrap();
        let kept = &set.logs[0].lines[at];
        assert_eq!(kept.time, "2025-01-02T15:04:06Z".parse().ok());
        assert_eq!(log.get(kept.start as usize..kept.start as usize + kept.len as usize).unwrap(), lines[at].0);
        assert_eq!(set.sources[0].line_of(kept.start), kept.line);
    }

    #[test]
    fn a_line_of_a_hundred_megabytes_is_read_in_bounded_memory() {
        let long = std::io::repeat(b'x').take(100 << 20);
        let mut set = CaptureSet::default();
        read(&mut set, "log", (&b"first\n"[..]).chain(long).chain(&b"\nlast error\n"[..]), &pod(), None, false);
        let lines = &set.logs[0].lines;
        assert_eq!(lines.iter().map(|line| line.start).collect::<Vec<_>>(), [0, 6, 6 + (100 << 20) + 1]);
        assert_eq!(lines[1].len as usize, QUOTE_BYTES_MAX);
        assert_eq!(words(&set, 0)[2].0, "last error");
    }

    #[test]
    fn complaints_beyond_the_bound_keep_the_first_and_the_latest() {
        let word =
            |i: usize| [i / 26 / 26, i / 26, i].map(|n| char::from(b'g' + u8::try_from(n % 19).unwrap_or(0))).iter().collect::<String>();
        let log: String = (0..9000).map(|i| format!("error of {}{}\n", word(i), word(i / 7))).collect();
        let set = set_of(format!("started\n{log}").as_bytes());
        assert!(set.logs[0].lines.len() <= LOG_HEAD_LINES + LOG_TAIL_LINES + LOG_RUNS_MAX);
        assert!(set.logs[0].lines.len() > LOG_RUNS_MAX);
    }

    #[test]
    fn a_strong_complaint_pushes_out_a_weak_one() {
        let alphabet = "ghijklmnopqrstuvwxyz".chars().collect::<Vec<_>>();
        let mut log: String = (0..400).map(|i| format!("warning {}{}\n", alphabet[i % 20], alphabet[i / 20])).collect();
        log.push_str("disk corrupt\n");
        log.push_str(&"fine\n".repeat(200));
        assert!(words(&set_of(log.as_bytes()), 0).iter().any(|(line, _)| line == "disk corrupt"));
    }

    #[test]
    fn frames_of_a_stack_trace_are_no_complaints_but_what_caused_it_is() {
        let filler = "fine\n".repeat(30);
        let trace = "java.lang.IllegalStateException: x\n\tat a.ErrorHandler.fail(E.java:1)\nCaused by: java.net.ConnectException\n\t... 3 more\n\
            Traceback (most recent call last):\n  File \"error.py\", line 1, in fail\n    raise error\nKaboom: gone\n\
            panic: boom\n\ngoroutine 1 [running]:\nmain.errorHandler()\n\t/app/fail.go:1 +0x1d\n\n";
        let log = format!("{filler}{trace}{}", "fine\n".repeat(200));
        let lines: Vec<String> =
            words(&set_of(log.as_bytes()), 0).into_iter().map(|(line, _)| line).filter(|line| line != "fine").collect();
        let expected = ["java.lang.IllegalStateException: x", "Caused by: java.net.ConnectException", "Kaboom: gone", "panic: boom"];
        assert_eq!(lines, expected);
    }

    #[test]
    fn prefixed_lines_become_streams_of_their_own() {
        let set = set_of(b"[pod/checkout-1/app] hello\n[pod/checkout-2/app] error\n[pod/checkout-1/proxy] up\n");
        let of: Vec<String> = set.logs.iter().map(|log| format!("{} {}", log.of, log.container.as_deref().unwrap_or("-"))).collect();
        assert_eq!(of, ["Pod shop/checkout-1 app", "Pod shop/checkout-1 proxy", "Pod shop/checkout-2 app"]);
        assert_eq!(words(&set, 2), [("error".to_owned(), 1)]);
    }

    #[test]
    fn invalid_utf8_is_replaced_and_offsets_stay_true() {
        let set = set_of(b"ok \xff\xfe\nerror \xe2\x82");
        assert_eq!(words(&set, 0), [("ok \u{fffd}\u{fffd}".to_owned(), 1), ("error \u{fffd}".to_owned(), 1)]);
    }

    #[test]
    fn a_log_that_breaks_off_is_kept_up_to_there() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("the disk is gone"))
            }
        }
        let mut set = CaptureSet::default();
        read(&mut set, "log", (&b"one\ntw"[..]).chain(Broken), &pod(), None, false);
        assert_eq!(words(&set, 0).len(), 2);
        assert!(set.problems[0].what.contains("breaks off after 6 bytes"));
    }

    proptest! {
        #[test]
        fn any_bytes_read_alike_however_they_are_chunked(bytes in proptest::collection::vec(any::<u8>(), 0..600), step in 1_usize..7) {
            struct Dribble<'a>(&'a [u8], usize);
            impl Read for Dribble<'_> {
                fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
                    let take = self.1.min(into.len());
                    self.0.read(&mut into[..take])
                }
            }
            let whole = set_of(&bytes);
            let mut dribbled = CaptureSet::default();
            read(&mut dribbled, "log", Dribble(&bytes, step), &pod(), Some("app"), false);
            prop_assert_eq!(whole.sources[0].text(), String::from_utf8_lossy(&bytes));
            prop_assert_eq!(whole.sources[0].text(), dribbled.sources[0].text());
            prop_assert_eq!(&whole.logs[0].lines, &dribbled.logs[0].lines);
            let mut within = CaptureSet::default();
            let id = within.add_source(Source::whole("t", whole.sources[0].text().into()));
            read_within(&mut within, id, 0, whole.sources[0].text().len(), &pod(), Some("app"), false);
            prop_assert_eq!(&whole.logs[0].lines, &within.logs[0].lines);
        }
    }
}
