//! A mail in plain text: nothing in it is markup.

use super::{rest, shown, summary, test_words};
use crate::notice::Message;
use crate::site::Site;

/// What every subject begins with, so that people can sort.
const PREFIX: &str = "[Assent] ";

/// Subject and text.
pub(crate) fn subject_and_text(message: Message<'_>, site: Option<&Site>) -> (String, String) {
    match message {
        Message::Test { channel } => (format!("{PREFIX}Test"), format!("{}\n", test_words(channel))),
        Message::Batch(batch) => {
            let mut text = String::new();
            for item in &batch.items {
                let shown = shown(item, site);
                let lines = [
                    Some(format!("{}: {}", shown.headline, shown.title)),
                    Some(shown.place),
                    shown.detail,
                    shown.earlier,
                    shown.link.map(|link| format!("{}: {}", link.words, link.url)),
                ];
                for line in lines.into_iter().flatten() {
                    text.push_str(&line);
                    text.push('\n');
                }
                text.push('\n');
            }
            if let Some(rest) = rest(batch) {
                let list = site.map(|site| format!(": {}", site.incidents())).unwrap_or_default();
                text.push_str(&format!("{rest}{list}\n\n"));
            }
            text.push_str("Nothing is approved by answering this mail: people sign on the page that the link leads to.\n");
            (format!("{PREFIX}{}", summary(batch)), text)
        }
    }
}
