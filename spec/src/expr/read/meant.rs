//! What people write who know another notation, and what they mean by it.

use super::super::token::{Token, multiple};
use super::super::unit::{Dimension, accepted_name};
use crate::diag::did_you_mean;

/// Signs and words of other notations, and ours.
static OURS: &[(&str, &str)] = &[
    ("=", "=="),
    ("=<", "<="),
    ("=>", ">="),
    ("≤", "<="),
    ("≥", ">="),
    ("<>", "!="),
    ("≠", "!="),
    ("&&", "and"),
    ("||", "or"),
    ("!", "not"),
    ("AND", "and"),
    ("OR", "or"),
    ("NOT", "not"),
    ("−", "-"),
    ("×", "*"),
    ("·", "*"),
    ("÷", "/"),
];

/// Our sign or word for one of another notation.
pub(super) fn ours(token: &str) -> Option<&'static str> {
    OURS.iter().find(|(other, _)| *other == token).map(|(_, ours)| *ours)
}

/// Our sign or word for a token of a text, with the blanks that a word needs around it.
pub(super) fn spaced(text: &str, token: Token<'_>, ours: &str) -> String {
    let is_word = ours.starts_with(char::is_alphabetic);
    let blank = |c: Option<char>| if is_word && c.is_some_and(|c| !c.is_whitespace()) { " " } else { "" };
    let (before, after) = (text[..token.at].chars().next_back(), text[token.end()..].chars().next());
    format!("{}{ours}{}", blank(before), blank(after))
}

/// What to do about a token where an operator or the end was expected, if there is more to say than `help`.
pub(super) fn instead(token: Token<'_>, help: &str) -> String {
    match (token.text, ours(token.text)) {
        ("=", _) => "write `==` to compare".to_owned(),
        (_, Some(ours)) => format!("write `{ours}`"),
        (")", None) => "remove it, or add its `(`".to_owned(),
        ("," | ";", None) => "join conditions with `and`, and write `2000` or `2k` for a number".to_owned(),
        ("**" | "^", None) => "there are no powers; write `x * x`".to_owned(),
        _ => help.to_owned(),
    }
}

/// What to write in place of an unknown unit of a number of one of these dimensions, `None` being a bare one.
pub(super) fn unit(written: &str, dimensions: &[Option<Dimension>]) -> String {
    let with_units = || dimensions.iter().copied().flatten();
    let multiples: &[&str] = if dimensions.contains(&None) { &["k", "M", "G"] } else { &[] };
    let units = with_units().flat_map(Dimension::units).chain(multiples.iter().copied());
    let other_name = || with_units().find_map(|dimension| accepted_name(written, dimension));
    did_you_mean(written, units)
        .or_else(|| other_name().map(|unit| format!("write `{unit}`")))
        .or_else(|| is_digits(written).then(|| "write a number without `_`".to_owned()))
        .unwrap_or_else(|| {
            let like = |dimension: &Option<Dimension>| match dimension {
                Some(dimension) => format!("{dimension} such as `{}`", dimension.examples()[0]),
                None => "a bare number such as `500`, `300k` or `2M`".to_owned(),
            };
            format!("write {}", dimensions.iter().map(like).collect::<Vec<_>>().join(", or "))
        })
}

/// The number without a unit that was meant by one with an unknown unit, such as `2M` by `2MB`.
pub(super) fn bare(number: &str, written: &str) -> Option<String> {
    let first = written.chars().next()?;
    let prefix = if first == 'K' {
        'k'
    } else if "mgt".contains(first) {
        first.to_ascii_uppercase()
    } else {
        first
    };
    let rest = written[first.len_utf8()..].to_lowercase();
    let is_meant = multiple(prefix.encode_utf8(&mut [0; 4])).is_some()
        && ["", "b", "ib", "flop", "flops", "params"].contains(&rest.as_str());
    is_meant.then(|| format!("{number}{prefix}"))
}

/// The rest of a number such as `2_000`.
fn is_digits(written: &str) -> bool {
    written.starts_with('_') && written.chars().all(|c| c == '_' || c.is_ascii_digit())
}
