//! The tokens of formulas, ranges and links, read with nom; each knows its place.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while};
use nom::character::complete::{char, digit1, satisfy};
use nom::combinator::{not, opt, recognize};
use nom::{IResult, Parser};

use super::ExprError;
use crate::diag::quoted;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Number,
    Word,
    Symbol,
    /// A character that begins no token.
    Other,
    End,
}

/// A token at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind,
    pub(super) text: &'a str,
    /// Its first byte.
    pub(super) at: usize,
}

impl Token<'_> {
    /// The token in a message.
    pub(super) fn shown(&self) -> String {
        match self.kind {
            TokenKind::End => "the end".to_owned(),
            TokenKind::Number | TokenKind::Word | TokenKind::Symbol | TokenKind::Other => quoted(self.text),
        }
    }

    /// One past its last byte.
    pub(super) fn end(&self) -> usize {
        self.at + self.text.len()
    }

    /// An error at the token: "found it, expected that".
    pub(super) fn expected(&self, what: &str, help: &str) -> ExprError {
        ExprError {
            at: self.at,
            len: self.text.len(),
            message: format!("found {}, expected {what}", self.shown()),
            help: Some(help.to_owned()),
        }
    }
}

/// `3`, `0.5`, `.5`, `3e-4`; the dots of `1..4` do not belong to its numbers.
pub(super) fn number(input: &str) -> IResult<&str, &str> {
    let fraction = || (char('.'), not(char('.')));
    let decimal = alt((recognize((digit1, opt((fraction(), opt(digit1))))), recognize((char('.'), digit1))));
    let exponent = (alt((char('e'), char('E'))), opt(alt((char('+'), char('-')))), digit1);
    recognize((decimal, opt(exponent))).parse(input)
}

fn word(input: &str) -> IResult<&str, &str> {
    let inner = |c: char| c.is_alphanumeric() || c == '_';
    recognize((satisfy(|c| c.is_alphabetic() || c == '_'), take_while(inner))).parse(input)
}

fn symbol(input: &str) -> IResult<&str, &str> {
    let two = alt((tag(".."), tag("<="), tag(">="), tag("=="), tag("!=")));
    // These are of other notations.
    let other = alt((tag("&&"), tag("||"), tag("=<"), tag("=>"), tag("<>"), tag("**")));
    alt((two, other, recognize(satisfy(|c| "+-*/()[]<>=%,.!".contains(c))))).parse(input)
}

/// The tokens of a text, the last of which is its end.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (kind, found) = if let Ok((_, found)) = number(rest) {
            (TokenKind::Number, found)
        } else if let Ok((_, found)) = word(rest) {
            (TokenKind::Word, found)
        } else if let Ok((_, found)) = symbol(rest) {
            (TokenKind::Symbol, found)
        } else {
            (TokenKind::Other, &rest[..first.len_utf8()])
        };
        tokens.push(Token { kind, text: found, at: text.len() - rest.len() });
        rest = rest[found.len()..].trim_start();
    }
    tokens.push(Token { kind: TokenKind::End, text: "", at: text.trim_end().len() });
    tokens
}

/// A position in the tokens of a text.
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    tokens: Vec<Token<'a>>,
    next: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, tokens: tokens(text), next: 0 }
    }

    /// The next token.
    pub(super) fn peek(&self) -> Token<'a> {
        self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    /// The token after the next one.
    pub(super) fn second(&self) -> Token<'a> {
        self.tokens[(self.next + 1).min(self.tokens.len() - 1)]
    }

    /// Takes the next token; the end stays.
    pub(super) fn take(&mut self) -> Token<'a> {
        let token = self.peek();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    /// Takes the next token if it is this symbol or word.
    pub(super) fn takes(&mut self, wanted: &str) -> bool {
        let found = self.peek().text == wanted && self.peek().kind != TokenKind::End;
        if found {
            self.take();
        }
        found
    }

    /// One past the last byte of what was taken.
    pub(super) fn taken(&self) -> usize {
        self.next.checked_sub(1).map_or(0, |last| self.tokens[last].end())
    }

    /// An error unless nothing is left.
    pub(super) fn ends(&self, expected: &str, help: &str) -> Result<(), ExprError> {
        let next = self.peek();
        if next.kind == TokenKind::End { Ok(()) } else { Err(next.expected(expected, help)) }
    }
}

/// What `k`, `M`, `G` and `T` after a bare number multiply it by.
pub(super) fn multiple(word: &str) -> Option<f64> {
    match word {
        "k" => Some(1e3),
        "M" => Some(1e6),
        "G" => Some(1e9),
        "T" => Some(1e12),
        _ => None,
    }
}

/// The value of a number token; an error if it is too large.
pub(super) fn value(token: Token<'_>) -> Result<f64, ExprError> {
    token.text.parse::<f64>().ok().filter(|value| value.is_finite()).ok_or_else(|| ExprError {
        at: token.at,
        len: token.text.len(),
        message: format!("{} is too large a number", quoted(token.text)),
        help: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fall_into_tokens() {
        let texts = |text| -> Vec<String> { tokens(text).iter().map(|t| t.text.to_owned()).collect() };
        assert_eq!(texts("16..256 step 16"), ["16", "..", "256", "step", "16", ""]);
        assert_eq!(texts("log(1e-4..1e-1)"), ["log", "(", "1e-4", "..", "1e-1", ")", ""]);
        assert_eq!(texts(".5.. 1.5"), [".5", "..", "1.5", ""]);
        assert_eq!(texts("params<=2M"), ["params", "<=", "2", "M", ""]);
        assert_eq!(texts("é ≥ 1"), ["é", "≥", "1", ""]);
        assert_eq!(tokens("a  ").last().map(|t| t.at), Some(1));
    }
}
