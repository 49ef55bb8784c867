//! What a channel has told, and what waits in it: decides whether and when something is told.
//!
//! Everything that a channel takes waits, if only for the next look: until its due instant, which quiet hours and digests put off, and until
//! the hour's messages allow one more. What is due leaves in one message. While something waits, news of the same incident or plan takes
//! its place, so that after a night there is one line of each, and that is the latest.

use assent_api::channels::ChannelRules;
use assent_base::{Timestamp, time};
use serde::{Deserialize, Serialize};

use crate::notice::{Batch, ITEMS_MAX, Item, Notice, Subject};
use crate::{quiet, rules};

/// Subjects that wait in a channel. Beyond, the oldest is counted and no longer shown.
pub const HELD_MAX: usize = 200;
/// What was told that a channel remembers, to not tell it again.
pub const TOLD_MAX: usize = 1_000;
/// Seconds in which messages are counted.
const HOUR_S: i64 = 3_600;

/// The state of a channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// What was taken, oldest first.
    told: Vec<Told>,
    /// When messages left, oldest first.
    left: Vec<Timestamp>,
    /// What waits, oldest first.
    held: Vec<Held>,
    /// What was waiting and is counted alone.
    more: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    subject: Subject,
    kind: assent_api::channels::NoticeKind,
    at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    item: Item,
    due: Timestamp,
}

/// What becomes of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The rules do not ask for it.
    NotAsked,
    /// The same was told just now.
    Again,
    /// It is told, at this instant at the earliest.
    Due(Timestamp),
}

impl Pace {
    /// Takes a notice in, or not.
    pub fn take(&mut self, rules: &ChannelRules, notice: Notice, now: Timestamp) -> Taken {
        if !rules::asks_for(rules, &notice) {
            return Taken::NotAsked;
        }
        // A clock that stepped back makes nothing recent of what is not: the distance counts, in either direction.
        let recent = |told: &Told| time::seconds_between(told.at, now).abs() < i64::from(rules.dedup_s);
        self.told.retain(recent);
        if self.told.iter().any(|told| told.subject == notice.subject && told.kind == notice.kind) {
            return Taken::Again;
        }
        if rules.dedup_s > 0 {
            self.told.push(Told { subject: notice.subject, kind: notice.kind, at: now });
            let over = self.told.len().saturating_sub(TOLD_MAX);
            self.told.drain(..over);
        }
        let mut due = due_of(rules, &notice, now);
        let mut earlier = 0;
        if let Some(place) = self.held.iter().position(|held| held.item.notice.subject == notice.subject) {
            let before = self.held.remove(place);
            // What would have been told sooner takes its successor along.
            due = due.min(before.due.max(now));
            earlier = before.item.earlier.saturating_add(1);
        }
        self.held.push(Held { item: Item { notice, earlier }, due });
        if self.held.len() > HELD_MAX {
            self.held.remove(0);
            self.more = self.more.saturating_add(1);
        }
        Taken::Due(due)
    }

    /// When something leaves next, if something waits.
    #[must_use]
    pub fn due(&self, rules: &ChannelRules, now: Timestamp) -> Option<Timestamp> {
        let first = self.held.iter().map(|held| held.due).min()?;
        let recent: Vec<Timestamp> = self.left.iter().copied().filter(|at| is_recent(*at, now)).collect();
        let over = recent.len().checked_sub(usize::try_from(rules.per_hour_max).unwrap_or(usize::MAX));
        // One more is allowed once so many are older than an hour that fewer than the bound are left.
        let free = over.and_then(|over| recent.get(over)).map(|at| quiet::later(*at, HOUR_S));
        Some(free.map_or(first, |free| first.max(free)))
    }

    /// Takes out what is due, as one message, if the hour allows one.
    pub fn leave(&mut self, rules: &ChannelRules, now: Timestamp) -> Option<Batch> {
        if self.due(rules, now)? > now {
            return None;
        }
        let (due, held): (Vec<Held>, Vec<Held>) = self.held.drain(..).partition(|held| held.due <= now);
        self.held = held;
        let mut items: Vec<Item> = due.into_iter().map(|held| held.item).collect();
        // The worst first, and what happened first before what happened then.
        items.sort_by(|a, b| b.notice.severity.cmp(&a.notice.severity).then(a.notice.at.cmp(&b.notice.at)));
        let hidden = u32::try_from(items.len().saturating_sub(ITEMS_MAX)).unwrap_or(u32::MAX);
        items.truncate(ITEMS_MAX);
        self.left.retain(|at| is_recent(*at, now));
        self.left.push(now);
        Some(Batch { items, more: hidden.saturating_add(std::mem::take(&mut self.more)) })
    }

    /// Decides anew about what waits, after the rules changed.
    pub fn reconsider(&mut self, rules: &ChannelRules, now: Timestamp) {
        self.held.retain(|held| rules::asks_for(rules, &held.item.notice));
        for held in &mut self.held {
            held.due = due_of(rules, &held.item.notice, now);
        }
    }

    /// Forgets what waits, as when a channel is switched off.
    pub fn forget(&mut self) {
        self.held.clear();
        self.more = 0;
    }

    /// How much waits.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        u32::try_from(self.held.len()).unwrap_or(u32::MAX).saturating_add(self.more)
    }
}

/// Whether a message of then counts for the hour. One that a clock dates ahead counts for an hour from then on, too.
fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    time::seconds_between(at, now).abs() < HOUR_S
}

/// When a notice is told.
fn due_of(rules: &ChannelRules, notice: &Notice, now: Timestamp) -> Timestamp {
    if rules.urgent.is_some_and(|urgent| notice.severity >= urgent) {
        return now;
    }
    quiet::ends(rules, quiet::collected_until(rules, now))
}

#[cfg(test)]
mod tests {
    use assent_api::channels::{DigestTimes, NoticeKind, QuietHours};
    use assent_api::incidents::Severity;
    use proptest::prelude::*;

    use super::*;
    use crate::notice::tests::notice;

    const OPENED: NoticeKind = NoticeKind::IncidentOpened;
    const RESOLVED: NoticeKind = NoticeKind::IncidentResolved;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).unwrap()
    }

    fn nights() -> ChannelRules {
        let night = QuietHours { from: "22:00".to_owned(), to: "07:00".to_owned(), zone: "UTC".to_owned(), days: Vec::new() };
        ChannelRules { quiet: vec![night], urgent: Some(Severity::Broken), ..ChannelRules::default() }
    }

    #[test]
    fn what_is_new_is_told_at_once() {
        let (mut pace, rules) = (Pace::default(), ChannelRules::default());
        assert_eq!(pace.take(&rules, notice(1, OPENED), at(0)), Taken::Due(at(0)));
        assert_eq!(pace.leave(&rules, at(0)).unwrap().items.len(), 1);
        assert_eq!((pace.leave(&rules, at(0)), pace.due(&rules, at(0))), (None, None));
    }

    #[test]
    fn the_same_is_told_once_within_its_window() {
        let (mut pace, rules) = (Pace::default(), ChannelRules { dedup_s: 300, ..ChannelRules::default() });
        pace.take(&rules, notice(1, OPENED), at(0));
        assert_eq!(pace.take(&rules, notice(1, OPENED), at(299)), Taken::Again);
        assert!(matches!(pace.take(&rules, notice(1, RESOLVED), at(10)), Taken::Due(_)), "something else of it");
        assert!(matches!(pace.take(&rules, notice(2, OPENED), at(10)), Taken::Due(_)), "the same of another");
        assert!(matches!(pace.take(&rules, notice(1, OPENED), at(300)), Taken::Due(_)), "later");
        let never = ChannelRules { dedup_s: 0, ..ChannelRules::default() };
        assert!(matches!(pace.take(&never, notice(1, OPENED), at(300)), Taken::Due(_)));
    }

    #[test]
    fn a_night_leaves_one_line_of_each_incident() {
        let (mut pace, rules) = (Pace::default(), nights());
        let evening: Timestamp = "2026-06-01T23:00:00Z".parse().unwrap();
        let morning: Timestamp = "2026-06-02T07:00:00Z".parse().unwrap();
        assert_eq!(pace.take(&rules, notice(1, OPENED), evening), Taken::Due(morning));
        pace.take(&rules, notice(2, OPENED), evening);
        pace.take(&rules, notice(1, RESOLVED), evening);
        assert_eq!(pace.leave(&rules, evening), None);
        let batch = pace.leave(&rules, morning).unwrap();
        let told: Vec<_> = batch.items.iter().map(|item| (item.notice.kind, item.earlier)).collect();
        assert_eq!(told, [(OPENED, 0), (RESOLVED, 1)]);
    }

    #[test]
    fn what_is_urgent_breaks_through_and_the_rest_stays() {
        let (mut pace, rules) = (Pace::default(), nights());
        let evening: Timestamp = "2026-06-01T23:00:00Z".parse().unwrap();
        pace.take(&rules, notice(1, OPENED), evening);
        let broken = Notice { severity: Severity::Broken, ..notice(2, OPENED) };
        assert_eq!(pace.take(&rules, broken.clone(), evening), Taken::Due(evening));
        let batch = pace.leave(&rules, evening).unwrap();
        assert_eq!((batch.items.len(), &batch.items[0].notice), (1, &broken));
        assert_eq!(pace.waiting(), 1);
        assert_eq!(pace.take(&rules, Notice { severity: Severity::Broken, ..notice(1, RESOLVED) }, evening), Taken::Due(evening));
    }

    #[test]
    fn beyond_the_hour_s_messages_the_next_one_holds_the_rest() {
        let (mut pace, rules) = (Pace::default(), ChannelRules { per_hour_max: 2, ..ChannelRules::default() });
        let mut left = Vec::new();
        for n in 0..10 {
            pace.take(&rules, notice(n, OPENED), at(i64::from(n)));
            left.extend(pace.leave(&rules, at(i64::from(n))));
        }
        assert_eq!((left.len(), pace.waiting()), (2, 8));
        assert_eq!(pace.due(&rules, at(10)), Some(at(3_600)));
        assert_eq!(pace.leave(&rules, at(3_600)).unwrap().items.len(), 8);
    }

    #[test]
    fn new_rules_decide_about_what_waits() {
        let (mut pace, rules) =
            (Pace::default(), ChannelRules { digest: Some(DigestTimes::Every { minutes: 60 }), ..ChannelRules::default() });
        pace.take(&rules, notice(1, OPENED), at(0));
        pace.take(&rules, notice(2, RESOLVED), at(0));
        assert!(pace.due(&rules, at(0)) > Some(at(0)));
        let now = ChannelRules { events: vec![OPENED], ..ChannelRules::default() };
        pace.reconsider(&now, at(1));
        assert_eq!((pace.due(&now, at(1)), pace.waiting()), (Some(at(1)), 1));
        pace.forget();
        assert_eq!(pace.waiting(), 0);
    }

    #[test]
    fn a_message_shows_the_worst_and_counts_the_rest() {
        let (mut pace, rules) =
            (Pace::default(), ChannelRules { digest: Some(DigestTimes::Every { minutes: 60 }), ..ChannelRules::default() });
        for n in 0..250_u8 {
            let severity = if n == 249 { Severity::Broken } else { Severity::Notice };
            pace.take(&rules, Notice { severity, ..notice(n, OPENED) }, at(0));
        }
        assert_eq!(pace.waiting(), 250);
        let batch = pace.leave(&rules, at(3_600)).unwrap();
        assert_eq!((batch.items.len(), batch.count(), batch.items[0].notice.severity), (ITEMS_MAX, 250, Severity::Broken));
    }

    #[derive(Debug, Clone)]
    enum Move {
        Take(u8, usize, u8),
        Wait(u32),
        Leave,
    }

    fn moves() -> impl Strategy<Value = Vec<Move>> {
        let one = prop_oneof![
            (0_u8..6, 0_usize..9, 0_u8..3).prop_map(|(subject, kind, severity)| Move::Take(subject, kind, severity)),
            (0_u32..40_000).prop_map(Move::Wait),
            Just(Move::Leave),
        ];
        proptest::collection::vec(one, 1..80)
    }

    proptest! {
        /// Random notices and clocks: no more messages than an hour may have, nothing before its time, nothing twice within its window,
        /// and nothing that was taken is lost.
        #[test]
        fn a_channel_keeps_its_promises(moves in moves(), per_hour in 1_u32..4, dedup_s in 0_u32..7_200, digest in 0_u32..3, quiet in any::<bool>()) {
            let rules = ChannelRules {
                per_hour_max: per_hour,
                dedup_s,
                digest: (digest > 0).then_some(DigestTimes::Every { minutes: digest * 30 }),
                quiet: if quiet { nights().quiet } else { Vec::new() },
                urgent: quiet.then_some(Severity::Broken),
                ..ChannelRules::default()
            };
            let (mut pace, mut now) = (Pace::default(), at(0));
            let mut left: Vec<Timestamp> = Vec::new();
            let mut taken: Vec<(Subject, NoticeKind, Timestamp)> = Vec::new();
            let (mut accepted, mut told) = (0_u32, 0_u32);
            for step in moves {
                match step {
                    Move::Wait(seconds) => now = quiet::later(now, i64::from(seconds)),
                    Move::Take(subject, kind, severity) => {
                        let severity = [Severity::Notice, Severity::Degraded, Severity::Broken][usize::from(severity)];
                        let notice = Notice { severity, at: now, ..notice(subject, NoticeKind::ALL[kind]) };
                        let key = (notice.subject, notice.kind);
                        let recent = taken.iter().any(|(subject, kind, at)| {
                            (*subject, *kind) == key && now.as_second() - at.as_second() < i64::from(dedup_s)
                        });
                        match pace.take(&rules, notice, now) {
                            Taken::Again => prop_assert!(recent),
                            Taken::Due(due) => {
                                prop_assert!(!recent && due >= now);
                                taken.push((key.0, key.1, now));
                                accepted += 1;
                            }
                            Taken::NotAsked => prop_assert!(false, "the rules ask for everything"),
                        }
                    }
                    Move::Leave => {
                        let due = pace.due(&rules, now);
                        let batch = pace.leave(&rules, now);
                        prop_assert_eq!(batch.is_some(), due.is_some_and(|due| due <= now));
                        if let Some(batch) = batch {
                            let recent = left.iter().filter(|at| now.as_second() - at.as_second() < HOUR_S).count();
                            prop_assert!(recent < usize::try_from(per_hour).unwrap());
                            left.push(now);
                            told += batch.more + batch.items.iter().map(|item| item.earlier + 1).sum::<u32>();
                            let mut subjects: Vec<_> = batch.items.iter().map(|item| item.notice.subject).collect();
                            subjects.sort();
                            subjects.dedup();
                            prop_assert_eq!(subjects.len(), batch.items.len(), "one line of each");
                        }
                    }
                }
            }
            let waits: u32 = pace.held.iter().map(|held| held.item.earlier + 1).sum();
            prop_assert_eq!(accepted, told + waits, "nothing is lost");
        }
    }
}
