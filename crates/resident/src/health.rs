//! The health probe: asked by the program itself, answered on loopback, so that no other pod reaches it.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::Program;

/// A question or an answer takes no longer.
const TIME_MAX: Duration = Duration::from_secs(4);
/// What is read of an answer.
const ANSWER_BYTES_MAX: u64 = 4 << 10;
/// What is read of a question.
const QUESTION_BYTES_MAX: usize = 512;

/// How a program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It comes round, and these words say more.
    Alive(&'static str),
    /// It does not come round, and should be started again.
    Stuck,
}

/// The probe's answers, given until this is dropped.
#[derive(Debug)]
pub struct Probe {
    answering: JoinHandle<()>,
}

impl Probe {
    /// Takes the port, and answers on it what `state` says then.
    ///
    /// # Errors
    /// When the port cannot be used.
    pub async fn start(port: u16, state: impl Fn() -> State + Send + Sync + 'static) -> anyhow::Result<Self> {
        Ok(Self { answering: tokio::spawn(answer(listen(port).await?, state)) })
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.answering.abort();
    }
}

/// Asks the program beside us, and prints what it says.
///
/// # Errors
/// When nobody answers, or it is not well.
pub fn ask(program: Program, port: u16) -> anyhow::Result<()> {
    println!("{}", asked(program, port)?);
    Ok(())
}

fn asked(program: Program, port: u16) -> anyhow::Result<String> {
    let nobody = || format!("no {program} answers here");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, TIME_MAX).with_context(nobody)?;
    stream.set_read_timeout(Some(TIME_MAX))?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer).with_context(nobody)?;
    let words = answer.lines().next_back().unwrap_or_default();
    if !answer.starts_with("HTTP/1.1 200 ") {
        bail!("the {program} is not well: {words}");
    }
    Ok(words.to_owned())
}

async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    let taken = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await;
    taken.with_context(|| format!("the port {port} of the health probe cannot be used"))
}

/// One question at a time: the kubelet asks twice a minute.
async fn answer(listener: TcpListener, state: impl Fn() -> State) {
    loop {
        let Ok((mut stream, _)) = listener.accept().await else {
            tokio::time::sleep(TIME_MAX).await;
            continue;
        };
        let answering = async {
            let _ = stream.read(&mut [0; QUESTION_BYTES_MAX]).await;
            let (status, words) = match state() {
                State::Alive(words) => ("200 OK", words),
                State::Stuck => ("503 Service Unavailable", "stuck"),
            };
            let head = format!("HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n", words.len());
            let _ = stream.write_all(format!("{head}connection: close\r\n\r\n{words}").as_bytes()).await;
            let _ = stream.shutdown().await;
        };
        let _ = tokio::time::timeout(TIME_MAX, answering).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: Program = Program::new("executor");

    #[tokio::test]
    async fn a_program_says_itself_how_it_is() {
        for (state, said) in [
            (State::Alive("alive, and busy"), Ok("alive, and busy".to_owned())),
            (State::Stuck, Err("the executor is not well: stuck".to_owned())),
        ] {
            let listener = listen(0).await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let answering = tokio::spawn(answer(listener, move || state));
            let heard = tokio::task::spawn_blocking(move || asked(PROGRAM, port)).await.unwrap();
            answering.abort();
            assert_eq!(heard.map_err(|error| error.to_string()), said);
        }
    }

    #[tokio::test]
    async fn a_port_that_is_taken_and_nobody_on_it_are_told() {
        let listener = listen(0).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Probe::start(port, || State::Stuck).await.unwrap_err();
        assert_eq!(taken.to_string(), format!("the port {port} of the health probe cannot be used"));
        drop(listener);
        assert_eq!(asked(PROGRAM, port).unwrap_err().to_string(), "no executor answers here");
    }
}
