//! Where browsers find the console.

use assent_http::RequestMeta;

use crate::plane::ControlPlane;

impl ControlPlane {
    /// The address of the console: as it is configured, else as somebody who asks here would reach it.
    pub(crate) fn console(&self, meta: &RequestMeta) -> String {
        self.inner.settings.public_url.clone().unwrap_or_else(|| by_name(&meta.base_url))
    }
}

/// This machine by its name: browsers give passkeys to `localhost`, and to no address.
#[must_use]
pub fn by_name(url: &str) -> String {
    let Some((scheme, host)) = url.split_once("://") else { return url.to_owned() };
    let port = ["127.0.0.1", "[::1]"]
        .iter()
        .find_map(|address| host.strip_prefix(address))
        .filter(|rest| rest.is_empty() || rest.starts_with(':'));
    port.map_or_else(|| url.to_owned(), |port| format!("{scheme}://localhost{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_this_machine_so_that_it_can_have_passkeys() {
        for (url, page) in [
            ("http://127.0.0.1:8473", "http://localhost:8473"),
            ("https://[::1]:8473", "https://localhost:8473"),
            ("http://127.0.0.1", "http://localhost"),
            ("http://127.0.0.10:8473", "http://127.0.0.10:8473"),
            ("http://127.0.0.1.example", "http://127.0.0.1.example"),
            ("https://assent.example", "https://assent.example"),
        ] {
            assert_eq!(by_name(url), page);
        }
    }
}
