//! A question, and what comes back for it.

use std::time::Duration;

use async_nats::StatusCode;
use futures_util::StreamExt as _;

use crate::connect::Connection;

/// Why there is no answer. Whether the question was heard is unknown for all but the first two.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The server is not there, and nothing was sent.
    #[error("the NATS server is not there")]
    Away,
    /// The server takes no message of this size, and nothing was sent.
    #[error("the NATS server takes {0} bytes in a message")]
    TooLarge(usize),
    /// The server says that nobody listens.
    #[error("nobody listens behind the NATS server")]
    Nobody,
    /// Nothing came in time that was an answer.
    #[error("no answer came through NATS in time")]
    Late,
    /// The client failed.
    #[error("NATS: {0}")]
    Failed(String),
}

impl Connection {
    /// Asks, and shows what comes back to `is_answer` until it takes something. What it does not take is passed over: anybody may have sent it.
    ///
    /// # Errors
    /// When nothing was taken within the time.
    pub async fn ask<T: Send>(
        &self,
        subject: &str,
        message: Vec<u8>,
        within: Duration,
        is_answer: &mut (dyn FnMut(&[u8]) -> Option<T> + Send),
    ) -> Result<T, NoAnswer> {
        // Otherwise the question would wait here and be sent when nobody listens for its answer any more.
        if !self.is_connected() {
            return Err(NoAnswer::Away);
        }
        if message.len() > self.message_bytes_max() {
            return Err(NoAnswer::TooLarge(self.message_bytes_max()));
        }
        tokio::time::timeout(within, self.asked(subject, message, is_answer)).await.unwrap_or(Err(NoAnswer::Late))
    }

    async fn asked<T: Send>(
        &self,
        subject: &str,
        message: Vec<u8>,
        is_answer: &mut (dyn FnMut(&[u8]) -> Option<T> + Send),
    ) -> Result<T, NoAnswer> {
        let failed = |error: &dyn std::fmt::Display| NoAnswer::Failed(error.to_string());
        let inbox = self.client.new_inbox();
        // Of this question alone; it ends with this function.
        let mut came = self.client.subscribe(inbox.clone()).await.map_err(|error| failed(&error))?;
        let sent = self.client.publish_with_reply(subject.to_owned(), inbox, message.into()).await;
        sent.map_err(|error| failed(&error))?;
        while let Some(message) = came.next().await {
            if let Some(answer) = is_answer(&message.payload) {
                return Ok(answer);
            }
            if message.status == Some(StatusCode::NO_RESPONDERS) {
                return Err(NoAnswer::Nobody);
            }
        }
        Err(NoAnswer::Away)
    }
}
