//! What people do with an incident.

use assent_base::Timestamp;
use assent_base::id::{AccountId, IncidentId};

use super::{Book, Step, add_time};
use crate::known::Slice;
use crate::record::{Dismissal, Incident, Mute, Phase, Standing, TimelineKind};

/// Shortest time that an incident is muted for.
pub const MUTE_MIN_S: i64 = 60;
/// Longest time that an incident is muted for: 90 days.
pub const MUTE_MAX_S: i64 = 90 * 86_400;
/// Characters of what is told of a plan at most: a title, and the reason of a rejection.
pub const PLAN_TEXT_CHARS_MAX: usize = 4_400;
/// Characters of a reason.
pub const REASON_CHARS_MAX: usize = 2_000;
/// Characters of what a person adds for an investigation.
pub const CONTEXT_CHARS_MAX: usize = 4_000;
/// Additions that an incident keeps.
pub const CONTEXTS_MAX: usize = 20;
/// What a person opens anew stays open this long, seen or not.
pub const REOPENED_HOLD_S: i64 = 3_600;

/// Something that somebody does with an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Nobody is to be told of it for a while.
    Mute {
        /// For how long.
        for_s: i64,
        /// Why.
        reason: Option<String>,
    },
    /// People are to be told of it again.
    Unmute,
    /// It does not matter.
    Dismiss {
        /// Why.
        reason: String,
    },
    /// It does matter, or is not over.
    Reopen,
    /// It is to be explained again.
    Rerun {
        /// What the evidence cannot show. Kept and told, never believed.
        context: Option<String>,
    },
    /// Somebody has it now, or nobody.
    Assign {
        /// Who.
        assignee: Option<AccountId>,
    },
    /// A plan of it was carried out.
    ActedOn {
        /// Which, in words.
        plan: String,
    },
    /// Something became of a plan of it. Told, whether it lives or not.
    OfPlan {
        /// What, in words.
        text: String,
    },
    /// Somebody remarked on it.
    Comment,
}

/// Why an act makes no sense. The incident is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAct {
    /// There is none with this id.
    #[error("no incident {0} is known")]
    NoSuch(IncidentId),
    /// It is over.
    #[error("the incident is resolved; reopen it first")]
    Resolved,
    /// It was dismissed.
    #[error("the incident is dismissed; reopen it first")]
    Dismissed,
    /// It lives already.
    #[error("the incident is open already")]
    Open,
    /// It is not muted.
    #[error("the incident is not muted")]
    NotMuted,
    /// The same trouble has an incident that is newer.
    #[error("the same is told by the newer incident {0}")]
    Superseded(IncidentId),
    /// A number is out of bounds.
    #[error("muting takes {MUTE_MIN_S} to {MUTE_MAX_S} seconds")]
    BadSpan,
    /// A text is missing or too long.
    #[error("the text is missing, or longer than {chars_max} characters")]
    BadText {
        /// The limit.
        chars_max: usize,
    },
    /// There is enough of it.
    #[error("no more than {CONTEXTS_MAX} additions are kept")]
    TooMuch,
}

impl Book {
    /// Does what somebody asks for.
    ///
    /// # Errors
    /// When it makes no sense for the incident as it stands. Nothing has changed then.
    pub fn act(&mut self, id: IncidentId, act: &Act, by: &str, now: Timestamp) -> Result<Vec<Step>, BadAct> {
        let now = self.tell_time(now);
        let current = self.incidents.get(&id).and_then(|incident| self.current.get(&incident.fingerprint)).copied();
        let incident = self.incidents.get_mut(&id).ok_or(BadAct::NoSuch(id))?;
        let mut steps = vec![Step::Changed(id)];
        let text = match act {
            Act::Mute { for_s, reason } => mute(incident, *for_s, reason.as_deref(), by, now)?,
            Act::Unmute => unmute(incident, now)?,
            Act::Dismiss { reason } => dismiss(incident, reason, by, now)?,
            Act::Reopen => {
                let text = reopen(incident, current, now)?;
                self.current.insert(incident.fingerprint.clone(), id);
                steps = vec![Step::Reopened(id), Step::Examine { id, slices: slices(incident) }];
                text
            }
            Act::Rerun { context } => {
                let text = rerun(incident, context.as_deref())?;
                steps.push(Step::Examine { id, slices: slices(incident) });
                text
            }
            Act::Assign { assignee } => {
                incident.assignee = *assignee;
                assignee.map_or_else(|| "nobody has it now".to_owned(), |assignee| format!("{assignee} has it now"))
            }
            Act::ActedOn { plan } => acted(incident, plan, now)?,
            Act::OfPlan { text } => bounded(text, PLAN_TEXT_CHARS_MAX)?,
            Act::Comment => {
                incident.comments = incident.comments.saturating_add(1);
                "remarked on it".to_owned()
            }
        };
        incident.note(now, TimelineKind::Act, text, Some(by));
        incident.changed(now);
        Ok(steps)
    }
}

/// Only what lives can be acted on in most ways.
fn live(incident: &Incident) -> Result<Phase, BadAct> {
    match &incident.standing {
        Standing::Live { phase } => Ok(*phase),
        Standing::Resolved { .. } => Err(BadAct::Resolved),
        Standing::Dismissed { .. } => Err(BadAct::Dismissed),
    }
}

fn bounded(text: &str, chars_max: usize) -> Result<String, BadAct> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > chars_max {
        return Err(BadAct::BadText { chars_max });
    }
    Ok(text.to_owned())
}

fn mute(incident: &mut Incident, for_s: i64, reason: Option<&str>, by: &str, now: Timestamp) -> Result<String, BadAct> {
    live(incident)?;
    if !(MUTE_MIN_S..=MUTE_MAX_S).contains(&for_s) {
        return Err(BadAct::BadSpan);
    }
    let reason = reason.map(|reason| bounded(reason, REASON_CHARS_MAX)).transpose()?;
    let until = add_time(now, for_s);
    incident.mute = Some(Mute { until, reason: reason.clone(), by: by.to_owned() });
    Ok(reason.map_or_else(|| format!("muted it until {until}"), |reason| format!("muted it until {until}: {reason}")))
}

fn unmute(incident: &mut Incident, now: Timestamp) -> Result<String, BadAct> {
    if !incident.is_muted(now) {
        return Err(BadAct::NotMuted);
    }
    incident.mute = None;
    Ok("unmuted it".to_owned())
}

fn dismiss(incident: &mut Incident, reason: &str, by: &str, now: Timestamp) -> Result<String, BadAct> {
    live(incident)?;
    let reason = bounded(reason, REASON_CHARS_MAX)?;
    let text = format!("dismissed it: {reason}");
    let (severity, affected) = (incident.weight.severity, incident.affected_count());
    incident.standing = Standing::Dismissed { dismissal: Dismissal { reason, by: by.to_owned(), at: now, severity, affected } };
    Ok(text)
}

fn reopen(incident: &mut Incident, current: Option<IncidentId>, now: Timestamp) -> Result<String, BadAct> {
    if incident.is_live() {
        return Err(BadAct::Open);
    }
    if let Some(newer) = current.filter(|current| *current != incident.id) {
        return Err(BadAct::Superseded(newer));
    }
    let phase = if incident.cause.is_some() { Phase::Explained } else { Phase::Open };
    incident.standing = Standing::Live { phase };
    incident.kept_until = Some(add_time(now, REOPENED_HOLD_S));
    incident.gone_since = incident.sightings.is_empty().then_some(now);
    Ok("reopened it".to_owned())
}

fn rerun(incident: &mut Incident, context: Option<&str>) -> Result<String, BadAct> {
    live(incident)?;
    if let Some(context) = context {
        let context = bounded(context, CONTEXT_CHARS_MAX)?;
        if incident.context.len() >= CONTEXTS_MAX {
            return Err(BadAct::TooMuch);
        }
        incident.context.push(context);
    }
    incident.standing = Standing::Live { phase: Phase::Open };
    Ok("asked for another explanation".to_owned())
}

fn acted(incident: &mut Incident, plan: &str, now: Timestamp) -> Result<String, BadAct> {
    live(incident)?;
    let plan = bounded(plan, REASON_CHARS_MAX)?;
    incident.standing = Standing::Live { phase: Phase::ActedOn };
    incident.acted_at = Some(now);
    Ok(format!("carried out a plan: {plan}"))
}

fn slices(incident: &Incident) -> Vec<Slice> {
    let seen: Vec<Slice> = incident.sightings.keys().cloned().collect();
    if !seen.is_empty() {
        return seen;
    }
    vec![incident.entity.namespace.as_deref().map_or(Slice::Cluster, Slice::namespace)]
}
