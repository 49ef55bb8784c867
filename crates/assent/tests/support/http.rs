//! One caller's HTTP connection to the platform: blocking, and without any code that the platform itself is made of.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part of a module that is in all of them")]

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// How long an answer may take before the test gives up on it.
const ANSWER_MAX: Duration = Duration::from_secs(40);

/// Who calls.
#[derive(Debug, Clone)]
pub enum Who {
    Nobody,
    /// With a session.
    Session {
        cookie: String,
        csrf: String,
    },
    /// With a key or a token.
    Bearer(String),
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub bytes: Vec<u8>,
}

/// A connection that is opened when it is needed, and kept.
#[derive(Debug)]
pub struct Http {
    address: SocketAddr,
    open: Option<BufReader<TcpStream>>,
}

impl Http {
    pub fn to(address: SocketAddr) -> Self {
        Self { address, open: None }
    }

    pub fn get(&mut self, who: &Who, path: &str) -> io::Result<Answer> {
        self.call(who, "GET", path, None)
    }

    pub fn post(&mut self, who: &Who, path: &str, body: &Value) -> io::Result<Answer> {
        self.call(who, "POST", path, Some(body))
    }

    /// Sends a request and reads the whole answer. After an error nobody knows whether it was done.
    pub fn call(&mut self, who: &Who, method: &str, path: &str, body: Option<&Value>) -> io::Result<Answer> {
        let done = self.exchange(who, method, path, body);
        if done.is_err() {
            self.open = None;
        }
        done
    }

    fn exchange(&mut self, who: &Who, method: &str, path: &str, body: Option<&Value>) -> io::Result<Answer> {
        self.send(who, method, path, body)?;
        let connection = self.open.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let (status, headers) = head(connection)?;
        let value = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let mut bytes = Vec::new();
        if value("transfer-encoding") == Some("chunked") {
            while let Some(mut chunk) = chunk(connection)? {
                bytes.append(&mut chunk);
            }
        } else if let Some(length) = value("content-length") {
            bytes.resize(length.parse().map_err(io::Error::other)?, 0);
            connection.read_exact(&mut bytes)?;
        }
        if value("connection") == Some("close") {
            self.open = None;
        }
        Ok(Answer { status, headers, bytes })
    }

    fn send(&mut self, who: &Who, method: &str, path: &str, body: Option<&Value>) -> io::Result<()> {
        let host = self.address;
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\n");
        match who {
            Who::Nobody => {}
            Who::Session { cookie, csrf } => request += &format!("cookie: {cookie}\r\nx-csrf-token: {csrf}\r\n"),
            Who::Bearer(token) => request += &format!("authorization: Bearer {token}\r\n"),
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        if !body.is_empty() {
            request += &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
        } else if method != "GET" {
            request += "content-length: 0\r\n";
        }
        request += "\r\n";
        request += &body;
        if self.open.is_none() {
            let connection = TcpStream::connect(self.address)?;
            connection.set_read_timeout(Some(ANSWER_MAX))?;
            connection.set_nodelay(true)?;
            self.open = Some(BufReader::new(connection));
        }
        self.open.as_mut().ok_or(io::ErrorKind::NotConnected)?.get_mut().write_all(request.as_bytes())
    }

    /// Follows the live stream: gives the `data` of every event.
    pub fn follow(mut self, who: &Who) -> io::Result<Events> {
        self.send(who, "GET", "/api/v1/events", None)?;
        let mut connection = self.open.ok_or(io::ErrorKind::NotConnected)?;
        let (status, _) = head(&mut connection)?;
        if status == 200 { Ok(Events { connection, rest: Vec::new() }) } else { Err(io::Error::other(format!("status {status}"))) }
    }
}

/// The live stream.
#[derive(Debug)]
pub struct Events {
    connection: BufReader<TcpStream>,
    rest: Vec<u8>,
}

impl Events {
    /// The `data` of the next event.
    pub fn next(&mut self) -> io::Result<Value> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                if let Some(data) = line.strip_prefix(b"data:") {
                    return serde_json::from_slice(data).map_err(io::Error::other);
                }
                continue;
            }
            self.rest.append(&mut chunk(&mut self.connection)?.ok_or(io::ErrorKind::UnexpectedEof)?);
        }
    }
}

fn line(connection: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if connection.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

fn head(connection: &mut BufReader<TcpStream>) -> io::Result<(u16, Vec<(String, String)>)> {
    let first = line(connection)?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| io::Error::other(first.clone()))?;
    let mut headers = Vec::new();
    loop {
        let next = line(connection)?;
        let Some((name, value)) = next.split_once(':') else { return Ok((status, headers)) };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
}

/// The next chunk of a body; none after the last.
fn chunk(connection: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let length = usize::from_str_radix(&line(connection)?, 16).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    connection.read_exact(&mut bytes)?;
    line(connection)?;
    Ok((length > 0).then_some(bytes))
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body of a success.
    pub fn json(&self) -> Value {
        assert!(self.is_success(), "status {}: {}", self.status, self.text());
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The session that this answer begins.
    pub fn who(&self) -> Who {
        let (_, set) = self.headers.iter().find(|(name, _)| name == "set-cookie").expect("a cookie");
        let cookie = set.split(';').next().unwrap().to_owned();
        Who::Session { cookie, csrf: self.json()["csrf_token"].as_str().expect("a token").to_owned() }
    }
}
