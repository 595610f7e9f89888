//! Names in messages: quoted ones, and "did you mean" the nearest valid ones.
//!
//! As Nickel does it: a name that differs in case only comes first, then similar ones by the Damerau-Levenshtein
//! measure; at most two, none at all rather than a far one.

/// Similarity from which on a name is suggested.
const NEAR: f64 = 0.6;

/// A name that is less similar than the nearest by this much is not worth a mention.
const FARTHER: f64 = 0.15;

/// What is the beginning of a name, is at least so similar to it.
const BEGINS: f64 = 0.9;

/// Shortest text that counts as the beginning of a name, in bytes.
const SHORTEST_BEGINNING: usize = 5;

/// At most two of `names` that are near to `wrong`, the nearest first.
pub fn similar<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let folded = fold(wrong);
    let mut near: Vec<(f64, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let other = fold(name);
            let score = if other == folded {
                2.0
            } else {
                let begins = folded.len() >= SHORTEST_BEGINNING && other.starts_with(&folded);
                let similarity = strsim::normalized_damerau_levenshtein(&folded, &other);
                if begins { similarity.max(BEGINS) } else { similarity }
            };
            (score >= NEAR).then_some((score, name))
        })
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let best = near.first().map_or(0.0, |&(score, _)| score);
    near.into_iter().take(2).filter(|&(score, _)| best - score < FARTHER).map(|(_, name)| name).collect()
}

/// Names that differ in case, hyphens and underscores only are the same to a person.
fn fold(name: &str) -> String {
    name.chars()
        .take(100)
        .flat_map(char::to_lowercase)
        .map(|c| if c == '_' || c == ' ' { '-' } else { c })
        .collect()
}

/// The name that was meant, if only one is near: what a fix may write.
pub fn only_one<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    match similar(wrong, names).as_slice() {
        [one] => Some((*one).to_owned()),
        [] | [_, _, ..] => None,
    }
}

/// "did you mean `a`" or "did you mean `a` or `b`", if something is near.
pub fn did_you_mean<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    match similar(wrong, names).as_slice() {
        [] => None,
        [one] => Some(format!("did you mean `{one}`?")),
        [one, other, ..] => Some(format!("did you mean `{one}` or `{other}`?")),
    }
}

/// "use one of `a`, `b`"; for a single name "use `a`".
pub fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [one] => format!("use {one}"),
        many => format!("use one of {}", many.join(", ")),
    }
}

/// Longest text that a message quotes, in characters.
const LONGEST: usize = 60;

/// A text in backticks, on one line and not too long.
pub fn quoted(text: &str) -> String {
    let line = text.trim_end_matches([' ', '\n', '\r', '\t']).replace(['\n', '\r', '\t'], " ");
    let line = special_blanks_shown(&line);
    if line.chars().nth(LONGEST).is_none() {
        format!("`{line}`")
    } else {
        let beginning: String = line.chars().take(LONGEST).collect();
        format!("`{beginning}...`")
    }
}

/// A blank that looks like a space, or like nothing, and is none to YAML.
pub(crate) fn special_blank(text: &str) -> Option<char> {
    text.chars().find(|&c| is_special(c))
}

fn is_special(c: char) -> bool {
    (c.is_whitespace() && !c.is_ascii_whitespace()) || matches!(c, '\u{200b}'..='\u{200d}' | '\u{feff}')
}

/// A text with such blanks as escapes.
fn special_blanks_shown(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, c| {
        if is_special(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
        shown
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_are_suggested() {
        let kinds = ["digits", "fashion-mnist", "synthetic"];
        let check = |wrong, expected: &[&str]| assert_eq!(similar(wrong, kinds), expected, "{wrong}");
        check("digts", &["digits"]);
        check("fashion_mnist", &["fashion-mnist"]);
        check("DIGITS", &["digits"]);
        check("imagenet", &[]);
        check("", &[]);
        check("synth", &["synthetic"]);
    }

    #[test]
    fn a_fix_needs_exactly_one_name() {
        let kinds = ["digits", "val_abc", "val_acd"];
        assert_eq!(only_one("digts", kinds).as_deref(), Some("digits"));
        assert_eq!(only_one("val_acc", kinds), None);
        // An abbreviation, or a typing error.
        assert_eq!(only_one("val_acc", ["val_accuracy", "val_auc"]), None);
        assert_eq!(only_one("imagenet", kinds), None);
    }

    #[test]
    fn at_most_two_are_suggested() {
        let text = did_you_mean("val_acc", ["val_abc", "val_accuracy", "val_acd"]).unwrap();
        assert_eq!(text, "did you mean `val_accuracy` or `val_abc`?");
    }
}
