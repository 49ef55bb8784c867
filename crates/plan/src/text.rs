//! A plan for people: what changes, where, why, what it reaches, and the commands that do the same by hand.
//!
//! Where no executor is installed a plan ends here. The commands send the plan's own bytes, tests included, so that `kubectl` refuses as
//! the executor would if the object has moved on. Text from a cluster is printed as JSON, with escapes for what a terminal would obey.

use std::fmt::Write;

use serde_json::Value;

use crate::blast::Circle;
use crate::catalogue;
use crate::checks::Outcome;
use crate::patch::Op;
use crate::plan::{Inverse, Plan, Request, Standing};

/// Bytes of a value in a diff; what is longer is cut, and the payload has it whole.
const VALUE_BYTES_MAX: usize = 160;
/// Lines of a diff; a template that differs in more is told as such.
const LINES_MAX: usize = 40;
/// Objects of a circle that are named.
const NAMED_MAX: usize = 6;

/// The commands that do by hand what a plan says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commands {
    /// Asks the API server whether it would do it, and changes nothing.
    pub rehearse: String,
    /// Does it.
    pub change: String,
    /// Takes it back; none where a controller makes the object anew.
    pub undo: Option<String>,
}

/// The commands of a plan.
#[must_use]
pub fn commands(plan: &Plan) -> Commands {
    let object = &plan.target.object;
    // The group's name keeps kinds apart that are spelled alike.
    let resource = match plan.target.api_version.split_once('/') {
        Some((group, _)) => format!("{}.{group}", plan.target.resource),
        None => plan.target.resource.clone(),
    };
    let namespace = object.namespace.as_ref().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    let patch = |ops: &[Op], more: &str| {
        format!("kubectl patch {resource} {}{namespace} --type=json{more} -p {}", object.name, quoted(&shown(&serde_json::json!(ops))))
    };
    let (rehearse, change) = match &plan.request {
        Request::Patch(ops) => (patch(ops, " --dry-run=server"), patch(ops, "")),
        Request::Delete { .. } => {
            let delete = format!("kubectl delete {resource} {}{namespace}", object.name);
            (format!("{delete} --dry-run=server"), delete)
        }
    };
    let undo = match &plan.inverse {
        Inverse::Patch { patch: ops, .. } => Some(patch(ops, "")),
        Inverse::MadeAnew { .. } => None,
    };
    Commands { rehearse, change, undo }
}

/// The patch of a plan and the one that takes it back, as files hold them. None where the plan deletes.
#[must_use]
pub fn patches(plan: &Plan) -> Option<(String, String)> {
    match (&plan.request, &plan.inverse) {
        (Request::Patch(change), Inverse::Patch { patch: undo, .. }) => {
            let file = |ops: &[Op]| format!("{}\n", escaped(&format!("{:#}", serde_json::json!(ops))));
            Some((file(change), file(undo)))
        }
        _ => None,
    }
}

/// One line of what a plan does.
#[must_use]
pub fn title(plan: &Plan) -> String {
    format!("{}: {}", catalogue::entry(plan.action.kind()).title, plan.target.object)
}

/// A plan as text, with its digest at the top.
#[must_use]
pub fn write(plan: &Plan) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", title(plan));
    let id = plan.digest().map_or_else(|_| "none".to_owned(), |digest| digest.to_string());
    let _ = writeln!(out, "  plan      {id}");
    let cited: Vec<&str> = plan.grounds.evidence.iter().map(|exhibit| exhibit.id.as_str()).collect();
    let _ = writeln!(
        out,
        "  because   {} on {}, {}% sure [{}]",
        plan.grounds.cause,
        plain(&plan.grounds.entity.to_string()),
        plan.confidence_percent,
        cited.join(" ")
    );
    let flagged = if plan.risk == catalogue::Risk::Exceptional { ": no action of the catalogue, so more people have to agree" } else { "" };
    let _ = writeln!(out, "  risk      {}{flagged}", plan.risk.as_str());
    let _ = writeln!(out, "  valid     {} to {}", plan.drawn_at, plan.expires_at);
    if let Standing::Advice { missing } = plan.standing() {
        let _ = writeln!(out, "  standing  advice: drawn without the {missing}, so it can be followed by hand and not approved");
    }
    let _ = writeln!(out, "  changes");
    for line in diff(plan) {
        let _ = writeln!(out, "    {line}");
    }
    let _ = writeln!(out, "  reaches");
    for (name, circle) in
        [("direct", &plan.blast_radius.direct), ("adjacent", &plan.blast_radius.adjacent), ("downstream", &plan.blast_radius.downstream)]
    {
        let _ = writeln!(out, "    {name:<11}{}", named(circle));
    }
    let _ = writeln!(out, "  checked");
    for check in &plan.checks {
        let word = match check.outcome {
            Outcome::Passes => "passes",
            Outcome::Warns => "WARNS",
            Outcome::Fails => "FAILS",
            Outcome::Unknown => "unknown",
        };
        let _ = writeln!(out, "    {word:<9}{}", plain(&check.says));
    }
    let commands = commands(plan);
    let _ = writeln!(out, "  by hand\n    {}\n    {}", commands.rehearse, commands.change);
    let undo = commands.undo.unwrap_or_else(|| match &plan.inverse {
        Inverse::MadeAnew { by } => format!("nothing to do: {} makes it anew", plain(&by.to_string())),
        Inverse::Patch { .. } => String::new(),
    });
    let _ = writeln!(out, "  undone by\n    {undo}");
    out
}

fn named(circle: &Circle) -> String {
    let names: Vec<String> = circle.objects.iter().take(NAMED_MAX).map(|reached| plain(&reached.object.to_string())).collect();
    let shown = u32::try_from(names.len()).unwrap_or(u32::MAX);
    match circle.count.saturating_sub(shown) {
        0 if names.is_empty() => "nothing that was captured".to_owned(),
        0 => names.join(", "),
        more => format!("{}, and {more} more", names.join(", ")),
    }
}

/// What a plan changes, a line for each field and value.
#[must_use]
pub fn diff(plan: &Plan) -> Vec<String> {
    let Request::Patch(ops) = &plan.request else { return vec![format!("- {}", plan.target.object)] };
    let mut lines = Vec::new();
    let mut before: Option<&Value> = None;
    for op in ops {
        match op {
            Op::Test { value, .. } => before = Some(value),
            Op::Add { path, value } => fields(path, None, Some(value), &mut lines),
            Op::Replace { path, value } => fields(path, before, Some(value), &mut lines),
            Op::Remove { path } => fields(path, before, None, &mut lines),
        }
    }
    let more = lines.len().saturating_sub(LINES_MAX);
    lines.truncate(LINES_MAX);
    if more > 0 {
        lines.push(format!("… and {more} lines more"));
    }
    lines
}

fn fields(path: &str, before: Option<&Value>, after: Option<&Value>, lines: &mut Vec<String>) {
    match (before, after) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                fields(&format!("{path}/{}", crate::patch::escape(key)), a.get(key), b.get(key), lines);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                fields(&format!("{path}/{index}"), Some(a), Some(b), lines);
            }
        }
        (a, b) if a == b => {}
        (a, b) => {
            let line = |mark: char, value: &Value| format!("{mark} {}: {}", escaped(path), cut(&shown(value)));
            lines.extend(a.map(|value| line('-', value)));
            lines.extend(b.map(|value| line('+', value)));
        }
    }
}

fn cut(text: &str) -> String {
    if text.len() <= VALUE_BYTES_MAX {
        return text.to_owned();
    }
    let end = (0..=VALUE_BYTES_MAX).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// JSON on one line, with escapes for whatever a terminal would obey: the value stays the same.
fn shown(value: &Value) -> String {
    escaped(&value.to_string())
}

fn escaped(json: &str) -> String {
    let obeyed = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    json.chars().fold(String::with_capacity(json.len()), |mut out, c| {
        if obeyed(c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
        out
    })
}

/// Names from foreign input on one line: a line break in one would look like a line of ours.
fn plain(text: &str) -> String {
    escaped(text).replace('\n', "\\n")
}

/// One word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_payload_is_one_word_of_a_shell_and_nothing_a_terminal_obeys() {
        let value = json!({"a": "it's \u{1b}[2J \u{202e} $(id) `id`"});
        let word = quoted(&shown(&value));
        assert!(!word.chars().any(|c| c.is_control() || c == '\u{202e}'), "{word}");
        assert_eq!(word.replace(r"'\''", "").matches('\'').count(), 2, "{word}");
        let back: Value = serde_json::from_str(&word.trim_matches('\'').replace(r"'\''", "'")).unwrap();
        assert_eq!(back, value);
    }

    #[test]
    fn long_values_are_cut_at_a_character() {
        assert!(cut(&"é".repeat(200)).len() <= VALUE_BYTES_MAX + 3);
    }
}
