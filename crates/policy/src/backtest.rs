//! What other policies would have decided about what was asked before.

use assent_api::policies::{Backtest, Changed};

use crate::ask::Ask;
use crate::engine::Engine;

/// An ask that the ledger remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its record.
    pub index: u64,
    /// The ask; nothing if the record does not hold it.
    pub ask: Option<Ask>,
    /// Whether it was permitted.
    pub permitted: bool,
}

/// Puts old asks to an engine. Only whether they are permitted is compared: who permits them may well be another policy.
pub fn backtest(engine: &Engine, asks: impl IntoIterator<Item = Recorded>) -> Backtest {
    let mut result = Backtest { examined: 0, would_refuse: 0, would_permit: 0, changed: Vec::new(), unexamined: 0 };
    for recorded in asks {
        let Some(ask) = recorded.ask else {
            result.unexamined += 1;
            continue;
        };
        result.examined += 1;
        let would_be = engine.decide(&ask).is_permit();
        if would_be != recorded.permitted {
            result.would_permit += u64::from(would_be);
            result.would_refuse += u64::from(!would_be);
            result.changed.push(Changed {
                index: recorded.index,
                actor: ask.caller.principal.to_string(),
                action: ask.action.to_string(),
                was: recorded.permitted,
                would_be,
            });
        }
    }
    result
}
