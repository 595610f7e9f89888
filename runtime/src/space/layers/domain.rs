//! What a value of a network may be: choices, a stretch of real numbers, or derived from others.

use peng_spec::catalog::Issue;
use peng_spec::diag::{Code, codes, quoted};
use peng_spec::expr::{ExprError, Formula, Name, Step, arithmetic, range};
use rand::RngExt;

use super::params::{Limits, Written};
use crate::seed::Rng;

/// Most choices of one value.
const MOST: usize = 65_536;

/// What a value may be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Domain {
    /// One of these, ascending or as written; with `log` each power of ten alike.
    Choices { values: Vec<f64>, log: bool },
    /// Anything between.
    Stretch { low: f64, high: f64, log: bool },
    /// What a formula says.
    Derived(Formula),
}

impl Domain {
    /// One value.
    pub(super) fn one(value: f64) -> Self {
        Self::Choices { values: vec![value], log: false }
    }

    /// The value, if it may be no other.
    pub(super) fn only(&self) -> Option<f64> {
        match self {
            Self::Choices { values, .. } if values.len() == 1 => Some(values[0]),
            Self::Choices { .. } | Self::Stretch { .. } | Self::Derived(_) => None,
        }
    }

    /// Reads a value at a pointer; formulas may use these names.
    pub(super) fn read(
        written: &Written,
        limits: Limits,
        names: &[Name],
        pointer: &str,
    ) -> Result<Self, Issue> {
        match written {
            Written::Number(number) => {
                let value = number.as_f64().unwrap_or(f64::NAN);
                check(value, limits).map_err(|message| out_of_range(pointer, message))?;
                Ok(Self::one(value))
            }
            Written::List(list) => {
                let mut values: Vec<f64> = Vec::new();
                for (index, number) in list.iter().enumerate() {
                    let value = number.as_f64().unwrap_or(f64::NAN);
                    let pointer = format!("{pointer}/{index}");
                    check(value, limits).map_err(|message| out_of_range(&pointer, message))?;
                    if values.contains(&value) {
                        let message = format!("`{value}` is a choice twice");
                        return Err(Issue::new(pointer, message).help("remove one of them"));
                    }
                    values.push(value);
                }
                Ok(Self::Choices { values, log: false })
            }
            Written::Text(text) => match text.trim_start().strip_prefix('=') {
                Some(formula) => {
                    let begin = text.len() - formula.len();
                    arithmetic(formula, names)
                        .map(Self::Derived)
                        .map_err(|error| Issue::in_formula(pointer, begin, error))
                }
                None => Self::of_range(text, limits)
                    .map_err(|(code, error)| Issue::in_expression(pointer, code, 0, error)),
            },
        }
    }

    fn of_range(text: &str, limits: Limits) -> Result<Self, (Code, ExprError)> {
        let found = range(text).map_err(|error| (codes::E0307, error))?;
        let fail = |message: String, help: Option<&str>| {
            let error = ExprError { at: 0, len: text.len(), message, help: help.map(str::to_owned) };
            (codes::E0104, error)
        };
        let (low, high) = (found.low, found.high);
        let outside = |value| check(value, limits).map_err(|message| fail(message, None));
        outside(low)?;
        outside(high)?;
        let steps: Box<dyn Iterator<Item = f64>> = match (found.step, limits.whole) {
            (Step::All, false) => return Ok(Self::Stretch { low, high, log: false }),
            (Step::Log, false) => return Ok(Self::Stretch { low, high, log: true }),
            (Step::All | Step::Log, true) => Box::new((0..).map(move |i| low + f64::from(i))),
            (Step::Plus(by), _) => Box::new((0..).map(move |i| low + f64::from(i) * by)),
            (Step::Times(by), _) => {
                let powers = std::iter::successors(Some(1.0), move |product| Some(product * by));
                Box::new(powers.map(move |product| low * product))
            }
        };
        // A step that was rounded still reaches the end.
        let end = high + (high - low).abs() * 1e-9;
        let values: Vec<f64> = steps.take(MOST + 1).take_while(|&value| value <= end).collect();
        if values.len() > MOST {
            let message = format!("{} has more than {MOST} values", quoted(text));
            return Err(fail(message, Some("write a step, such as `16..4096 step 16`")));
        }
        if let Some(value) = values.iter().find(|value| limits.whole && value.fract() != 0.0) {
            let message = format!("{} contains {value}, expected whole numbers", quoted(text));
            return Err(fail(message, Some("write another step")));
        }
        Ok(Self::Choices { values, log: found.step == Step::Log })
    }

    /// A value at random.
    pub(super) fn sample(&self, rng: &mut Rng) -> f64 {
        match self {
            Self::Choices { values, log: false } => values[rng.random_range(0..values.len())],
            Self::Choices { values, log: true } => {
                let (low, high) = (values[0], values[values.len() - 1] + 1.0);
                let drawn = log_uniform(low, high, rng).floor();
                drawn.clamp(low, high - 1.0)
            }
            Self::Stretch { low, high, log: false } => low + rng.random::<f64>() * (high - low),
            Self::Stretch { low, high, log: true } => log_uniform(*low, *high, rng).clamp(*low, *high),
            Self::Derived(_) => unreachable!("a derived value is not drawn"),
        }
    }

    /// Whether it may be this value.
    pub(super) fn contains(&self, value: f64) -> bool {
        match self {
            Self::Choices { values, .. } => values.contains(&value),
            Self::Stretch { low, high, .. } => (*low..=*high).contains(&value),
            Self::Derived(_) => false,
        }
    }

    /// The number of choices; of a stretch one, since it is not counted.
    pub(super) fn count(&self) -> u128 {
        match self {
            Self::Choices { values, .. } => values.len() as u128,
            Self::Stretch { .. } | Self::Derived(_) => 1,
        }
    }

    /// The least and the most, which for a derived value are the limits.
    pub(super) fn bounds(&self, limits: Limits) -> [f64; 2] {
        match self {
            Self::Choices { values, .. } => [f64::min as fn(f64, f64) -> f64, f64::max]
                .map(|pick| values.iter().copied().reduce(pick).expect("there is a choice")),
            Self::Stretch { low, high, .. } => [*low, *high],
            Self::Derived(_) => [limits.low, limits.high],
        }
    }
}

/// A derived value as a parameter may be: the nearest that it may.
pub(super) fn fitted(value: f64, limits: Limits) -> f64 {
    let value = if limits.whole { (value + 0.5).floor() } else { value };
    // What is not a number becomes the least.
    value.max(limits.low).min(limits.high)
}

fn out_of_range(pointer: &str, message: String) -> Issue {
    Issue { code: Some(codes::E0104), ..Issue::new(pointer, message) }
}

fn log_uniform(low: f64, high: f64, rng: &mut Rng) -> f64 {
    let (a, b) = (libm::log(low), libm::log(high));
    libm::exp(a + rng.random::<f64>() * (b - a))
}

fn check(value: f64, limits: Limits) -> Result<(), String> {
    if limits.whole && value.fract() != 0.0 {
        return Err(format!("`{value}` is no whole number"));
    }
    if value < limits.low {
        return Err(format!("`{value}` is too small, expected at least {}", limits.low));
    }
    if value > limits.high {
        return Err(format!("`{value}` is too large, expected at most {}", limits.high));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::SeedTree;

    fn read(text: &str, whole: bool) -> Result<Domain, String> {
        let limits = Limits { low: 0.0, high: 100_000.0, whole };
        Domain::read(&Written::Text(text.to_owned()), limits, &[], "").map_err(|issue| issue.message)
    }

    #[test]
    fn ranges_become_choices_or_stretches() {
        let choices = |values: &[f64], log| Ok(Domain::Choices { values: values.to_vec(), log });
        assert_eq!(read("1..4", true), choices(&[1.0, 2.0, 3.0, 4.0], false));
        assert_eq!(read("16..80 step 32", true), choices(&[16.0, 48.0, 80.0], false));
        assert_eq!(read("16..100 step *2", true), choices(&[16.0, 32.0, 64.0], false));
        assert_eq!(read("log(2..4)", true), choices(&[2.0, 3.0, 4.0], true));
        assert_eq!(read("0..0.3 step 0.1", false).unwrap().count(), 4);
        // Also of steps that multiply there may be many.
        assert!(
            read("1e-6..1e2 step *1.0000001", false).unwrap_err().ends_with("has more than 65536 values")
        );
        assert_eq!(read("1..700 step *1.0001", false).unwrap().count(), 65_515);
        assert_eq!(read("0..1", false), Ok(Domain::Stretch { low: 0.0, high: 1.0, log: false }));
        assert_eq!(read("1.5..4", true).unwrap_err(), "`1.5` is no whole number");
        assert_eq!(
            read("1..4 step 0.5", true).unwrap_err(),
            "`1..4 step 0.5` contains 1.5, expected whole numbers"
        );
        assert_eq!(read("0..99999", true).unwrap_err(), "`0..99999` has more than 65536 values");
    }

    #[test]
    fn draws_are_members() {
        let mut rng = SeedTree::new(3).rng();
        for (text, whole) in
            [("log(32..512)", true), ("1..3", true), ("log(1e-4..1e-1)", false), ("0..1", false)]
        {
            let domain = read(text, whole).unwrap();
            for _ in 0..200 {
                let value = domain.sample(&mut rng);
                assert!(domain.contains(value), "{text}: {value}");
            }
        }
    }
}
