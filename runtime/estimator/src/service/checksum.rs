//! A checksum of data by what it says, not by how it is written: for clients whose JSON libraries sort keys and write `1.0` as
//! `1` and `-0.0` as `0`. Against accidents and not against malice.

use std::io::{self, Write};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Number, Value};

/// The whole numbers up to which every one is a float.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// FNV-1a with 64 bits (Fowler, Noll and Vo).
struct Sum(u64);

/// Numbers by their value, as the bits of a float. Equal ones have equal bits.
struct ByValue;

/// The checksum, in 16 digits. Keys count in the order in which they are written.
pub(super) fn checksum(content: &impl Serialize) -> String {
    let mut sum = Sum(0xcbf2_9ce4_8422_2325);
    content
        .serialize(&mut Serializer::with_formatter(&mut sum, ByValue))
        .expect("a state has string keys and its numbers are written as JSON has them");
    format!("{:016x}", sum.0)
}

/// One way to write a value of any origin: keys sorted, and whole numbers without a fraction.
pub(super) fn canonical(value: Value) -> Value {
    match value {
        Value::Object(entries) => {
            let mut entries: Vec<_> =
                entries.into_iter().map(|(key, value)| (key, canonical(value))).collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => items.into_iter().map(canonical).collect(),
        Value::Number(number) => Value::Number(whole(&number).unwrap_or(number)),
        other @ (Value::Null | Value::Bool(_) | Value::String(_)) => other,
    }
}

/// Reads a value of any origin.
pub(super) fn read_canonical<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Value::deserialize(deserializer).map(canonical)
}

fn whole(number: &Number) -> Option<Number> {
    let value = number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() <= EXACT)?;
    Some(Number::from(value as i64))
}

impl Formatter for ByValue {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        // Adding 0 makes -0 the 0 that it equals.
        writer.write_all(&(value + 0.0).to_bits().to_be_bytes())
    }

    fn write_u64<W: ?Sized + Write>(&mut self, writer: &mut W, value: u64) -> io::Result<()> {
        self.write_f64(writer, value as f64)
    }

    fn write_i64<W: ?Sized + Write>(&mut self, writer: &mut W, value: i64) -> io::Result<()> {
        self.write_f64(writer, value as f64)
    }
}

impl Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_equal_has_one_checksum() {
        let sum = |text: &str| checksum(&canonical(serde_json::from_str(text).unwrap()));
        let first = sum(r#"{"a":[1.0,-0.0,0.5,1e22],"b":{"x":3,"y":"1"}}"#);
        assert_eq!(sum(r#"{"b": {"y": "1", "x": 3.0}, "a": [1, 0, 5e-1, 10000000000000000000000]}"#), first);
        for other in [
            r#"{"a":[1,0,0.5,1e22],"b":{"x":3,"y":1}}"#,
            r#"{"a":[1,0,0.5000000000000001,1e22],"b":{"x":3,"y":"1"}}"#,
            r#"{"a":[0,1,0.5,1e22],"b":{"x":3,"y":"1"}}"#,
            r#"{"a":[1,0,0.5,1e22],"b":{"x":3,"z":"1"}}"#,
        ] {
            assert_ne!(sum(other), first, "{other}");
        }
    }

    #[test]
    fn whole_numbers_are_written_without_a_fraction() {
        let text = r#"{"b":[1.0,-0.0,2.5],"a":{"d":null,"c":-3.0}}"#;
        let value = canonical(serde_json::from_str(text).unwrap());
        assert_eq!(value.to_string(), r#"{"a":{"c":-3,"d":null},"b":[1,0,2.5]}"#);
    }
}
