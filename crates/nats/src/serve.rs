//! Answers under subjects, so many at one time and no more.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{Message, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::select_all;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::connect::{BadConnect, Connection};

/// What to answer, and within which bounds.
#[derive(Debug, Clone)]
pub struct Serve<S> {
    /// What is asked under each subject.
    pub subjects: Vec<(S, String)>,
    /// Those who subscribe under this name share the messages.
    pub group: String,
    /// Answers go to subjects that begin with this, and nowhere else, whatever a message asks for.
    pub inbox: &'static str,
    /// Messages that are answered at one time.
    pub at_once_max: usize,
    /// Bytes of a message at most.
    pub message_bytes_max: usize,
    /// What is answered beyond either.
    pub busy: Vec<u8>,
    /// How long answers that were begun may take once told to stop.
    pub drain: Duration,
}

impl<S: Copy + Send + 'static> Serve<S> {
    /// Answers until `stop` is there, then lets what was begun end.
    ///
    /// # Errors
    /// When a subject cannot be subscribed to, whatever the server says.
    pub async fn run<F, A>(self, connection: &Connection, answer: F, stop: impl Future<Output = ()>) -> Result<(), BadConnect>
    where
        F: Fn(S, Bytes) -> A + Send + Sync + 'static,
        A: Future<Output = Option<Vec<u8>>> + Send,
    {
        let mut all = Vec::with_capacity(self.subjects.len());
        for (about, subject) in &self.subjects {
            let subscribed = connection.client.queue_subscribe(subject.clone(), self.group.clone()).await;
            let subscribed: Subscriber = subscribed.map_err(|error| BadConnect::Client(error.to_string()))?;
            let about = *about;
            all.push(subscribed.map(move |message| (about, message)));
        }
        let (mut messages, answer) = (select_all(all), Arc::new(answer));
        let free = Arc::new(Semaphore::new(self.at_once_max));
        let mut begun = JoinSet::new();
        tokio::pin!(stop);
        loop {
            let (about, message) = tokio::select! {
                () = &mut stop => break,
                Some(_) = begun.join_next(), if !begun.is_empty() => continue,
                next = messages.next() => match next {
                    Some(next) => next,
                    None => break,
                },
            };
            let Some((reply, payload)) = self.admitted(message) else { continue };
            let client = connection.client.clone();
            let (Ok(seat), true) = (Arc::clone(&free).try_acquire_owned(), payload.len() <= self.message_bytes_max) else {
                count("busy");
                // One that cannot be told hears nothing in time, which comes to the same.
                drop(client.publish(reply, self.busy.clone().into()).await);
                continue;
            };
            let answer = Arc::clone(&answer);
            begun.spawn(async move {
                if let Some(bytes) = answer(about, payload).await {
                    drop(client.publish(reply, bytes.into()).await);
                }
                drop(seat);
            });
        }
        // Nothing more comes; what was begun is still answered.
        drop(messages);
        let ended = async {
            while begun.join_next().await.is_some() {}
            drop(connection.client.flush().await);
        };
        drop(tokio::time::timeout(self.drain, ended).await);
        Ok(())
    }

    /// Where the answer goes, if the message wants one at a place where answers go.
    fn admitted(&self, message: Message) -> Option<(String, Bytes)> {
        let reply = message.reply.as_ref().map(|reply| reply.as_str().to_owned()).filter(|reply| reply.starts_with(self.inbox));
        if reply.is_none() {
            count("no_inbox");
        }
        Some((reply?, message.payload))
    }
}

/// Counts a message that is not answered as asked.
fn count(why: &'static str) {
    metrics::counter!("assent_nats_refused_total", "why" => why).increment(1);
}
