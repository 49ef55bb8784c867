//! Quiet hours and digests on people's clocks.
//!
//! Clocks are set forward and back. A time that the clock jumps over is taken as the instant of the jump plus what lies between, and one that
//! comes twice is its first: so hours from 02:30 on begin on that night, too, once. The data of time zones is built in, so that every
//! machine decides alike.

use assent_api::channels::{ChannelRules, Day, DigestTimes, QuietHours};
use assent_base::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, ToSpan as _};

/// Windows that follow on each other without a gap are one; so many are looked at.
const JOINED_MAX: usize = 64;

/// A time of the day, `HH:MM`.
pub(crate) fn clock(text: &str) -> Option<Time> {
    let (hours, minutes) = text.split_once(':')?;
    let number =
        |text: &str| (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse::<i8>().ok()).flatten();
    Time::new(number(hours)?, number(minutes)?, 0, 0).ok()
}

/// A time zone by its name.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// The first instant from `at` on that is in no quiet hours.
pub(crate) fn ends(rules: &ChannelRules, at: Timestamp) -> Timestamp {
    let mut end = at;
    for _ in 0..JOINED_MAX {
        match rules.quiet.iter().filter_map(|hours| end_within(hours, end)).max() {
            Some(later) if later > end => end = later,
            Some(_) | None => return end,
        }
    }
    // Quiet for weeks on end: what waits is told at the end of the last window looked at, rather than never.
    end
}

/// The end of the window that the instant is in, if it is in one.
fn end_within(hours: &QuietHours, at: Timestamp) -> Option<Timestamp> {
    let (from, to, zone) = (clock(&hours.from)?, clock(&hours.to)?, zone(&hours.zone)?);
    let today = at.to_zoned(zone.clone()).date();
    // A window begins today or began yesterday: none is longer than a day.
    [today.yesterday().ok()?, today]
        .into_iter()
        .filter(|day| hours.days.is_empty() || hours.days.contains(&day_of(day.weekday())))
        .filter_map(|day| {
            let last = if to <= from { day.tomorrow().ok()? } else { day };
            Some((instant(day, from, &zone)?, instant(last, to, &zone)?))
        })
        .filter(|(begin, end)| (*begin..*end).contains(&at))
        .map(|(_, end)| end)
        .max()
}

/// When what comes up now is told, were there no quiet hours.
pub(crate) fn collected_until(rules: &ChannelRules, now: Timestamp) -> Timestamp {
    match &rules.digest {
        None => now,
        Some(DigestTimes::Every { minutes }) => {
            let every_s = i64::from((*minutes).max(1)).saturating_mul(60);
            let day_s = now.as_second().rem_euclid(86_400);
            let midnight = now.as_second().saturating_sub(day_s);
            // Counted from midnight, so that a digest of 7 minutes is at the same times every day.
            let next = day_s.div_euclid(every_s).saturating_add(1).saturating_mul(every_s).min(86_400);
            Timestamp::from_second(midnight.saturating_add(next)).unwrap_or(now)
        }
        Some(DigestTimes::Daily { at, zone: name }) => next_at(at, name, now).unwrap_or(now),
    }
}

fn next_at(at: &str, name: &str, now: Timestamp) -> Option<Timestamp> {
    let (time, zone) = (clock(at)?, zone(name)?);
    let today = now.to_zoned(zone.clone()).date();
    let days = [today, today.tomorrow().ok()?, today.checked_add(2.days()).ok()?];
    days.into_iter().filter_map(|day| instant(day, time, &zone)).find(|instant| *instant > now)
}

/// A time of a day as an instant. One that is skipped counts on from the jump, one that comes twice is the first.
fn instant(day: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(day.to_datetime(time)).compatible().ok()
}

fn day_of(weekday: Weekday) -> Day {
    match weekday {
        Weekday::Monday => Day::Mon,
        Weekday::Tuesday => Day::Tue,
        Weekday::Wednesday => Day::Wed,
        Weekday::Thursday => Day::Thu,
        Weekday::Friday => Day::Fri,
        Weekday::Saturday => Day::Sat,
        Weekday::Sunday => Day::Sun,
    }
}

/// An instant so many seconds later.
pub(crate) fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hours(from: &str, to: &str, days: &[Day]) -> QuietHours {
        QuietHours { from: from.to_owned(), to: to.to_owned(), zone: "Europe/Berlin".to_owned(), days: days.to_vec() }
    }

    fn quiet(windows: &[QuietHours]) -> ChannelRules {
        ChannelRules { quiet: windows.to_vec(), ..ChannelRules::default() }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_night_is_quiet_until_the_morning() {
        let nights = quiet(&[hours("22:00", "07:00", &[])]);
        assert_eq!(ends(&nights, at("2026-01-10T20:59:59Z")), at("2026-01-10T20:59:59Z"), "21:59:59 in Berlin");
        assert_eq!(ends(&nights, at("2026-01-10T21:00:00Z")), at("2026-01-11T06:00:00Z"));
        assert_eq!(ends(&nights, at("2026-01-11T05:59:59Z")), at("2026-01-11T06:00:00Z"));
        assert_eq!(ends(&nights, at("2026-01-11T06:00:00Z")), at("2026-01-11T06:00:00Z"));
    }

    #[test]
    fn the_night_on_which_clocks_go_forward_is_an_hour_shorter() {
        // 29 March 2026, 02:00 is 03:00 in Berlin.
        let nights = quiet(&[hours("22:00", "07:00", &[])]);
        assert_eq!(ends(&nights, at("2026-03-28T21:00:00Z")), at("2026-03-29T05:00:00Z"));
        // What begins at a time that is skipped begins at the same distance from midnight: 03:30, which is 01:30 UTC.
        let skipped = quiet(&[hours("02:30", "04:00", &[])]);
        assert_eq!(ends(&skipped, at("2026-03-29T01:29:59Z")), at("2026-03-29T01:29:59Z"));
        assert_eq!(ends(&skipped, at("2026-03-29T01:30:00Z")), at("2026-03-29T02:00:00Z"));
        // What ends at a time that is skipped ends there, too.
        let ends_skipped = quiet(&[hours("01:00", "02:30", &[])]);
        assert_eq!(ends(&ends_skipped, at("2026-03-29T00:59:59Z")), at("2026-03-29T01:30:00Z"));
    }

    #[test]
    fn the_night_on_which_clocks_go_back_is_an_hour_longer() {
        // 25 October 2026, 03:00 is 02:00 in Berlin.
        let nights = quiet(&[hours("22:00", "07:00", &[])]);
        assert_eq!(ends(&nights, at("2026-10-24T20:00:00Z")), at("2026-10-25T06:00:00Z"));
        // 02:30 comes twice: the window ends at the first.
        let twice = quiet(&[hours("01:00", "02:30", &[])]);
        assert_eq!(ends(&twice, at("2026-10-25T00:00:00Z")), at("2026-10-25T00:30:00Z"));
        assert_eq!(ends(&twice, at("2026-10-25T00:45:00Z")), at("2026-10-25T00:45:00Z"));
    }

    #[test]
    fn windows_that_touch_are_one() {
        let weekend = quiet(&[hours("00:00", "00:00", &[Day::Sat, Day::Sun]), hours("22:00", "07:00", &[])]);
        // Friday night, through the weekend, to Monday morning.
        assert_eq!(ends(&weekend, at("2026-01-09T21:30:00Z")), at("2026-01-12T06:00:00Z"));
        let always = quiet(&[hours("00:00", "00:00", &[])]);
        assert!(ends(&always, at("2026-01-09T21:30:00Z")) > at("2026-03-01T00:00:00Z"), "it ends some time");
    }

    #[test]
    fn a_day_is_that_on_which_the_window_begins() {
        let friday = quiet(&[hours("22:00", "07:00", &[Day::Fri])]);
        assert_eq!(ends(&friday, at("2026-01-10T02:00:00Z")), at("2026-01-10T06:00:00Z"), "Saturday, of Friday's window");
        assert_eq!(ends(&friday, at("2026-01-10T22:00:00Z")), at("2026-01-10T22:00:00Z"), "Saturday's own");
    }

    #[test]
    fn digests_come_at_their_times() {
        let every = |minutes| ChannelRules { digest: Some(DigestTimes::Every { minutes }), ..ChannelRules::default() };
        assert_eq!(collected_until(&every(15), at("2026-01-10T10:00:00Z")), at("2026-01-10T10:15:00Z"));
        assert_eq!(collected_until(&every(15), at("2026-01-10T10:14:59Z")), at("2026-01-10T10:15:00Z"));
        assert_eq!(collected_until(&every(7), at("2026-01-10T23:59:00Z")), at("2026-01-11T00:00:00Z"));
        let daily = |at: &str| ChannelRules {
            digest: Some(DigestTimes::Daily { at: at.to_owned(), zone: "America/New_York".to_owned() }),
            ..ChannelRules::default()
        };
        assert_eq!(collected_until(&daily("08:30"), at("2026-01-10T13:29:00Z")), at("2026-01-10T13:30:00Z"));
        assert_eq!(collected_until(&daily("08:30"), at("2026-01-10T13:30:00Z")), at("2026-01-11T13:30:00Z"));
        // 8 March 2026, 02:00 is 03:00 in New York.
        assert_eq!(collected_until(&daily("02:30"), at("2026-03-08T05:00:00Z")), at("2026-03-08T07:30:00Z"));
        assert_eq!(collected_until(&daily("08:30"), at("2026-03-07T14:00:00Z")), at("2026-03-08T12:30:00Z"));
    }

    #[test]
    fn times_and_zones_are_read_strictly() {
        assert!(clock("00:00").is_some() && clock("23:59").is_some());
        for bad in ["24:00", "7:00", "07:0", "07:60", "0700", "+7:00", "07:00:00", ""] {
            assert!(clock(bad).is_none(), "{bad}");
        }
        assert!(zone("UTC").is_some() && zone("America/Argentina/Ushuaia").is_some());
        assert!(zone("../../etc/passwd").is_none() && zone("").is_none());
    }

    proptest! {
        #[test]
        fn what_waits_is_told_after_at_most_a_day_of_one_window_and_never_before(
            second in 1_600_000_000_i64..2_000_000_000, from in 0_u32..1_440, to in 0_u32..1_440, place in 0_usize..5, day in 0_usize..8,
        ) {
            let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
            let zones = ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"];
            let all = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];
            let days: Vec<Day> = all.get(day).copied().into_iter().collect();
            let hours = QuietHours { from: clock(from), to: clock(to), zone: zones[place].to_owned(), days };
            let now = Timestamp::from_second(second).unwrap();
            let end = end_within(&hours, now);
            // A reference that asks the clock on the wall, minute for minute; it does not know of nights on which clocks are set.
            let local = now.to_zoned(zone(zones[place]).unwrap());
            let steady = |days: i64| {
                let other = local.checked_add(days.days()).unwrap();
                other.offset() == local.offset()
            };
            if steady(-2) && steady(2) && from != to {
                let minute = u32::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap();
                let begins_on = |days: i64| {
                    let weekday = day_of(local.checked_add(days.days()).unwrap().weekday());
                    hours.days.is_empty() || hours.days.contains(&weekday)
                };
                let inside = if from < to {
                    (from..to).contains(&minute) && begins_on(0)
                } else {
                    minute >= from && begins_on(0) || minute < to && begins_on(-1)
                };
                prop_assert_eq!(end.is_some(), inside);
            }
            if let Some(end) = end {
                prop_assert!(end > now && end.as_second() - second <= 26 * 3_600);
            }
        }
    }
}
