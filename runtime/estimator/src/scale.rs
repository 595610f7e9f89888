//! Scores: a metric turned into 0 to 100, higher is better, for rules that need a bounded quantity.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How the values of a metric become scores.
///
/// Written as the command line has it: `percent`, `loss:1.386`, `perplexity:22026`. The number is the value that
/// scores 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Scale {
    /// The value itself: accuracies, intersection over union.
    Percent,
    /// 100 (1 - loss / worst): losses, in nats.
    Loss {
        /// The loss that scores 0.
        worst: f64,
    },
    /// The score of the logarithm: perplexities.
    Perplexity {
        /// The perplexity that scores 0.
        worst: f64,
    },
}

/// Why a text is no scale.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no scale; expected `percent`, `loss:NUMBER` above 0 or `perplexity:NUMBER` above 1")]
pub struct ScaleError {
    /// As given.
    pub text: String,
}

impl Scale {
    /// The score of a value, from 0 to 100; 0 for one that is NaN or infinite.
    pub fn score(self, value: f64) -> f64 {
        let score = match self {
            Scale::Percent => value,
            Scale::Loss { worst } => 100.0 * (1.0 - value / worst),
            Scale::Perplexity { worst } => 100.0 * (1.0 - libm::log(value) / libm::log(worst)),
        };
        if value.is_finite() && score.is_finite() { score.clamp(0.0, 100.0) } else { 0.0 }
    }

    /// The value with that score.
    pub fn value(self, score: f64) -> f64 {
        match self {
            Scale::Percent => score,
            Scale::Loss { worst } => worst * (1.0 - score / 100.0),
            Scale::Perplexity { worst } => libm::exp(libm::log(worst) * (1.0 - score / 100.0)),
        }
    }

    /// The values with these two scores, the lower value first.
    pub fn interval(self, [low, high]: [f64; 2]) -> [f64; 2] {
        match self {
            Scale::Percent => [low, high],
            Scale::Loss { .. } | Scale::Perplexity { .. } => [self.value(high), self.value(low)],
        }
    }
}

/// Where values hardly mean what the scale takes them for.
impl Scale {
    /// Whether a value counts as another one, since it is better than what scores 100; of a percentage also if it is below 0.
    /// That a worse loss than the one that scores 0 counts as that is meant.
    pub fn takes_for_another(self, value: f64) -> bool {
        let best = self.value(100.0);
        value.is_finite()
            && match self {
                Scale::Percent => !(0.0..=best).contains(&value),
                Scale::Loss { .. } | Scale::Perplexity { .. } => value < best,
            }
    }

    /// Whether values of which this is the largest are shares of 1 where percentages belong.
    pub fn takes_for_shares(self, largest: f64) -> bool {
        self == Scale::Percent && largest > 0.0 && largest <= 1.0
    }

    /// What people are told where values of a metric count as others.
    pub fn doubt_of_others(self, metric: &str) -> String {
        let best = self.value(100.0);
        let counted = match self {
            Scale::Percent => "below 0 and above 100 count as 0 and 100".to_owned(),
            Scale::Loss { .. } | Scale::Perplexity { .. } => format!("below {best} count as {best}"),
        };
        format!("values of `{metric}` {counted}, as `--scale {self}` has it")
    }

    /// What people are told where values of a metric are shares.
    pub fn doubt_of_shares(metric: &str) -> String {
        format!("no value of `{metric}` is above 1, and 1 counts as 1 percent; write shares as 0 to 100")
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scale::Percent => f.write_str("percent"),
            Scale::Loss { worst } => write!(f, "loss:{worst}"),
            Scale::Perplexity { worst } => write!(f, "perplexity:{worst}"),
        }
    }
}

impl FromStr for Scale {
    type Err = ScaleError;

    fn from_str(text: &str) -> Result<Self, ScaleError> {
        let error = || ScaleError { text: text.to_owned() };
        if text == "percent" {
            return Ok(Scale::Percent);
        }
        let (name, number) = text.split_once(':').ok_or_else(error)?;
        let worst: f64 = number.parse().map_err(|_| error())?;
        match name {
            "loss" if worst.is_finite() && worst > 0.0 => Ok(Scale::Loss { worst }),
            "perplexity" if worst.is_finite() && worst > 1.0 => Ok(Scale::Perplexity { worst }),
            _ => Err(error()),
        }
    }
}

impl TryFrom<String> for Scale {
    type Error = ScaleError;

    fn try_from(text: String) -> Result<Self, ScaleError> {
        text.parse()
    }
}

impl From<Scale> for String {
    fn from(scale: Scale) -> Self {
        scale.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_better_than_the_best_is_taken_for_it() {
        let scale = |text: &str| text.parse::<Scale>().unwrap();
        for (text, fits, others) in [
            ("percent", &[0.0, 100.0, f64::NAN, f64::INFINITY][..], &[-0.1, 100.1][..]),
            ("loss:2", &[0.0, 9.0, f64::NEG_INFINITY], &[-0.1]),
            ("perplexity:9", &[1.0, 99.0], &[0.9]),
        ] {
            for (values, expected) in [(fits, false), (others, true)] {
                for &value in values {
                    assert_eq!(scale(text).takes_for_another(value), expected, "{text}: {value}");
                }
            }
        }
        assert!(Scale::Percent.takes_for_shares(1.0) && !Scale::Percent.takes_for_shares(1.1));
        assert!(!Scale::Percent.takes_for_shares(0.0) && !scale("loss:2").takes_for_shares(0.5));
    }

    #[test]
    fn scores_are_bounded_and_come_back() {
        let loss: Scale = "loss:2".parse().unwrap();
        assert_eq!((loss.score(0.5), loss.score(3.0), loss.score(f64::NAN)), (75.0, 0.0, 0.0));
        assert_eq!((loss.value(75.0), loss.interval([50.0, 75.0])), (0.5, [0.5, 1.0]));
        let perplexity: Scale = "perplexity:100".parse().unwrap();
        assert!((perplexity.score(10.0) - 50.0).abs() < 1e-9);
        assert!((perplexity.value(50.0) - 10.0).abs() < 1e-9);
        assert_eq!(perplexity.score(f64::INFINITY), 0.0);
        assert_eq!((Scale::Percent.score(101.0), Scale::Percent.score(-1.0)), (100.0, 0.0));
    }

    #[test]
    fn texts_come_back() {
        for text in ["percent", "loss:1.386", "perplexity:22026"] {
            assert_eq!(text.parse::<Scale>().unwrap().to_string(), text);
        }
        for text in ["", "loss", "loss:0", "loss:nan", "perplexity:1", "score:2", "Percent"] {
            assert!(text.parse::<Scale>().is_err(), "{text}");
        }
    }
}
