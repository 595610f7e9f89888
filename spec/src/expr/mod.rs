//! Small expressions, read with nom in this one place, typed and unit-checked; the text below is the grammar for users.
#![doc = include_str!("README.md")]
//!
//! # In this module
//!
//! Here are quantities; [`gate`] has gates, [`condition`] and [`arithmetic`] read formulas, [`range()`] and [`link()`]
//! what their names say.

mod formula;
pub mod gate;
mod link;
mod parse;
mod range;
mod read;
mod token;
mod unit;

use std::fmt;

pub use formula::{Comparison, Fold, Form, Formula, Index, Name, Operator, Values};
pub use link::{Link, link};
pub use range::{Range, Step, range};
pub use read::{Fault, FormulaError, arithmetic, condition};
pub use unit::{Dimension, UNIT_EXTENSION, WRITTEN_EXTENSION};

use crate::diag::quoted;
use crate::plan::EpochFraction;

/// What is wrong in an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExprError {
    /// First byte of the place, in the expression.
    pub at: usize,
    /// Length of the place in bytes.
    pub len: usize,
    /// What was found and what was expected.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl fmt::Display for ExprError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ExprError {}

/// A number and the unit after it, whatever that is, of a text of both.
pub fn split_unit(text: &str) -> Option<(f64, &str)> {
    let (unit, number) = token::number(text.trim()).ok()?;
    Some((number.parse().ok()?, unit.trim()))
}

/// The value of a quantity in the canonical unit of its dimension.
pub fn quantity(text: &str, dimension: Dimension) -> Result<f64, ExprError> {
    let parts = parse::parts(text, dimension)?;
    let mut total = 0.0;
    let mut last_scale = f64::INFINITY;
    for part in &parts {
        let Some(unit) = unit::find(part.unit) else {
            return Err(unknown_unit(part, dimension));
        };
        if unit.dimension != dimension {
            return Err(ExprError {
                at: part.unit_at,
                len: part.unit.len(),
                message: format!("{} is {}, expected {dimension}", quoted(text), unit.dimension),
                help: Some(dimension.example_help()),
            });
        }
        if unit.scale >= last_scale {
            return Err(ExprError {
                at: part.unit_at,
                len: part.unit.len(),
                message: format!("{} comes after a unit that is not larger", quoted(part.unit)),
                help: Some("write larger units first, each once, such as `1h30min`".to_owned()),
            });
        }
        last_scale = unit.scale;
        total += part.value() * unit.scale;
    }
    if total.is_finite() {
        Ok(total)
    } else {
        Err(ExprError {
            at: 0,
            len: text.len(),
            message: format!("{} is too large a number", quoted(text)),
            help: None,
        })
    }
}

/// A number of epochs that may be a ratio, such as `1/2 epoch`.
pub fn epoch_fraction(text: &str) -> Result<EpochFraction, ExprError> {
    quantity(text, Dimension::Epochs)?;
    let parts = parse::parts(text, Dimension::Epochs)?;
    let whole = |message: String| ExprError {
        at: 0,
        len: text.len(),
        message,
        help: Some("write a whole number or a ratio of epochs, such as `2 epochs` or `1/2 epoch`".to_owned()),
    };
    let [part] = parts.as_slice() else {
        return Err(whole(format!("{} has several parts, expected one", quoted(text))));
    };
    let number = |digits: &str| digits.parse::<u32>().ok();
    let ratio = (number(part.numerator), part.denominator.map_or(Some(1), number));
    match ratio {
        (Some(numerator), Some(denominator)) => EpochFraction::new(numerator, denominator).ok_or_else(|| {
            whole(format!("{} is not above zero, expected a positive number of epochs", quoted(text)))
        }),
        _ => Err(whole(format!("{} is no whole number or ratio of epochs", quoted(text)))),
    }
}

fn unknown_unit(part: &parse::Part<'_>, dimension: Dimension) -> ExprError {
    let accepted = unit::accepted_name(part.unit, dimension).map(|name| format!("write `{name}`"));
    let help = accepted.or_else(|| crate::diag::did_you_mean(part.unit, dimension.units()));
    ExprError {
        at: part.unit_at,
        len: part.unit.len(),
        message: format!("unknown unit {}, expected {dimension}", quoted(part.unit)),
        help: Some(help.unwrap_or_else(|| dimension.example_help())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_come_in_canonical_units() {
        for (text, dimension, expected) in [
            ("25%", Dimension::Percent, 25.0),
            ("0.5pp", Dimension::Points, 0.5),
            (" 0.5 pp ", Dimension::Points, 0.5),
            ("2h", Dimension::Time, 7200.0),
            ("90min", Dimension::Time, 5400.0),
            ("1h30min", Dimension::Time, 5400.0),
            ("1h 30min", Dimension::Time, 5400.0),
            ("25 epochs", Dimension::Epochs, 25.0),
            ("1 epoch", Dimension::Epochs, 1.0),
            ("1/2 epoch", Dimension::Epochs, 0.5),
            ("16GiB", Dimension::Memory, 17_179_869_184.0),
            ("-1%", Dimension::Percent, -1.0),
            ("1e1%", Dimension::Percent, 10.0),
        ] {
            assert_eq!(quantity(text, dimension), Ok(expected), "{text}");
        }
    }

    #[test]
    fn errors_point_at_the_character() {
        for (text, dimension, at, len, message) in [
            ("25h", Dimension::Percent, 2, 1, "`25h` is a duration, expected a percentage"),
            ("25", Dimension::Percent, 2, 0, "found the bare number `25`, expected a percentage"),
            ("25 percnt", Dimension::Percent, 3, 6, "unknown unit `percnt`, expected a percentage"),
            ("abc", Dimension::Time, 0, 3, "found `abc`, expected a duration"),
            ("", Dimension::Time, 0, 0, "found an empty text, expected a duration"),
            ("2h!", Dimension::Time, 2, 1, "found `!` after `2h`, expected the end of a duration"),
            ("30min1h", Dimension::Time, 6, 1, "`h` comes after a unit that is not larger"),
            ("1/0 epoch", Dimension::Epochs, 2, 1, "found a division by zero"),
        ] {
            let error = quantity(text, dimension).unwrap_err();
            assert_eq!((error.at, error.len, error.message.as_str()), (at, len, message), "{text}");
        }
    }

    #[test]
    fn epochs_may_be_ratios() {
        let fraction = |text: &str| epoch_fraction(text).map(|f| f.to_string());
        assert_eq!(fraction("2/4 epoch").unwrap(), "1/2");
        assert_eq!(fraction("3 epochs").unwrap(), "3");
        assert_eq!(
            fraction("0 epochs").unwrap_err().message,
            "`0 epochs` is not above zero, expected a positive number of epochs"
        );
        assert_eq!(
            fraction("0.5 epochs").unwrap_err().message,
            "`0.5 epochs` is no whole number or ratio of epochs"
        );
    }
}
