//! The live stream, followed across broken connections.
//!
//! The reader of server-sent events is our own since it must be bounded: a peer that never ends a line would fill the memory otherwise.
//! Source: WHATWG HTML, section 9.2.6, of which the platform uses `id`, `event`, `data` and `retry`.

use std::collections::VecDeque;
use std::time::Duration;

use assent_api::Method;
use assent_api::events::Event;
use futures_util::{Stream, stream};
use reqwest::Response;

use crate::client::{Client, again_after_ms};
use crate::error::CallError;

/// Bytes of one event at most.
const EVENT_BYTES_MAX: usize = 64 << 10;
/// Milliseconds between attempts at most.
const WAIT_MAX_MS: u64 = 30_000;

impl Client {
    /// Events after a number, or from now on, without end: a connection that breaks is opened anew where it was. Ends with an error that
    /// waiting does not mend, such as credentials that no longer hold.
    pub fn events(&self, after: Option<u64>) -> impl Stream<Item = Result<(u64, Event), CallError>> + use<> {
        let follower = Follower {
            wait_ms: self.config.retry_wait_ms,
            client: self.clone(),
            after,
            open: None,
            reader: Reader::default(),
            ready: VecDeque::new(),
            over: false,
        };
        stream::unfold(follower, Follower::next)
    }
}

struct Follower {
    client: Client,
    after: Option<u64>,
    open: Option<Response>,
    reader: Reader,
    ready: VecDeque<(u64, Event)>,
    wait_ms: u64,
    over: bool,
}

impl Follower {
    async fn next(mut self) -> Option<(Result<(u64, Event), CallError>, Self)> {
        while !self.over {
            if let Some((number, event)) = self.ready.pop_front() {
                self.after = Some(number);
                return Some((Ok((number, event)), self));
            }
            if let Err(error) = self.step().await {
                self.open = None;
                let Some(asked_ms) = again_after_ms(&error) else {
                    self.over = true;
                    return Some((Err(error), self));
                };
                tokio::time::sleep(Duration::from_millis(asked_ms.max(self.wait_ms))).await;
                self.wait_ms = self.wait_ms.saturating_mul(2).min(WAIT_MAX_MS);
            }
        }
        None
    }

    /// Opens the stream, or reads a little of it.
    async fn step(&mut self) -> Result<(), CallError> {
        let silence = Duration::from_millis(self.client.config.silence_ms);
        let late = || CallError::Late { after_ms: self.client.config.silence_ms };
        let Some(open) = self.open.as_mut() else {
            let target = self.after.map_or_else(|| "/api/v1/events".to_owned(), |after| format!("/api/v1/events?after={after}"));
            let request = self.client.request(Method::Get, &target)?.header("accept", "text/event-stream");
            let response = tokio::time::timeout(silence, request.send()).await.map_err(|_| late())?;
            let response = self.client.checked(response.map_err(|error| self.client.transport(error))?).await?;
            (self.open, self.reader) = (Some(response), Reader::default());
            return Ok(());
        };
        let chunk = tokio::time::timeout(silence, open.chunk()).await.map_err(|_| late())?;
        match chunk.map_err(|error| self.client.transport(error))? {
            // The platform stopped, or the session ended: the next attempt finds out.
            None => Err(late()),
            Some(chunk) => {
                let bad = |why: String| CallError::BadAnswer { status: 200, why };
                self.ready.extend(self.reader.read(&chunk).map_err(bad)?);
                self.wait_ms = self.client.config.retry_wait_ms;
                Ok(())
            }
        }
    }
}

/// Puts bytes together into events.
#[derive(Debug, Default)]
struct Reader {
    line: Vec<u8>,
    id: Option<u64>,
    data: Option<String>,
    /// The event is a sign of life and says nothing else.
    alive: bool,
}

impl Reader {
    fn read(&mut self, bytes: &[u8]) -> Result<Vec<(u64, Event)>, String> {
        let mut events = Vec::new();
        for byte in bytes {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                events.extend(self.line(&line)?);
            } else if self.line.len() + self.data.as_ref().map_or(0, String::len) < EVENT_BYTES_MAX {
                self.line.push(*byte);
            } else {
                return Err(format!("an event has more than {EVENT_BYTES_MAX} bytes"));
            }
        }
        Ok(events)
    }

    fn line(&mut self, line: &[u8]) -> Result<Option<(u64, Event)>, String> {
        let line = std::str::from_utf8(line).map_err(|_| "the stream is no UTF-8".to_owned())?.trim_end_matches('\r');
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => self.id = Some(value.parse().map_err(|_| "an event's id is no number".to_owned())?),
            "data" => self.data.get_or_insert_default().push_str(value),
            "" if line.is_empty() => {
                let (id, data, alive) = (self.id.take(), self.data.take(), std::mem::take(&mut self.alive));
                let Some(data) = data.filter(|_| !alive) else { return Ok(None) };
                let event = serde_json::from_str(&data).map_err(|error| error.to_string())?;
                return id.map(|id| Some((id, event))).ok_or_else(|| "an event has no id".to_owned());
            }
            "event" if value == "alive" => self.alive = true,
            // Comments say nothing; when to come back is ours to say.
            "" | "retry" => {}
            other => return Err(format!("the stream has a field `{other}`")),
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_out_whole_however_they_were_cut() {
        let bytes = b"retry: 2000\n\nevent: alive\ndata: {}\n\n: proxy\n\nid: 7\ndata: {\"type\":\"gap\"}\n\nid: 8\r\ndata:{\"type\":\"gap\"}\r\n\r\n";
        for size in 1..=bytes.len() {
            let mut reader = Reader::default();
            let read: Result<Vec<_>, String> = bytes.chunks(size).map(|chunk| reader.read(chunk)).collect();
            assert_eq!(read.expect("a good stream").concat(), [(7, Event::Gap {}), (8, Event::Gap {})], "{size}");
        }
    }

    #[test]
    fn what_is_no_stream_of_ours_is_refused() {
        for bytes in
            ["id: x\n", "data: {}\n\n", "data: {\"type\":\"gap\"}\n\n", "id: 1\ndata: {\"type\":\"new\"}\n\n", "event: x\n", "<html>\n"]
        {
            assert!(Reader::default().read(bytes.as_bytes()).is_err(), "{bytes}");
        }
        assert!(Reader::default().read(&vec![b'a'; EVENT_BYTES_MAX + 1]).is_err(), "a line without end");
        let mut reader = Reader::default();
        let endless = (0..1_000).map(|_| reader.read(format!("data: {}\n", "a".repeat(100)).as_bytes()));
        assert!(endless.collect::<Result<Vec<_>, _>>().is_err(), "data without end");
    }
}
