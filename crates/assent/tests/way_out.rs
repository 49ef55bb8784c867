//! The proxy that the surroundings name is the way out of every command, and one that is no address is refused by name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support;

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;

use support::program::{command, said};

const FAR: &str = "https://assent.invalid:8473";

/// The first line that a proxy hears from a command with these variables.
fn heard(set: &[(&str, &str)]) -> String {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let hearing = std::thread::spawn(move || {
        let (connection, _) = proxy.accept().unwrap();
        let mut line = String::new();
        BufReader::new(connection).read_line(&mut line).unwrap();
        line
    });
    let set = set.iter().map(|(name, value)| (*name, value.replace("PROXY_HERE", &address)));
    let mut asking = command(&["ledger", "list", "--server", FAR]);
    if !matches!(said(&asking.env("ASSENT_TOKEN", "x").envs(set).output().unwrap()).code, 3) {
        panic!("nobody is there, and it is not said");
    }
    hearing.join().unwrap()
}

#[test]
fn commands_that_ask_a_platform_go_through_the_proxy() {
    for name in ["HTTPS_PROXY", "https_proxy"] {
        assert_eq!(heard(&[(name, "PROXY_HERE")]), "CONNECT assent.invalid:8473 HTTP/1.1\r\n", "{name}");
    }
}

#[test]
fn what_is_no_address_of_a_proxy_is_refused_by_its_name_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let up = ["up", "--data-dir", data.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    for arguments in [["incidents", "--server", FAR].as_slice(), up.as_slice()] {
        for name in ["HTTPS_PROXY", "https_proxy"] {
            let said = said(&command(arguments).env("ASSENT_TOKEN", "x").env(name, "rubbish-hunter2").output().unwrap());
            assert_eq!(said.code, 3, "{}", said.out);
            assert!(said.err.contains(name) && !said.err.contains("hunter2"), "{}", said.err);
        }
    }
    assert!(!data.exists(), "nothing is made before");
}
