//! `restore`: of which format a state is, before it is read as one of this version.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::refusal::{Refusal, cut};
use super::request::{Op, decode, said};
use super::snapshot::{FORMAT, State};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restore {
    #[serde(rename = "op")]
    _op: Op,
    state: State,
}

/// A state of whatever origin.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnyRestore {
    #[serde(rename = "op")]
    _op: Op,
    state: AnyState,
}

/// What a state says of its format.
enum AnyState {
    Of(String),
    WithoutFormat,
    NoObject,
}

/// The format is looked at first, since a state of another one may have any form.
pub(super) fn read(text: &str) -> Result<State, Refusal> {
    let AnyRestore { state, .. } = decode(text)?;
    let found = match state {
        AnyState::Of(format) if format == FORMAT => {
            let restore = serde_json::from_str::<Restore>(text);
            return restore
                .map(|restore| restore.state)
                .map_err(|error| Refusal::AlteredState { reason: said(&error) });
        }
        AnyState::Of(format) => format!("the state has the format `{}`", cut(&format)),
        AnyState::WithoutFormat => "the state has no format".to_owned(),
        AnyState::NoObject => "the state is no object".to_owned(),
    };
    Err(Refusal::ForeignState { found, expected: FORMAT })
}

impl<'de> Deserialize<'de> for AnyState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyStateVisitor)
    }
}

struct AnyStateVisitor;

impl<'de> Visitor<'de> for AnyStateVisitor {
    type Value = AnyState;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a state")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<AnyState, A::Error> {
        let mut state = AnyState::WithoutFormat;
        while let Some(key) = entries.next_key::<String>()? {
            if key != "format" {
                let IgnoredAny = entries.next_value()?;
            } else if let Value::String(format) = entries.next_value()? {
                state = AnyState::Of(format);
            }
        }
        Ok(state)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<AnyState, A::Error> {
        while let Some(IgnoredAny) = items.next_element()? {}
        Ok(AnyState::NoObject)
    }

    fn visit_str<E>(self, _: &str) -> Result<AnyState, E> {
        Ok(AnyState::NoObject)
    }

    fn visit_f64<E>(self, _: f64) -> Result<AnyState, E> {
        Ok(AnyState::NoObject)
    }

    fn visit_u64<E>(self, _: u64) -> Result<AnyState, E> {
        Ok(AnyState::NoObject)
    }

    fn visit_i64<E>(self, _: i64) -> Result<AnyState, E> {
        Ok(AnyState::NoObject)
    }

    fn visit_bool<E>(self, _: bool) -> Result<AnyState, E> {
        Ok(AnyState::NoObject)
    }

    fn visit_unit<E>(self) -> Result<AnyState, E> {
        Ok(AnyState::NoObject)
    }
}
