//! Command lines that act as somebody: asked in a browser, allowed there or not, and signed in with the code that comes of it.
//!
//! Nothing is kept of a question: its ticket holds what was asked, sealed ([`Ceremony::CommandLine`]). Of a code its hash is kept, in the
//! installation's own tenant, since whoever shows it says no more than the code. It holds once, for the challenge that was allowed, while
//! the session that allowed it lasts. Whatever is wrong with a code, the answer is one; the ledger knows more.

use assent_api::command_lines::{
    self, BACK_PATH, Back, CommandLine, CommandLineAllowed, CommandLineAsked, CommandLineRefused, HOST_CHARS_MAX,
};
use assent_api::operations::{AllowCommandLine, AskCommandLine, CommandLineSignIn, RefuseCommandLine};
use assent_api::{Code, Problem};
use assent_approval::base64url;
use assent_base::id::{AccountId, SessionId, TenantId};
use assent_base::{Digest, Secret, Timestamp, time};
use assent_http::{Handle, Input, Reply, RequestMeta};
use assent_identity::opaque::Opaque;
use assent_identity::session::Session;
use assent_ledger::Outcome;
use assent_store::{Expect, Kept, StoreError, Tenant};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::challenges::{Ceremony, TICKET_S};
use crate::documents::{AccountDoc, BY_TIME, SessionDoc, by_time, document};
use crate::links::no_randomness;
use crate::passkeys::bad_ticket;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::sessions::{Way, with_session};

/// Seconds that a code holds which a browser carries to a listener.
const CARRIED_CODE_S: i64 = 60;
/// Seconds that a code holds which a person pastes.
const PASTED_CODE_S: i64 = 300;
/// Bytes of a challenge, and of a state: SHA-256, and 256 random bits.
const WORD_BYTES: usize = 32;
/// Characters of a verifier: RFC 7636, section 4.1.
const VERIFIER_CHARS: std::ops::RangeInclusive<usize> = 43..=128;
/// Lowest port that a command line may listen at: those below are for services of the machine.
const PORT_MIN: u16 = 1024;

/// A code, under its hash. Kept in the installation's own tenant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeDoc {
    tenant: TenantId,
    account: AccountId,
    /// That allowed it.
    session: SessionId,
    challenge: String,
    host: String,
    until: Timestamp,
    used: bool,
}
document!(CodeDoc = "command_line_code", 1, |doc| vec![by_time(doc.until)]);

/// Somebody who is asked, and the session that they answer with.
struct Asked {
    tenant: Tenant,
    account: AccountId,
    session: Session,
}

impl Handle<AskCommandLine> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<AskCommandLine>) -> Result<Reply<AskCommandLine>, Problem> {
        let line = input.body;
        check(&line, "")?;
        let asked = self.asked(&caller).await?;
        self.tell(&asked, "command_line.ask", Outcome::Done, told(&line, &input.meta)).await?;
        let challenge = self.challenge(asked.ceremony(&line)).await?;
        let limits = &self.inner.settings.command_lines;
        Ok(Reply::new(CommandLineAsked {
            ticket: challenge.ticket,
            check: command_lines::check(&line.challenge),
            asked_at: self.now(),
            until: later(self.now(), TICKET_S),
            sign_in_again: self.is_stale(&asked.session),
            idle_s: limits.idle_s,
            absolute_s: limits.absolute_s,
        }))
    }
}

impl Handle<AllowCommandLine> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<AllowCommandLine>) -> Result<Reply<AllowCommandLine>, Problem> {
        let line = &input.body.asked;
        check(line, "/asked")?;
        let asked = self.asked(&caller).await?;
        let details = told(line, &input.meta);
        if self.is_stale(&asked.session) {
            self.tell(&asked, "command_line.allow", Outcome::Refused, with(details, "reason", "the sign-in is too old")).await?;
            return Err(Problem::new(Code::Conflict, "you signed in too long ago for this: sign in again, then allow it"));
        }
        // I4: the record comes first, so that a ticket is not used up by what is not done.
        self.tell(&asked, "command_line.allow", Outcome::Intended, details.clone()).await?;
        if self.take_challenge(asked.ceremony(line), &input.body.ticket).await?.is_none() {
            self.tell(&asked, "command_line.allow", Outcome::Refused, with(details, "reason", "the ticket does not hold")).await?;
            return Err(bad_ticket());
        }
        let (code, until) = self.keep_code(&asked, line).await?;
        let text = code.text();
        let answer = match &line.back {
            Some(back) => CommandLineAllowed { code: None, go_to: Some(address(back, &[("code", text.expose())])), until },
            None => CommandLineAllowed { code: Some(text.expose().to_owned()), go_to: None, until },
        };
        Ok(Reply::new(answer))
    }
}

impl Handle<RefuseCommandLine> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<RefuseCommandLine>) -> Result<Reply<RefuseCommandLine>, Problem> {
        let line = &input.body.asked;
        check(line, "/asked")?;
        let asked = self.asked(&caller).await?;
        self.tell(&asked, "command_line.refuse", Outcome::Done, told(line, &input.meta)).await?;
        // A question is answered once: what was refused cannot be allowed with the same ticket.
        self.take_challenge(asked.ceremony(line), &input.body.ticket).await?.ok_or_else(bad_ticket)?;
        let go_to = line.back.as_ref().map(|back| address(back, &[("error", "refused")]));
        Ok(Reply::new(CommandLineRefused { go_to }))
    }
}

impl Handle<CommandLineSignIn> for ControlPlane {
    async fn handle(&self, _: Caller, input: Input<CommandLineSignIn>) -> Result<Reply<CommandLineSignIn>, Problem> {
        let Some(kept) = self.code(&input.body.code).await? else {
            let details = json!({ "reason": "no such code", "remote": input.meta.remote });
            self.record(&self.system().await?, "public", "command_line.exchange", "unknown", Outcome::Refused, details).await?;
            return Err(bad_code());
        };
        let gone = |problem: Problem| if problem.code == Code::NotSignedIn { bad_code() } else { problem };
        let tenant = self.tenant_shown(kept.doc.tenant).await.map_err(gone)?;
        let subject = kept.doc.session.to_string();
        let details = json!({ "host": kept.doc.host, "remote": input.meta.remote });
        let account = match self.holds(&tenant, &kept.doc, &input.body.verifier).await? {
            Ok(account) => account,
            Err(reason) => {
                let details = with(details, "reason", reason);
                self.record(&tenant, "public", "command_line.exchange", &subject, Outcome::Refused, details).await?;
                // Whoever has the code and not its verifier has taken it from somebody: it holds for nobody any more.
                self.use_code(&kept).await?;
                return Err(bad_code());
            }
        };
        let actor = format!("account:{}", kept.doc.account);
        self.record(&tenant, &actor, "command_line.exchange", &subject, Outcome::Intended, details).await?;
        if !self.use_code(&kept).await? {
            return Err(bad_code());
        }
        let way = Way { name: "command line", command_line: Some(&kept.doc.host) };
        let begun = self.sign_in(&tenant, account.clone(), &input.meta, way, Ok).await?;
        let signed_in = self.signed_in(&tenant, &account.doc, &begun).await?;
        Ok(Reply::new(signed_in).cookie(begun.cookie))
    }
}

impl Asked {
    /// What a ticket of this question is for: this person, in this session, and every word of what was asked.
    fn ceremony(&self, line: &CommandLine) -> Ceremony {
        let back = line.back.as_ref();
        let port = back.map_or(0, |back| back.port).to_be_bytes();
        let parts: [&[u8]; 5] = [
            line.challenge.as_bytes(),
            line.host.as_bytes(),
            back.map_or("", |back| back.loopback.host()).as_bytes(),
            &port,
            back.map_or("", |back| back.state.as_str()).as_bytes(),
        ];
        let asked = Digest::of_parts(&parts);
        Ceremony::CommandLine { tenant: self.tenant.id(), account: self.account, session: self.session.id, asked }
    }
}

impl ControlPlane {
    /// The person who is asked. A command line answers for no other: else one that was allowed once would stay for good.
    async fn asked(&self, caller: &Caller) -> Result<Asked, Problem> {
        let (person, session) = with_session(caller)?;
        let tenant = self.tenant(person.who.tenant).await?;
        let kept = tenant.get::<SessionDoc>(&session.to_string()).await.map_err(Problem::from_store)?.ok_or_else(Problem::not_found)?;
        let session = kept.doc.session;
        if session.command_line.is_some() {
            return Err(Problem::new(Code::Conflict, "a command line lets no other in: answer in the console"));
        }
        Ok(Asked { tenant, account: person.account, session })
    }

    async fn tell(&self, asked: &Asked, action: &str, outcome: Outcome, details: Value) -> Result<(), Problem> {
        let actor = format!("account:{}", asked.account);
        self.record(&asked.tenant, &actor, action, &asked.session.id.to_string(), outcome, details).await.map(drop)
    }

    /// Whether somebody signed in too long ago to let a command line in.
    fn is_stale(&self, session: &Session) -> bool {
        let age_s = time::seconds_between(session.created_at, self.now());
        u64::try_from(age_s).is_ok_and(|age_s| age_s >= self.inner.settings.command_lines.sign_in_within_s)
    }

    async fn keep_code(&self, asked: &Asked, line: &CommandLine) -> Result<(Opaque, Timestamp), Problem> {
        let (system, now) = (self.system().await?, self.now());
        let code = Opaque::draw().map_err(no_randomness)?;
        let until = later(now, if line.back.is_some() { CARRIED_CODE_S } else { PASTED_CODE_S });
        let doc = CodeDoc {
            tenant: asked.tenant.id(),
            account: asked.account,
            session: asked.session.id,
            challenge: line.challenge.clone(),
            host: line.host.clone(),
            until,
            used: false,
        };
        // Those that held are kept a little longer than they hold, so that a late or a second use is told from one of nothing.
        system.prune::<CodeDoc>(BY_TIME, later(now, -PASTED_CODE_S), now).await.map_err(Problem::from_store)?;
        system.put(&code.hash().digest().to_string(), &doc, Expect::Absent, now).await.map_err(Problem::from_store)?;
        Ok((code, until))
    }

    async fn code(&self, shown: &Secret) -> Result<Option<Kept<CodeDoc>>, Problem> {
        let Some(code) = Opaque::parse(shown.expose()) else { return Ok(None) };
        self.system().await?.get::<CodeDoc>(&code.hash().digest().to_string()).await.map_err(Problem::from_store)
    }

    /// Uses a code up; says whether it was this caller who did.
    async fn use_code(&self, kept: &Kept<CodeDoc>) -> Result<bool, Problem> {
        if kept.doc.used {
            return Ok(false);
        }
        let doc = CodeDoc { used: true, ..kept.doc.clone() };
        match self.system().await?.put(&kept.id, &doc, Expect::Version(kept.version), self.now()).await {
            Ok(_) => Ok(true),
            Err(StoreError::Stale { .. } | StoreError::Absent { .. }) => Ok(false),
            Err(error) => Err(Problem::from_store(error)),
        }
    }

    /// The account that a code signs in to, or why it does not.
    async fn holds(&self, tenant: &Tenant, code: &CodeDoc, verifier: &Secret) -> Result<Result<Kept<AccountDoc>, &'static str>, Problem> {
        if code.used {
            return Ok(Err("the code was used before"));
        }
        if self.now() >= code.until {
            return Ok(Err("the code has expired"));
        }
        if !is_verifier(verifier.expose(), &code.challenge) {
            return Ok(Err("the code is of another challenge"));
        }
        let session = tenant.get::<SessionDoc>(&code.session.to_string()).await.map_err(Problem::from_store)?;
        if session.is_none_or(|kept| self.is_over(&kept.doc.session)) {
            return Ok(Err("the session that allowed it has ended"));
        }
        let account = tenant.get::<AccountDoc>(&code.account.to_string()).await.map_err(Problem::from_store)?;
        Ok(account.filter(|kept| !kept.doc.disabled).ok_or("the account is disabled"))
    }
}

/// What is asked, if it can be: the rest of the address that a browser is sent to is ours.
fn check(line: &CommandLine, at: &str) -> Result<(), Problem> {
    let invalid = |field: &str, what: &str| Err(Problem::invalid(&format!("{at}{field}"), what));
    let is_word = |text: &str| base64url::bytes(text, WORD_BYTES).is_some_and(|bytes| bytes.len() == WORD_BYTES);
    if !is_word(&line.challenge) {
        return invalid("/challenge", "the SHA-256 of the verifier, in base64url without padding");
    }
    let chars = line.host.chars().count();
    if chars == 0 || chars > HOST_CHARS_MAX || line.host.chars().any(char::is_control) {
        return invalid("/host", "1 to 64 characters, none of them a control character");
    }
    match &line.back {
        Some(back) if back.port < PORT_MIN => invalid("/back/port", "1024 to 65535"),
        Some(back) if !is_word(&back.state) => invalid("/back/state", "256 random bits, in base64url without padding"),
        Some(_) | None => Ok(()),
    }
}

/// Where a browser goes: to the machine that it runs on, to one path, and with words that need no escape.
fn address(back: &Back, said: &[(&str, &str)]) -> String {
    let said: String = said.iter().map(|(name, value)| format!("{name}={value}&")).collect();
    format!("http://{}:{}{BACK_PATH}?{said}state={}", back.loopback.host(), back.port, back.state)
}

/// `S256` of RFC 7636, section 4.6.
fn is_verifier(verifier: &str, challenge: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    VERIFIER_CHARS.contains(&verifier.len())
        && verifier.bytes().all(plain)
        && base64url::text(Digest::of(verifier.as_bytes()).as_bytes()) == challenge
}

/// What the ledger is told of a question. No word of it is secret.
fn told(line: &CommandLine, meta: &RequestMeta) -> Value {
    let way = if line.back.is_some() { "loopback" } else { "paste" };
    json!({ "host": line.host, "way": way, "check": command_lines::check(&line.challenge), "remote": meta.remote })
}

fn with(mut details: Value, name: &str, text: &str) -> Value {
    if let Some(fields) = details.as_object_mut() {
        fields.insert(name.to_owned(), Value::from(text));
    }
    details
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    time::earlier(at, seconds.saturating_neg()).unwrap_or(at)
}

/// Told of any code that signs nobody in, whatever is wrong.
fn bad_code() -> Problem {
    Problem::new(Code::NotSignedIn, "the code does not hold: it was used, has expired, or never was one; begin again")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn a_verifier_is_held_against_its_challenge_as_the_standard_has_it() {
        // Appendix B of RFC 7636.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(is_verifier(verifier, CHALLENGE));
        for bad in ["", "short", &verifier.to_lowercase(), &format!("{verifier}="), &format!("{verifier} "), &"a".repeat(129), CHALLENGE] {
            assert!(!is_verifier(bad, CHALLENGE), "{bad}");
        }
    }

    #[test]
    fn a_browser_is_sent_to_its_own_machine_and_nowhere_else() {
        let line = |loopback: &str, port: Value, state: &str| {
            let text = json!({ "challenge": CHALLENGE, "host": "laptop", "back": { "loopback": loopback, "port": port, "state": state } });
            let line = serde_json::from_value::<CommandLine>(text).map_err(|error| error.to_string())?;
            check(&line, "").map_err(|problem| problem.to_string())?;
            line.back.map(|back| address(&back, &[("code", "C")])).ok_or_else(String::new)
        };
        let state = CHALLENGE;
        assert_eq!(line("v4", json!(40_000), state), Ok(format!("http://127.0.0.1:40000/assent/signed-in?code=C&state={state}")));
        assert_eq!(line("v6", json!(1024), state), Ok(format!("http://[::1]:1024/assent/signed-in?code=C&state={state}")));
        for loopback in ["evil.example", "127.0.0.1@evil.example", "V4", "", "localhost", "0.0.0.0"] {
            assert!(line(loopback, json!(40_000), state).is_err(), "{loopback}");
        }
        for port in [json!(0), json!(80), json!(65_536), json!("40000@evil.example"), json!(-1), json!(40_000.5)] {
            assert!(line("v4", port.clone(), state).is_err(), "{port}");
        }
        for state in ["", "x", "#evil", &format!("{CHALLENGE}&code=D"), &CHALLENGE.replace('-', "/"), "javascript:alert(1)"] {
            assert!(line("v4", json!(40_000), state).is_err(), "{state}");
        }
    }

    #[test]
    fn a_name_of_a_machine_is_short_and_shows_nothing_but_itself() {
        let line = |host: &str| CommandLine { challenge: CHALLENGE.to_owned(), host: host.to_owned(), back: None };
        assert!(check(&line("ada's laptop"), "").is_ok());
        for bad in ["", "a\nb", "a\u{1b}[31m", &"a".repeat(65)] {
            assert!(check(&line(bad), "").is_err(), "{bad:?}");
        }
    }
}
