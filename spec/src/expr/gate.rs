//! Gates: `saved >= 50% and nreg <= 2%`. Conditions on named measures, read with nom; which measures there are, and what
//! they count, the caller says.
//!
//! ```text
//! gate = all { "or" all }          all = one { "and" one }
//! one  = "not" one | "(" gate ")" | measure ( ">=" | "<=" | ">" | "<" ) number [ unit ]
//! ```

use std::fmt;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::recognize;
use nom::sequence::pair;
use nom::{IResult, Parser};

use super::parse::number;
use super::unit::find;
use super::{Dimension, ExprError};
use crate::diag::{did_you_mean, quoted};

/// Parentheses and `not` may lie this deep in each other.
const DEEPEST: usize = 50;

/// A measure that a gate may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateMeasure {
    /// Its name.
    pub name: &'static str,
    /// What it counts; `None`: a bare number. Bounds of percentages need their unit, those of points may have it.
    pub dimension: Option<Dimension>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Gate {
    /// One measure against its bound.
    Compare(Comparison),
    /// The opposite.
    Not(Box<Gate>),
    /// All of them.
    All(Vec<Gate>),
    /// At least one of them.
    Any(Vec<Gate>),
}

/// A measure against its bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The measure's name.
    pub measure: &'static str,
    /// How they are compared.
    pub by: Comparator,
    /// The bound, in the canonical unit of the measure's dimension.
    pub bound: f64,
    /// As it was written.
    pub text: String,
}

/// How a measure and its bound are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `<`
    Below,
}

impl Comparator {
    fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Comparator::AtLeast => value >= bound,
            Comparator::AtMost => value <= bound,
            Comparator::Above => value > bound,
            Comparator::Below => value < bound,
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Gate {
    /// The comparisons that keep the gate shut; none if it is open.
    ///
    /// One whose measure is undefined does so wherever it stands, also behind a `not`.
    pub fn failures<'a>(&'a self, value: &dyn Fn(&str) -> Option<f64>) -> Vec<&'a Comparison> {
        self.against(true, value).unwrap_or_default()
    }

    /// `None` if the condition is as wanted, else what speaks against it.
    fn against<'a>(
        &'a self,
        wanted: bool,
        value: &dyn Fn(&str) -> Option<f64>,
    ) -> Option<Vec<&'a Comparison>> {
        let every = |parts: &'a [Gate]| {
            let against: Vec<_> =
                parts.iter().filter_map(|part| part.against(wanted, value)).flatten().collect();
            (!against.is_empty()).then_some(against)
        };
        let some = |parts: &'a [Gate]| {
            let against: Option<Vec<_>> = parts.iter().map(|part| part.against(wanted, value)).collect();
            against.map(|parts| parts.concat())
        };
        match (self, wanted) {
            (Gate::Compare(one), _) => {
                let is_so = value(one.measure).map(|value| one.by.holds(value, one.bound));
                (is_so != Some(wanted)).then(|| vec![one])
            }
            (Gate::Not(inner), _) => inner.against(!wanted, value),
            (Gate::All(parts), true) | (Gate::Any(parts), false) => every(parts),
            (Gate::All(parts), false) | (Gate::Any(parts), true) => some(parts),
        }
    }
}

/// Reads a gate over these measures.
pub fn gate(text: &str, measures: &[GateMeasure]) -> Result<Gate, ExprError> {
    let mut reader = Reader { text, rest: text, measures, depth: 0 };
    let gate = reader.any()?;
    match reader.peek() {
        "" => Ok(gate),
        ")" => Err(reader.error("found `)` without its `(`", None)),
        found => {
            Err(reader.error(&format!("found {}, expected `and`, `or` or the end", quoted(found)), None))
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
    measures: &'a [GateMeasure],
    depth: usize,
}

fn word(input: &str) -> IResult<&str, &str> {
    let is_inner = |c: char| c.is_alphanumeric() || c == '_';
    recognize(pair(take_while1(|c: char| c.is_alphabetic() || c == '_'), take_while(is_inner))).parse(input)
}

fn token(input: &str) -> IResult<&str, &str> {
    let symbol = alt((tag(">="), tag("<="), tag(">"), tag("<"), tag("("), tag(")"), tag("%")));
    alt((word, number, symbol)).parse(input)
}

impl<'a> Reader<'a> {
    /// The next token, one character where there is none, or nothing at the end.
    fn peek(&mut self) -> &'a str {
        self.rest = self.rest.trim_ascii_start();
        let first = self.rest.chars().next().map_or(0, char::len_utf8);
        token(self.rest).map_or(&self.rest[..first], |(_, token)| token)
    }

    fn take(&mut self) -> &'a str {
        let token = self.peek();
        self.rest = &self.rest[token.len()..];
        token
    }

    fn takes(&mut self, wanted: &str) -> bool {
        let found = self.peek() == wanted;
        if found {
            self.take();
        }
        found
    }

    /// An error at the next token.
    fn error(&mut self, message: &str, help: Option<String>) -> ExprError {
        let len = self.peek().len();
        ExprError {
            at: self.text.len() - self.rest.len(),
            len,
            message: message.to_owned(),
            help: Some(help.unwrap_or_else(|| "write `saved >= 50% and nreg <= 2%`".to_owned())),
        }
    }

    fn any(&mut self) -> Result<Gate, ExprError> {
        let mut parts = vec![self.all()?];
        while self.takes("or") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Gate::Any(parts) })
    }

    fn all(&mut self) -> Result<Gate, ExprError> {
        let mut parts = vec![self.one()?];
        while self.takes("and") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Gate::All(parts) })
    }

    fn one(&mut self) -> Result<Gate, ExprError> {
        if self.depth > DEEPEST {
            return Err(self.error("the gate is nested too deeply", None));
        }
        self.depth += 1;
        let gate = if self.takes("not") {
            Gate::Not(Box::new(self.one()?))
        } else if self.takes("(") {
            let inner = self.any()?;
            if !self.takes(")") {
                let found = self.found();
                return Err(self.error(&format!("found {found}, expected `and`, `or` or `)`"), None));
            }
            inner
        } else {
            Gate::Compare(self.comparison()?)
        };
        self.depth -= 1;
        Ok(gate)
    }

    fn found(&mut self) -> String {
        match self.peek() {
            "" => "the end".to_owned(),
            token => quoted(token),
        }
    }

    fn comparison(&mut self) -> Result<Comparison, ExprError> {
        let name = self.peek();
        let begin = self.text.len() - self.rest.len();
        let Some(&measure) = self.measures.iter().find(|measure| measure.name == name) else {
            return Err(self.unknown(name));
        };
        self.take();
        let by = match self.peek() {
            ">=" => Comparator::AtLeast,
            "<=" => Comparator::AtMost,
            ">" => Comparator::Above,
            "<" => Comparator::Below,
            _ => {
                let found = self.found();
                return Err(self.error(&format!("found {found}, expected `>=`, `<=`, `>` or `<`"), None));
            }
        };
        self.take();
        let digits = self.peek();
        let bound = digits.parse().ok().filter(|bound: &f64| bound.is_finite() && number(digits).is_ok());
        let Some(bound) = bound else {
            let found = self.found();
            return Err(self.error(&format!("found {found}, expected a number"), None));
        };
        self.take();
        self.unit(measure, digits)?;
        let end = self.text.len() - self.rest.len();
        Ok(Comparison { measure: measure.name, by, bound, text: self.text[begin..end].to_owned() })
    }

    /// Takes the unit of a bound, if that is one of the measure's.
    fn unit(&mut self, measure: GateMeasure, digits: &str) -> Result<(), ExprError> {
        let GateMeasure { name, dimension } = measure;
        let before = self.rest;
        let unit = match self.peek() {
            "and" | "or" | ")" | "" => None,
            token => Some(token),
        };
        match (unit, dimension) {
            (Some(unit), Some(dimension)) if find(unit).is_some_and(|u| u.dimension == dimension) => {
                self.take();
                Ok(())
            }
            (None, None | Some(Dimension::Points)) => {
                self.rest = before;
                Ok(())
            }
            (None, Some(dimension)) => {
                self.rest = before;
                let help = Some(format!("write `{}`", dimension.written(digits)));
                let message = format!("found the bare number `{digits}`, expected {dimension} for `{name}`");
                let at = self.text.len() - before.len() - digits.len();
                Err(ExprError { at, len: digits.len(), message, help })
            }
            (Some(unit), dimension) => {
                let expected = dimension.map_or("a bare number".to_owned(), |d| d.to_string());
                let help = dimension
                    .map_or(format!("write `{digits}`"), |d| format!("write `{}`", d.written(digits)));
                let message = format!("found {}, but `{name}` is {expected}", quoted(unit));
                Err(self.error(&message, Some(help)))
            }
        }
    }

    fn unknown(&mut self, name: &str) -> ExprError {
        let names: Vec<&str> = self.measures.iter().map(|measure| measure.name).collect();
        let listed: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let guess = did_you_mean(name, names).map_or(String::new(), |guess| format!("{guess} "));
        let help = Some(format!("{guess}the measures are {}", listed.join(", ")));
        if word(name).is_ok() {
            self.error(&format!("unknown measure {}", quoted(name)), help)
        } else {
            let found = self.found();
            self.error(&format!("found {found}, expected a measure"), help)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MEASURES: &[GateMeasure] = &[
        GateMeasure { name: "saved", dimension: Some(Dimension::Percent) },
        GateMeasure { name: "nreg", dimension: Some(Dimension::Percent) },
        GateMeasure { name: "mae", dimension: Some(Dimension::Points) },
        GateMeasure { name: "kendall", dimension: None },
    ];

    fn values(name: &str) -> Option<f64> {
        match name {
            "saved" => Some(28.1),
            "mae" => Some(2.0),
            "kendall" => Some(0.5),
            _ => None,
        }
    }

    fn failures(text: &str) -> Vec<String> {
        let gate = gate(text, MEASURES).unwrap();
        gate.failures(&values).into_iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_gate_names_what_keeps_it_shut() {
        for (text, expected) in [
            ("saved >= 28.1%", &[][..]),
            ("saved > 28.1 %", &["saved > 28.1 %"]),
            ("saved >= 50% and mae <= 1pp and kendall > 0", &["saved >= 50%", "mae <= 1pp"]),
            ("saved >= 50% or mae <= 2 pp", &[]),
            ("saved >= 50% or (kendall < .1 or mae < 1)", &["saved >= 50%", "kendall < .1", "mae < 1"]),
            ("not (saved >= 50% or mae > 2)", &[]),
            ("not not saved<1%", &["saved<1%"]),
            ("not(saved > 1% and mae > 3)", &[]),
            ("saved > 90% or saved > 1% and mae < 3", &[]),
            // What is undefined opens nothing.
            ("nreg <= 2%", &["nreg <= 2%"]),
            ("not nreg > 2%", &["nreg > 2%"]),
        ] {
            assert_eq!(failures(text), expected, "{text}");
        }
    }

    #[test]
    fn errors_point_at_the_character() {
        for (text, at, len, message) in [
            ("", 0, 0, "found the end, expected a measure"),
            ("savd >= 50%", 0, 4, "unknown measure `savd`"),
            ("saved >= 50", 9, 2, "found the bare number `50`, expected a percentage for `saved`"),
            (
                "saved >= 50 and mae < 1",
                9,
                2,
                "found the bare number `50`, expected a percentage for `saved`",
            ),
            ("saved >= 5pp", 10, 2, "found `pp`, but `saved` is a percentage"),
            ("kendall >= 5 %", 13, 1, "found `%`, but `kendall` is a bare number"),
            ("saved = 5%", 6, 1, "found `=`, expected `>=`, `<=`, `>` or `<`"),
            ("saved >= much", 9, 4, "found `much`, expected a number"),
            ("saved >= 5% nreg < 2%", 12, 4, "found `nreg`, expected `and`, `or` or the end"),
            ("(saved >= 5%", 12, 0, "found the end, expected `and`, `or` or `)`"),
            ("saved >= 5%)", 11, 1, "found `)` without its `(`"),
            ("saved >= 5% and", 15, 0, "found the end, expected a measure"),
        ] {
            let error = gate(text, MEASURES).unwrap_err();
            assert_eq!((error.at, error.len, error.message.as_str()), (at, len, message), "{text}");
        }
        let help = gate("savd > 1%", MEASURES).unwrap_err().help.unwrap();
        assert_eq!(help, "did you mean `saved`? the measures are `saved`, `nreg`, `mae`, `kendall`");
        assert!(gate(&"(".repeat(100_000), MEASURES).unwrap_err().message.contains("too deeply"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_at_a_place_inside(text in "[a-z ()<>=%0-9.é]{0,40}") {
            if let Err(error) = gate(&text, MEASURES) {
                prop_assert!(text.get(error.at..error.at + error.len).is_some());
            }
        }
    }
}
