//! Reads how long something took from the fields of a line.

use std::collections::BTreeMap;

/// The time that the fields `duration` and `unit` name, in whole milliseconds.
///
/// `duration` is a decimal number, with thousands commas if the runtime writes them, and may lead with Go's hours and minutes
/// (`1m12.5` with the unit `s`). Without a unit the number is in seconds, which is how MySQL's slow log writes it. What is not a
/// number, or does not fit, is `None`.
pub fn duration_ms(fields: &BTreeMap<&'static str, &str>) -> Option<u64> {
    let text = fields.get("duration")?;
    let unit_ms = match fields.get("unit") {
        Some(unit) => unit_ms(unit)?,
        None => 1000.0,
    };
    let (hours, rest) = leading_part(text, 'h')?;
    let (minutes, rest) = leading_part(rest, 'm')?;
    let number: f64 = rest.replace(',', "").parse().ok()?;
    let total = hours * 3_600_000.0 + minutes * 60_000.0 + number * unit_ms;
    // A float that is too large saturates when cast, so the bound is checked first.
    (total.is_finite() && (0.0..1e15).contains(&total)).then_some(total as u64)
}

/// The number before `mark` and what follows it; 0 and the whole text when there is no such part.
fn leading_part(text: &str, mark: char) -> Option<(f64, &str)> {
    match text.split_once(mark) {
        Some((number, rest)) => Some((number.parse().ok()?, rest)),
        None => Some((0.0, text)),
    }
}

fn unit_ms(unit: &str) -> Option<f64> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "ns" => 1e-6,
        "us" | "µs" => 1e-3,
        "ms" | "msec" | "millis" | "millisecond" | "milliseconds" => 1.0,
        "s" | "sec" | "secs" | "second" | "seconds" => 1000.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_spelling_of_a_duration_is_read() {
        let cases = [
            ("8012", Some("ms"), 8012),
            ("12.3", Some("seconds"), 12_300),
            ("5,023", Some("ms"), 5023),
            ("1m12.5", Some("s"), 72_500),
            ("1h2m3", Some("s"), 3_723_000),
            ("2", Some("min"), 120_000),
            ("5023", Some("Millis"), 5023),
            ("12.345678", None, 12_345),
            ("999", Some("µs"), 0),
        ];
        for (duration, unit, expected) in cases {
            assert_eq!(duration_ms(&fields(duration, unit)), Some(expected), "{duration} {unit:?}");
        }
    }

    #[test]
    fn what_is_no_duration_is_none() {
        for (duration, unit) in
            [("", Some("ms")), ("x", Some("s")), ("-3", Some("s")), ("1", Some("fortnight")), ("9e99", Some("s")), ("NaN", None)]
        {
            assert_eq!(duration_ms(&fields(duration, unit)), None, "{duration} {unit:?}");
        }
        assert_eq!(duration_ms(&BTreeMap::new()), None);
    }

    fn fields<'t>(duration: &'t str, unit: Option<&'t str>) -> BTreeMap<&'static str, &'t str> {
        [("duration", Some(duration)), ("unit", unit)].into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}
