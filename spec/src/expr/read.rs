//! Reads formulas: a recursive descent over nom's tokens, with types and units checked at their places.

use std::ops::Range;

use super::formula::{Comparison, Formula, Name, Operator};
use super::token::{Cursor, Token, TokenKind, multiple, value};
use super::unit::find;
use super::{Dimension, ExprError};
use crate::diag::quoted;

mod meant;
mod names;

/// Parentheses, `not` and signs may lie this deep in each other.
const DEEPEST: usize = 50;

/// Words that are no names and no units.
const WORDS: &[&str] = &["and", "or", "not"];

const CONDITION: &str = "write a condition such as `params <= 2M and depth >= 3`";

/// What kind of fault a formula has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It cannot be read.
    Syntax,
    /// It can, but a name is unknown, or a number stands for a condition.
    Meaning,
    /// Units do not fit.
    Unit,
}

/// What is wrong in a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormulaError {
    /// Of which kind it is.
    pub fault: Fault,
    /// The place and the words.
    pub error: ExprError,
    /// What to write at the place, if that is certain.
    pub instead: Option<String>,
}

type Read<T> = Result<T, FormulaError>;

/// Reads a condition over these names.
pub fn condition(text: &str, names: &[Name]) -> Result<Formula, FormulaError> {
    with_places(text, names, CONDITION).map(|(formula, _)| formula)
}

/// Reads a condition, and where its comparisons stand, in the order in which they do.
pub(super) fn with_places(
    text: &str,
    names: &[Name],
    help: &'static str,
) -> Read<(Formula, Vec<Range<usize>>)> {
    let mut reader = Reader::new(text, names, help);
    let part = reader.any()?;
    reader.end("`and`, `or` or the end", help)?;
    Ok((reader.condition(part)?, reader.comparisons))
}

/// Reads a bare number made of these names, without `i`.
pub fn arithmetic(text: &str, names: &[Name]) -> Result<Formula, FormulaError> {
    let help = "write a derived value such as `= 2 * filters`";
    let mut reader = Reader::new(text, names, help);
    let part = reader.any()?;
    reader.end("an operator or the end", help)?;
    match part.is {
        Is::Number(None) => Ok(part.formula),
        Is::Number(Some(dimension)) => {
            let message = format!("{} is {dimension}, expected a bare number", reader.slice(&part));
            Err(fault(Fault::Unit, part.at, part.end, message, help))
        }
        Is::Condition => {
            let message = format!("{} is a condition, expected a number", reader.slice(&part));
            Err(fault(Fault::Meaning, part.at, part.end, message, help))
        }
    }
}

/// What a part of a formula is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Condition,
    Number(Option<Dimension>),
}

/// A part of a formula at its place.
struct Part {
    formula: Formula,
    is: Is,
    at: usize,
    end: usize,
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    names: &'a [Name],
    /// What to do where no condition is.
    help: &'static str,
    depth: usize,
    /// The number beside which the next one stands, and its dimension.
    beside: Option<(Range<usize>, Option<Dimension>)>,
    /// Where the comparisons stand that were read.
    comparisons: Vec<Range<usize>>,
}

fn fault(fault: Fault, at: usize, end: usize, message: String, help: &str) -> FormulaError {
    let error = ExprError { at, len: end - at, message, help: Some(help.to_owned()) };
    FormulaError { fault, error, instead: None }
}

fn syntax(token: Token<'_>, expected: &str, help: &str) -> FormulaError {
    FormulaError { fault: Fault::Syntax, error: token.expected(expected, help), instead: None }
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, names: &'a [Name], help: &'static str) -> Self {
        Self { cursor: Cursor::new(text), names, help, depth: 0, beside: None, comparisons: Vec::new() }
    }

    fn end(&self, expected: &str, help: &str) -> Read<()> {
        let next = self.cursor.peek();
        if next.kind == TokenKind::End { Ok(()) } else { Err(self.foreign(next, expected, help)) }
    }

    /// "found it, expected that", of a sign that may be of another notation.
    fn foreign(&self, token: Token<'_>, expected: &str, help: &str) -> FormulaError {
        let instead = meant::ours(token.text).map(|ours| meant::spaced(self.cursor.text, token, ours));
        FormulaError { instead, ..syntax(token, expected, &meant::instead(token, help)) }
    }

    fn slice(&self, part: &Part) -> String {
        quoted(&self.cursor.text[part.at..part.end])
    }

    /// The part as a condition.
    fn condition(&self, part: Part) -> Read<Formula> {
        if part.is == Is::Condition {
            return Ok(part.formula);
        }
        let message = format!("{} is a number, expected a condition", self.slice(&part));
        Err(fault(Fault::Meaning, part.at, part.end, message, self.help))
    }

    fn any(&mut self) -> Read<Part> {
        self.joined("or", Self::all, Formula::Any)
    }

    fn all(&mut self) -> Read<Part> {
        self.joined("and", Self::one, Formula::All)
    }

    fn joined(
        &mut self,
        word: &str,
        next: fn(&mut Self) -> Read<Part>,
        join: fn(Vec<Formula>) -> Formula,
    ) -> Read<Part> {
        let first = next(self)?;
        if self.cursor.peek().text != word {
            return Ok(first);
        }
        let at = first.at;
        let mut parts = vec![self.condition(first)?];
        while self.cursor.takes(word) {
            let part = next(self)?;
            parts.push(self.condition(part)?);
        }
        Ok(Part { formula: join(parts), is: Is::Condition, at, end: self.cursor.taken() })
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth >= DEEPEST {
            let next = self.cursor.peek();
            let message = format!("found parts that are nested more than {DEEPEST} deep");
            return Err(fault(Fault::Syntax, next.at, next.end(), message, "write several conditions"));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn one(&mut self) -> Read<Part> {
        let at = self.cursor.peek().at;
        if !self.cursor.takes("not") {
            return self.comparison();
        }
        let inner = self.deeper(Self::one)?;
        let formula = Formula::Not(Box::new(self.condition(inner)?));
        Ok(Part { formula, is: Is::Condition, at, end: self.cursor.taken() })
    }

    /// `a`, `a <= b` or `a <= b <= c`.
    fn comparison(&mut self) -> Read<Part> {
        self.beside = None;
        let mut left = self.sum()?;
        let at = left.at;
        let mut parts = Vec::new();
        while let Some(by) = comparison(self.cursor.peek().text) {
            self.cursor.take();
            self.stands_beside(&left);
            let right = self.sum()?;
            self.same_units(&left, &right)?;
            self.comparisons.push(left.at..right.end);
            let sides = Box::new([left.formula, right.formula.clone()]);
            parts.push(Formula::Compare(by, sides));
            left = right;
        }
        match parts.len() {
            0 => Ok(left),
            1 => Ok(Part { formula: parts.remove(0), is: Is::Condition, at, end: self.cursor.taken() }),
            _ => Ok(Part { formula: Formula::All(parts), is: Is::Condition, at, end: self.cursor.taken() }),
        }
    }

    /// Notes a number that the next one is compared with or added to.
    fn stands_beside(&mut self, part: &Part) {
        if let Is::Number(dimension) = part.is {
            self.beside = Some((part.at..part.end, dimension));
        }
    }

    fn sum(&mut self) -> Read<Part> {
        let mut left = self.product()?;
        while let Some(by) = operator(self.cursor.peek().text, "+-") {
            self.cursor.take();
            self.stands_beside(&left);
            let right = self.product()?;
            let dimension = self.same_units(&left, &right)?;
            left = self.arithmetic(by, left, right, dimension);
        }
        Ok(left)
    }

    fn product(&mut self) -> Read<Part> {
        let mut left = self.factor()?;
        while let Some(by) = operator(self.cursor.peek().text, "*/") {
            self.cursor.take();
            let right = self.factor()?;
            let [a, b] = [self.dimension(&left)?, self.dimension(&right)?];
            if (by, &right.formula) == (Operator::Divide, &Formula::Number(0.0)) {
                let message = "found a division by zero".to_owned();
                return Err(fault(Fault::Meaning, right.at, right.end, message, "divide by another number"));
            }
            let dimension = match (by, a, b) {
                (_, a, None) => a,
                (Operator::Multiply, None, b) => b,
                (Operator::Divide, Some(a), Some(b)) if a == b => None,
                (_, _, Some(b)) => {
                    let what = if by == Operator::Multiply { "multiplied" } else { "divided" };
                    let message = format!("{} is {b}, by which nothing is {what} here", self.slice(&right));
                    let help = "write a bare number there";
                    return Err(fault(Fault::Unit, right.at, right.end, message, help));
                }
            };
            left = self.arithmetic(by, left, right, dimension);
        }
        Ok(left)
    }

    fn arithmetic(&self, by: Operator, left: Part, right: Part, dimension: Option<Dimension>) -> Part {
        let (at, end) = (left.at, self.cursor.taken());
        let formula = Formula::Arithmetic(by, Box::new([left.formula, right.formula]));
        Part { formula, is: Is::Number(dimension), at, end }
    }

    fn dimension(&self, part: &Part) -> Read<Option<Dimension>> {
        match part.is {
            Is::Number(dimension) => Ok(dimension),
            Is::Condition => {
                let message = format!("{} is a condition, expected a number", self.slice(part));
                Err(fault(Fault::Meaning, part.at, part.end, message, self.help))
            }
        }
    }

    /// The unit of two numbers that are added or compared; the error is at the one that is written out. Points may lack
    /// their unit there.
    fn same_units(&self, left: &Part, right: &Part) -> Read<Option<Dimension>> {
        let [a, b] = [self.dimension(left)?, self.dimension(right)?];
        if a == b {
            return Ok(a);
        }
        let is_written = |part: &Part| part.formula.names().is_empty();
        for (bare, (part, other)) in [(a, (left, b)), (b, (right, a))] {
            if bare.is_none() && other == Some(Dimension::Points) && is_written(part) {
                return Ok(other);
            }
        }
        let ((wrong, found), (other, expected)) = if is_written(left) && !is_written(right) {
            ((left, a), (right, b))
        } else {
            ((right, b), (left, a))
        };
        let is =
            |dimension: Option<Dimension>| dimension.map_or("a bare number".to_owned(), |d| d.to_string());
        let message =
            format!("{} is {}, but {} is {}", self.slice(wrong), is(found), self.slice(other), is(expected));
        let help = expected
            .map_or("write a bare number such as `500`, `300k` or `2M`".to_owned(), Dimension::example_help);
        Err(fault(Fault::Unit, wrong.at, wrong.end, message, &help))
    }

    fn factor(&mut self) -> Read<Part> {
        let token = self.cursor.peek();
        match (token.kind, token.text) {
            (TokenKind::Symbol, "-") => {
                self.cursor.take();
                let inner = self.deeper(Self::factor)?;
                let dimension = self.dimension(&inner)?;
                let formula = Formula::Negative(Box::new(inner.formula));
                Ok(Part { formula, is: Is::Number(dimension), at: token.at, end: inner.end })
            }
            (TokenKind::Symbol, "(") => {
                self.cursor.take();
                let inner = self.deeper(Self::any)?;
                self.closes(")", "close the bracket")?;
                Ok(Part { at: token.at, end: self.cursor.taken(), ..inner })
            }
            (TokenKind::Number, _) => self.quantity(),
            (TokenKind::Word, word) if WORDS.contains(&word) || meant::ours(word).is_some() => {
                Err(self.no_factor(token))
            }
            (TokenKind::Word, _) => self.name(),
            (TokenKind::Symbol | TokenKind::Other | TokenKind::End, _) => Err(self.no_factor(token)),
        }
    }

    fn no_factor(&self, token: Token<'_>) -> FormulaError {
        let expected = "a number or a name";
        match meant::ours(token.text) {
            Some("not" | "-") => self.foreign(token, expected, self.help),
            Some(_) | None => syntax(token, expected, self.help),
        }
    }

    fn closes(&mut self, bracket: &str, help: &str) -> Read<()> {
        if self.cursor.takes(bracket) {
            return Ok(());
        }
        let (next, expected) = (self.cursor.peek(), format!("`{bracket}`"));
        let is_foreign = meant::ours(next.text).is_some();
        Err(if is_foreign { self.foreign(next, &expected, help) } else { syntax(next, &expected, help) })
    }

    /// A number with its unit, if it has one.
    fn quantity(&mut self) -> Read<Part> {
        let number = self.cursor.take();
        let fail = |error| FormulaError { fault: Fault::Syntax, error, instead: None };
        let plain = value(number).map_err(fail)?;
        let next = self.cursor.peek();
        let has_unit = match next.kind {
            TokenKind::Word => !WORDS.contains(&next.text) && meant::ours(next.text).is_none(),
            TokenKind::Symbol => next.text == "%",
            TokenKind::Number | TokenKind::Other | TokenKind::End => false,
        };
        let (scale, dimension) = if !has_unit {
            (1.0, None)
        } else if let Some(scale) = multiple(next.text) {
            (scale, None)
        } else if let Some(unit) = find(next.text) {
            (unit.scale, Some(unit.dimension))
        } else {
            let message = format!("unknown unit {}", quoted(next.text));
            let help = self.meant_unit(number.text, next.text);
            return Err(fault(Fault::Unit, next.at, next.end(), message, &help));
        };
        if has_unit {
            self.cursor.take();
        }
        let (at, end) = (number.at, self.cursor.taken());
        Ok(Part { formula: Formula::Number(plain * scale), is: Is::Number(dimension), at, end })
    }

    /// What to write instead of an unknown unit: one that the number beside it has, or else one of those of the names here.
    fn meant_unit(&self, number: &str, written: &str) -> String {
        match &self.beside {
            Some((beside, None)) => match meant::bare(number, written) {
                Some(bare) => {
                    let other = quoted(&self.cursor.text[beside.clone()]);
                    format!("write `{bare}`, since {other} is a bare number")
                }
                None => meant::unit(written, &[None]),
            },
            Some((_, dimension)) => meant::unit(written, &[*dimension]),
            None => {
                let mut dimensions = vec![None];
                for name in self.names {
                    if !dimensions.contains(&name.dimension) {
                        dimensions.push(name.dimension);
                    }
                }
                meant::unit(written, &dimensions)
            }
        }
    }
}

fn comparison(text: &str) -> Option<Comparison> {
    match text {
        "<=" => Some(Comparison::AtMost),
        "<" => Some(Comparison::Below),
        ">=" => Some(Comparison::AtLeast),
        ">" => Some(Comparison::Above),
        "==" => Some(Comparison::Equal),
        "!=" => Some(Comparison::Unequal),
        _ => None,
    }
}

fn operator(text: &str, among: &str) -> Option<Operator> {
    let found = match text {
        "+" => Operator::Add,
        "-" => Operator::Subtract,
        "*" => Operator::Multiply,
        "/" => Operator::Divide,
        _ => return None,
    };
    among.contains(text).then_some(found)
}

#[cfg(test)]
mod tests;
