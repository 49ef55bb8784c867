//! Kubernetes quantities: `250m`, `1.5Gi`, `2e3`.
//!
//! Units: thousandths of the plain unit, so that `250m` is 250 and `1` is 1000.
//! Source: k8s.io/apimachinery, package api/resource.

/// Reads a quantity as thousandths. None for anything that is not one, or that does not fit.
#[must_use]
pub fn milli(text: &str) -> Option<i128> {
    let text = text.trim();
    let digits_end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-' || c == '+')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits_end);
    let factor: f64 = match suffix {
        "" => 1e3,
        "n" => 1e-6,
        "u" => 1e-3,
        "m" => 1.0,
        "k" | "K" => 1e6,
        "M" => 1e9,
        "G" => 1e12,
        "T" => 1e15,
        "P" => 1e18,
        "E" => 1e21,
        "Ki" => 1024.0 * 1e3,
        "Mi" => 1024_f64.powi(2) * 1e3,
        "Gi" => 1024_f64.powi(3) * 1e3,
        "Ti" => 1024_f64.powi(4) * 1e3,
        "Pi" => 1024_f64.powi(5) * 1e3,
        "Ei" => 1024_f64.powi(6) * 1e3,
        exponent => {
            let power: i32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            if !(-30..=30).contains(&power) {
                return None;
            }
            10_f64.powi(power) * 1e3
        }
    };
    let value = number.parse::<f64>().ok()? * factor;
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the comparison")]
    (value.is_finite() && value.abs() < 1e36).then(|| value.ceil() as i128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_scale_as_the_api_server_scales_them() {
        assert_eq!(milli("250m"), Some(250));
        assert_eq!(milli("1"), Some(1000));
        assert_eq!(milli("1.5"), Some(1500));
        assert_eq!(milli("1Ki"), Some(1_024_000));
        assert_eq!(milli("2e3"), Some(2_000_000));
        assert_eq!(milli("5Mi"), Some(5 * 1_048_576_000));
        assert_eq!(milli("x"), None);
        assert_eq!(milli(""), None);
        assert_eq!(milli("1Q"), None);
    }
}
