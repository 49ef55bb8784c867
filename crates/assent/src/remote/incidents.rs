//! `assent incidents` and `assent incident ID`.

use anyhow::bail;
use assent_api::incidents::{self as words, IncidentPath, IncidentQuery, IncidentSummary};
use assent_api::operations as ops;
use assent_api::{Empty, Page, PageQuery};
use assent_base::id::{AccountId, IncidentId};
use clap::{Args, Subcommand};
use futures_util::StreamExt as _;

use super::{Remote, Server, span};
use crate::cli::{Output, Shape};
use crate::render::text::printable;
use crate::{print, print_on, render};

/// Which incidents to list.
#[derive(Debug, Args)]
pub(crate) struct Incidents {
    /// States, joined by commas; all that are not closed if absent.
    #[arg(long, value_name = "STATES")]
    state: Option<String>,
    /// Only those that touch this namespace.
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// Only those whose title or object has these words.
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = assent_api::page::PAGE_ENTRIES_DEFAULT)]
    limit: u32,
    /// Go on telling what changes, until interrupted.
    #[arg(short, long)]
    watch: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

/// Which incident, and what to do with it.
#[derive(Debug, Args)]
pub(crate) struct Incident {
    /// Its id: `inc_…`.
    id: IncidentId,
    #[command(subcommand)]
    act: Option<Act>,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Tell nobody of it for a while.
    Mute {
        /// For how long: `30m`, `2h`, `1d`.
        #[arg(value_parser = span)]
        span: u64,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Tell of it again.
    Unmute,
    /// Say why it does not matter.
    Dismiss {
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Take a dismissal back.
    Reopen,
    /// Explain it again.
    Rerun {
        /// What the evidence cannot show.
        #[arg(long)]
        context: Option<String>,
    },
    /// Remark on it.
    Comment {
        /// What to say.
        text: String,
    },
    /// Give it to somebody, or to nobody.
    Assign {
        /// The account: `acc_…`.
        account: Option<AccountId>,
    },
    /// Make a link that shows its report to whoever holds it.
    Share {
        /// For how long.
        #[arg(long, default_value = "7d", value_parser = span)]
        expires_in: u64,
    },
    /// What happened, oldest first.
    Timeline,
}

impl Incidents {
    /// Lists incidents.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        list(self)
    }
}

impl Incident {
    /// Reads an incident, or does something with it.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        one(self)
    }
}

fn list(asked: &Incidents) -> anyhow::Result<u8> {
    let remote = Remote::of(&asked.server)?;
    let query = IncidentQuery {
        state: asked.state.clone(),
        namespace: asked.namespace.clone(),
        text: asked.text.clone(),
        limit: Some(asked.limit),
        ..IncidentQuery::default()
    };
    let page = remote.call::<ops::ListIncidents>(&Empty {}, &query, &Empty {})?;
    if asked.json {
        print(&format!("{}\n", serde_json::to_string_pretty(&page)?))?;
    } else if page.items.is_empty() {
        print("No incidents.\n")?;
    } else {
        print(&table(&page.items))?;
        if page.next.is_some() {
            print("… and more: narrow the list, or raise --limit.\n")?;
        }
    }
    if asked.watch { watch(&remote, &query, asked.json) } else { Ok(0) }
}

/// Tells what changes. An incident is read anew for each event of it, so what is printed is what is.
fn watch(remote: &Remote, query: &IncidentQuery, json: bool) -> anyhow::Result<u8> {
    use assent_api::events::Event;
    remote.wait(async {
        let mut events = std::pin::pin!(remote.client.events(None));
        while let Some(event) = events.next().await {
            let (_, event) = event?;
            match event {
                Event::Incident { incident, .. } => {
                    let path = IncidentPath { incident };
                    let Ok(found) = remote.client.call::<ops::GetIncident>(&path, &Empty {}, &Empty {}).await else { continue };
                    let one = found.summary;
                    if query.namespace.as_ref().is_some_and(|name| !one.namespaces.contains(name)) {
                        continue;
                    }
                    let text = if json { format!("{}\n", serde_json::to_string(&one)?) } else { row(&one) };
                    if print_on(&text)?.is_break() {
                        break;
                    }
                }
                Event::Cluster { .. } | Event::Plan { .. } => {}
                Event::Gap {} if print_on("(some changes were missed; run the command again for the whole list)\n")?.is_break() => break,
                Event::Gap {} => {}
            }
        }
        bail!("the platform ended the stream")
    })
}

fn one(asked: &Incident) -> anyhow::Result<u8> {
    let remote = Remote::of(&asked.server)?;
    let path = IncidentPath { incident: asked.id };
    match &asked.act {
        None => read(&remote, &path, &asked.shape),
        Some(Act::Timeline) => timeline(&remote, &path),
        Some(Act::Comment { text }) => {
            let comment = remote.call::<ops::AddComment>(&path, &Empty {}, &words::AddComment { text: text.clone() })?;
            print(&format!("{} remarked.\n", printable(&comment.by_name)))
        }
        Some(Act::Share { expires_in }) => {
            let made = remote.call::<ops::CreateShare>(&path, &Empty {}, &assent_api::shares::CreateShare { expires_in_s: *expires_in })?;
            print(&format!("{}\nWorks until {:.0}; shown this once.\n", printable(&made.link), made.share.expires_at))
        }
        Some(act) => {
            let incident = change(&remote, &path, act)?;
            print(&row(&incident.summary))
        }
    }
}

fn change(remote: &Remote, path: &IncidentPath, act: &Act) -> anyhow::Result<words::Incident> {
    match act {
        Act::Mute { span, reason } => {
            remote.call::<ops::MuteIncident>(path, &Empty {}, &words::MuteIncident { for_s: *span, reason: reason.clone() })
        }
        Act::Unmute => remote.call::<ops::UnmuteIncident>(path, &Empty {}, &Empty {}),
        Act::Dismiss { reason } => remote.call::<ops::DismissIncident>(path, &Empty {}, &words::DismissIncident { reason: reason.clone() }),
        Act::Reopen => remote.call::<ops::ReopenIncident>(path, &Empty {}, &Empty {}),
        Act::Rerun { context } => remote.call::<ops::RerunIncident>(path, &Empty {}, &words::RerunIncident { context: context.clone() }),
        Act::Assign { account } => remote.call::<ops::AssignIncident>(path, &Empty {}, &words::AssignIncident { assignee: *account }),
        Act::Comment { .. } | Act::Share { .. } | Act::Timeline => bail!("this changes nothing"),
    }
}

fn read(remote: &Remote, path: &IncidentPath, shape: &Shape) -> anyhow::Result<u8> {
    let incident = remote.call::<ops::GetIncident>(path, &Empty {}, &Empty {})?;
    if shape.output == Output::Json {
        return print(&format!("{}\n", serde_json::to_string_pretty(&incident)?));
    }
    if shape.output == Output::Human {
        print(&head(&incident))?;
    }
    match incident.report {
        Some(report) => print(&render::report(&serde_json::from_value(report.0)?, shape)?),
        None => print("There is no report yet.\n"),
    }
}

fn head(incident: &words::Incident) -> String {
    let summary = &incident.summary;
    let mut out = format!(
        "{}\n{} in {}, {}, {} since {:.0}",
        printable(&summary.title),
        summary.id,
        printable(&summary.cluster_name),
        word(summary.severity),
        word(summary.state),
        summary.opened_at
    );
    if summary.recurrences > 0 {
        out.push_str(&format!(", seen {} times before", summary.recurrences));
    }
    if let Some(dismissal) = &incident.dismissal {
        out.push_str(&format!("\nDismissed by {}: {}", printable(&dismissal.by), printable(&dismissal.reason)));
    }
    if let Some(mute) = &incident.mute {
        out.push_str(&format!("\nMuted until {} by {}", mute.until, printable(&mute.by)));
    }
    for context in &incident.context {
        out.push_str(&format!("\nAdded by a person, not checked: {}", printable(context)));
    }
    out.push_str("\n\n");
    out
}

fn timeline(remote: &Remote, path: &IncidentPath) -> anyhow::Result<u8> {
    let mut query = PageQuery::default();
    loop {
        let page: Page<words::TimelineEntry> = remote.call::<ops::GetTimeline>(path, &query, &Empty {})?;
        for entry in &page.items {
            let by = entry.by.as_deref().map(|by| format!("{} ", printable(by))).unwrap_or_default();
            print(&format!("{:.0}  {:<8} {by}{}\n", entry.at, word(entry.kind), printable(&entry.text)))?;
        }
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return Ok(0),
        }
    }
}

fn table(items: &[IncidentSummary]) -> String {
    items.iter().map(row).collect()
}

fn row(one: &IncidentSummary) -> String {
    let entity = match &one.entity.namespace {
        Some(namespace) => format!("{} {namespace}/{}", one.entity.kind, one.entity.name),
        None => format!("{} {}", one.entity.kind, one.entity.name),
    };
    let sure = one.confidence_percent.map(|percent| format!(" · {percent}%")).unwrap_or_default();
    format!(
        "{}  {:<8} {:<12} {}{sure}\n    {} in {}, {} affected, since {:.0}\n",
        one.id,
        word(one.severity),
        word(one.state),
        printable(&one.title),
        printable(&entity),
        printable(&one.cluster_name),
        one.affected,
        one.opened_at
    )
}

/// The API's own word for something.
pub(super) fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(|word| word.replace('_', " "))).unwrap_or_default()
}
