//! Scalars by the core schema of YAML 1.2 (section 10.3.2): `no`, `on` and `y` are texts, `012` is twelve.

use serde_json::Number;

use super::NodeValue;

/// What a plain scalar is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Plain {
    /// A value.
    Value(NodeValue),
    /// A number with leading zeros, which YAML 1.1 reads in octal.
    LeadingZeros(Number),
    /// A number that JSON doesn't have: infinite or not a number.
    NotFinite,
}

/// Types a plain scalar.
pub(super) fn plain(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Value(NodeValue::Null),
        "true" | "True" | "TRUE" => return Plain::Value(NodeValue::Bool(true)),
        "false" | "False" | "FALSE" => return Plain::Value(NodeValue::Bool(false)),
        ".nan" | ".NaN" | ".NAN" => return Plain::NotFinite,
        _ => {}
    }
    if matches!(text.trim_start_matches(['+', '-']), ".inf" | ".Inf" | ".INF") {
        return Plain::NotFinite;
    }
    if let Some(number) = integer(text) {
        let digits = text.trim_start_matches(['+', '-']);
        let octal_looking =
            digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
        return if octal_looking {
            Plain::LeadingZeros(number)
        } else {
            Plain::Value(NodeValue::Number(number))
        };
    }
    if !is_decimal(text) {
        return Plain::Value(NodeValue::String(text.to_owned()));
    }
    match text.parse::<f64>().ok().and_then(Number::from_f64) {
        Some(number) => Plain::Value(NodeValue::Number(number)),
        None => Plain::NotFinite,
    }
}

/// `[-+]?[0-9]+`, `0o[0-7]+`, `0x[0-9a-fA-F]+`, as far as 64 bits hold it.
fn integer(text: &str) -> Option<Number> {
    if let Some(digits) = text.strip_prefix("0o") {
        return digits_in(digits, 8).map(Number::from);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return digits_in(digits, 16).map(Number::from);
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    unsigned.parse::<u64>().map(Number::from).or_else(|_| unsigned.parse::<i64>().map(Number::from)).ok()
}

fn digits_in(digits: &str, radix: u32) -> Option<u64> {
    digits.chars().all(|c| c.is_digit(radix)).then(|| u64::from_str_radix(digits, radix).ok()).flatten()
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa_fits =
        all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent_fits = exponent.is_none_or(|e| {
        let digits = e.strip_prefix(['+', '-']).unwrap_or(e);
        !digits.is_empty() && all_digits(digits)
    });
    mantissa_fits && exponent_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        match plain(text) {
            Plain::Value(NodeValue::Null) => "null".to_owned(),
            Plain::Value(NodeValue::Bool(b)) => b.to_string(),
            Plain::Value(NodeValue::Number(n)) => n.to_string(),
            Plain::Value(NodeValue::String(s)) => format!("{s:?}"),
            Plain::Value(NodeValue::List(_) | NodeValue::Map(_)) => unreachable!("a scalar is no collection"),
            Plain::LeadingZeros(n) => format!("zeros {n}"),
            Plain::NotFinite => "not finite".to_owned(),
        }
    }

    #[test]
    fn scalars_follow_the_core_schema() {
        for (text, expected) in [
            ("no", "\"no\""),
            ("on", "\"on\""),
            ("y", "\"y\""),
            ("Null", "null"),
            ("TRUE", "true"),
            ("tRue", "\"tRue\""),
            ("12", "12"),
            ("+12", "12"),
            ("-7", "-7"),
            ("012", "zeros 12"),
            ("0", "0"),
            ("0o17", "15"),
            ("0x1F", "31"),
            ("0x", "\"0x\""),
            ("0x+1", "\"0x+1\""),
            ("1e-3", "0.001"),
            ("3.", "3.0"),
            (".5", "0.5"),
            (".", "\".\""),
            ("1_000", "\"1_000\""),
            ("1:30", "\"1:30\""),
            ("nan", "\"nan\""),
            ("inf", "\"inf\""),
            ("1e999", "not finite"),
            ("-.inf", "not finite"),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", "1.8446744073709552e+19"),
            ("25%", "\"25%\""),
        ] {
            assert_eq!(json(text), expected, "{text}");
        }
    }
}
