//! How a float that may be NaN or infinite is written: `serde(with = "peng_estimator::extended")`.
//!
//! JSON has no such numbers, and a diverged training has such values. Finite ones are numbers; the others are
//! the strings `"nan"`, `"inf"` and `"-inf"`. `null` is read as NaN.

use std::fmt;

use serde::{Deserializer, Serializer, de};

/// Writes a number or one of the three words.
pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_finite() {
        serializer.serialize_f64(*value)
    } else if value.is_nan() {
        serializer.serialize_str("nan")
    } else {
        serializer.serialize_str(if *value > 0.0 { "inf" } else { "-inf" })
    }
}

/// Reads a number, one of the three words, or `null`.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    deserializer.deserialize_any(Extended)
}

/// A number as messages have it: in the words of the protocol, and with an exponent where it is long.
pub(crate) struct Shown<'a>(pub(crate) &'a f64);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_nan() {
            return f.write_str("nan");
        }
        let text = format!("{:?}", self.0);
        f.write_str(text.strip_suffix(".0").unwrap_or(&text))
    }
}

struct Extended;

impl de::Visitor<'_> for Extended {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, \"nan\", \"inf\" or \"-inf\"")
    }

    fn visit_f64<E>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_u64<E>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_i64<E>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_unit<E>(self) -> Result<f64, E> {
        Ok(f64::NAN)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<f64, E> {
        match text {
            "nan" => Ok(f64::NAN),
            "inf" => Ok(f64::INFINITY),
            "-inf" => Ok(f64::NEG_INFINITY),
            other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shown;

    #[test]
    fn numbers_are_shown_as_they_are_written() {
        for (value, shown) in
            [(40.0, "40"), (-0.5, "-0.5"), (1e308, "1e308"), (f64::NAN, "nan"), (f64::NEG_INFINITY, "-inf")]
        {
            assert_eq!(Shown(&value).to_string(), shown);
        }
    }
}
