//! `assent whoami`: as whom the commands ask, where, and with which rights.

use std::fmt::Write as _;

use assent_api::accounts::Grant;
use assent_api::operations as ops;
use assent_api::sessions::{Me, Session};
use assent_api::{Empty, PageQuery};
use clap::Args;

use super::{Form, Remote, Server};
use crate::print;
use crate::render::text::{escaped_json, printable};

/// Says as whom the commands ask a platform.
#[derive(Debug, Args)]
pub(crate) struct Whoami {
    /// The form of the answer.
    #[arg(short, long, value_enum, default_value_t = Form::Human)]
    output: Form,
    #[command(flatten)]
    server: Server,
}

impl Whoami {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let (remote, url) = Remote::at(&self.server)?;
        // What goes with changes is no part of who one is, and should not stand in a file.
        let me = Me { csrf_token: None, ..remote.get::<ops::GetMe>()? };
        match self.output {
            Form::Json => print(&format!("{}\n", escaped_json(&serde_json::to_string_pretty(&me)?))),
            Form::Human => {
                let session = if me.account.is_some() { own_session(&remote) } else { None };
                print(&shown(&me, &url, session.as_ref()))
            }
        }
    }
}

/// The session that asks; none with a token of the identity provider.
fn own_session(remote: &Remote) -> Option<Session> {
    let query = PageQuery { limit: Some(assent_api::page::PAGE_ENTRIES_MAX), ..PageQuery::default() };
    let page = remote.call::<ops::ListSessions>(&Empty {}, &query, &Empty {}).ok()?;
    page.items.into_iter().find(|session| session.current)
}

fn shown(me: &Me, url: &str, session: Option<&Session>) -> String {
    let email = me.email.as_deref().filter(|email| !email.is_empty()).map(|email| format!(" <{}>", printable(email))).unwrap_or_default();
    let rights = match me.grants.as_slice() {
        [] => "none: ask an admin of your organisation".to_owned(),
        grants => grants.iter().map(right).collect::<Vec<_>>().join(", "),
    };
    let mut text = format!("{}{email}\n", printable(&me.name));
    let mut line = |what: &str, value: &str| {
        let _ = writeln!(text, "  {what:<13}{value}");
    };
    line("principal", &me.principal);
    line("organisation", &format!("{} ({})", printable(&me.tenant_name), me.tenant));
    line("platform", &printable(url));
    line("rights", &rights);
    if let Some(session) = session {
        line("session", &format!("until {:.0} at the latest", session.expires_at));
    }
    text
}

/// `viewer`, or `operator in env_… (shop, web)`.
fn right(grant: &Grant) -> String {
    let place = grant.environment.map(|environment| format!(" in {environment}")).unwrap_or_default();
    let namespaces = if grant.namespaces.is_empty() { String::new() } else { format!(" ({})", printable(&grant.namespaces.join(", "))) };
    format!("{}{place}{namespaces}", grant.role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_one_is_reads_at_a_glance() {
        let me: Me = serde_json::from_value(serde_json::json!({
            "tenant": "tnt_01a1ff830b12787d9f5d349b73b0988d", "tenant_name": "Orchard", "principal": "account:acc_01a1ff830b207373ba6fe05eaea0663d",
            "account": "acc_01a1ff830b207373ba6fe05eaea0663d", "name": "Ada\u{1b}[31m", "email": "ada@example.org",
            "grants": [
                { "role": "viewer" },
                { "role": "operator", "environment": "env_01a1ff830b207373ba6fe05eaea0663d", "namespaces": ["shop", "web"] },
            ],
        }))
        .unwrap();
        let session = serde_json::from_value(serde_json::json!({
            "id": "ses_01a1ff830b207373ba6fe05eaea0663d", "created_at": "2026-05-04T12:00:00Z", "seen_at": "2026-05-04T12:00:00Z",
            "expires_at": "2026-05-11T12:00:00Z", "current": true,
        }))
        .unwrap();
        insta::assert_snapshot!(shown(&me, "https://assent.example", Some(&session)), @r"
        Ada\u{1b}[31m <ada@example.org>
          principal    account:acc_01a1ff830b207373ba6fe05eaea0663d
          organisation Orchard (tnt_01a1ff830b12787d9f5d349b73b0988d)
          platform     https://assent.example
          rights       viewer, operator in env_01a1ff830b207373ba6fe05eaea0663d (shop, web)
          session      until 2026-05-11T12:00:00Z at the latest
        ");
        let stranger = Me { grants: Vec::new(), email: None, ..me };
        assert!(shown(&stranger, "https://assent.example", None).contains("rights       none: ask an admin"));
    }
}
