//! Slack's incoming webhooks: Block Kit.
//!
//! Foreign words stand in `plain_text` alone, where Slack reads no markup, no mentions and, with `emoji` off, no emoji. The text of the
//! pop-up is read as markup, so `&`, `<` and `>` are escaped there.
//! Source: docs.slack.dev, "Formatting message text" and "Blocks".

use serde_json::{Value, json};

use super::{Shown, rest, shown, summary, test_words};
use crate::notice::Message;
use crate::site::Site;

/// Characters of a header, by Slack's bounds.
const HEADER_CHARS_MAX: usize = 150;

/// The body of the request.
pub(crate) fn body(message: Message<'_>, site: Option<&Site>) -> Value {
    let (text, blocks) = match message {
        Message::Test { channel } => (test_words(channel), vec![section(&test_words(channel))]),
        Message::Batch(batch) => {
            let mut blocks = Vec::new();
            for (n, item) in batch.items.iter().enumerate() {
                if n > 0 && batch.items.len() <= DIVIDED_MAX {
                    blocks.push(json!({ "type": "divider" }));
                }
                let shown = shown(item, site);
                if batch.items.len() == 1 { whole(&shown, &mut blocks) } else { brief(&shown, &mut blocks) }
            }
            if let Some(rest) = rest(batch) {
                let link = site.map(|site| button("Open list", &site.incidents()));
                blocks.push(with_button(section(&rest), link));
            }
            (summary(batch), blocks)
        }
    };
    json!({ "text": escaped(&text), "blocks": blocks, "unfurl_links": false, "unfurl_media": false })
}

/// Items of a message that have a line between them: a message has 50 blocks at most.
const DIVIDED_MAX: usize = 10;

fn whole(shown: &Shown, blocks: &mut Vec<Value>) {
    let header: String = shown.headline.chars().take(HEADER_CHARS_MAX).collect();
    blocks.push(json!({ "type": "header", "text": plain(&header) }));
    blocks.push(section(&shown.title));
    blocks.extend(shown.detail.as_deref().map(section));
    blocks.push(context(shown));
    blocks.extend(shown.link.as_ref().map(|link| json!({ "type": "actions", "elements": [button(link.words, &link.url)] })));
}

fn brief(shown: &Shown, blocks: &mut Vec<Value>) {
    let link = shown.link.as_ref().map(|link| button(link.words, &link.url));
    blocks.push(with_button(section(&format!("{}: {}", shown.headline, shown.title)), link));
    blocks.push(context(shown));
}

fn context(shown: &Shown) -> Value {
    let elements: Vec<Value> = [Some(&shown.place), shown.earlier.as_ref()].into_iter().flatten().map(|text| plain(text)).collect();
    json!({ "type": "context", "elements": elements })
}

fn with_button(mut section: Value, link: Option<Value>) -> Value {
    if let (Some(fields), Some(link)) = (section.as_object_mut(), link) {
        fields.insert("accessory".to_owned(), link);
    }
    section
}

fn section(text: &str) -> Value {
    // A text of nothing is no text to Slack, and refuses the message.
    json!({ "type": "section", "text": plain(if text.is_empty() { "-" } else { text }) })
}

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text, "emoji": false })
}

fn button(words: &str, url: &str) -> Value {
    json!({ "type": "button", "text": plain(words), "url": url })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
