//! Whether rules make sense, and what they ask for.

use assent_api::channels::{ChannelRules, DigestTimes, QuietHours};

use crate::notice::Notice;
use crate::quiet;

/// Quiet hours of one channel.
pub const QUIET_MAX: usize = 14;
/// Namespaces of one channel.
pub const NAMESPACES_MAX: usize = 100;
/// Environments of one channel.
const ENVIRONMENTS_MAX: usize = 100;
/// Seconds within which the same is told once, at most.
const DEDUP_S_MAX: u32 = 86_400;
/// Messages in an hour, at most.
const PER_HOUR_MAX: u32 = 600;
/// Minutes between digests, at most.
const DIGEST_MINUTES_MAX: u32 = 1_440;

/// A rule that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct BadRules {
    /// The field, as a JSON pointer below the rules.
    pub field: String,
    /// What it should be.
    pub why: String,
}

fn bad(field: impl Into<String>, why: impl Into<String>) -> BadRules {
    BadRules { field: field.into(), why: why.into() }
}

/// Checks rules that somebody sets.
///
/// # Errors
/// When a rule makes no sense.
pub fn check(rules: &ChannelRules) -> Result<(), BadRules> {
    if rules.events.len() > assent_api::channels::NoticeKind::ALL.len() {
        return Err(bad("/events", "each at most once"));
    }
    if rules.environments.len() > ENVIRONMENTS_MAX {
        return Err(bad("/environments", format!("at most {ENVIRONMENTS_MAX}")));
    }
    if rules.namespaces.len() > NAMESPACES_MAX {
        return Err(bad("/namespaces", format!("at most {NAMESPACES_MAX}")));
    }
    for (n, pattern) in rules.namespaces.iter().enumerate() {
        if !is_pattern(pattern) {
            return Err(bad(format!("/namespaces/{n}"), "a namespace such as `shop`, or the beginning of some such as `lab-*`"));
        }
    }
    if rules.quiet.len() > QUIET_MAX {
        return Err(bad("/quiet", format!("at most {QUIET_MAX}")));
    }
    for (n, hours) in rules.quiet.iter().enumerate() {
        check_hours(n, hours)?;
    }
    if rules.dedup_s > DEDUP_S_MAX {
        return Err(bad("/dedup_s", format!("0 to {DEDUP_S_MAX} seconds")));
    }
    if !(1..=PER_HOUR_MAX).contains(&rules.per_hour_max) {
        return Err(bad("/per_hour_max", format!("1 to {PER_HOUR_MAX}")));
    }
    match &rules.digest {
        None => Ok(()),
        Some(DigestTimes::Every { minutes }) if (1..=DIGEST_MINUTES_MAX).contains(minutes) => Ok(()),
        Some(DigestTimes::Every { .. }) => Err(bad("/digest/minutes", format!("1 to {DIGEST_MINUTES_MAX}"))),
        Some(DigestTimes::Daily { at, zone }) => {
            quiet::clock(at).ok_or_else(|| bad("/digest/at", "a time of the day such as `08:30`"))?;
            quiet::zone(zone).map(drop).ok_or_else(|| bad("/digest/zone", "a time zone such as `Europe/Berlin`"))
        }
    }
}

fn check_hours(n: usize, hours: &QuietHours) -> Result<(), BadRules> {
    for (field, text) in [("from", &hours.from), ("to", &hours.to)] {
        quiet::clock(text).ok_or_else(|| bad(format!("/quiet/{n}/{field}"), "a time of the day such as `22:00`"))?;
    }
    quiet::zone(&hours.zone).ok_or_else(|| bad(format!("/quiet/{n}/zone"), "a time zone such as `Europe/Berlin`"))?;
    if hours.days.len() > 7 { Err(bad(format!("/quiet/{n}/days"), "each day at most once")) } else { Ok(()) }
}

fn is_pattern(pattern: &str) -> bool {
    let name = pattern.strip_suffix('*').unwrap_or(pattern);
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&name.len()) && name.bytes().all(inner)
}

/// Whether rules ask to be told of it at all.
pub(crate) fn asks_for(rules: &ChannelRules, notice: &Notice) -> bool {
    let kind = rules.events.is_empty() || rules.events.contains(&notice.kind);
    let place = rules.environments.is_empty() || rules.environments.contains(&notice.environment);
    let touched = |pattern: &String| notice.namespaces.iter().any(|namespace| fits(pattern, namespace));
    let namespace = rules.namespaces.is_empty() || rules.namespaces.iter().any(touched);
    kind && place && namespace && notice.severity >= rules.severity_min
}

fn fits(pattern: &str, namespace: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => namespace.starts_with(beginning),
        None => namespace == pattern,
    }
}

#[cfg(test)]
mod tests {
    use assent_api::channels::NoticeKind;
    use assent_api::incidents::Severity;

    use super::*;
    use crate::notice::tests::notice;

    #[test]
    fn rules_pick_by_kind_severity_environment_and_namespace() {
        let about = |kind, severity, namespaces: &[&str]| Notice {
            severity,
            namespaces: namespaces.iter().map(|name| (*name).to_owned()).collect(),
            ..notice(1, kind)
        };
        let opened = about(NoticeKind::IncidentOpened, Severity::Degraded, &["shop", "lab-7"]);
        let asks = |rules: ChannelRules| asks_for(&rules, &opened);
        assert!(asks(ChannelRules::default()));
        assert!(!asks(ChannelRules { events: vec![NoticeKind::PlanAwaiting], ..ChannelRules::default() }));
        assert!(asks(ChannelRules { severity_min: Severity::Degraded, ..ChannelRules::default() }));
        assert!(!asks(ChannelRules { severity_min: Severity::Broken, ..ChannelRules::default() }));
        let namespaces = |pattern: &str| ChannelRules { namespaces: vec![pattern.to_owned()], ..ChannelRules::default() };
        assert!(asks(namespaces("shop")) && asks(namespaces("lab-*")));
        assert!(!asks(namespaces("sho")) && !asks(namespaces("billing")));
        let nowhere = about(NoticeKind::IncidentOpened, Severity::Broken, &[]);
        assert!(!asks_for(&namespaces("shop"), &nowhere), "a node's incident is in no namespace");
        assert!(asks(ChannelRules { environments: vec![opened.environment], ..ChannelRules::default() }));
    }

    #[test]
    fn rules_that_make_no_sense_are_refused_by_field() {
        let quiet = |from: &str, zone: &str| ChannelRules {
            quiet: vec![QuietHours { from: from.to_owned(), to: "07:00".to_owned(), zone: zone.to_owned(), days: Vec::new() }],
            ..ChannelRules::default()
        };
        assert_eq!(check(&quiet("22:00", "Europe/Berlin")), Ok(()));
        let field = |rules: &ChannelRules| check(rules).unwrap_err().field;
        assert_eq!(field(&quiet("24:00", "Europe/Berlin")), "/quiet/0/from");
        assert_eq!(field(&quiet("22:00", "Europe/Berlim")), "/quiet/0/zone");
        assert_eq!(field(&ChannelRules { per_hour_max: 0, ..ChannelRules::default() }), "/per_hour_max");
        assert_eq!(field(&ChannelRules { dedup_s: 86_401, ..ChannelRules::default() }), "/dedup_s");
        assert_eq!(field(&ChannelRules { digest: Some(DigestTimes::Every { minutes: 0 }), ..ChannelRules::default() }), "/digest/minutes");
        for pattern in ["", "*", "Shop", "a*b", "shop/web"] {
            assert_eq!(
                field(&ChannelRules { namespaces: vec![pattern.to_owned()], ..ChannelRules::default() }),
                "/namespaces/0",
                "{pattern}"
            );
        }
    }
}
