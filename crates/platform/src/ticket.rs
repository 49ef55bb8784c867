//! Secrets that say where their hash is kept.
//!
//! A session's cookie and a one-time link are random and mean nothing. Since each tenant's documents lie apart under keys of their own,
//! the text carries the tenant and the document's id in front: `tnt_….ses_….SECRET`. Neither is a secret; without the last part they open
//! nothing, and a wrong one looks like an absent one.

use std::fmt;
use std::str::FromStr;

use assent_base::Secret;
use assent_base::id::TenantId;

/// Bytes of a ticket at most: two ids and a secret of 256 bits are far below.
const TICKET_BYTES_MAX: usize = 256;

/// A secret, and where its hash is kept.
#[derive(Debug, Clone)]
pub(crate) struct Ticket<I> {
    pub(crate) tenant: TenantId,
    pub(crate) id: I,
    pub(crate) secret: Secret,
}

impl<I: FromStr + fmt::Display> Ticket<I> {
    /// The text to hand out.
    pub(crate) fn text(&self) -> Secret {
        Secret::new(format!("{}.{}.{}", self.tenant, self.id, self.secret.expose()))
    }

    /// Reads what somebody shows. Nothing about it is proven yet.
    pub(crate) fn read(text: &Secret) -> Option<Self> {
        let text = text.expose();
        if text.len() > TICKET_BYTES_MAX {
            return None;
        }
        let mut parts = text.splitn(3, '.');
        let (tenant, id, secret) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { tenant: tenant.parse().ok()?, id: id.parse().ok()?, secret: Secret::new(secret.to_owned()) })
    }
}

#[cfg(test)]
mod tests {
    use assent_base::Timestamp;
    use assent_base::id::{RANDOM_BYTES, SessionId};

    use super::*;

    #[test]
    fn a_ticket_reads_back_and_nothing_else_reads() {
        let (epoch, random) = (Timestamp::UNIX_EPOCH, [7; RANDOM_BYTES]);
        let ticket =
            Ticket { tenant: TenantId::new(epoch, random), id: SessionId::new(epoch, random), secret: Secret::new("s".to_owned()) };
        let text = ticket.text();
        let again: Ticket<SessionId> = Ticket::read(&text).expect("a ticket");
        assert_eq!((again.tenant, again.id, again.secret.expose()), (ticket.tenant, ticket.id, "s"));
        for bad in ["", "..", "a.b.c", &text.expose().replace("ses_", "acc_"), &text.expose().to_uppercase(), &"a".repeat(300)] {
            assert!(Ticket::<SessionId>::read(&Secret::new(bad.to_owned())).is_none(), "{bad}");
        }
    }
}
