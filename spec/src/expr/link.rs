//! Links of a layer chain: `batch_norm`, `relu`, `dropout(0.3)`.

use super::ExprError;
use super::token::{Cursor, Token, TokenKind, value};

/// A link as it is written; which words there are, the caller knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Link<'a> {
    /// The word.
    pub word: &'a str,
    /// First byte of the word.
    pub at: usize,
    /// The number in brackets after it.
    pub number: Option<f64>,
}

const HELP: &str = "write a layer such as `relu` or `dropout(0.3)`";

/// Reads a link.
pub fn link(text: &str) -> Result<Link<'_>, ExprError> {
    let mut cursor = Cursor::new(text);
    let word: Token<'_> = cursor.peek();
    if word.kind != TokenKind::Word {
        return Err(word.expected("a layer", HELP));
    }
    cursor.take();
    let number = if cursor.takes("(") {
        let token = cursor.peek();
        if token.kind != TokenKind::Number {
            return Err(token.expected("a number", HELP));
        }
        let number = value(cursor.take())?;
        if !cursor.takes(")") {
            return Err(cursor.peek().expected("`)`", HELP));
        }
        Some(number)
    } else {
        None
    };
    cursor.ends("the end", "write one layer an element of the list")?;
    Ok(Link { word: word.text, at: word.at, number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_or_refused_at_the_character() {
        assert_eq!(link(" relu "), Ok(Link { word: "relu", at: 1, number: None }));
        assert_eq!(link("dropout( .3 )"), Ok(Link { word: "dropout", at: 0, number: Some(0.3) }));
        for (text, at, message) in [
            ("", 0, "found the end, expected a layer"),
            ("3", 0, "found `3`, expected a layer"),
            ("relu, tanh", 4, "found `,`, expected the end"),
            ("dropout(", 8, "found the end, expected a number"),
            ("dropout(0.3", 11, "found the end, expected `)`"),
        ] {
            let error = link(text).unwrap_err();
            assert_eq!((error.at, error.message.as_str()), (at, message), "{text}");
        }
    }
}
