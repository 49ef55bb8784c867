//! A message in the form that each receiver takes.

pub(crate) mod mail;
pub(crate) mod slack;
pub(crate) mod teams;
pub(crate) mod webhook;

use crate::notice::{Batch, Item, headline, invitation, word};
use crate::site::Site;
use crate::text::{DETAIL_CHARS_MAX, NAME_CHARS_MAX, TITLE_CHARS_MAX, inert};

/// Namespaces that a line names.
const NAMESPACES_SHOWN: usize = 5;

/// A notice in inert words, and the one link that it has.
pub(crate) struct Shown {
    pub(crate) headline: &'static str,
    pub(crate) title: String,
    /// `broken · prod-eu1 · prod · shop, billing`.
    pub(crate) place: String,
    pub(crate) detail: Option<String>,
    /// `3 earlier notices of the same`.
    pub(crate) earlier: Option<String>,
    pub(crate) link: Option<Link>,
}

/// A link to the platform.
pub(crate) struct Link {
    pub(crate) words: &'static str,
    pub(crate) url: String,
}

/// A notice in words.
pub(crate) fn shown(item: &Item, site: Option<&Site>) -> Shown {
    let notice = &item.notice;
    let name = |text: &str| inert(text, NAME_CHARS_MAX);
    let mut namespaces: Vec<String> = notice.namespaces.iter().take(NAMESPACES_SHOWN).map(|namespace| name(namespace)).collect();
    let hidden = notice.namespaces.len().saturating_sub(NAMESPACES_SHOWN);
    if hidden > 0 {
        namespaces.push(format!("{hidden} more"));
    }
    let mut place =
        vec![word(notice.severity).to_owned(), name(&notice.cluster_name), name(&notice.environment_name), namespaces.join(", ")];
    place.retain(|part| !part.is_empty());
    Shown {
        headline: headline(notice.kind),
        title: inert(&notice.title, TITLE_CHARS_MAX),
        place: place.join(" · "),
        detail: notice.detail.as_deref().map(|detail| inert(detail, DETAIL_CHARS_MAX)).filter(|detail| !detail.is_empty()),
        earlier: (item.earlier > 0).then(|| counted(item.earlier, "earlier notice of the same", "earlier notices of the same")),
        link: site.map(|site| Link { words: invitation(notice.subject, notice.kind), url: site.page(notice.subject) }),
    }
}

/// What a message is about, on one line.
pub(crate) fn summary(batch: &Batch) -> String {
    match batch.items.as_slice() {
        [only] if batch.more == 0 => format!("{}: {}", headline(only.notice.kind), inert(&only.notice.title, TITLE_CHARS_MAX)),
        _ => counted(u32::try_from(batch.count()).unwrap_or(u32::MAX), "notice", "notices"),
    }
}

/// What is said of what is not shown.
pub(crate) fn rest(batch: &Batch) -> Option<String> {
    (batch.more > 0).then(|| counted(batch.more, "more notice is not shown here", "more notices are not shown here"))
}

fn counted(count: u32, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// What a test says.
pub(crate) fn test_words(channel: &str) -> String {
    format!("This is a test of the notification channel {}.", inert(channel, NAME_CHARS_MAX))
}

#[cfg(test)]
mod tests {
    use assent_api::channels::NoticeKind;
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::notice::tests::notice;
    use crate::notice::{Message, Notice};

    const OWN: &str = "https://assent.example/";

    fn site() -> Site {
        Site::parse(OWN).unwrap()
    }

    /// A batch in which every text is the same.
    fn batch(text: &str, count: u8) -> Batch {
        let item = |n| {
            let fresh = notice(n, NoticeKind::ALL[usize::from(n) % NoticeKind::ALL.len()]);
            let notice = Notice {
                title: text.to_owned(),
                detail: Some(text.to_owned()),
                environment_name: text.to_owned(),
                cluster_name: text.to_owned(),
                namespaces: vec![text.to_owned(); 7],
                ..fresh
            };
            Item { notice, earlier: u32::from(n) }
        };
        Batch { items: (0..count).map(item).collect(), more: u32::from(count > 3) }
    }

    /// Every string of a JSON value, with the name of its field.
    fn strings<'a>(name: &'a str, value: &'a Value, found: &mut Vec<(&'a str, &'a str)>) {
        match value {
            Value::String(text) => found.push((name, text)),
            Value::Array(items) => items.iter().for_each(|item| strings(name, item, found)),
            Value::Object(fields) => fields.iter().for_each(|(name, value)| strings(name, value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The texts that somebody else than us may have chosen: what is no word of the format.
    const HOSTILE: &[&str] = &[
        "<https://evil.example|Approve here> <!channel> <@U123> &amp; *bold* :tada:",
        "[Approve](https://evil.example) ![x](http://evil.example/x.png) **b** <at>everyone</at> @everyone",
        "x\r\nBcc: eve@evil.example\r\n\r\n<script>alert(1)</script>",
        "\u{202e}elpmaxe.live//:sptth\u{202c} www.evil.example mailto:eve@evil.example",
        "{{DATE()}} ${body('x')} \"}],\"actions\":[{\"type\":\"Action.OpenUrl\",\"url\":\"https://evil.example\"}]",
        "",
        "\u{200b}\n",
    ];

    fn check(text: &str, count: u8) -> Result<(), TestCaseError> {
        let batch = batch(text, count);
        let site = site();
        let message = Message::Batch(&batch);
        for (format, body) in [("slack", slack::body(message, Some(&site))), ("teams", teams::body(message, Some(&site)))] {
            let mut found = Vec::new();
            strings("", &body, &mut found);
            for (name, value) in found {
                if name == "url" {
                    prop_assert!(value.starts_with(OWN), "{format}: {value}");
                } else if name != "$schema" {
                    prop_assert!(!value.contains("://") && !value.contains("www."), "{format} {name}: {value}");
                    prop_assert!(!value.contains('@') || value.contains("[@]"), "{format} {name}: {value}");
                }
                prop_assert!(!value.chars().any(char::is_control), "{format} {name}: {value:?}");
            }
            prop_assert!(body.to_string().len() < 28_000 * 4, "{format}: {} bytes", body.to_string().len());
        }
        let slack = slack::body(message, Some(&site));
        let blocks = slack["blocks"].as_array().unwrap();
        prop_assert!(!blocks.is_empty() && blocks.len() <= 50, "{} blocks", blocks.len());
        prop_assert!(!slack["text"].as_str().unwrap().contains(['<', '>']));
        prop_assert!(!slack.to_string().contains("mrkdwn"));
        prop_assert!(!teams::body(message, Some(&site)).to_string().contains("\"TextBlock\""));
        let (subject, mail) = mail::subject_and_text(message, Some(&site));
        prop_assert!(!subject.chars().any(char::is_control), "{subject:?}");
        let links = mail.matches("://").count();
        prop_assert_eq!(links, mail.matches(OWN).count());
        prop_assert_eq!(links, usize::from(count) + usize::from(batch.more > 0));
        Ok(())
    }

    #[test]
    fn hostile_words_are_words_in_every_format() {
        for text in HOSTILE {
            for count in [1, 2, 20] {
                check(text, count).unwrap();
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_a_cluster_says_the_only_links_are_our_own(text in "(\\PC|[\\n\\r\\x00\\u{202e}]|https?://|www\\.|<|>|&|\\||@|\\[|\\]\\(){0,300}", count in 1_u8..21) {
            check(&text, count)?;
        }
    }

    #[test]
    fn without_an_address_of_the_platform_there_is_no_link() {
        let batch = batch("x", 2);
        for body in [slack::body(Message::Batch(&batch), None), teams::body(Message::Batch(&batch), None)] {
            assert!(!body.to_string().replace("http://adaptivecards.io", "").contains("://"), "{body}");
        }
        assert!(!mail::subject_and_text(Message::Batch(&batch), None).1.contains("://"));
        assert_eq!(webhook::body("1", Message::Batch(&batch), None)["notices"][0]["url"], Value::Null);
    }

    #[test]
    fn a_plan_leads_to_the_page_where_it_is_signed() {
        let plan = assent_base::id::PlanId::new(assent_base::Timestamp::UNIX_EPOCH, [3; 10]);
        let subject = crate::notice::Subject::Plan(plan);
        let item = Item { notice: Notice { subject, ..notice(1, NoticeKind::PlanAwaiting) }, earlier: 0 };
        let link = shown(&item, Some(&site())).link.unwrap();
        assert_eq!((link.words, link.url), ("Review and sign", format!("{OWN}actions/{plan}")));
    }
}
