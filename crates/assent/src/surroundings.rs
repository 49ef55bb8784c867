//! What the environment says about the way out. Read here and nowhere else, so that all commands go the same way.

use assent_base::Proxy;
use assent_base::proxy::Scheme;

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
}
