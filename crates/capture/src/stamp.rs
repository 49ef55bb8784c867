//! The time stamp that a log line carries.
//!
//! Units: instants are UTC. A stamp without a zone is taken as UTC, since that is what containers run in; klog's stamps have no year
//! and are none.

use assent_base::Timestamp;

/// A stamp begins within this many bytes of its line.
const STAMP_BEGINS_WITHIN_BYTES: usize = 64;
/// A field with the time is looked for in this many bytes of a line of JSON or `key=value` pairs.
const FIELD_WITHIN_BYTES: usize = 2048;
/// The fields that hold the time in lines of JSON.
const JSON_FIELDS: [&str; 5] = ["\"ts\"", "\"time\"", "\"timestamp\"", "\"@timestamp\"", "\"eventTime\""];
/// The fields that hold the time in lines of `key=value` pairs.
const PAIR_FIELDS: [&str; 4] = ["time=", "ts=", "timestamp=", "t="];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The instant that a log line says it was written at.
#[must_use]
pub fn of_line(line: &str) -> Option<Timestamp> {
    let line = line.trim_start();
    if line.starts_with('{') {
        return json_field(line);
    }
    (0..line.len().min(STAMP_BEGINS_WITHIN_BYTES))
        .find_map(|at| date_and_time(line, at).or_else(|| access_log(line, at)))
        .or_else(|| pair_field(line))
}

/// Reads `2025-01-02T15:04:05.123+01:00`, `2025-01-02 15:04:05,123` and `2025/01/02 15:04:05` at an offset.
fn date_and_time(line: &str, at: usize) -> Option<Timestamp> {
    let stamp = line.get(at..at + 19)?;
    let fits = stamp.bytes().zip("dddd-dd-ddTdd:dd:dd".bytes()).all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        b'-' => byte == b'-' || byte == b'/',
        b'T' => byte == b'T' || byte == b' ',
        other => byte == other,
    });
    let within_number = at > 0 && line.as_bytes().get(at - 1).is_some_and(u8::is_ascii_digit);
    if !fits || within_number {
        return None;
    }
    let (date, time) = (stamp.get(..10)?.replace('/', "-"), stamp.get(11..)?);
    let rest = line.get(at + 19..)?;
    let digits = rest.strip_prefix(['.', ',']).map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let (fraction, rest) = match digits {
        0 => ("0", rest),
        _ => (rest.get(1..=digits.min(9))?, rest.get(digits + 1..)?),
    };
    format!("{date}T{time}.{fraction}{}", zone(rest)).parse().ok()
}

/// The zone that follows a time, as RFC 3339 spells it.
fn zone(rest: &str) -> String {
    let attached = rest.strip_prefix(' ').unwrap_or(rest);
    let digits: String = attached.chars().skip(1).take(5).filter(char::is_ascii_digit).collect();
    match (attached.get(..1), digits.get(..2), digits.get(2..4)) {
        (Some(sign @ ("+" | "-")), Some(hours), Some(minutes)) => format!("{sign}{hours}:{minutes}"),
        _ => "Z".to_owned(),
    }
}

/// Reads `[02/Jan/2025:15:04:05 +0000]` at an offset.
fn access_log(line: &str, at: usize) -> Option<Timestamp> {
    let stamp = line.get(at..)?.strip_prefix('[')?.get(..20)?;
    let (day, month, year, time) = (stamp.get(..2)?, stamp.get(3..6)?, stamp.get(7..11)?, stamp.get(12..)?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let rest = line.get(at + 21..)?;
    format!("{year}-{month:02}-{day}T{time}{}", zone(rest)).parse().ok()
}

fn json_field(line: &str) -> Option<Timestamp> {
    let head = head(line, FIELD_WITHIN_BYTES);
    JSON_FIELDS.iter().find_map(|field| {
        let (_, after) = head.split_once(field)?;
        let value = after.trim_start().strip_prefix(':')?.trim_start();
        match value.strip_prefix('"') {
            Some(text) => date_and_time(text, 0).or_else(|| epoch(text)),
            None => epoch(value),
        }
    })
}

fn pair_field(line: &str) -> Option<Timestamp> {
    let head = head(line, FIELD_WITHIN_BYTES);
    PAIR_FIELDS.iter().find_map(|field| {
        let at = if head.starts_with(field) { 0 } else { head.find(&format!(" {field}"))? + 1 };
        let value = head.get(at + field.len()..)?;
        let value = value.strip_prefix('"').unwrap_or(value);
        date_and_time(value, 0).or_else(|| epoch(value))
    })
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size.
fn epoch(text: &str) -> Option<Timestamp> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let whole: i64 = text.get(..end)?.parse().ok()?;
    match whole {
        // Smaller numbers are counters and uptimes, not instants of this century.
        ..946_684_800 => None,
        946_684_800..100_000_000_000 => Timestamp::from_second(whole).ok(),
        100_000_000_000..100_000_000_000_000 => Timestamp::from_millisecond(whole).ok(),
        100_000_000_000_000..100_000_000_000_000_000 => Timestamp::from_microsecond(whole).ok(),
        _ => Timestamp::from_nanosecond(i128::from(whole)).ok(),
    }
}

/// The first bytes of a text, cut at a character boundary.
fn head(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_common_stamp_reads_as_the_same_instant() {
        let noon: Timestamp = "2025-01-02T15:04:05Z".parse().unwrap();
        for line in [
            "2025-01-02T15:04:05Z started",
            "2025-01-02T16:04:05+01:00 started",
            "2025-01-02 15:04:05,000 INFO started",
            "2025-01-02 16:04:05.000 +0100 started",
            "[2025-01-02 15:04:05 +0000] [1] [INFO] Booting worker",
            "INFO 2025-01-02 15:04:05 started",
            "2025/01/02 15:04:05 [error] 7#7: upstream",
            "10.0.0.1 - - [02/Jan/2025:15:04:05 +0000] \"GET / HTTP/1.1\" 200",
            "{\"level\":\"info\",\"ts\":1735830245.0,\"msg\":\"m\"}",
            "{\"time\":1735830245000}",
            "{\"@timestamp\":\"2025-01-02T15:04:05.000Z\"}",
            "time=\"2025-01-02T15:04:05Z\" level=error",
            "level=error ts=2025-01-02T15:04:05Z caller=main.go:1",
        ] {
            assert_eq!(of_line(line), Some(noon), "{line}");
        }
    }

    #[test]
    fn what_is_no_instant_is_none() {
        for line in ["E0102 15:04:05.000000 1 main.go:1] failed", "2025-13-45 99:99:99 x", "{\"time\":12}", "{\"ts\":", "plain", ""] {
            assert_eq!(of_line(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_a_panic(line in "\\PC{0,80}", stamp in "[0-9TZ:/ .,+{}\"ts=-]{0,60}") {
            let _ = of_line(&line);
            let _ = of_line(&format!("2025-01-02 15:04:05{line}"));
            let _ = of_line(&stamp);
        }
    }
}
