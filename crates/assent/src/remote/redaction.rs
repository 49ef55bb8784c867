//! `assent redaction`: what is replaced in an environment besides the built-in rules, and what would be.
//!
//! A file of rules is what `show` prints, in YAML or JSON. With its `version`, `set` overrules nobody who changed them since.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use assent_api::Empty;
use assent_api::operations as ops;
use assent_api::redaction::{RedactionPath, RedactionRule, RedactionRules, Replaced, TryRedaction};
use assent_client::Extra;
use clap::{Args, Subcommand};
use serde::Deserialize;

use super::ledger::small_file;
use super::{Form, Remote, Server, places};
use crate::print;
use crate::render::text::{escaped_json, is_obeyed_nowhere, printable};

/// Bytes of a text to try rules on at most, as the API takes it.
const TEXT_BYTES_MAX: u64 = 64 << 10;

/// Redaction rules.
#[derive(Debug, Args)]
pub(crate) struct Redaction {
    #[command(subcommand)]
    act: Act,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Print an environment's rules, as `set` takes them.
    Show {
        /// The environment's name or id.
        environment: String,
        /// The form of the rules: YAML for people.
        #[arg(short, long, value_enum, default_value_t = Form::Human)]
        output: Form,
    },
    /// Replace an environment's rules.
    Set {
        /// The environment's name or id.
        environment: String,
        /// The file of the rules: `deny`, `allow`, `addresses`, and the `version` that was read.
        file: PathBuf,
    },
    /// Show what rules would replace in a text. Nothing of it is kept.
    Test {
        /// The environment's name or id.
        environment: String,
        /// The file of the text; standard input if absent or `-`.
        text: Option<PathBuf>,
        /// A file of rules in place of the environment's.
        #[arg(long, value_name = "FILE")]
        rules: Option<PathBuf>,
        /// The form of the answer.
        #[arg(short, long, value_enum, default_value_t = Form::Human)]
        output: Form,
    },
}

/// A file of rules.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    deny: Vec<RedactionRule>,
    allow: Vec<RedactionRule>,
    addresses: bool,
    version: Option<u64>,
}

impl Redaction {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let remote = Remote::of(&self.server)?;
        let find = |asked: &str| Ok::<_, anyhow::Error>(RedactionPath { environment: places::environment(&remote, asked)? });
        match &self.act {
            Act::Show { environment, output } => {
                let rules = remote.call::<ops::GetRedaction>(&find(environment)?, &Empty {}, &Empty {})?;
                match output {
                    Form::Json => output.document(&rules, String::new),
                    Form::Human => print(&yaml(&rules)?),
                }
            }
            Act::Set { environment, file } => {
                let (rules, if_match) = read(file)?;
                let (path, extra) = (find(environment)?, Extra { if_match, ..Extra::default() });
                let kept = remote.wait(remote.client.call_with::<ops::PutRedaction>(&path, &Empty {}, &rules, &extra))?;
                print(&format!("{} rules deny and {} allow, at version {}.\n", kept.deny.len(), kept.allow.len(), kept.version))
            }
            Act::Test { environment, text, rules, output } => {
                let rules = rules.as_deref().map(read).transpose()?.map(|(rules, _)| rules);
                let body = TryRedaction { text: text_of(text.as_deref())?, rules };
                let tried = remote.call::<ops::TryRedaction>(&find(environment)?, &Empty {}, &body)?;
                output.document(&tried, || {
                    let lines: String = tried.text.lines().map(|line| format!("{}\n", printable(line))).collect();
                    let replaced: String = tried.replaced.iter().map(|one| hit(&body.text, one)).collect();
                    format!("{lines}\n{} replaced\n{replaced}", tried.replaced.len())
                })
            }
        }
    }
}

/// Rules as a file has them, with the version they were read at.
fn read(path: &Path) -> anyhow::Result<(RedactionRules, Option<u64>)> {
    let file = parse(&small_file(path)?).with_context(|| format!("`{}` holds no redaction rules", path.display()))?;
    let File { deny, allow, addresses, version } = file;
    Ok((RedactionRules { deny, allow, addresses, version: version.unwrap_or_default() }, version))
}

fn parse(text: &str) -> anyhow::Result<File> {
    if text.trim().is_empty() {
        bail!("it is empty: to have no rules, write `deny: []`");
    }
    serde_saphyr::from_str(text).map_err(|error| anyhow::anyhow!("{error}"))
}

/// In YAML; JSON, which is YAML too, where a terminal would obey something in it.
fn yaml(rules: &RedactionRules) -> anyhow::Result<String> {
    let yaml = serde_saphyr::to_string(rules)?;
    if is_obeyed_nowhere(&yaml) { Ok(yaml) } else { Ok(format!("{}\n", escaped_json(&serde_json::to_string_pretty(rules)?))) }
}

fn text_of(path: Option<&Path>) -> anyhow::Result<String> {
    let mut text = String::new();
    match path.filter(|path| *path != Path::new("-")) {
        Some(path) => {
            let place = || format!("cannot read {}", path.display());
            std::fs::File::open(path).with_context(place)?.take(TEXT_BYTES_MAX + 1).read_to_string(&mut text).with_context(place)?
        }
        None => std::io::stdin().lock().take(TEXT_BYTES_MAX + 1).read_to_string(&mut text).context("cannot read standard input")?,
    };
    if text.len() as u64 > TEXT_BYTES_MAX {
        bail!("the text is longer than {TEXT_BYTES_MAX} bytes, and more is not tried at one time");
    }
    Ok(text)
}

/// `line 3  password  14 bytes`.
fn hit(text: &str, replaced: &Replaced) -> String {
    let before = usize::try_from(replaced.start_bytes).ok().and_then(|start| text.as_bytes().get(..start)).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    format!("  line {line}  {}  {} bytes\n", printable(&replaced.rule), replaced.length_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_show_prints_is_what_set_takes() {
        for pattern in [r"ORCHARD-[0-9]{6}", r#"'": #{}[]&*!|>%@`\\x1b\t"#, "yes", "12", "  spaces  ", "ä\u{1b}[31m"] {
            let rule = RedactionRule { name: "orchard".to_owned(), pattern: pattern.to_owned() };
            let rules = RedactionRules { deny: vec![rule.clone()], allow: vec![rule], addresses: true, version: 7 };
            let shown = yaml(&rules).unwrap();
            assert!(is_obeyed_nowhere(&shown), "{shown}");
            let File { deny, allow, addresses, version } = parse(&shown).unwrap();
            assert_eq!((deny, allow, addresses, version), (rules.deny, rules.allow, true, Some(7)), "{shown}");
        }
    }

    #[test]
    fn a_file_with_an_unknown_key_or_nothing_in_it_is_refused() {
        assert!(parse("denied: []\n").unwrap_err().to_string().contains("denied"));
        assert!(parse("deny: [{name: x, patern: y}]\n").is_err());
        assert!(parse("\n").is_err());
        assert!(parse("deny: []\n").is_ok());
    }

    #[test]
    fn a_replacement_is_told_by_its_line() {
        let replaced = Replaced { rule: "orchard".to_owned(), start_bytes: 4, length_bytes: 3 };
        assert_eq!(hit("a\nb\nccc\n", &replaced), "  line 3  orchard  3 bytes\n");
    }
}
