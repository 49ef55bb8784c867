//! A command line as somebody typed it: `kubectl -n shop get po,svc -o wide | grep web`.
//!
//! Only as much of a shell as decides what the output is: quotes, continuations, pipes, and kubectl's own flags, which may stand before
//! and after the verb. What is not understood is [`Command::Other`], whose output is kept as it is.

use assent_base::{Kind, ObjectRef};

use crate::table::CustomColumn;

/// What was run, as far as its output tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// kubectl or one that speaks like it.
    Kubectl(Box<Kubectl>),
    /// A file was printed.
    Cat,
    /// Anything else.
    Other,
}

/// A line of kubectl.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kubectl {
    /// What was to be done.
    pub verb: Verb,
    /// The objects or kinds that were named, in order.
    pub targets: Vec<Target>,
    /// `-n`.
    pub namespace: Option<Box<str>>,
    /// `-A`.
    pub all_namespaces: bool,
    /// `-o`.
    pub output: Output,
    /// `--show-labels`.
    pub show_labels: bool,
    /// `--no-headers`.
    pub no_headers: bool,
    /// Whether a selector was given, or a filter that keeps only some lines.
    pub filtered: bool,
    /// Whether the output went through a program that makes something else of it.
    pub reshaped: bool,
    /// `-c`.
    pub container: Option<Box<str>>,
    /// `--previous`.
    pub previous: bool,
    /// Whether a document follows on the command's own input: `-f - <<EOF`.
    pub here_document: Option<Box<str>>,
}

/// What kubectl was to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verb {
    /// `get`.
    Get,
    /// `describe`.
    Describe,
    /// `events`.
    Events,
    /// `logs`.
    Logs,
    /// `top pods`.
    TopPods,
    /// `top nodes`.
    TopNodes,
    /// `apply`, `create`, `replace`, `diff` of a document.
    Apply,
    /// Any other.
    #[default]
    Other,
}

/// A kind, perhaps with the name of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The kind, when it is one that is known.
    pub kind: Option<Kind>,
    /// The name, if one was given.
    pub name: Option<Box<str>>,
}

/// The form that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Output {
    /// The default table.
    #[default]
    Table,
    /// `wide`.
    Wide,
    /// `yaml`.
    Yaml,
    /// `json`.
    Json,
    /// `custom-columns=…`.
    Columns(Vec<CustomColumn>),
    /// `name`, `jsonpath=…`, `go-template=…`.
    Other,
}

/// Flags of kubectl whose value may be the next word.
const VALUED: [&str; 40] = [
    "n",
    "namespace",
    "o",
    "output",
    "l",
    "selector",
    "field-selector",
    "c",
    "container",
    "context",
    "kubeconfig",
    "cluster",
    "user",
    "f",
    "filename",
    "sort-by",
    "since",
    "since-time",
    "tail",
    "for",
    "types",
    "as",
    "as-group",
    "as-uid",
    "request-timeout",
    "token",
    "s",
    "server",
    "L",
    "label-columns",
    "template",
    "chunk-size",
    "limit-bytes",
    "max-log-requests",
    "pod-running-timeout",
    "subresource",
    "timeout",
    "type",
    "k",
    "kustomize",
];
/// Programs that take kubectl's words.
const KUBECTLS: [&str; 6] = ["kubectl", "k", "oc", "kubectl.exe", "kubecolor", "kubectl-user"];
/// Programs that run the command that follows them.
const RUNNERS: [&str; 8] = ["sudo", "time", "watch", "microk8s", "k3s", "minikube", "exec", "command"];
/// Programs that pass all lines through.
const PASSING: [&str; 6] = ["cat", "less", "more", "tee", "sort", "bat"];
/// Programs that pass some lines through as they are.
const SIEVES: [&str; 8] = ["grep", "egrep", "fgrep", "rg", "head", "tail", "uniq", "zgrep"];

impl Command {
    /// Reads a command line, without its prompt.
    #[must_use]
    pub fn parse(line: &str) -> Self {
        let words = split(line).0;
        let mut found = Self::Other;
        for (index, segment) in words.split(|word| matches!(word, Word::Operator("&&" | "||" | ";" | "&"))).enumerate() {
            let stages: Vec<&[Word]> = segment.split(|word| matches!(word, Word::Operator("|"))).collect();
            let Some((first, pipes)) = stages.split_first() else { continue };
            let Some(command) = simple(first, pipes) else { continue };
            if found != Self::Other || (index > 0 && command == Self::Cat) {
                // The outputs of several commands stand together, and nothing says where one ends.
                return Self::Other;
            }
            found = command;
        }
        found
    }

    /// Whether a line is one that kubectl reads, which prompts other than `$ ` must be followed by.
    #[must_use]
    pub fn is_kubectl(line: &str) -> bool {
        matches!(Self::parse(line), Self::Kubectl(_))
    }
}

/// Whether a first line is typed over several: it ends in a continuation, or where a program in quotes begins. An apostrophe in a word
/// opens nothing.
#[must_use]
pub fn begins_several(line: &str) -> bool {
    line.ends_with('\\') || (split(line).1 && line.trim_end().ends_with(['\'', '"', '{', '(', '[', '|', ';']))
}

/// Whether what was typed so far ends inside of quotes or in a continuation.
#[must_use]
pub fn is_open(line: &str) -> bool {
    line.ends_with('\\') || split(line).1
}

#[derive(Debug, PartialEq, Eq)]
enum Word {
    Text(String),
    Operator(&'static str),
}

/// Splits a line as a shell does. The second value says whether a quote is left open.
fn split(line: &str) -> (Vec<Word>, bool) {
    const OPERATORS: [&str; 13] = ["2>&1", "2>>", "2>", "&&", "&>", "||", "<<-", "<<", ">>", "|", ">", "<", ";"];
    let mut words = Vec::new();
    let (mut word, mut begun, mut quote) = (String::new(), false, None);
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let operator = OPERATORS.into_iter().chain(["&"]).find(|operator| rest.starts_with(operator));
        match (quote, operator) {
            (None, Some(operator)) if !(begun && operator.starts_with('2')) => {
                if std::mem::take(&mut begun) {
                    words.push(Word::Text(std::mem::take(&mut word)));
                }
                words.push(Word::Operator(operator));
                rest = rest.get(operator.len()..).unwrap_or_default();
                continue;
            }
            _ => {}
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some('\''), _) => word.push(c),
            (_, '\\') => {
                let next = rest.chars().next();
                rest = rest.get(next.map_or(0, char::len_utf8)..).unwrap_or_default();
                match next {
                    Some('\n') | None => {}
                    Some(next) => {
                        begun = true;
                        word.push(next);
                    }
                }
            }
            (Some(_), _) => word.push(c),
            (None, '\'' | '"') => (begun, quote) = (true, Some(c)),
            (None, _) if c.is_whitespace() => {
                if std::mem::take(&mut begun) {
                    words.push(Word::Text(std::mem::take(&mut word)));
                }
            }
            (None, _) => {
                begun = true;
                word.push(c);
            }
        }
    }
    if begun {
        words.push(Word::Text(word));
    }
    (words, quote.is_some())
}

fn simple(words: &[Word], pipes: &[&[Word]]) -> Option<Command> {
    let mut texts = Vec::new();
    let mut here = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word {
            Word::Text(text) => texts.push(text.as_str()),
            Word::Operator("2>&1") => {}
            Word::Operator(operator) => {
                // What follows a redirection is a file, or the word that ends a here-document.
                let Some(Word::Text(target)) = words.next() else { continue };
                if operator.starts_with("<<") {
                    here = Some(target.as_str().into());
                }
            }
        }
    }
    let is_setting =
        |word: &&&str| word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && !name.starts_with('-') && !name.contains('/'));
    let skipped = texts.iter().take_while(|word| is_setting(word) || RUNNERS.contains(*word) || **word == "--").count();
    let mut texts = texts.get(skipped..).unwrap_or_default();
    while let Some((flag, rest)) = texts.split_first().filter(|(flag, _)| skipped > 0 && flag.starts_with('-')) {
        // The runner's own flags: `watch -n 5 kubectl …`.
        texts =
            rest.split_first().map_or(rest, |(value, after)| if flag.len() == 2 && value.parse::<f64>().is_ok() { after } else { rest });
    }
    let (program, arguments) = texts.split_first()?;
    let program = program.rsplit('/').next().unwrap_or(program);
    let (reshaped, filtered) = piped(pipes);
    if KUBECTLS.contains(&program) {
        let mut kubectl = Kubectl { here_document: here, filtered, reshaped, ..kubectl(arguments)? };
        kubectl.filtered |= selects(arguments);
        return Some(Command::Kubectl(Box::new(kubectl)));
    }
    let prints = matches!(program, "cat" | "bat" | "less" | "more") && !reshaped && !filtered;
    match program {
        "cd" | "export" | "set" | "alias" | "source" | "clear" | "echo" | "sleep" => None,
        _ if prints => Some(Command::Cat),
        _ => Some(Command::Other),
    }
}

/// Whether pipes make something else of the output, and whether they drop lines of it.
fn piped(pipes: &[&[Word]]) -> (bool, bool) {
    let programs = pipes.iter().map(|stage| match stage.first() {
        Some(Word::Text(program)) => program.as_str(),
        _ => "",
    });
    programs.fold((false, false), |(reshaped, filtered), program| {
        let sieve = SIEVES.contains(&program);
        (reshaped || !(sieve || PASSING.contains(&program)), filtered || sieve)
    })
}

fn selects(arguments: &[&str]) -> bool {
    arguments.iter().any(|word| {
        let flag = word.split('=').next().unwrap_or(word);
        matches!(flag, "-l" | "--selector" | "--field-selector" | "--for" | "--types" | "-w" | "--watch" | "--watch-only")
            || (word.starts_with("-l") && !word.starts_with("--"))
    })
}

/// Reads what follows `kubectl`.
fn kubectl(arguments: &[&str]) -> Option<Kubectl> {
    let mut found = Kubectl::default();
    let mut plain: Vec<&str> = Vec::new();
    let mut words = arguments.iter().copied();
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        let Some(flag) = word.strip_prefix('-').filter(|flag| !flag.is_empty()) else {
            plain.push(word);
            continue;
        };
        let (name, mut value) = flag_parts(flag);
        if value.is_none() && VALUED.contains(&name) && !(name == "k" && plain.first() != Some(&"apply")) {
            value = words.next();
        }
        found.flag(name, value, plain.first().copied());
    }
    let (verb, rest) = plain.split_first()?;
    found.verb(verb, rest);
    Some(found)
}

/// Splits `-nshop`, `-n=shop`, `--namespace=shop`, given without the first dash.
fn flag_parts(flag: &str) -> (&str, Option<&str>) {
    if let Some(long) = flag.strip_prefix('-') {
        return long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
    }
    let letter = flag.get(..1).unwrap_or(flag);
    match flag.get(1..) {
        Some("") | None => (flag, None),
        Some(value) if VALUED.contains(&letter) => (letter, Some(value.strip_prefix('=').unwrap_or(value))),
        Some(_) => (flag, None),
    }
}

impl Kubectl {
    fn flag(&mut self, name: &str, value: Option<&str>, verb: Option<&str>) {
        let on = value.is_none_or(|value| value != "false");
        match name {
            "n" | "namespace" => self.namespace = value.filter(|text| !text.is_empty()).map(Into::into),
            "A" | "all-namespaces" => self.all_namespaces = on,
            "o" | "output" => self.output = Output::parse(value.unwrap_or_default()),
            "show-labels" => self.show_labels = on,
            "no-headers" => self.no_headers = on,
            "c" | "container" => self.container = value.map(Into::into),
            "previous" => self.previous = on,
            "p" if verb.is_none_or(|verb| verb.starts_with("log")) => self.previous = true,
            "for" => self.targets.extend(value.and_then(|value| value.split_once('/')).map(|(kind, name)| Target::named(kind, name))),
            // Letters that take no value can stand together, as in `-Ao`.
            letters if !letters.starts_with('-') && letters.contains('A') && letters.len() <= 3 => self.all_namespaces = true,
            _ => {}
        }
    }

    fn verb(&mut self, verb: &str, rest: &[&str]) {
        self.verb = match (verb, rest.first().copied()) {
            ("get", _) => Verb::Get,
            ("describe", _) => Verb::Describe,
            ("events", _) => Verb::Events,
            ("logs" | "log", _) => Verb::Logs,
            ("top", Some("pod" | "pods" | "po")) => Verb::TopPods,
            ("top", Some("node" | "nodes" | "no")) => Verb::TopNodes,
            ("apply" | "create" | "replace" | "diff", _) => Verb::Apply,
            _ => Verb::Other,
        };
        match self.verb {
            Verb::Get | Verb::Describe => self.resources(rest),
            Verb::Logs => self.log(rest),
            Verb::Events | Verb::TopPods | Verb::TopNodes | Verb::Apply | Verb::Other => {}
        }
    }

    fn resources(&mut self, words: &[&str]) {
        let Some((first, names)) = words.split_first() else { return };
        if words.iter().any(|word| word.contains('/')) {
            self.targets.extend(words.iter().filter_map(|word| word.split_once('/')).map(|(kind, name)| Target::named(kind, name)));
            return;
        }
        for kind in first.split(',').filter(|kind| !kind.is_empty()) {
            if names.is_empty() {
                self.targets.push(Target { kind: Kind::from_word(kind), name: None });
            }
            self.targets.extend(names.iter().map(|name| Target::named(kind, name)));
        }
    }

    fn log(&mut self, words: &[&str]) {
        let Some(first) = words.first() else { return };
        self.targets.push(first.split_once('/').map_or_else(|| Target::named("pod", first), |(kind, name)| Target::named(kind, name)));
        if let (None, Some(container)) = (&self.container, words.get(1)) {
            self.container = Some((*container).into());
        }
    }

    /// The objects that were asked for by name.
    pub fn named(&self) -> impl Iterator<Item = ObjectRef> {
        self.targets.iter().filter_map(|target| {
            let name = target.name.as_deref().filter(|name| !name.contains(['*', '$', '<', '{']))?;
            Some(ObjectRef::new(target.kind.clone()?, self.namespace.as_deref(), name))
        })
    }

    /// The one kind that was asked for.
    #[must_use]
    pub fn kind(&self) -> Option<&Kind> {
        let (first, rest) = self.targets.split_first()?;
        first.kind.as_ref().filter(|_| rest.iter().all(|target| target.kind == first.kind))
    }

    /// Whether the whole of something was asked for, and nothing was dropped on the way.
    #[must_use]
    pub fn lists_whole(&self) -> bool {
        let named = self.targets.iter().any(|target| target.name.is_some());
        self.verb == Verb::Get && !named && !self.filtered && !self.reshaped
    }
}

impl Target {
    fn named(kind: &str, name: &str) -> Self {
        Self { kind: Kind::from_word(kind), name: (!name.is_empty()).then(|| name.into()) }
    }
}

impl Output {
    fn parse(text: &str) -> Self {
        match text {
            "wide" => Self::Wide,
            "yaml" => Self::Yaml,
            "json" => Self::Json,
            _ => match text.strip_prefix("custom-columns=") {
                Some(columns) => Self::Columns(
                    columns
                        .split(',')
                        .filter_map(|column| column.split_once(':'))
                        .map(|(title, path)| CustomColumn { title: title.into(), path: path.into() })
                        .collect(),
                ),
                None => Self::Other,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kubectl(line: &str) -> Kubectl {
        match Command::parse(line) {
            Command::Kubectl(kubectl) => *kubectl,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn summary(line: &str) -> String {
        let found = kubectl(line);
        let targets: Vec<String> = found
            .targets
            .iter()
            .map(|target| {
                let kind = target.kind.as_ref().map_or("?", Kind::as_str);
                target.name.as_ref().map_or(kind.to_owned(), |name| format!("{kind}/{name}"))
            })
            .collect();
        let namespace = if found.all_namespaces { "*" } else { found.namespace.as_deref().unwrap_or("-") };
        format!("{:?} {} {namespace} {:?}{}", found.verb, targets.join(","), found.output, if found.lists_whole() { " whole" } else { "" })
    }

    #[test]
    fn flags_stand_before_and_after_the_verb() {
        for (line, expected) in [
            ("kubectl get pods", "Get Pod - Table whole"),
            ("kubectl -n shop get po -o wide --show-labels", "Get Pod shop Wide whole"),
            ("k get po -nshop -owide", "Get Pod shop Wide whole"),
            ("oc get -A deploy -o=yaml", "Get Deployment * Yaml whole"),
            ("microk8s kubectl get po,svc --all-namespaces", "Get Pod,Service * Table whole"),
            ("sudo KUBECONFIG=/x kubectl get nodes", "Get Node - Table whole"),
            ("watch -n 5 kubectl get nodes", "Get Node - Table whole"),
            ("kubectl get po/a svc/b -n shop", "Get Pod/a,Service/b shop Table"),
            ("kubectl get pods a b", "Get Pod/a,Pod/b - Table"),
            ("kubectl get pod web-1 -o jsonpath='{.status}'", "Get Pod/web-1 - Other"),
            ("kubectl get pods -l app=web", "Get Pod - Table"),
            ("kubectl get pods -lapp=web", "Get Pod - Table"),
            ("kubectl get pods --field-selector=status.phase=Pending", "Get Pod - Table"),
            ("kubectl get pods | grep -v Running", "Get Pod - Table"),
            ("kubectl get pods | sort", "Get Pod - Table whole"),
            ("cd x && kubectl get pods", "Get Pod - Table whole"),
            ("kubectl get pods 2>&1", "Get Pod - Table whole"),
            ("kubectl describe deployment web -n shop", "Describe Deployment/web shop Table"),
            ("kubectl events --for pod/web-1 -n shop", "Events Pod/web-1 shop Table"),
            ("kubectl top pods -A", "TopPods  * Table"),
            ("kubectl top nodes", "TopNodes  - Table"),
            ("kubectl get gizmos", "Get ? - Table whole"),
            ("kubectl rollout status deploy/web", "Other  - Table"),
        ] {
            assert_eq!(summary(line), expected, "{line}");
        }
    }

    #[test]
    fn logs_name_pod_container_and_run() {
        let found = kubectl("kubectl logs deploy/web -c app --previous --tail=100 -n shop");
        assert_eq!((found.container.as_deref(), found.previous), (Some("app"), true));
        assert_eq!(found.named().next().map(|of| of.to_string()).as_deref(), Some("Deployment shop/web"));
        let found = kubectl("kubectl logs -p web-1 app --tail 100");
        assert_eq!((found.container.as_deref(), found.previous), (Some("app"), true));
        assert_eq!(found.named().next().map(|of| of.to_string()).as_deref(), Some("Pod web-1"));
        assert_eq!(kubectl("kubectl logs * -n shop").named().count(), 0);
    }

    #[test]
    fn pipes_that_reshape_the_output_are_known() {
        assert!(kubectl("kubectl get pods -o json | jq '.items | length'").reshaped);
        assert!(!kubectl("kubectl get pods | head -5").reshaped);
        let columns = kubectl("kubectl get pods -o custom-columns=\"NAME:.metadata.name,NODE:.spec.nodeName\" --no-headers");
        assert!(columns.no_headers);
        assert!(matches!(columns.output, Output::Columns(columns) if columns.len() == 2 && &*columns[1].path == ".spec.nodeName"));
    }

    #[test]
    fn other_commands_are_told_apart() {
        assert_eq!(Command::parse("cat web.yaml"), Command::Cat);
        assert_eq!(Command::parse("cat web.yaml | grep image"), Command::Other);
        for line in ["curl -s http://web:8080", "kubectl_memory namespace=x", "", "kubectl get pods; kubectl get svc", "helm list"] {
            assert_eq!(Command::parse(line), Command::Other, "{line}");
        }
        assert_eq!(kubectl("kubectl apply -f - <<'EOF'").here_document.as_deref(), Some("EOF"));
        assert!(is_open("kubectl get pods | \\") && is_open("awk '") && !is_open("awk ''"));
        assert!(begins_several("awk '{") && !begins_several("echo don't"));
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_a_panic(line in "\\PC{0,60}", words in "(kubectl|get|logs|-[a-zA-Z=]{0,4}|--[a-z=]{0,6}|['\"|&;<>\\\\ /,é]){0,12}") {
            let _ = (Command::parse(&line), is_open(&line), Command::parse(&words), Command::parse(&format!("kubectl {line}")));
        }
    }
}
