//! Durations as people write them: `"250 ms"`, `"2 minutes"`, `"1.5 s"`.

/// Says how a duration is written.
pub(crate) const HINT: &str = "write a duration as a number and a unit, for example \"25 seconds\"; \
    the units are ms, s, m, h, d, or milliseconds, seconds, minutes, hours, days";

/// The duration in milliseconds; `None` if it is not one, or not a whole number of milliseconds.
pub(crate) fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    scaled(number, unit_in_milliseconds(unit.trim())?)
}

fn unit_in_milliseconds(unit: &str) -> Option<u64> {
    match unit {
        "ms" | "millisecond" | "milliseconds" => Some(1),
        "s" | "second" | "seconds" => Some(1_000),
        "m" | "minute" | "minutes" => Some(60_000),
        "h" | "hour" | "hours" => Some(3_600_000),
        "d" | "day" | "days" => Some(86_400_000),
        _ => None,
    }
}

/// `number * unit`, exactly, where the number may have a decimal point.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = match number.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (number, ""),
    };
    let whole = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    if fraction.is_empty() {
        return Some(whole);
    }
    let shift = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = fraction.parse::<u64>().ok()?.checked_mul(unit)?;
    if part % shift != 0 {
        return None;
    }
    whole.checked_add(part / shift)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn every_unit_has_its_length() {
        let cases = [
            ("250 ms", 250),
            ("1 millisecond", 1),
            ("3 milliseconds", 3),
            ("25 seconds", 25_000),
            ("1 second", 1_000),
            ("1.5 s", 1_500),
            ("1.25s", 1_250),
            ("2 minutes", 120_000),
            ("1 minute", 60_000),
            ("5m", 300_000),
            ("1 hour", 3_600_000),
            ("0.5 hours", 1_800_000),
            ("2 h", 7_200_000),
            ("1 day", 86_400_000),
            (" 2  days ", 172_800_000),
            ("0 d", 0),
        ];
        for (text, expected) in cases {
            assert_eq!(milliseconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let cases = [
            "",
            " ",
            "5",
            "seconds",
            "-1 s",
            "1,5 s",
            "1.5.5 s",
            ". s",
            "1. s",
            ".5 s",
            "5 weeks",
            "1 s 2 ms",
            "0.0001 s",
            "99999999999999999999 s",
            "999999999999999999 days",
            "1 S",
            "१ s",
            "1.00000000000000000000000000000000000000000000000000000000000001 s",
        ];
        for text in cases {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }
}
