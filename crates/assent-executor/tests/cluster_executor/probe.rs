//! The probe says whether the control plane hears the executor, from its hello on and not from its first work on, which may be long in coming.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc;
use std::time::Duration;

use crate::executor::program;
use crate::plane::{Go, Moment};
use crate::world::World;

#[test]
#[ignore = "needs Go: run `cargo xtask test`"]
fn the_probe_says_connected_while_the_first_work_is_waited_for() {
    let mut world = World::stopped("probe", |_| {});
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    world.executor.health_port = port;
    let (says, said) = mpsc::channel();
    world.plane.hook(Some(Box::new(move |label, moment| {
        if (label, moment) == ("work", Moment::Before) {
            let asked = program().arg("health").arg("--port").arg(port.to_string()).output().unwrap();
            let _ = says.send(String::from_utf8(asked.stdout).unwrap());
        }
        Go::On
    })));
    world.executor.start();
    let first = said.recv_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!(first.trim(), "alive, connected to Assent");
}
