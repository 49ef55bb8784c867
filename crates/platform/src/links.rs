//! One-time links: for the first owner of a tenant, and for whoever is invited.

use assent_api::{Code, Problem};
use assent_base::id::{AccountId, TenantId};
use assent_base::{Secret, Timestamp};
use assent_identity::link::{INVITATION_S, Link, Purpose, SET_UP_S};
use assent_identity::opaque::Opaque;
use assent_ledger::Outcome;
use assent_store::{Expect, Query, Tenant, Write};
use serde_json::json;

use crate::documents::LinkDoc;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::ReadAll;
use crate::ticket::Ticket;

/// The page of the console that takes links. The secret stands behind `#`, which browsers do not send, so it is in no access log.
const PAGE: &str = "/set-up";

/// A link that was drawn and is not kept yet.
#[derive(Debug)]
pub(crate) struct NewLink {
    account: AccountId,
    link: Link,
    ticket: Ticket<AccountId>,
}

impl NewLink {
    /// A link for the first owner of a tenant, who gets this account.
    pub(crate) fn for_first_owner(plane: &ControlPlane, tenant: TenantId) -> Result<Self, Problem> {
        let account = plane.new_id(AccountId::new);
        Self::draw(plane, tenant, account, Purpose::SetUp { account }, SET_UP_S)
    }

    /// A link for whoever is invited.
    pub(crate) fn for_invited(plane: &ControlPlane, tenant: TenantId, account: AccountId) -> Result<Self, Problem> {
        Self::draw(plane, tenant, account, Purpose::Invitation { account }, INVITATION_S)
    }

    fn draw(plane: &ControlPlane, tenant: TenantId, account: AccountId, purpose: Purpose, holds_s: u64) -> Result<Self, Problem> {
        let (link, secret) = Link::draw(purpose, plane.now(), holds_s).map_err(no_randomness)?;
        Ok(Self { account, link, ticket: Ticket { tenant, id: account, secret: secret.text() } })
    }

    /// The link as text, to be shown once.
    pub(crate) fn url(&self, base_url: &str) -> String {
        format!("{base_url}{PAGE}#{}", self.ticket.text().expose())
    }

    /// Its secret alone.
    pub(crate) fn secret(&self) -> Secret {
        self.ticket.text()
    }

    /// Until when it holds.
    pub(crate) fn expires_at(&self) -> Timestamp {
        self.link.expires_at
    }

    /// What is to be kept of it. A link that was there for the same account is replaced.
    pub(crate) fn write(&self) -> Result<Write, Problem> {
        Write::put(&self.account.to_string(), &LinkDoc { link: self.link.clone() }, Expect::Any).map_err(Problem::from_store)
    }
}

impl ControlPlane {
    /// A new link for the first owner of a tenant. Those that were made before and not used hold no more.
    pub(crate) async fn first_owner_link(&self, tenant: &Tenant) -> Result<NewLink, Problem> {
        let link = NewLink::for_first_owner(self, tenant.id())?;
        let mut writes = vec![link.write()?];
        for kept in tenant.all::<LinkDoc>(&Query::default()).await.map_err(Problem::from_store)? {
            if matches!(kept.doc.link.purpose, Purpose::SetUp { .. }) {
                writes.push(Write::delete::<LinkDoc>(&kept.id, Expect::Any).map_err(Problem::from_store)?);
            }
        }
        let details = json!({ "until": link.expires_at() });
        self.record(tenant, "platform", "link.make", &link.account.to_string(), Outcome::Intended, details).await?;
        tenant.write(writes, self.now()).await.map_err(Problem::from_store)?;
        Ok(link)
    }
}

/// The secret of a ticket.
pub(crate) fn secret_of<I>(ticket: &Ticket<I>) -> Option<Opaque> {
    Opaque::parse(ticket.secret.expose())
}

/// Without randomness nothing is made.
pub(crate) fn no_randomness(error: assent_identity::random::NoRandomness) -> Problem {
    tracing::error!(%error, "the operating system gives no randomness");
    Problem::new(Code::Unavailable, "no randomness to be had, so nothing secret can be made")
}
