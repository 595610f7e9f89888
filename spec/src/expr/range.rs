//! Ranges of values: `1..4`, `16..256 step 16`, `16..256 step *2`, `log(1e-4..1e-1)`.

use super::ExprError;
use super::token::{Cursor, TokenKind, multiple, value};

const HELP: &str = "write a range such as `1..4`, `16..256 step 16`, `16..256 step *2` or `log(1e-4..1e-1)`";

/// What a range says; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Its least value.
    pub low: f64,
    /// What it does not exceed.
    pub high: f64,
    /// Which values between them are meant.
    pub step: Step,
}

/// Which values of a range are meant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// All; each alike.
    All,
    /// All; each power of ten alike.
    Log,
    /// Those in steps of so much from the least.
    Plus(f64),
    /// Those in factors of so much from the least.
    Times(f64),
}

/// Reads a range.
pub fn range(text: &str) -> Result<Range, ExprError> {
    let mut cursor = Cursor::new(text);
    let is_log = cursor.peek().text == "log" && cursor.second().text == "(";
    if is_log {
        cursor.take();
        cursor.take();
    }
    let begin = cursor.peek().at;
    let low = number(&mut cursor)?;
    if !cursor.takes("..") {
        return Err(cursor.peek().expected("`..`", HELP));
    }
    let high = number(&mut cursor)?;
    let fault = |at: usize, end: usize, message: String| {
        Err(ExprError { at, len: end - at, message, help: Some(HELP.to_owned()) })
    };
    let ends = cursor.taken();
    if low > high && text[begin..ends].contains("...") {
        return fault(begin, ends, "found three dots, expected two".to_owned());
    }
    if low > high {
        return fault(begin, ends, format!("the range begins at {low}, after its end {high}"));
    }
    if is_log && low <= 0.0 {
        return fault(begin, ends, format!("a logarithmic range begins at {low}, expected more than 0"));
    }
    let mut step = if is_log { Step::Log } else { Step::All };
    if cursor.peek().text == "step" {
        let word = cursor.take();
        if is_log {
            let message = "found a step in a logarithmic range, which has none".to_owned();
            return fault(word.at, word.end(), message);
        }
        let times = cursor.takes("*");
        let at = cursor.peek().at;
        let by = number(&mut cursor)?;
        let least = if times { 1.0 } else { 0.0 };
        if by <= least {
            return fault(at, cursor.taken(), format!("found a step of {by}, expected more than {least}"));
        }
        if times && low <= 0.0 {
            return fault(begin, ends, format!("a range in factors begins at {low}, expected more than 0"));
        }
        step = if times { Step::Times(by) } else { Step::Plus(by) };
    }
    if is_log && !cursor.takes(")") {
        return Err(cursor.peek().expected("`)`", HELP));
    }
    cursor.ends(if step == Step::All { "`step` or the end" } else { "the end" }, HELP)?;
    Ok(Range { low, high, step })
}

fn number(cursor: &mut Cursor<'_>) -> Result<f64, ExprError> {
    let sign = if cursor.takes("-") { -1.0 } else { 1.0 };
    let token = cursor.peek();
    if token.kind != TokenKind::Number {
        return Err(token.expected("a number", HELP));
    }
    cursor.take();
    let scale = multiple(cursor.peek().text);
    if scale.is_some() {
        cursor.take();
    }
    let next = cursor.peek();
    if scale.is_none() && (next.text == "%" || next.kind == TokenKind::Word && next.text != "step") {
        return Err(next.expected("a bare number", HELP));
    }
    Ok(sign * value(token)? * scale.unwrap_or(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        for (text, low, high, step) in [
            ("1..4", 1.0, 4.0, Step::All),
            (" 16 .. 256 step 16 ", 16.0, 256.0, Step::Plus(16.0)),
            ("16..256 step *2", 16.0, 256.0, Step::Times(2.0)),
            ("log(1e-4..1e-1)", 1e-4, 0.1, Step::Log),
            ("0..0.95", 0.0, 0.95, Step::All),
            ("-1..-.5", -1.0, -0.5, Step::All),
            ("1k..2M", 1e3, 2e6, Step::All),
        ] {
            assert_eq!(range(text), Ok(Range { low, high, step }), "{text}");
        }
    }

    #[test]
    fn errors_point_at_the_character() {
        for (text, at, len, message) in [
            ("", 0, 0, "found the end, expected a number"),
            ("16", 2, 0, "found the end, expected `..`"),
            ("16..", 4, 0, "found the end, expected a number"),
            ("256..16", 0, 7, "the range begins at 256, after its end 16"),
            ("16..256 step 0", 13, 1, "found a step of 0, expected more than 0"),
            ("16..256 step *1", 14, 1, "found a step of 1, expected more than 1"),
            ("0..256 step *2", 0, 6, "a range in factors begins at 0, expected more than 0"),
            ("log(0..1)", 4, 4, "a logarithmic range begins at 0, expected more than 0"),
            ("log(1..9 step 2)", 9, 4, "found a step in a logarithmic range, which has none"),
            ("log(1..9", 8, 0, "found the end, expected `)`"),
            ("1..4 steps 2", 5, 5, "found `steps`, expected a bare number"),
            ("1..4h", 4, 1, "found `h`, expected a bare number"),
            ("1..4, 8", 4, 1, "found `,`, expected `step` or the end"),
            ("1...4", 0, 5, "found three dots, expected two"),
        ] {
            let error = range(text).unwrap_err();
            assert_eq!((error.at, error.len), (at, len), "{text}: {}", error.message);
            assert!(error.message.starts_with(message), "{text}: {}", error.message);
        }
    }
}
