//! What stands between an executor and the API server, and sees each of its requests: plain HTTP on loopback, sent on through `kubectl proxy`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::cluster::Cluster;
use crate::http::Asked;
use crate::plane::{Go, Hook, Moment};

pub struct Front {
    pub kubeconfig: PathBuf,
    hook: Arc<Mutex<Option<Hook>>>,
    proxy: Child,
}

impl Drop for Front {
    fn drop(&mut self) {
        let _ = self.proxy.kill();
        let _ = self.proxy.wait();
    }
}

impl Front {
    pub fn start(cluster: &Cluster, account: &Path) -> Self {
        let mut proxy = cluster
            .kubectl_command(account)
            .args(["proxy", "--port=0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(proxy.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let behind = line.trim().rsplit(' ').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let hook: Arc<Mutex<Option<Hook>>> = Arc::default();
        let hooked = hook.clone();
        std::thread::spawn(move || {
            let _said = said;
            for stream in listener.incoming().flatten() {
                let (hooked, behind) = (hooked.clone(), behind.clone());
                std::thread::spawn(move || serve(stream, &behind, &hooked));
            }
        });
        let kubeconfig = account.with_extension("front.json");
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "front",
            "clusters": [{"name": "front", "cluster": {"server": server}}], "users": [{"name": "front", "user": {}}],
            "contexts": [{"name": "front", "context": {"cluster": "front", "user": "front"}}],
        });
        std::fs::write(&kubeconfig, config.to_string()).unwrap();
        Self { kubeconfig, hook, proxy }
    }

    pub fn hook(&self, hook: Option<Hook>) {
        *self.hook.lock().unwrap() = hook;
    }
}

fn serve(mut stream: TcpStream, behind: &str, hook: &Mutex<Option<Hook>>) -> std::io::Result<()> {
    let Some(asked) = Asked::read(&stream)? else { return Ok(()) };
    let dry = if asked.target.contains("dryRun=All") { " dry" } else { "" };
    let as_somebody = asked.head.iter().any(|(name, _)| name == "impersonate-user");
    let label = format!("{}{}{dry}", if as_somebody { "" } else { "own " }, asked.method);
    let go = |moment| hook.lock().unwrap().as_mut().map_or(Go::On, |hook| hook(&label, moment));
    match go(Moment::Before) {
        Go::Cut => return Ok(()),
        Go::Instead(bytes) => return stream.write_all(&bytes),
        Go::Hold => return stream.read_to_end(&mut Vec::new()).map(drop),
        Go::On => {}
    }
    let mut onward = TcpStream::connect(behind)?;
    onward.write_all(&asked.written(behind))?;
    let mut answer = Vec::new();
    onward.read_to_end(&mut answer)?;
    match go(Moment::After) {
        Go::Cut => return Ok(()),
        Go::Instead(bytes) => return stream.write_all(&bytes),
        Go::On | Go::Hold => {}
    }
    stream.write_all(&answer)
}
