//! Transcripts: what somebody typed, and what was printed.
//!
//! A block opens with a line that begins `$ `, or with another prompt and a command of kubectl, and ends where the next one opens. Its
//! output is read as what the command prints. What no reader knows is kept as [`crate::set::Output`], under its command's name: its
//! words may be evidence all the same. A line of output that begins `$ ` is written `\$ `.
//! Errors: what kubectl complains of becomes an absence, a problem that names the missing right, or an output; never nothing.

use std::ops::Range;

use assent_base::{Kind, ObjectRef};

use crate::command::{Command, Kubectl, Output, Verb, begins_several, is_open};
use crate::layout::UNKNOWN_LOG_KIND;
use crate::set::{self, CaptureSet, Hint, Listed, Origin};
use crate::source::{Cite, QUOTE_BYTES_MAX, Source, SourceId};
use crate::table::Ask;
use crate::values::{About, Format};
use crate::{kubectl, logs, prometheus, secrets, top, trace_tree, values};

/// Lines that one command may be typed over.
const COMMAND_LINES_MAX: usize = 200;
/// Where kubectl has no log to show, it says so in no more lines than this.
const COMPLAINT_LINES_MAX: usize = 8;
/// A command after a prompt that is not `$ ` is not longer than this.
const COMMAND_BYTES_MAX: usize = 4096;
/// Blocks that are read of one transcript.
const BLOCKS_MAX: usize = 100_000;
/// Complaints that are taken from one output.
const COMPLAINTS_MAX: usize = 1000;
/// A prompt with a directory and a host in it is not longer than this.
const PROMPT_BYTES_MAX: usize = 120;

/// Whether a text is a transcript.
#[must_use]
pub fn is_transcript(text: &str) -> bool {
    text.lines().any(|line| prompt(line, false).is_some())
}

/// Reads a source that is a transcript.
pub fn read(set: &mut CaptureSet, source: SourceId) {
    let text = set.source(source).map(Source::text).unwrap_or_default();
    let blocks = blocks(text);
    if blocks.len() >= BLOCKS_MAX {
        set.problem("transcript", format!("only the first {BLOCKS_MAX} commands are read"));
    }
    for block in blocks {
        set.begin_section(source, block.start as u64, block.command.lines().next().unwrap_or_default());
        Reader { set, source, command: &block.command }.block(&block);
    }
}

struct Block {
    /// Offset of the prompt.
    start: usize,
    /// The command as typed, over as many lines as it took.
    command: String,
    /// The document that was typed after it.
    here: Option<Range<usize>>,
    /// What was printed.
    body: Range<usize>,
}

/// Cuts a transcript into its blocks.
fn blocks(text: &str) -> Vec<Block> {
    let plain_only = text.lines().any(|line| line.starts_with("$ "));
    let mut opens = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        opens.extend(prompt(line, plain_only).map(|typed_at| (offset, typed_at)));
        offset += line.len();
        if opens.len() >= BLOCKS_MAX {
            break;
        }
    }
    let ends = opens.iter().skip(1).map(|(start, _)| *start).chain([text.len()]);
    let own = |((start, typed_at), end): (&(usize, usize), usize)| Some(block(text.get(*start..end)?, *start, *typed_at));
    opens.iter().zip(ends).filter_map(own).collect()
}

/// Reads the head of a block: the command, over as many lines as it takes, and a document typed after it.
fn block(text: &str, start: usize, typed_at: usize) -> Block {
    let bare = |line: &str| line.trim_end_matches(['\n', '\r']).to_owned();
    let mut lines = text.split_inclusive('\n');
    let first_line = lines.next().unwrap_or_default();
    let first = bare(first_line.get(typed_at..).unwrap_or_default());
    let (mut command, mut head) = (first.clone(), first_line.len());
    if begins_several(&first) {
        let mut several = lines.by_ref().take(COMMAND_LINES_MAX);
        while is_open(&command)
            && let Some(line) = several.next()
        {
            command.push('\n');
            command.push_str(&bare(line));
            head += line.len();
        }
    }
    if is_open(&command) && head > first_line.len() {
        // The quote is an apostrophe, or the end is missing.
        (command, head) = (first, first_line.len());
    }
    let mut here = None;
    if let Command::Kubectl(kubectl) = Command::parse(&command)
        && let Some(word) = &kubectl.here_document
    {
        let rest = text.get(head..).unwrap_or_default();
        let typed: usize = rest.split_inclusive('\n').take_while(|line| line.trim() != &**word).map(str::len).sum();
        here = Some(start + head..start + head + typed);
        head += typed + rest.get(typed..).and_then(|rest| rest.split_inclusive('\n').next()).map_or(0, str::len);
    }
    Block { start, command, here, body: start + head..start + text.len() }
}

/// Where the command begins in a line that opens a block.
fn prompt(line: &str, plain_only: bool) -> Option<usize> {
    if line.starts_with("$ ") {
        return Some(2);
    }
    if plain_only {
        return None;
    }
    let line = line.trim_end();
    if line.len() > COMMAND_BYTES_MAX {
        return None;
    }
    let shown = line.get(..line.floor_char_boundary(PROMPT_BYTES_MAX)).unwrap_or_default();
    let ends = shown.find(['$', '#', '>', '%'])?;
    let (before, after) = (shown.get(..ends)?, line.get(ends + 1..)?);
    let typed = after.trim_start();
    let windows = before.starts_with("PS ");
    let spaced = before.contains(' ') && !before.starts_with(['[', '(']) && !windows;
    if spaced || typed.is_empty() || after.len() == typed.len() || !Command::is_kubectl(typed) {
        return None;
    }
    Some(line.len() - typed.len())
}

/// Reads one block.
struct Reader<'a> {
    set: &'a mut CaptureSet,
    source: SourceId,
    command: &'a str,
}

impl Reader<'_> {
    fn block(&mut self, block: &Block) {
        if let Some(here) = &block.here {
            self.document(here.clone(), Some(Origin::Manifest), &Hint::default());
        }
        let printed = unwrap(self.text(), block.body.clone());
        let typed = printed.command.as_deref().unwrap_or(self.command).to_owned();
        let command = Command::parse(&typed);
        if let Command::Kubectl(kubectl) = &command {
            for named in kubectl.named() {
                self.set.asked.retain(|asked| *asked != named);
                self.set.asked.push(named);
            }
        }
        match &command {
            Command::Kubectl(kubectl) => match self.complaints(kubectl, &printed) {
                Complained::Only => self.keep(printed.out),
                complained => self.kubectl(kubectl, &printed, complained == Complained::No && !printed.failed),
            },
            Command::Cat | Command::Other => self.document_or_keep(printed.out),
        }
        self.keep(printed.err);
    }

    fn text(&self) -> &str {
        self.set.source(self.source).map(Source::text).unwrap_or_default()
    }

    fn part(&self, part: &Range<usize>) -> &str {
        self.text().get(part.clone()).unwrap_or_default()
    }

    /// Keeps an output as it is, if there is any.
    fn keep(&mut self, part: Range<usize>) {
        if self.part(&part).trim().is_empty() {
            return;
        }
        let (command, source) = (self.command.into(), self.source);
        self.set.outputs.push(set::Output { command, source, start: part.start as u64, len: part.len() as u64 });
    }

    fn blank(&mut self, part: &Range<usize>) {
        values::rewrite(self.set, self.source, |text| secrets::blank_all(text, part.clone()));
    }

    fn document_or_keep(&mut self, part: Range<usize>) {
        self.yaml_notice(&part);
        if self.part(&part).trim_start().starts_with("├─ ") {
            trace_tree::read(self.set, self.source, part.clone());
        }
        let alerts = self.set.alerts.len();
        let read = self.document(part.clone(), None, &Hint::default())
            || (kubectl::looks_printed(self.part(&part)) && kubectl::read(self.set, self.source, part.clone(), None, None) > 0);
        // The words of an alert say more than its labels.
        if !read || self.set.alerts.len() > alerts {
            self.keep(part);
        }
    }

    /// Reads an alert that is printed as YAML. Its words are kept as well, since they say more than an alert.
    fn yaml_notice(&mut self, part: &Range<usize>) {
        let begins = |line: &str| ["subject_name:", "  alertname:", "alertname:"].iter().any(|key| line.starts_with(key));
        let text = self.part(part);
        if document_start(text).is_none() && text.lines().take(1000).any(begins) {
            values::read(self.set, self.source, part.clone(), Format::Yaml, &About::default());
        }
    }

    /// Reads JSON or YAML that a part holds, perhaps after some warnings. Says whether there was any.
    fn document(&mut self, part: Range<usize>, origin: Option<Origin>, hint: &Hint) -> bool {
        let about = About { hint: hint.clone(), origin, query: prometheus::query_of(self.command), ..About::default() };
        self.values(part, &about).is_some_and(|admitted| admitted > 0)
    }

    fn values(&mut self, part: Range<usize>, about: &About) -> Option<usize> {
        let (skipped, format) = document_start(self.part(&part))?;
        let outcome = values::read(self.set, self.source, part.start + skipped..part.end, format, about);
        if let Some(error) = outcome.error.filter(|_| about.origin.is_some() || outcome.admitted > 0) {
            self.set.problem(self.command, format!("its output is read only in part, or not at all: {error}"));
        }
        Some(outcome.admitted)
    }

    fn kubectl(&mut self, command: &Kubectl, printed: &Printed, clean: bool) {
        let out = if command.verb == Verb::Logs { printed.out.clone() } else { self.without_complaints(&printed.out) };
        let kind = command.kind().cloned();
        if command.reshaped || (command.verb == Verb::Get && command.output == Output::Other) {
            if asks_secret(command) {
                self.blank(&printed.out);
            } else if self.document(out.clone(), Some(Origin::Full), &Hint { kind, namespace: command.namespace.clone(), complete: false })
            {
                return;
            }
            return self.keep(out);
        }
        let read = match command.verb {
            Verb::Get => self.get(command, out.clone(), clean),
            Verb::Describe => {
                self.part(&out).trim().is_empty()
                    || kubectl::describe(self.set, self.source, out.clone(), kind, command.namespace.as_deref()) > 0
            }
            Verb::Events => self.table(&Ask { kind: Some(Kind::Event), ..ask(command) }, out.clone()).0 > 0,
            Verb::Logs => {
                self.log(command, out.clone(), &printed.err);
                true
            }
            Verb::TopPods | Verb::TopNodes => {
                top::read(self.set, self.source, out.clone(), command.verb == Verb::TopNodes, command.namespace.as_deref()) > 0
            }
            Verb::Apply | Verb::Other => false,
        };
        if !read {
            if command.verb == Verb::Get && asks_secret(command) && !matches!(command.output, Output::Table | Output::Wide) {
                self.blank(&printed.out);
            }
            self.keep(out);
        }
    }

    fn get(&mut self, command: &Kubectl, out: Range<usize>, clean: bool) -> bool {
        let scope = scope(command);
        let whole = clean && command.lists_whole();
        let kind = command.kind().cloned();
        let hint = Hint { kind: kind.clone(), namespace: command.namespace.clone(), complete: whole && scope.is_some() };
        let about = About {
            infer_whole: whole && scope.is_none() && kind.is_some(),
            hint,
            origin: Some(Origin::Full),
            may_be_secret: asks_secret(command),
            ..About::default()
        };
        if document_start(self.part(&out)).is_some() {
            let listed = self.set.listed.len();
            return self.values(out, &about).is_some_and(|admitted| admitted > 0) || self.set.listed.len() > listed;
        }
        if matches!(command.output, Output::Json | Output::Yaml) {
            // What was printed is not what was asked for.
            return kubectl::looks_printed(self.part(&out))
                && kubectl::read(self.set, self.source, out, kind, command.namespace.as_deref()) > 0;
        }
        let (rows, understood) = self.table(&ask(command), out.clone());
        if let (true, true, Some(kind), Some(namespace)) = (whole && understood, rows > 0, kind, scope) {
            self.set.listed.insert(Listed { kind, namespace });
        }
        rows > 0
    }

    fn table(&mut self, ask: &Ask, out: Range<usize>) -> (usize, bool) {
        kubectl::table(self.set, self.source, out, ask)
    }

    /// Reads a log, without what kubectl says before it and beside it.
    fn log(&mut self, command: &Kubectl, mut out: Range<usize>, err: &Range<usize>) {
        let named = command.named().next();
        let unknown = || ObjectRef::new(Kind::Other(UNKNOWN_LOG_KIND.into()), command.namespace.as_deref(), self.command);
        let mut of = named.unwrap_or_else(unknown);
        let mut container = command.container.clone();
        let mut before = 0;
        for line in self.part(&out).split_inclusive('\n').take_while(|line| log_remark(line).is_some()) {
            before += line.len();
        }
        let remarks = self.part(&(out.start..out.start + before)).lines().chain(self.part(err).lines()).filter_map(log_remark);
        for remark in remarks {
            match remark {
                LogRemark::Container(name) => container = container.or_else(|| Some(name.into())),
                LogRemark::Pod(name) => of = of.beside(Kind::Pod, name),
            }
        }
        out.start += before;
        logs::read_within(self.set, self.source, out.start, out.len(), &of, container.as_deref(), command.previous);
    }

    /// Takes what kubectl itself complains of.
    fn complaints(&mut self, command: &Kubectl, printed: &Printed) -> Complained {
        let is_log = command.verb == Verb::Logs;
        // A container may log anything. When kubectl has no log to show it says little, and its complaint comes last.
        let few = self.said(&printed.out).take(COMPLAINT_LINES_MAX + 1).count() <= COMPLAINT_LINES_MAX;
        let own = !is_log || (few && self.said(&printed.out).last().is_some_and(|(_, line)| is_complaint(line, true)));
        let mut taken: Vec<(usize, String)> = self.complaints_in(&printed.err, false);
        let in_out = if own { self.complaints_in(&printed.out, is_log) } else { Vec::new() };
        let alone = is_log && !in_out.is_empty() || self.said(&printed.out).nth(in_out.len()).is_none();
        taken.extend(in_out);
        taken.iter().for_each(|(start, line)| self.complaint(command, *start, line));
        match (taken.is_empty(), alone) {
            (true, _) => Complained::No,
            (false, true) => Complained::Only,
            (false, false) => Complained::Partly,
        }
    }

    /// The lines of a part that say something, with their offsets.
    fn said(&self, part: &Range<usize>) -> impl Iterator<Item = (usize, &str)> {
        let mut offset = part.start;
        let mut placed = move |line: &str| {
            offset += line.len();
            offset - line.len()
        };
        self.part(part).split_inclusive('\n').map(move |line| (placed(line), line.trim_end())).filter(|(_, line)| !line.is_empty())
    }

    fn complaints_in(&self, part: &Range<usize>, log: bool) -> Vec<(usize, String)> {
        let own = self.said(part).filter(|(_, line)| is_complaint(line, log)).take(COMPLAINTS_MAX);
        own.map(|(start, line)| (start, line.get(..line.floor_char_boundary(COMMAND_BYTES_MAX)).unwrap_or_default().to_owned())).collect()
    }

    /// A part without what kubectl complains of before and after the answer.
    fn without_complaints(&self, part: &Range<usize>) -> Range<usize> {
        let text = self.part(part);
        let beside = |line: &&str| line.trim().is_empty() || is_complaint(line.trim_end(), false) || is_remark(line.trim_end());
        let before: usize = text.split_inclusive('\n').take_while(beside).map(str::len).sum();
        let rest = text.get(before..).unwrap_or_default();
        let after: usize = rest.split_inclusive('\n').rev().take_while(beside).map(str::len).sum();
        part.start + before..part.end - after
    }

    fn complaint(&mut self, command: &Kubectl, start: usize, line: &str) {
        if let Some((resource, name)) = not_found(line) {
            if let Some(kind) = Kind::from_word(resource) {
                let cite = Cite { source: self.source, start: start as u64, len: line.len().min(QUOTE_BYTES_MAX) as u32 };
                self.set.not_found.push((ObjectRef::new(kind, command.namespace.as_deref(), name), cite));
            }
        } else if line.contains("(Forbidden)") {
            let missing = line.find(" cannot ").and_then(|at| line.get(at + 8..)).unwrap_or(line);
            self.set.problem(self.command, format!("the right to {missing} was missing; grant it and capture again"));
        } else if line.starts_with("Unable to connect") || line.starts_with("The connection to the server") {
            self.set.problem(self.command, format!("the API server was not reached: {line}"));
        } else if line.starts_with("error: Metrics API not available") {
            self.set.problem(self.command, "there are no usage figures: the metrics API is not available");
        } else if let Some(namespace) = nothing_found(line) {
            let namespace = namespace.map(Into::into).or_else(|| command.namespace.clone().filter(|_| !command.all_namespaces));
            if let (true, Some(kind)) = (command.lists_whole(), command.kind()) {
                let namespace = namespace.filter(|_| kind.is_namespaced());
                self.set.listed.insert(Listed { kind: kind.clone(), namespace });
            }
        }
    }
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Complained {
    No,
    /// Beside what it printed.
    Partly,
    /// It printed nothing else.
    Only,
}

/// The namespace that a listing covers: none when that is not known, none within for the whole cluster.
#[expect(clippy::option_option, reason = "unknown and clusterwide are two answers")]
fn scope(command: &Kubectl) -> Option<Option<Box<str>>> {
    let clusterwide = command.all_namespaces || command.kind().is_some_and(|kind| !kind.is_namespaced());
    if clusterwide { Some(None) } else { command.namespace.clone().map(Some) }
}

fn asks_secret(command: &Kubectl) -> bool {
    command.targets.iter().any(|target| target.kind == Some(Kind::Secret))
}

fn ask(command: &Kubectl) -> Ask {
    let columns = match &command.output {
        Output::Columns(columns) => Some(columns.clone()),
        _ => None,
    };
    Ask {
        kind: command.kind().cloned(),
        all_namespaces: command.all_namespaces,
        wide: command.output == Output::Wide,
        show_labels: command.show_labels,
        namespace: command.namespace.clone(),
        columns,
        // A sieve drops the header as any other line.
        no_headers: command.no_headers || command.filtered,
    }
}

/// Where JSON or YAML begins in an output: at its start, or after warnings.
fn document_start(text: &str) -> Option<(usize, Format)> {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if !is_remark(line.trim_end()) {
            return values::sniff(text.get(offset..)?).map(|format| (offset, format));
        }
        offset += line.len();
    }
    None
}

/// What kubectl and shells print before an answer: warnings, complaints, progress.
fn is_remark(line: &str) -> bool {
    let klog = line.len() > 5
        && line.starts_with(['E', 'W', 'I'])
        && line.get(1..5).is_some_and(|date| date.bytes().all(|byte| byte.is_ascii_digit()));
    let starts = ["Warning:", "Flag --", "error:", "Error", "WARNING:", "+ ", "  % Total", "Defaulted container"];
    line.is_empty() || klog || starts.iter().any(|start| line.starts_with(start))
}

/// What kubectl says of the log that follows.
enum LogRemark<'l> {
    Container(&'l str),
    Pod(&'l str),
}

fn log_remark(line: &str) -> Option<LogRemark<'_>> {
    let line = line.trim_end();
    let defaulted = line.strip_prefix("Defaulted container \"").or_else(|| line.strip_prefix("Defaulting container name to \""));
    if let Some((name, _)) = defaulted.and_then(|rest| rest.split_once('"')) {
        return Some(LogRemark::Container(name));
    }
    line.strip_prefix("Found ")?.split_once(" pods, using pod/").map(|(_, pod)| LogRemark::Pod(pod))
}

fn is_complaint(line: &str, log: bool) -> bool {
    let own = [
        "Error from server",
        "Unable to connect to the server",
        "The connection to the server",
        "error: Metrics API",
        "No resources found",
    ];
    own.iter().any(|start| line.starts_with(start))
        || (!log && (line.starts_with("error: ") || nothing_found(line).is_some()))
        || (line.contains(" memcache.go:") && line.starts_with(['E', 'W']))
}

/// Splits `Error from server (NotFound): pods "web-1" not found`.
fn not_found(line: &str) -> Option<(&str, &str)> {
    let (resource, rest) = line.strip_prefix("Error from server (NotFound): ")?.split_once(" \"")?;
    let (name, end) = rest.split_once('"')?;
    end.trim_start().starts_with("not found").then_some((resource, name))
}

/// Reads `No resources found in shop namespace.`; the namespace is none when none is named.
#[expect(clippy::option_option, reason = "no such line and no namespace in it are two answers")]
fn nothing_found(line: &str) -> Option<Option<&str>> {
    let rest = line.strip_prefix("No resources found").or_else(|| line.strip_prefix("No events found"))?;
    Some(rest.strip_prefix(" in ").and_then(|rest| rest.split_once(" namespace")).map(|(namespace, _)| namespace))
}

/// An output without what a wrapper put around it.
struct Printed {
    /// The command that was really run, where the wrapper says so.
    command: Option<String>,
    failed: bool,
    out: Range<usize>,
    err: Range<usize>,
}

fn unwrap(text: &str, body: Range<usize>) -> Printed {
    let mut printed = Printed { command: None, failed: false, out: body.clone(), err: body.end..body.end };
    let whole = text.get(body.clone()).unwrap_or_default();
    let mut start = body.start + whole.split_inclusive('\n').take_while(|line| line.trim().is_empty()).map(str::len).sum::<usize>();
    let first = |start: usize| text.get(start..body.end).and_then(|rest| rest.split_inclusive('\n').next()).unwrap_or_default();
    let line = first(start);
    if let Some((command, _)) = line.strip_prefix("Command `").and_then(|line| line.rsplit_once("` failed with return code ")) {
        start += line.len();
        (printed.command, printed.failed, printed.out.start) = (Some(command.to_owned()), true, start);
    }
    let line = first(start);
    if line.trim_end() == "stdout:" || (line.trim_end() == "Output:" && printed.failed) {
        printed.out.start = start + line.len();
        let rest = text.get(printed.out.start..body.end).unwrap_or_default();
        let last = |mark: &str| rest.rfind(mark).map(|at| at + 1);
        let stderr = if rest.starts_with("stderr:\n") { Some(last("\nstderr:\n").unwrap_or(0)) } else { last("\nstderr:\n") };
        if let Some(at) = stderr {
            printed.out.end = printed.out.start + at;
            printed.err = printed.out.end + "stderr:\n".len()..body.end;
        }
    }
    let out = text.get(printed.out.clone()).unwrap_or_default();
    printed.out.end = printed.out.start + out.trim_end().len();
    printed.out.end +=
        usize::from(text.get(printed.out.end..body.end).is_some_and(|rest| rest.starts_with('\n')) && !out.trim().is_empty());
    printed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use proptest::prelude::*;

    fn set_of(text: &str) -> CaptureSet {
        let mut set = CaptureSet::default();
        crate::files::read_file(&mut set, "-", text.as_bytes(), &Limits::default());
        set
    }

    fn objects(set: &CaptureSet) -> Vec<String> {
        set.objects.iter().map(|object| format!("{} {:?}", object.reference, object.origin)).collect()
    }

    fn outputs(set: &CaptureSet) -> Vec<&str> {
        let text = |output: &set::Output| set.source(output.source)?.slice(output.start, u32::try_from(output.len).ok()?);
        set.outputs.iter().map(|output| text(output).unwrap()).collect()
    }

    #[test]
    fn a_transcript_becomes_what_its_commands_print() {
        let set = set_of(
            "$ kubectl get pods -n shop\nNAME    READY   STATUS    RESTARTS   AGE\nweb-1   1/1     Running   0          5d\n\n\
             $ kubectl logs web-1 -n shop --previous\nFound 3 pods, using pod/web-2\nDefaulted container \"app\" out of: app, proxy\n\
             hello\n\\$ not a prompt\n$ curl -sv http://web\n* Connection refused\n",
        );
        assert_eq!(objects(&set), ["Pod shop/web-1 Row"]);
        assert!(set.listed.contains(&Listed { kind: Kind::Pod, namespace: Some("shop".into()) }));
        let log = &set.logs[0];
        assert_eq!((log.of.to_string().as_str(), log.container.as_deref(), log.previous), ("Pod shop/web-2", Some("app"), true));
        assert_eq!(log.lines.len(), 2);
        assert_eq!(outputs(&set), ["* Connection refused\n"]);
        assert_eq!(set.sources[0].section_at(log.lines[0].start), Some("kubectl logs web-1 -n shop --previous"));
        assert_eq!(set.asked.iter().map(ToString::to_string).collect::<Vec<_>>(), ["Pod shop/web-1"]);
    }

    #[test]
    fn filters_and_errors_leave_a_listing_incomplete() {
        let table = "NAME    READY   STATUS    RESTARTS   AGE\nweb-1   1/1     Running   0          5d\n";
        for command in ["get pods -n shop -l app=web", "get pods -n shop | grep web", "get pod web-1 -n shop", "get pods"] {
            let set = set_of(&format!("$ kubectl {command}\n{table}"));
            assert_eq!((set.objects.len(), set.listed.len()), (1, 0), "{command}");
        }
        let set = set_of(&format!("$ kubectl get pods -n shop\n{table}Unable to connect to the server: EOF\n"));
        assert_eq!((set.objects.len(), set.listed.len(), set.problems.len()), (1, 0, 1));
    }

    #[test]
    fn what_the_server_says_is_absent_is_known_to_be() {
        let set = set_of(
            "$ kubectl describe deployment web -n shop\nError from server (NotFound): deployments.apps \"web\" not found\n\
             $ kubectl get pvc -n shop\nNo resources found in shop namespace.\n\
             $ kubectl get secrets -n shop\nError from server (Forbidden): secrets is forbidden: User \"dev\" cannot list resource \"secrets\"\n",
        );
        let (absent, cite) = &set.not_found[0];
        assert_eq!(absent.to_string(), "Deployment shop/web");
        assert!(set.sources[0].slice(cite.start, cite.len).unwrap().ends_with("not found"));
        assert!(set.listed.contains(&Listed { kind: Kind::PersistentVolumeClaim, namespace: Some("shop".into()) }));
        assert_eq!(set.listed.len(), 1);
        assert!(set.problems[0].what.contains("the right to list resource \"secrets\" was missing"));
    }

    #[test]
    fn wrapped_outputs_are_unwrapped_and_the_command_that_ran_counts() {
        let set = set_of(
            "$ kubectl logs web-1 -n shop\nCommand `kubectl logs web-1 -n shop --previous` failed with return code 1\nstdout:\n\nstderr:\n\
             Error from server (BadRequest): previous terminated container \"app\" in pod \"web-1\" not found\n\
             $ kubectl logs web-1 -n shop\nstdout:\nhello\n\nstderr:\n\n",
        );
        assert_eq!(set.logs.len(), 1);
        assert_eq!(set.logs[0].lines_total, 1);
        assert_eq!(outputs(&set).len(), 1);
    }

    #[test]
    fn json_and_yaml_are_read_after_warnings_and_cut_off_json_is_a_problem() {
        let set = set_of(
            "$ kubectl get pod web-1 -n shop -o yaml\nWarning: v1 ComponentStatus is deprecated\nkind: Pod\nmetadata:\n  name: web-1\n\
             $ kubectl get svc -A -o json\n{\"kind\":\"List\",\"items\":[]}\n$ kubectl get deploy -o json\n{\"kind\":\"List\",\"items\":[{\n\
             $ kubectl apply -f - <<EOF\nkind: ConfigMap\nmetadata: {name: c}\nEOF\nconfigmap/c created\n\
             $ cat web.yaml\nkind: Deployment\nmetadata:\n  name: web\n",
        );
        assert_eq!(objects(&set), ["Pod shop/web-1 Full", "ConfigMap c Manifest", "Deployment web Manifest"]);
        assert!(set.listed.contains(&Listed { kind: Kind::Service, namespace: None }));
        assert_eq!(set.problems.len(), 1);
        assert_eq!(outputs(&set), ["{\"kind\":\"List\",\"items\":[{\n", "configmap/c created\n"]);
    }

    #[test]
    fn usage_is_shaped_like_the_metrics_api() {
        let set = set_of(
            "$ kubectl top pods -n shop\nNAME    CPU(cores)   MEMORY(bytes)\nweb-1   250m         64Mi\n\
             $ kubectl top nodes\nNAME   CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)\nn1     1200m        60%      3000Mi          80%\n",
        );
        let root = |index: usize| set.root(&set.objects[index]).unwrap();
        assert_eq!(objects(&set), ["PodMetrics shop/web-1 Row", "NodeMetrics n1 Row"]);
        assert_eq!(root(0).at("containers/0/usage/memory").milli(), assent_base::quantity::milli("64Mi"));
        assert_eq!(root(1).at("percent/memory").text(), Some("80%"));
    }

    #[test]
    fn other_prompts_open_a_block_for_kubectl_alone() {
        let set = set_of(
            "dev@box:~/shop$ kubectl top nodes\nNAME   CPU(cores)   MEMORY(bytes)\nn1     1200m        3000Mi\n\
             # comment\n# kubectl get pods -n shop\nNo resources found in shop namespace.\n\
             PS C:\\Users> kubectl version\nClient Version: v1.33.0\n",
        );
        let titles: Vec<&str> = set.sources[0].sections.iter().map(|section| &*section.title).collect();
        assert_eq!(titles, ["kubectl top nodes", "kubectl get pods -n shop", "kubectl version"]);
    }

    #[test]
    fn no_value_of_a_secret_is_kept() {
        let secret = "kind: Secret\nmetadata: {name: s}\ndata:\n  p: aHVudGVyMg==\n";
        let set = set_of(&format!(
            "$ kubectl get secret s -o yaml\n{secret}$ kubectl get secret s -o jsonpath='{{.data.p}}' | base64 -d\nhunter2\n\
             $ kubectl get secret s -o yaml | grep p:\n  p: aHVudGVyMg==\n$ kubectl get secret,cm -o yaml | head -3\ndata:\n  p: aHVudGVyMg==\n$ cat s.yaml\n{secret}"
        ));
        let all = format!("{set:?}");
        assert!(!all.contains("aHVudGVyMg") && !all.contains("hunter2"));
        assert_eq!(set.objects.len(), 2);
    }

    #[test]
    fn commands_over_several_lines_and_apostrophes_are_told_apart() {
        let set = set_of("$ kubectl get pods -n shop \\\n  -o name | awk '\n{print}\n'\npod/web-1\n$ echo don't\ndon't\n");
        assert_eq!(outputs(&set), ["pod/web-1\n", "don't\n"]);
    }

    proptest! {
        #[test]
        fn any_transcript_is_read_without_a_panic(
            blocks in proptest::collection::vec(
                (
                    "(\\$ |# |> )?(kubectl (get|describe|logs|top|events) )?(pods?|nodes|secret|é|-A|-o json|-o yaml|x){0,3}( \\| jq| <<E| '|\\\\)?",
                    "((stdout:|stderr:|NAME +READY|Name: +x|\\{|kind: Secret|data:|Command `kubectl` failed with return code 1|\\PC{0,9})\n){0,5}",
                ),
                0..5,
            ),
        ) {
            let text: String = blocks.iter().map(|(command, output)| format!("{command}\n{output}")).collect();
            let set = set_of(&text);
            for output in &set.outputs {
                prop_assert!(set.source(output.source).is_some_and(|source| source.slice(output.start, output.len as u32).is_some()));
            }
        }
    }
}
