//! The little of HTTP/1.1 that the doubles speak: one request, one answer, a connection for each.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

/// A request as it came.
pub struct Asked {
    pub method: String,
    pub target: String,
    /// In lower case, names and values as they came.
    pub head: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn read(stream: &TcpStream) -> std::io::Result<Option<Self>> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut first = String::new();
        if reader.read_line(&mut first)? == 0 {
            return Ok(None);
        }
        let mut words = first.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.trim_end().split_once(": ") {
                head.push((name.to_ascii_lowercase(), value.to_owned()));
            }
        }
        let length = head.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        Ok(Some(Self { method, target, head, body }))
    }

    /// As it is sent on, to be answered on a connection of its own.
    pub fn written(&self, host: &str) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n", self.method, self.target);
        for (name, value) in
            self.head.iter().filter(|(name, _)| !matches!(name.as_str(), "host" | "connection" | "content-length" | "accept-encoding"))
        {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n", self.body.len()));
        [text.as_bytes(), &self.body].concat()
    }
}

/// Writes an answer of JSON.
pub fn answer(stream: &mut TcpStream, status: u16, media: &str, body: &[u8]) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 {status} x\r\ncontent-type: {media}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat())
}
