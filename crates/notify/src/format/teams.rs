//! Workflows of Microsoft Teams: an Adaptive Card.
//!
//! A `TextBlock` reads Markdown, a `TextRun` does not: foreign words stand in text runs alone.
//! Source: adaptivecards.io, schema 1.4; learn.microsoft.com, "Create incoming webhooks with Workflows".

use serde_json::{Value, json};

use super::{Shown, rest, shown, summary, test_words};
use crate::notice::Message;
use crate::site::Site;

/// What a program shows that cannot show cards. It may read this as Markdown, so no foreign word is in it.
const FALLBACK: &str = "A notification of Assent";

/// The body of the request.
pub(crate) fn body(message: Message<'_>, site: Option<&Site>) -> Value {
    let mut actions = Vec::new();
    let content = match message {
        Message::Test { channel } => vec![text(&test_words(channel), Look::Plain)],
        Message::Batch(batch) => {
            let mut content = Vec::new();
            if batch.items.len() != 1 {
                content.push(text(&summary(batch), Look::Title));
            }
            for item in &batch.items {
                let shown = shown(item, site);
                if batch.items.len() == 1 {
                    actions.extend(shown.link.as_ref().map(|link| open(link.words, &link.url)));
                    content.extend(lines(&shown));
                } else {
                    content.push(container(&shown));
                }
            }
            if let Some(rest) = rest(batch) {
                content.push(text(&rest, Look::Faint));
                actions.extend(site.map(|site| open("Open list", &site.incidents())));
            }
            content
        }
    };
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": FALLBACK,
        "body": content,
        "actions": actions,
    });
    json!({ "type": "message", "attachments": [{ "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card }] })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Title,
    Plain,
    Faint,
}

fn lines(shown: &Shown) -> Vec<Value> {
    let mut lines = vec![text(shown.headline, Look::Title), text(&shown.title, Look::Plain)];
    lines.extend(shown.detail.as_deref().map(|detail| text(detail, Look::Plain)));
    lines.push(text(&shown.place, Look::Faint));
    lines.extend(shown.earlier.as_deref().map(|earlier| text(earlier, Look::Faint)));
    lines
}

/// One of several. All of it leads to its page.
fn container(shown: &Shown) -> Value {
    let mut container = json!({ "type": "Container", "separator": true, "items": lines(shown) });
    if let (Some(fields), Some(link)) = (container.as_object_mut(), &shown.link) {
        fields.insert("selectAction".to_owned(), open(link.words, &link.url));
    }
    container
}

fn text(text: &str, look: Look) -> Value {
    let run = match look {
        Look::Title => json!({ "type": "TextRun", "text": text, "weight": "Bolder", "size": "Medium" }),
        Look::Plain => json!({ "type": "TextRun", "text": text }),
        Look::Faint => json!({ "type": "TextRun", "text": text, "isSubtle": true, "size": "Small" }),
    };
    json!({ "type": "RichTextBlock", "inlines": [run] })
}

fn open(words: &str, url: &str) -> Value {
    json!({ "type": "Action.OpenUrl", "title": words, "url": url })
}
