//! How a step in two directions is written: as one number where both are equal, so that graphs that know only such steps keep
//! their bytes.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Both(usize),
    Each([usize; 2]),
}

// The signature is serde's.
#[allow(clippy::trivially_copy_pass_by_ref)]
pub(super) fn serialize<S: Serializer>(step: &[usize; 2], serializer: S) -> Result<S::Ok, S::Error> {
    let [down, right] = *step;
    let written = if down == right { Written::Both(down) } else { Written::Each([down, right]) };
    written.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[usize; 2], D::Error> {
    Ok(match Written::deserialize(deserializer)? {
        Written::Both(step) => [step; 2],
        Written::Each(steps) => steps,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Op, Padding};

    #[test]
    fn equal_steps_are_one_number() {
        for (stride, expected) in [([2, 2], "2"), ([1, 2], "[1,2]")] {
            let op = Op::GeneralConv {
                filters: 3,
                kernel: [1, 7],
                stride,
                dilation: 1,
                groups: 1,
                padding: Padding::Same,
                bias: false,
            };
            let text = serde_json::to_string(&op).unwrap();
            assert!(text.contains(&format!("\"stride\":{expected},")), "{text}");
            assert_eq!(serde_json::from_str::<Op>(&text).unwrap(), op);
        }
    }
}
