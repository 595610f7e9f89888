//! The grammar: `quantity = part { part }`, `part = number [ "/" digits ] unit`, blanks between tokens.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{digit1, space0};
use nom::combinator::{opt, recognize};
use nom::{IResult, Parser};

use super::{Dimension, ExprError, token};
use crate::diag::quoted;

/// A number with its unit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part<'a> {
    /// The number, or what is above the line.
    pub(super) numerator: &'a str,
    /// What is below the line.
    pub(super) denominator: Option<&'a str>,
    /// The unit.
    pub(super) unit: &'a str,
    /// First byte of the unit.
    pub(super) unit_at: usize,
}

impl Part<'_> {
    /// The number in its unit.
    pub(super) fn value(&self) -> f64 {
        let number = |digits: &str| digits.parse::<f64>().unwrap_or(f64::NAN);
        number(self.numerator) / self.denominator.map_or(1.0, number)
    }
}

fn number(input: &str) -> IResult<&str, &str> {
    recognize((opt(alt((tag("+"), tag("-")))), token::number)).parse(input)
}

fn denominator(input: &str) -> IResult<&str, &str> {
    let (rest, (_, _, _, digits)) = (space0, tag("/"), space0, digit1).parse(input)?;
    Ok((rest, digits))
}

fn unit(input: &str) -> IResult<&str, &str> {
    alt((tag("%"), take_while1(char::is_alphabetic))).parse(input)
}

/// Reads all parts of a quantity, without looking at what the units mean.
pub(super) fn parts(text: &str, dimension: Dimension) -> Result<Vec<Part<'_>>, ExprError> {
    let mut rest = text.trim_ascii_start();
    let mut parts = Vec::new();
    let at = |rest: &str| text.len() - rest.len();
    loop {
        let Ok((after, numerator)) = number(rest) else {
            return Err(no_number(text, rest, at(rest), dimension));
        };
        let (after, below) = opt(denominator).parse(after).unwrap_or((after, None));
        if let Some(digits) = below.filter(|d| d.bytes().all(|b| b == b'0')) {
            let start = at(after) - digits.len();
            return Err(ExprError {
                at: start,
                len: digits.len(),
                message: "found a division by zero".to_owned(),
                help: None,
            });
        }
        let after = after.trim_ascii_start();
        let Ok((after, unit)) = unit(after) else {
            return Err(no_unit(text, after, at(after), numerator, dimension));
        };
        parts.push(Part { numerator, denominator: below, unit, unit_at: at(after) - unit.len() });
        rest = after.trim_ascii_start();
        if rest.is_empty() {
            return Ok(parts);
        }
    }
}

fn no_number(text: &str, rest: &str, at: usize, dimension: Dimension) -> ExprError {
    let first = text[..at].trim_ascii().is_empty();
    let message = if text.trim_ascii().is_empty() {
        format!("found an empty text, expected {dimension}")
    } else if first {
        format!("found {}, expected {dimension}", quoted(text.trim_ascii()))
    } else {
        format!(
            "found {} after {}, expected the end of {dimension}",
            quoted(rest),
            quoted(text[..at].trim_ascii())
        )
    };
    ExprError { at, len: rest.trim_ascii_end().len(), message, help: Some(dimension.example_help()) }
}

fn no_unit(text: &str, rest: &str, at: usize, number: &str, dimension: Dimension) -> ExprError {
    if rest.is_empty() {
        let whole = text.trim_ascii();
        let help = format!("write `{}`", dimension.written(number));
        ExprError {
            at,
            len: 0,
            message: format!("found the bare number {}, expected {dimension}", quoted(whole)),
            help: Some(help),
        }
    } else {
        let len = rest.chars().next().map_or(0, char::len_utf8);
        let message = format!("found `{}`, expected a unit of {dimension}", &rest[..len]);
        ExprError { at, len, message, help: Some(dimension.example_help()) }
    }
}
