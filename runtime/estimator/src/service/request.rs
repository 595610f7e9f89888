//! Requests: what a line must hold, and what is said of one that does not.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::refusal::{Refusal, cut};
use super::restore;
use super::snapshot::State;

/// The longest line in bytes. The state of a snapshot must fit, at some 20 bytes a measurement.
pub const MAX_LINE: usize = 256 << 20;

/// What a client asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Request {
    /// May this training stop?
    Observe(Observe),
    /// A training ended by itself.
    Finish(Finish),
    /// As if the run had never been.
    Forget(Forget),
    /// All that the service knows, please.
    Snapshot,
    /// Go on from that snapshot.
    Restore(State),
}

/// A measurement of a run.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Observe {
    /// What was asked for.
    #[serde(rename = "op")]
    _op: Op,
    /// The run's name.
    pub(super) run: String,
    /// When it was measured, in epochs.
    pub(super) epoch: f64,
    /// The planned epochs: with the first observation, and the same or absent in later ones.
    #[serde(default)]
    pub(super) planned: Option<f64>,
    /// What was measured, by name.
    #[serde(deserialize_with = "numbers")]
    pub(super) metrics: BTreeMap<String, Number>,
    /// What is known of the network before its training: with the first observation, and the same or absent in later
    /// ones.
    #[serde(default, deserialize_with = "maybe_numbers")]
    pub(super) covariates: Option<BTreeMap<String, Number>>,
}

/// The end of a training.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Finish {
    #[serde(rename = "op")]
    _op: Op,
    /// The run's name.
    pub(super) run: String,
    /// Its final value; absent: the one measured last. One that is NaN or infinite: it failed.
    #[serde(default, deserialize_with = "given")]
    pub(super) value: Option<Number>,
}

/// A run that is not wanted any more.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Forget {
    #[serde(rename = "op")]
    _op: Op,
    /// The run's name.
    pub(super) run: String,
}

/// A number that may be NaN or infinite, as [`crate::extended`] has it. Where -0 is read, it is 0: many clients cannot write
/// the one in a state as the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, serde::Serialize)]
#[serde(transparent)]
pub(super) struct Number(
    #[serde(serialize_with = "crate::extended::serialize", deserialize_with = "without_sign")] pub(super) f64,
);

fn without_sign<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    crate::extended::deserialize(deserializer).map(|value| value + 0.0)
}

/// The name of the operation, which is read before the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Op {
    #[default]
    Observe,
    Finish,
    Forget,
    Snapshot,
    Restore,
}

#[derive(Deserialize)]
struct Head {
    op: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Snapshot {
    #[serde(rename = "op")]
    _op: Op,
}

/// Reads a line.
pub(super) fn read(line: &[u8]) -> Result<Request, Refusal> {
    let text =
        std::str::from_utf8(line).map_err(|error| Refusal::NotUtf8 { valid_up_to: error.valid_up_to() })?;
    if !text.trim_start().starts_with('{') {
        let IgnoredAny = decode(text)?;
        return Err(Refusal::BadRequest { reason: "the line is no JSON object".to_owned() });
    }
    let Head { op } = decode(text)?;
    match op.as_str() {
        "observe" => decode(text).map(Request::Observe),
        "finish" => decode(text).map(Request::Finish),
        "forget" => decode(text).map(Request::Forget),
        "snapshot" => decode(text).map(|Snapshot { .. }| Request::Snapshot),
        "restore" => restore::read(text).map(Request::Restore),
        unknown => Err(Refusal::UnknownOp { op: cut(unknown) }),
    }
}

/// Reads JSON.
pub(super) fn decode<T: DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    serde_json::from_str(text).map_err(|error| {
        let reason = said(&error);
        if error.is_data() {
            return Refusal::BadRequest { reason };
        }
        let hint = hint(text, &error).unwrap_or_default();
        Refusal::NotJson { reason: reason + hint }
    })
}

/// What to write instead of something that only looks like JSON.
fn hint(text: &str, error: &serde_json::Error) -> Option<&'static str> {
    if text.starts_with('\u{feff}') {
        return Some("; it begins with a byte order mark, write UTF-8 without one");
    }
    if error.to_string().starts_with("number out of range") {
        return Some("; write the string `inf` or `-inf` for an infinity");
    }
    // The parser stops at the first letter, or one or two after it.
    let at = error.column().saturating_sub(1);
    let is_at = |word: &str| {
        (at.saturating_sub(2)..=at).any(|from| text.get(from..).is_some_and(|t| t.starts_with(word)))
    };
    let words = ["NaN", "nan", "Infinity", "inf"];
    words
        .into_iter()
        .any(is_at)
        .then_some("; JSON has no NaN and no infinity, write the strings `nan`, `inf` or `-inf`")
}

/// What the parser says, which counts lines although there is one only, and has names of its own for numbers.
pub(super) fn said(error: &serde_json::Error) -> String {
    let mut text = error.to_string().replace(" at line 1 column ", " at column ");
    for (own, plain) in [("f64", "a number"), ("usize", "a whole number"), ("u64", "a whole number")] {
        text = text.replace(&format!("expected {own}"), &format!("expected {plain}"));
    }
    cut(&text)
}

/// Numbers by name. Of a name that occurs twice, nobody knows which number is meant.
struct Numbers;

impl<'de> Visitor<'de> for Numbers {
    type Value = BTreeMap<String, Number>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of numbers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut numbers = BTreeMap::new();
        while let Some((name, number)) = entries.next_entry::<String, Number>()? {
            match numbers.entry(name) {
                Entry::Vacant(free) => free.insert(number),
                Entry::Occupied(taken) => {
                    return Err(A::Error::custom(format_args!("`{}` occurs twice", taken.key())));
                }
            };
        }
        Ok(numbers)
    }
}

fn numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Number>, D::Error> {
    deserializer.deserialize_map(Numbers)
}

/// `null` is as if it were absent.
fn maybe_numbers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<String, Number>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Given(#[serde(deserialize_with = "numbers")] BTreeMap<String, Number>);
    Ok(Option::deserialize(deserializer)?.map(|Given(numbers)| numbers))
}

/// `null` is a number that is not known, unlike a field that is absent.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Number>, D::Error> {
    Number::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_lacks_is_read() {
        let line = br#"{"op":"observe","run":"a","epoch":1,"metrics":{"a":null,"b":"-inf","c":2}}"#;
        let Ok(Request::Observe(Observe { metrics, planned: None, .. })) = read(line) else {
            panic!("{:?}", read(line))
        };
        assert!(metrics["a"].0.is_nan());
        assert_eq!((metrics["b"].0, metrics["c"].0), (f64::NEG_INFINITY, 2.0));
        let value = |line: &[u8]| match read(line) {
            Ok(Request::Finish(finish)) => finish.value.map(|value| value.0.is_nan()),
            other => panic!("{other:?}"),
        };
        assert_eq!(value(br#"{"op":"finish","run":"a","value":null}"#), Some(true));
        assert_eq!(value(br#"{"op":"finish","run":"a","value":1.5}"#), Some(false));
        assert_eq!(value(br#"{"op":"finish","run":"a"}"#), None);
    }

    #[test]
    fn what_is_no_request_has_a_code() {
        let long = format!(r#"{{"op":"{}"}}"#, "x".repeat(1000));
        let deep = format!(r#"{{"op":"observe","run":{}"#, "[".repeat(100_000));
        for (line, code, said) in [
            (&b"{\"op\":\"\xff\"}"[..], "not_utf8", "from byte 7 on"),
            (b"observe", "not_json", "expected value at column 1"),
            (b"{\"op\":\"snapshot\"", "not_json", "EOF"),
            (b"{\"op\":\"snapshot\"} {}", "not_json", "trailing characters"),
            (br#"{"op":"observe","run":"a","epoch":1,"metrics":{"a":NaN}}"#, "not_json", "the strings `nan`"),
            (br#"["snapshot"]"#, "bad_request", "no JSON object"),
            (b"7", "bad_request", "no JSON object"),
            (b"{}", "bad_request", "missing field `op`"),
            (br#"{"op":7}"#, "bad_request", "expected a string"),
            (br#"{"op":"Observe"}"#, "unknown_op", "`Observe`; expected one of `observe`"),
            (long.as_bytes(), "unknown_op", "xxx...`"),
            (deep.as_bytes(), "not_json", "EOF"),
            (br#"{"op":"snapshot","run":"a"}"#, "bad_request", "unknown field `run`"),
            (br#"{"op":"observe","run":"a","metrics":{}}"#, "bad_request", "missing field `epoch`"),
            (br#"{"op":"observe","run":"a","epoch":1}"#, "bad_request", "missing field `metrics`"),
            (br#"{"op":"observe","run":7,"epoch":1,"metrics":{}}"#, "bad_request", "expected a string"),
            (
                br#"{"op":"observe","run":"a","run":"b","epoch":1,"metrics":{}}"#,
                "bad_request",
                "duplicate field `run`",
            ),
            (
                br#"{"op":"observe","run":"a","epoch":1,"metrics":{"a":1,"b":2,"a":3}}"#,
                "bad_request",
                "`a` occurs twice",
            ),
            (
                br#"{"op":"observe","run":"a","epoch":1,"metrics":{"a":1},"covariates":{"b":1,"b":1}}"#,
                "bad_request",
                "`b` occurs twice",
            ),
            (
                br#"{"op":"observe","run":"a","epoch":1,"metrics":[1]}"#,
                "bad_request",
                "expected a map of numbers",
            ),
            (
                br#"{"op":"observe","run":"a","epoch":1,"metrics":{"a":"much"}}"#,
                "bad_request",
                "expected a number, \"nan\"",
            ),
            (br#"{"op":"finish","run":"a","epoch":1}"#, "bad_request", "unknown field `epoch`"),
            (br#"{"op":"observe","run":"a","epoch":"1","metrics":{}}"#, "bad_request", "expected a number"),
            (
                br#"{"op":"observe","run":"a","epoch":1e999,"metrics":{}}"#,
                "not_json",
                "write the string `inf`",
            ),
            (br#"{"op":"finish","run":"a","value":-Infinity}"#, "not_json", "the strings `nan`"),
            (br#"{"op":"finish","run":"a","value":nan}"#, "not_json", "the strings `nan`"),
            ("\u{feff}{\"op\":\"snapshot\"}".as_bytes(), "not_json", "byte order mark"),
            (br#"{"op":"restore"}"#, "bad_request", "missing field `state`"),
            (br#"{"op":"restore","state":{},"state":{}}"#, "bad_request", "duplicate field `state`"),
            (br#"{"op":"restore","state":{},"force":true}"#, "bad_request", "unknown field `force`"),
            (br#"{"op":"restore","state":{"a":1}}"#, "foreign_state", "the state has no format"),
            (br#"{"op":"restore","state":null}"#, "foreign_state", "the state is no object"),
            (br#"{"op":"restore","state":["peng-engine/2",[1]]}"#, "foreign_state", "the state is no object"),
            (
                br#"{"op":"restore","state":{"format":"peng-engine/2","checksum":"0","content":[]}}"#,
                "altered_state",
                "expected an object",
            ),
            (br#"{"op":"restore","state":{"format":"peng-engine/0"}}"#, "foreign_state", "`peng-engine/0`"),
            (br#"{"op":"restore","state":{"format":"peng-engine/2"}}"#, "altered_state", "missing field"),
        ] {
            let refusal = read(line).unwrap_err();
            assert!(
                !["f64", "usize", "struct"].iter().any(|own| refusal.to_string().contains(own)),
                "{refusal}"
            );
            let text = refusal.to_string();
            assert_eq!(refusal.code(), code, "{text}");
            assert!(text.contains(said) && text.len() < 500, "{text}");
        }
    }

    #[test]
    fn only_where_a_nan_stands_it_is_told_how_to_write_one() {
        for line in [&br#"{"op":"forget","run":"BaNaNa",}"#[..], br#"{"op":"forget","run":"NaN"]"#] {
            assert!(!read(line).unwrap_err().to_string().contains("JSON has no NaN"));
        }
    }
}
