//! A connection to NATS, in the words of an observer.

use std::time::Duration;

use assent_nats::{Connection, NoAnswer};
use assent_observe::uplink::NoUplink;
use assent_observe::uplink::nats::{Came, Wire};

/// The connection.
pub(crate) struct Line(pub(crate) Connection);

impl Wire for Line {
    async fn ask(
        &self,
        subject: &str,
        message: Vec<u8>,
        within: Duration,
        is_answer: &mut (dyn FnMut(&[u8]) -> Option<Came> + Send),
    ) -> Result<Came, NoUplink> {
        self.0.ask(subject, message, within, is_answer).await.map_err(|error| match error {
            NoAnswer::TooLarge(bytes_max) => NoUplink::TooLarge(bytes_max),
            NoAnswer::Away | NoAnswer::Nobody | NoAnswer::Late | NoAnswer::Failed(_) => {
                NoUplink::Unreachable { why: error.to_string(), retry_after: None }
            }
        })
    }

    fn message_bytes_max(&self) -> usize {
        // Before the server was there its bound is not known, and nothing is sent.
        if self.0.is_connected() { self.0.message_bytes_max() } else { usize::MAX }
    }
}
