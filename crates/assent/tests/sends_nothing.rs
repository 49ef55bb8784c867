//! In a network of its own, with a way out on which somebody records: the platform as it comes, and the demo, send nothing out.
//!
//! The network is a namespace with loopback and a pair of virtual interfaces, over which everything is routed that is not loopback. What is
//! recorded is every packet on every interface, so also what asks a name server on loopback. Without the rights to make a namespace the
//! tests say so and skip.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test, helpers included")]

mod support {
    pub mod http;
    pub mod platform;
}

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;
use socket2::{Domain, Protocol, Socket, Type};
use support::http::{Http, Who};
use support::platform::{Observer, Platform, ill_cluster, incident, until, until_within};

/// What runs inside the namespace, by the name of its scene.
const SCENE: &str = "ASSENT_TEST_SCENE";
/// A way out that leads to the recorder and nowhere else, for both protocols. The gateways have addresses that nobody needs to ask for.
const NETWORK: &str = "
set -e
ip link set lo up
ip link add name out0 type veth peer name wire0
for name in out0 wire0; do ip link set dev $name addrgenmode none; ip link set dev $name up; done
ip addr add 192.0.2.2/24 dev out0
ip -6 addr add 2001:db8::2/64 dev out0 nodad
ip neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev out0 nud permanent
ip -6 neigh add 2001:db8::1 lladdr 02:00:00:00:00:01 dev out0 nud permanent
ip route add default via 192.0.2.1
ip -6 route add default via 2001:db8::1 dev out0
";
/// Every protocol of the link: `ETH_P_ALL`, in the order of bytes that the system wants.
const ALL_PROTOCOLS: u16 = 3_u16.to_be();
const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const TCP: u8 = 6;
const ICMPV6: u8 = 58;
/// Queries and reports of multicast listeners, and discovery of neighbours: what the kernel says of itself when an interface comes up.
const KERNEL_ICMPV6: [u8; 8] = [130, 131, 132, 133, 134, 135, 136, 143];
/// An address outside, to which something is sent in vain.
const OUTSIDE: &str = "203.0.113.7:53";
/// Packets that the recorder has room for.
const RECORDED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long the demo may take to its end, and how often it is asked meanwhile: the answers have to have room in what is recorded.
const PLAYED: Duration = Duration::from_secs(20 * 60);
const PAUSE: Duration = Duration::from_secs(1);
/// The incidents of the demo.
const INCIDENTS: usize = 5;

#[test]
fn a_platform_started_as_it_comes_sends_nothing() {
    apart("platform");
}

#[test]
fn a_demo_sends_nothing() {
    apart("demo");
}

/// Takes some minutes: `cargo test -p assent --test sends_nothing -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn a_demo_played_to_its_end_sends_nothing() {
    apart("whole demo");
}

#[test]
fn the_recorder_sees_what_is_sent() {
    apart("sends");
}

/// Not a test of its own: what the others run inside the namespace. Without their variable it does nothing.
#[test]
fn inside() {
    #[allow(clippy::disallowed_methods, reason = "that is how the outer test speaks to the inner one")]
    let Ok(scene) = std::env::var(SCENE) else { return };
    let recorder = Recorder::start();
    let served = match scene.as_str() {
        "platform" => platform(),
        "demo" => demo(false),
        "whole demo" => demo(true),
        "sends" => return sends(&recorder),
        other => panic!("no scene `{other}`"),
    };
    let packets = recorder.stop();
    let own: Vec<&Packet> = packets.iter().filter(|packet| packet.is_with(served)).collect();
    assert!(own.len() > 20, "the recorder does not even see the callers: {packets:?}");
    let others: Vec<&Packet> = packets.iter().filter(|packet| !packet.is_with(served)).collect();
    assert!(others.is_empty(), "{} packets that nobody asked for: {:?}", others.len(), &others[..others.len().min(20)]);
}

/// Runs a scene in a network of its own.
fn apart(scene: &str) {
    let namespace = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net", "sh", "-c", script, "sh"]);
        command
    };
    let able = namespace(NETWORK).output().is_ok_and(|output| output.status.success());
    if !able {
        eprintln!("SKIPPED {scene}: no network namespace with interfaces can be made here");
        return;
    }
    let run = namespace(&format!("{NETWORK}\nexec \"$@\""))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "inside", "--nocapture", "--test-threads=1"])
        .env(SCENE, scene)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = [run.stdout, run.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(run.status.success() && text.contains("1 passed"), "{scene}: {text}");
}

/// A platform on a new folder, that does something of everything.
fn platform() -> SocketAddr {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::start_as(invited(), &folder.path().join("assent"), &[]);
    let owner = platform.owner();
    let cluster = platform.add_cluster(&owner);
    let (mut observer, _) = Observer::connect(platform.address, &cluster, "00112233445566778899aabbccddeeff").unwrap();
    assert_eq!(observer.send(1, ill_cluster()).unwrap().status, 200);
    let mut http = platform.http();
    let id = incident(&mut http, &owner);
    let text = json!({ "text": "see https://telemetry.example/collect and 203.0.113.7" });
    assert_eq!(http.post(&owner, &format!("/api/v1/incidents/{id}/comments"), &text).unwrap().status, 201);
    for path in ["/healthz", "/readyz", "/metrics", "/docs", "/api/v1/openapi.json", "/api/v1/status", "/api/v1/tenant/export"] {
        assert_eq!(http.get(&owner, path).unwrap().status, 200, "{path}");
    }
    platform.stop();
    platform.address
}

/// The demo, until its cluster is there, or until all has happened that happens in it.
fn demo(whole: bool) -> SocketAddr {
    let mut command = invited();
    let mut child = command.args(["demo", "--listen", "127.0.0.1:0"]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut said = |word: &str| {
        lines.find_map(|line| Some(line.split_once(word)?.1.trim().to_owned())).unwrap_or_else(|| panic!("it never says `{word}`"))
    };
    let address: SocketAddr = said("Assent serves http://").parse().unwrap();
    let who = Who::Bearer(said("ASSENT_TOKEN="));
    let child = Ended(child);
    let mut http = Http::to(address);
    assert_eq!(http.get(&who, "/readyz").unwrap().status, 200);
    let mut listed = |path: &str| http.get(&who, path).unwrap().json()["items"].as_array().map_or(0, Vec::len);
    until("the cluster", || (listed("/api/v1/clusters") == 1).then_some(()));
    if whole {
        until_within(PLAYED, PAUSE, "the fifth incident", || {
            (listed("/api/v1/incidents?state=explained,resolved") == INCIDENTS).then_some(())
        });
        until_within(PLAYED, PAUSE, "the end of one", || (listed("/api/v1/incidents?state=resolved") == 1).then_some(()));
    }
    drop(child);
    address
}

/// What the recorder must see: a word to the outside, and one to a name server on loopback.
fn sends(recorder: &Recorder) {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    for address in [OUTSIDE, "127.0.0.53:53"] {
        socket.send_to(b"who is there", address).unwrap();
    }
    let six = UdpSocket::bind("[::]:0").unwrap();
    six.send_to(b"who is there", "[2001:db8:1::7]:53").unwrap();
    let packets = recorder.stop();
    for address in ["203.0.113.7", "127.0.0.53", "2001:db8:1::7"] {
        let address: IpAddr = address.parse().unwrap();
        assert!(packets.iter().any(|packet| packet.to == address), "{address} is not in {packets:?}");
    }
}

/// The program, with variables around it that others take for an invitation.
fn invited() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assent"));
    command.env_clear();
    for (name, value) in [
        ("PATH", "/usr/bin:/bin"),
        ("HTTPS_PROXY", "http://203.0.113.9:3128"),
        ("HTTP_PROXY", "http://203.0.113.9:3128"),
        ("ALL_PROXY", "http://203.0.113.9:3128"),
        ("KUBECONFIG", "/nowhere/config"),
        ("KUBERNETES_SERVICE_HOST", "203.0.113.10"),
        ("KUBERNETES_SERVICE_PORT", "443"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://203.0.113.11:4318"),
        ("VAULT_ADDR", "http://203.0.113.12:8200"),
        ("SENTRY_DSN", "http://key@203.0.113.13/1"),
    ] {
        command.env(name, value);
    }
    command
}

/// A process that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Everything that crosses any interface.
struct Recorder(Socket);

/// What matters of a packet.
#[derive(Debug)]
struct Packet {
    from: IpAddr,
    to: IpAddr,
    protocol: u8,
    ports: Option<(u16, u16)>,
}

impl Recorder {
    fn start() -> Self {
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(i32::from(ALL_PROTOCOLS)))).unwrap();
        socket.set_recv_buffer_size(RECORDED_BYTES_MAX).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        Self(socket)
    }

    /// What was recorded but for what the kernel says of itself.
    fn stop(&self) -> Vec<Packet> {
        let mut packets = Vec::new();
        let mut frame = vec![0; 70_000];
        while let Ok(length) = (&self.0).read(&mut frame) {
            packets.extend(packet(&frame[..length]));
        }
        packets
    }
}

impl Packet {
    /// Whether it is between a caller and what is served here.
    fn is_with(&self, served: SocketAddr) -> bool {
        let ports = self.ports.is_some_and(|(from, to)| from == served.port() || to == served.port());
        self.protocol == TCP && ports && self.from == served.ip() && self.to == served.ip()
    }
}

/// Reads a frame. One that is neither of the protocols is taken for sent to nobody; only what the kernel says of itself is none.
fn packet(frame: &[u8]) -> Option<Packet> {
    let unknown = || Packet { from: Ipv4Addr::UNSPECIFIED.into(), to: Ipv4Addr::UNSPECIFIED.into(), protocol: 0, ports: None };
    let kind = u16::from_be_bytes([frame[12], frame[13]]);
    let body = &frame[14..];
    let (from, to, protocol, rest): (IpAddr, IpAddr, u8, &[u8]) = match kind {
        IPV4 => {
            let address = |at: usize| Ipv4Addr::from(<[u8; 4]>::try_from(&body[at..at + 4]).unwrap()).into();
            (address(12), address(16), body[9], &body[usize::from(body[0] & 15) * 4..])
        }
        IPV6 => {
            let address = |at: usize| Ipv6Addr::from(<[u8; 16]>::try_from(&body[at..at + 16]).unwrap()).into();
            // Reports of multicast listeners stand behind one extension header.
            let (protocol, rest) = if body[6] == 0 { (body[40], &body[48..]) } else { (body[6], &body[40..]) };
            if protocol == ICMPV6 && rest.first().is_some_and(|kind| KERNEL_ICMPV6.contains(kind)) {
                return None;
            }
            (address(8), address(24), protocol, rest)
        }
        _ => return Some(unknown()),
    };
    let port = |at: usize| rest.get(at..at + 2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]));
    Some(Packet { from, to, protocol, ports: port(0).zip(port(2)) })
}
