//! Who is calling.

use assent_base::id::{AccountId, ClusterId, SessionId, TenantId};
use assent_http::Principal;

/// Who is calling, as their credentials prove.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Nobody in particular.
    Public,
    /// A person with a session, or with a token of the identity provider.
    Person(Box<Person>),
    /// A machine with a key.
    Machine(Box<Machine>),
    /// The observer of one cluster.
    Observer {
        /// The tenant.
        tenant: TenantId,
        /// The cluster.
        cluster: ClusterId,
    },
    /// The executor of one cluster.
    Executor {
        /// The tenant.
        tenant: TenantId,
        /// The cluster.
        cluster: ClusterId,
    },
}

/// A person.
#[derive(Debug, Clone)]
pub struct Person {
    pub(crate) account: AccountId,
    pub(crate) name: String,
    pub(crate) email: String,
    /// None with a token of the identity provider.
    pub(crate) session: Option<SessionId>,
    pub(crate) csrf: Option<String>,
    /// The groups that their grants were read by.
    pub(crate) groups: Vec<String>,
    pub(crate) who: assent_policy::Caller,
}

/// A machine.
#[derive(Debug, Clone)]
pub struct Machine {
    pub(crate) name: String,
    /// The member who answers for the key; none of a key of the platform's own, or made before that was kept.
    pub(crate) maker: Option<AccountId>,
    pub(crate) who: assent_policy::Caller,
}

impl Caller {
    /// The member who answers for what the caller makes.
    pub(crate) fn maker(&self) -> Option<AccountId> {
        match self {
            Caller::Person(person) => Some(person.account),
            Caller::Machine(machine) => machine.maker,
            Caller::Public | Caller::Observer { .. } | Caller::Executor { .. } => None,
        }
    }

    /// The caller as policy knows them, and their name; none of strangers, observers and executors.
    pub(crate) fn member(&self) -> Option<(&assent_policy::Caller, &str)> {
        match self {
            Caller::Person(person) => Some((&person.who, &person.name)),
            Caller::Machine(machine) => Some((&machine.who, &machine.name)),
            Caller::Public | Caller::Observer { .. } | Caller::Executor { .. } => None,
        }
    }
}

impl Principal for Caller {
    fn principal(&self) -> String {
        match self {
            Caller::Public => "public".to_owned(),
            Caller::Person(person) => person.who.principal.to_string(),
            Caller::Machine(machine) => machine.who.principal.to_string(),
            Caller::Observer { cluster, .. } => format!("observer:{cluster}"),
            Caller::Executor { cluster, .. } => format!("executor:{cluster}"),
        }
    }
}
