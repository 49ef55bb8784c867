//! The platform's own address: the only place that links lead to.

use reqwest::Url;

use crate::notice::Subject;

/// Where people reach the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site(Url);

impl Site {
    /// Reads it. `None` unless it is a plain `http` or `https` address without user, query or fragment.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        plain.then_some(Self(url))
    }

    /// The page of an incident, or the one on which a plan is signed. Made of the address and an id, and of nothing else.
    #[must_use]
    pub fn page(&self, subject: Subject) -> String {
        match subject {
            Subject::Incident(id) => self.below(&format!("incidents/{id}")),
            Subject::Plan(id) => self.below(&format!("actions/{id}")),
        }
    }

    /// The list that holds what a message leaves out.
    #[must_use]
    pub fn incidents(&self) -> String {
        self.below("incidents")
    }

    fn below(&self, path: &str) -> String {
        format!("{}/{path}", self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use assent_base::Timestamp;
    use assent_base::id::{PlanId, RANDOM_BYTES};

    use super::*;

    #[test]
    fn links_lead_below_the_platform_s_address() {
        let plan = PlanId::new(Timestamp::UNIX_EPOCH, [1; RANDOM_BYTES]);
        for (address, prefix) in
            [("https://assent.example", "https://assent.example/"), ("https://x.example/ops/", "https://x.example/ops/")]
        {
            let site = Site::parse(address).unwrap();
            assert_eq!(site.page(Subject::Plan(plan)), format!("{prefix}actions/{plan}"));
        }
    }

    #[test]
    fn an_address_is_an_address_alone() {
        for bad in ["javascript:alert(1)", "https://user@x.example", "https://x.example/?a=b", "https://x.example/#a", "assent", ""] {
            assert!(Site::parse(bad).is_none(), "{bad}");
        }
    }
}
