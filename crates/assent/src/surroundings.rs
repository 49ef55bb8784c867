//! What the environment says about the way out, and whether it says something that nothing reads. Read here and nowhere else, so that all
//! commands go the same way.

use assent_base::proxy::Scheme;
use assent_base::{Proxy, variables};
use clap::CommandFactory as _;

use crate::cli::Cli;

/// The proxy for addresses by HTTPS: of the flags, else of the variables. An empty `--proxy` uses none.
pub(crate) fn proxy(flag: Option<&str>, except: Option<&str>) -> anyhow::Result<Option<Proxy>> {
    chosen(flag, except, variable)
}

fn chosen(flag: Option<&str>, except: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Option<Proxy>> {
    let around = |except: Option<&str>| except.map_or_else(|| Proxy::exceptions(&variable), str::to_owned);
    match flag {
        Some("") => Ok(None),
        Some(url) => Ok(Some(Proxy::at("--proxy", url, around(except))?)),
        None => Ok(Proxy::around(Scheme::Https, &variable)?.map(|proxy| Proxy { except: around(except), ..proxy })),
    }
}

/// Refuses what looks like a variable of ours and is none, on behalf of whoever reads what a command of this name reads.
pub(crate) fn variables_are_known(readers: &str, command: &str) -> anyhow::Result<()> {
    Ok(variables::check(readers, read_by(command), variables::of(std::env::vars_os()))?)
}

fn read_by(command: &str) -> Vec<String> {
    let line = Cli::command();
    let arguments = line.find_subcommand(command).into_iter().flat_map(clap::Command::get_arguments);
    arguments.filter_map(|one| one.get_env()).map(|name| name.to_string_lossy().into_owned()).collect()
}

#[expect(clippy::disallowed_methods, reason = "the binary reads the environment, here and nowhere else")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_goes_before_the_variables_and_can_switch_them_off() {
        let variable = |name: &str| match name {
            "https_proxy" => Some("http://around:3128".to_owned()),
            "NO_PROXY" => Some(".corp".to_owned()),
            _ => None,
        };
        let is = |url: &str, except: &str| Some(Proxy { url: url.to_owned(), except: except.to_owned() });
        assert_eq!(chosen(None, None, variable).unwrap(), is("http://around:3128", ".corp"));
        assert_eq!(chosen(Some("http://own:1"), None, variable).unwrap(), is("http://own:1", ".corp"));
        assert_eq!(chosen(None, Some("*"), variable).unwrap(), is("http://around:3128", "*"));
        assert_eq!(chosen(Some(""), None, variable).unwrap(), None);
        assert!(chosen(Some("rubbish"), None, variable).unwrap_err().to_string().starts_with("--proxy "));
    }

    #[test]
    fn every_variable_of_the_command_line_is_known_to_all_programs() {
        fn look(command: &clap::Command, found: &mut Vec<String>) {
            found.extend(command.get_arguments().filter_map(|one| one.get_env()).map(|name| name.to_string_lossy().into_owned()));
            command.get_subcommands().for_each(|one| look(one, found));
        }
        let mut found = Vec::new();
        look(&Cli::command(), &mut found);
        let ours: Vec<&String> = found.iter().filter(|name| name.starts_with(variables::PREFIX)).collect();
        assert!(ours.len() > 20, "{ours:?}");
        for name in ours {
            assert!(variables::KNOWN.contains(&name.as_str()), "{name} is missing from `variables::KNOWN`");
        }
        assert!(read_by("up").contains(&"ASSENT_DATA_DIR".to_owned()) && read_by("check").contains(&"ASSENT_DATABASE".to_owned()));
    }

    #[test]
    fn the_documentation_names_every_variable_of_the_platform() {
        let docs = include_str!("../../../docs/configuration.md");
        for name in read_by("up").iter().filter(|name| name.starts_with(variables::PREFIX)) {
            assert!(docs.contains(&format!("`{name}`")), "docs/configuration.md does not name `{name}`");
        }
    }
}
