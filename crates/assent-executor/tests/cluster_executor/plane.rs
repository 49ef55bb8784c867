//! A double of Assent's control plane, on loopback. It hands out what a test puts there, notes what it is told, and may be told to lie.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use assent_api::executor::{ToRehearse, ToRun, ToStop, Work};
use assent_api::plans::{Outcome, Rehearsal, RunStep, Step};
use assent_api::{Code, Problem};
use assent_base::id::{ClusterId, PlanId, TenantId};
use serde_json::{Value, json};

use crate::http::{self, Asked};

/// How long something may take to come about.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long a request for work waits when there is none.
const WAIT: Duration = Duration::from_millis(300);
pub const KEY: &str = "an-executors-key-for-this-test";

/// Which request of the executor something happens at: what it says, and whether before or after it is heard.
pub type Label = String;

/// Says at each request, before it is heard and after, whether the answer still goes out.
pub type Hook = Box<dyn FnMut(&str, Moment) -> Go + Send>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Before,
    After,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Go {
    On,
    /// The connection ends without an answer.
    Cut,
    /// Something else is answered.
    Instead(Vec<u8>),
    /// The beginning of an answer, and nothing more until the other side gives up.
    Hold,
}

#[derive(Default)]
pub struct Kept {
    pub work: Work,
    /// Handed out once each, in this order.
    pub answers: Vec<Vec<u8>>,
    pub asked: usize,
    pub pinned: Vec<String>,
    pub told: BTreeMap<PlanId, Vec<RunStep>>,
    pub rehearsed: BTreeMap<PlanId, Rehearsal>,
    /// Steps that are refused for good.
    pub refuse: Option<fn(&Step) -> bool>,
}

pub struct Plane {
    pub address: String,
    kept: Arc<(Mutex<Kept>, Condvar)>,
    hook: Arc<Mutex<Option<Hook>>>,
}

impl Plane {
    pub fn start(tenant: TenantId, cluster: ClusterId) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let kept: Arc<(Mutex<Kept>, Condvar)> = Arc::default();
        let hook: Arc<Mutex<Option<Hook>>> = Arc::default();
        let (shared, hooked) = (kept.clone(), hook.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, hooked) = (shared.clone(), hooked.clone());
                // A request that is cut by a kill is none.
                std::thread::spawn(move || serve(stream, &shared, &hooked, (tenant, cluster)));
            }
        });
        Self { address, kept, hook }
    }

    pub fn hook(&self, hook: Option<Hook>) {
        *self.hook.lock().unwrap() = hook;
    }

    pub fn keep<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> T {
        let changed = change(&mut self.kept.0.lock().unwrap());
        self.kept.1.notify_all();
        changed
    }

    pub fn run(&self, offer: ToRun) {
        self.keep(|kept| kept.work.run.push(offer));
    }

    pub fn stop(&self, stop: ToStop) {
        self.keep(|kept| kept.work.stop.push(stop));
    }

    pub fn rehearse(&self, plan: ToRehearse) {
        self.keep(|kept| kept.work.rehearse.push(plan));
    }

    /// Waits until what came fits, and gives what is made of it.
    pub fn until<T>(&self, make: impl Fn(&Kept) -> Option<T>) -> T {
        let (kept, changed) = &*self.kept;
        let kept = kept.lock().unwrap();
        let (kept, timeout) = changed.wait_timeout_while(kept, PATIENCE, |kept| make(kept).is_none()).unwrap();
        assert!(!timeout.timed_out(), "never what was waited for: {:?}", kept.told);
        make(&kept).unwrap()
    }

    /// Waits for the nth end of a run, and gives it.
    pub fn end(&self, plan: PlanId, nth: usize) -> (Outcome, String) {
        self.until(|kept| ends(kept.told.get(&plan)?).into_iter().nth(nth - 1))
    }

    pub fn steps(&self, plan: PlanId) -> Vec<&'static str> {
        self.listener()(plan)
    }

    /// Says what was told of a plan so far, from another thread too.
    pub fn listener(&self) -> impl Fn(PlanId) -> Vec<&'static str> + Send + use<> {
        let kept = self.kept.clone();
        move |plan| kept.0.lock().unwrap().told.get(&plan).into_iter().flatten().map(|step| word(&step.step)).collect()
    }
}

fn ends(steps: &[RunStep]) -> Vec<(Outcome, String)> {
    steps
        .iter()
        .filter_map(|step| match &step.step {
            Step::Ended { outcome, detail } => Some((*outcome, detail.clone())),
            _ => None,
        })
        .collect()
}

pub fn word(step: &Step) -> &'static str {
    match step {
        Step::Intended { .. } => "intended",
        Step::Rehearsed {} => "rehearsed",
        Step::Applied { .. } => "applied",
        Step::Progress { .. } => "progress",
        Step::Undoing { .. } => "undoing",
        Step::Ended { .. } => "ended",
    }
}

type Shared = (Mutex<Kept>, Condvar);

fn serve(mut stream: TcpStream, shared: &Shared, hook: &Mutex<Option<Hook>>, ids: (TenantId, ClusterId)) -> std::io::Result<()> {
    let Some(asked) = Asked::read(&stream)? else { return Ok(()) };
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let label = label(&asked.target, &body);
    let go = |moment| hook.lock().unwrap().as_mut().map_or(Go::On, |hook| hook(&label, moment));
    match go(Moment::Before) {
        Go::Cut => return Ok(()),
        Go::Instead(bytes) => return std::io::Write::write_all(&mut stream, &bytes),
        Go::Hold => {
            std::io::Write::write_all(&mut stream, b"HTTP/1.1 200 x\r\ncontent-length: 100\r\n\r\n{")?;
            return std::io::Read::read_to_end(&mut stream, &mut Vec::new()).map(drop);
        }
        Go::On => {}
    }
    let is_known =
        asked.target.ends_with("/token") || asked.head.iter().any(|(name, value)| name == "authorization" && value == "Bearer a-token");
    let answered = if is_known { heard(&asked, body, shared, ids) } else { Err(Problem::new(Code::NotSignedIn, "")) };
    match go(Moment::After) {
        Go::Cut => return Ok(()),
        Go::Instead(bytes) => return std::io::Write::write_all(&mut stream, &bytes),
        Go::On | Go::Hold => {}
    }
    match answered {
        Ok(Answered::Json(status, value)) => {
            let text = if status == 204 { String::new() } else { value.to_string() };
            http::answer(&mut stream, status, "application/json", text.as_bytes())
        }
        Ok(Answered::Bytes(bytes)) => std::io::Write::write_all(&mut stream, &bytes),
        Err(problem) => http::answer(&mut stream, problem.status, "application/problem+json", &serde_json::to_vec(&problem).unwrap()),
    }
}

/// What a request is, in a word: `hello`, `work`, `step intended`.
fn label(target: &str, body: &Value) -> Label {
    match target.rsplit('/').next().unwrap_or_default() {
        "steps" => {
            let step = body["step"]["step"].as_object().and_then(|step| step.keys().next().cloned()).unwrap_or_default();
            format!("step {step}")
        }
        other => other.to_owned(),
    }
}

enum Answered {
    Json(u16, Value),
    Bytes(Vec<u8>),
}

fn heard(asked: &Asked, body: Value, (kept, changed): &Shared, (tenant, cluster): (TenantId, ClusterId)) -> Result<Answered, Problem> {
    let plan = || asked.target.split('/').nth(5).and_then(|id| id.parse::<PlanId>().ok()).ok_or_else(Problem::not_found);
    let mut own = kept.lock().unwrap();
    let answer = match asked.target.rsplit('/').next().unwrap_or_default() {
        "token" if body["key"] == KEY => Answered::Json(200, json!({"token": "a-token", "expires_in_s": 600})),
        "token" => return Err(Problem::new(Code::NotSignedIn, "no such key")),
        "hello" => {
            own.pinned.push(body["pinned"].as_str().unwrap().to_owned());
            Answered::Json(200, json!({"tenant": tenant, "cluster": cluster}))
        }
        "work" => {
            own.asked += 1;
            if !own.answers.is_empty() {
                let bytes = own.answers.remove(0);
                changed.notify_all();
                return Ok(Answered::Bytes(bytes));
            }
            let is_idle = |own: &mut Kept| own.work == Work::default() && own.answers.is_empty();
            (own, _) = changed.wait_timeout_while(own, WAIT, is_idle).unwrap();
            Answered::Json(200, serde_json::to_value(&own.work).unwrap())
        }
        "rehearsal" => {
            own.rehearsed.insert(plan()?, serde_json::from_value(body).unwrap());
            Answered::Json(204, Value::Null)
        }
        "steps" => {
            let step: RunStep = serde_json::from_value(body["step"].clone()).unwrap();
            let refused = own.refuse.is_some_and(|refuse| refuse(&step.step));
            let steps = own.told.entry(plan()?).or_default();
            match steps.iter().find(|known| known.number == step.number) {
                _ if refused => return Err(Problem::new(Code::Conflict, "not this one")),
                Some(known) if *known == step => {}
                // The same number twice with another content, or a gap, would be a lie about what was done.
                Some(_) => return Err(Problem::new(Code::Conflict, "another step has this number")),
                None if usize::try_from(step.number).unwrap() == steps.len() + 1 => steps.push(step),
                None => return Err(Problem::new(Code::Conflict, "a gap")),
            }
            Answered::Json(200, json!({"record": 7}))
        }
        other => panic!("{other}"),
    };
    changed.notify_all();
    Ok(answer)
}
