//! Reads formulas: a recursive descent over nom's tokens, with types and units checked at their places.

use std::ops::Range;

use super::formula::{Comparison, Fold, Form, Formula, Index, Name, Operator};
use super::token::{Cursor, Token, TokenKind, multiple, value};
use super::unit::{accepted_name, find};
use super::{Dimension, ExprError};
use crate::diag::{did_you_mean, quoted};

/// Parentheses, `not` and signs may lie this deep in each other.
const DEEPEST: usize = 50;

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
    let mut reader = Reader::new(text, names, CONDITION);
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
    /// Where the comparisons stand that were read.
    comparisons: Vec<Range<usize>>,
}

fn fault(fault: Fault, at: usize, end: usize, message: String, help: &str) -> FormulaError {
    let error = ExprError { at, len: end - at, message, help: Some(help.to_owned()) };
    FormulaError { fault, error }
}

fn syntax(token: Token<'_>, expected: &str, help: &str) -> FormulaError {
    FormulaError { fault: Fault::Syntax, error: token.expected(expected, help) }
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, names: &'a [Name], help: &'static str) -> Self {
        Self { cursor: Cursor::new(text), names, help, depth: 0, comparisons: Vec::new() }
    }

    fn end(&self, expected: &str, help: &str) -> Read<()> {
        let next = self.cursor.peek();
        let instead = match next.text {
            "=" => "write `==` to compare",
            "&&" => "write `and`",
            "||" => "write `or`",
            "!" => "write `not`",
            ")" => "remove it, or add its `(`",
            _ => help,
        };
        self.cursor.ends(expected, instead).map_err(|error| FormulaError { fault: Fault::Syntax, error })
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
        let mut left = self.sum()?;
        let at = left.at;
        let mut parts = Vec::new();
        while let Some(by) = comparison(self.cursor.peek().text) {
            self.cursor.take();
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

    fn sum(&mut self) -> Read<Part> {
        let mut left = self.product()?;
        while let Some(by) = operator(self.cursor.peek().text, "+-") {
            self.cursor.take();
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
                self.closes(")")?;
                Ok(Part { at: token.at, end: self.cursor.taken(), ..inner })
            }
            (TokenKind::Number, _) => self.quantity(),
            (TokenKind::Word, "and" | "or" | "not") => Err(syntax(token, "a number or a name", self.help)),
            (TokenKind::Word, _) => self.name(),
            (TokenKind::Symbol | TokenKind::Other | TokenKind::End, _) => {
                Err(syntax(token, "a number or a name", self.help))
            }
        }
    }

    fn closes(&mut self, bracket: &str) -> Read<()> {
        if self.cursor.takes(bracket) {
            return Ok(());
        }
        Err(syntax(self.cursor.peek(), &format!("`{bracket}`"), "close the bracket"))
    }

    /// A number with its unit, if it has one.
    fn quantity(&mut self) -> Read<Part> {
        let number = self.cursor.take();
        let fail = |error| FormulaError { fault: Fault::Syntax, error };
        let plain = value(number).map_err(fail)?;
        let next = self.cursor.peek();
        let has_unit = match next.kind {
            TokenKind::Word => !["and", "or", "not"].contains(&next.text),
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
            let help = self.meant_unit(next.text);
            return Err(fault(Fault::Unit, next.at, next.end(), message, &help));
        };
        if has_unit {
            self.cursor.take();
        }
        let (at, end) = (number.at, self.cursor.taken());
        Ok(Part { formula: Formula::Number(plain * scale), is: Is::Number(dimension), at, end })
    }

    /// What to write instead of an unknown unit: one of those that the names here have.
    fn meant_unit(&self, written: &str) -> String {
        let mut dimensions: Vec<Dimension> = Vec::new();
        for dimension in self.names.iter().filter_map(|name| name.dimension) {
            if !dimensions.contains(&dimension) {
                dimensions.push(dimension);
            }
        }
        let units = dimensions.iter().flat_map(|dimension| dimension.units()).chain(["k", "M", "G"]);
        let other_name = || dimensions.iter().find_map(|&dimension| accepted_name(written, dimension));
        did_you_mean(written, units)
            .or_else(|| other_name().map(|unit| format!("write `{unit}`")))
            .unwrap_or_else(|| {
                let like = |d: &Dimension| format!(", or {d} such as `{}`", d.examples()[0]);
                let with_unit: String = dimensions.iter().map(like).collect();
                format!("write a bare number such as `500`, `300k` or `2M`{with_unit}")
            })
    }

    fn name(&mut self) -> Read<Part> {
        let first = self.cursor.take();
        if let Some(fold) = fold(first.text).filter(|_| self.cursor.peek().text == "(") {
            self.cursor.take();
            let list = self.cursor.take();
            let name = self.known(list, list.end())?;
            if self.names[name].form == Form::Single {
                let message = format!("{} is one number, expected a list", quoted(list.text));
                let help = self.lists();
                return Err(fault(Fault::Meaning, list.at, list.end(), message, &help));
            }
            self.closes(")")?;
            let dimension = self.names[name].dimension.filter(|_| fold != Fold::Count);
            let (at, end) = (first.at, self.cursor.taken());
            return Ok(Part { formula: Formula::Fold(fold, name), is: Is::Number(dimension), at, end });
        }
        let mut end = first.end();
        if self.cursor.peek().text == "." {
            self.cursor.take();
            let member = self.cursor.peek();
            if member.kind != TokenKind::Word {
                return Err(syntax(member, "a parameter's name", "write `block.parameter`"));
            }
            end = self.cursor.take().end();
        }
        let name = self.known(first, end)?;
        let is = Is::Number(self.names[name].dimension);
        let formula = match self.names[name].form {
            Form::Single => Formula::Value(name),
            Form::List => Formula::Element(name, self.index(first)?),
        };
        Ok(Part { formula, is, at: first.at, end: self.cursor.taken() })
    }

    /// `[3]`, `[i]` or `[i + 1]`, after a list.
    fn index(&mut self, list: Token<'_>) -> Read<Index> {
        let text = list.text;
        let help = format!("write `{text}[0]`, `{text}[i]` for each layer, or `max({text})`");
        if self.cursor.peek().text != "[" {
            let message = format!("`{text}` is a list, one number a layer; expected one of them");
            return Err(fault(Fault::Meaning, list.at, list.end(), message, &help));
        }
        self.cursor.take();
        let whole = |token: Token<'_>| token.text.parse::<usize>().ok().filter(|&index| index < 10_000);
        let token = self.cursor.take();
        let index = if token.text == "i" {
            let further = if self.cursor.takes("+") {
                let token = self.cursor.take();
                whole(token).ok_or_else(|| syntax(token, "a whole number", &help))?
            } else {
                0
            };
            Index::Each(further)
        } else {
            Index::At(whole(token).ok_or_else(|| syntax(token, "`i` or a whole number", &help))?)
        };
        self.closes("]")?;
        Ok(index)
    }

    fn lists(&self) -> String {
        let lists = self.names.iter().filter(|name| name.form == Form::List);
        let names: Vec<String> = lists.map(|name| format!("`{}`", name.name)).collect();
        if names.is_empty() {
            "there is no list here".to_owned()
        } else {
            format!("lists are {}", names.join(", "))
        }
    }

    fn known(&self, first: Token<'_>, end: usize) -> Read<usize> {
        let written = &self.cursor.text[first.at..end];
        // Blanks around a dot do not matter.
        let name: String = written.chars().filter(|c| !c.is_whitespace()).collect();
        if let Some(index) = self.names.iter().position(|known| known.name == name) {
            return Ok(index);
        }
        let names = || self.names.iter().map(|name| name.name.as_str());
        let listed: Vec<String> = names().map(|name| format!("`{name}`")).collect();
        let guess = did_you_mean(&name, names()).map_or(String::new(), |guess| format!("{guess} "));
        let help = match listed.len() {
            0 => "write numbers only; there are no names here".to_owned(),
            _ => format!("{guess}the names here are {}", listed.join(", ")),
        };
        Err(fault(Fault::Meaning, first.at, end, format!("unknown name {}", quoted(&name)), &help))
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

fn fold(text: &str) -> Option<Fold> {
    match text {
        "min" => Some(Fold::Min),
        "max" => Some(Fold::Max),
        "sum" => Some(Fold::Sum),
        "count" => Some(Fold::Count),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
