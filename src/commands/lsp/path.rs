//! Where the cursor is, told from the text alone: while one types, it is seldom YAML.
//!
//! Block mappings are told by their indentation; of flow mappings only those on the line of the cursor.

/// The place of a cursor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The keys of the mappings around it, outermost first.
    pub(super) keys: Vec<String>,
    /// The key whose value is written; `None`: a key is.
    pub(super) value_of: Option<String>,
    /// Keys of the mapping, with their values if these stand on the same line.
    pub(super) siblings: Vec<(String, String)>,
}

/// A line that begins with a key.
struct Keyed<'a> {
    indent: usize,
    key: &'a str,
    value: &'a str,
}

/// The place of a byte.
pub(super) fn place(text: &str, at: usize) -> Place {
    let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
    let before = &text[start..at];
    let (above, below) = (&text[..start], text[at..].split_once('\n').map_or("", |(_, below)| below));
    let mut place = Place { keys: Vec::new(), value_of: None, siblings: Vec::new() };
    let line = keyed(before);
    // A line of blanks alone stands in the mapping to which its indentation fits.
    let indent = line.as_ref().map_or_else(|| indentation(before), |line| line.indent);
    let mut limit = indent;
    for line in above.lines().rev().filter_map(keyed) {
        if line.indent < limit {
            place.keys.insert(0, line.key.to_owned());
            limit = line.indent;
        } else if line.indent == indent && limit == indent {
            place.siblings.push((line.key.to_owned(), line.value.to_owned()));
        }
    }
    for line in below.lines().filter_map(keyed) {
        if line.indent < indent {
            break;
        }
        if line.indent == indent {
            place.siblings.push((line.key.to_owned(), line.value.to_owned()));
        }
    }
    if let Some(line) = line {
        in_line(&mut place, line.key, line.value);
    }
    place
}

/// Goes on into the flow mappings of a value.
fn in_line(place: &mut Place, key: &str, value: &str) {
    let open = value.rfind('{').filter(|&open| !value[open..].contains('}'));
    let Some(open) = open else {
        place.value_of = Some(key.to_owned());
        return;
    };
    place.keys.push(key.to_owned());
    let entries: Vec<&str> = value[open + 1..].split(',').collect();
    let (last, earlier) = entries.split_last().map_or(("", &[][..]), |(last, earlier)| (*last, earlier));
    place.siblings = earlier
        .iter()
        .filter_map(|entry| entry.split_once(':'))
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .collect();
    place.value_of = last.split_once(':').map(|(key, _)| key.trim().to_owned());
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '-']).len()
}

/// The key of a line, after its indentation and dashes.
fn keyed(line: &str) -> Option<Keyed<'_>> {
    let indent = indentation(line);
    let (key, value) = line[indent..].split_once(':')?;
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let value = value.split(" #").next().unwrap_or_default().trim();
    is_key.then_some(Keyed { indent, key, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, keys: &[&str], value_of: Option<&str>, siblings: &[&str]) {
        let at = text.find('|').unwrap();
        let found = place(&text.replacen('|', "", 1), at);
        assert_eq!(found.keys, keys, "{text}");
        assert_eq!(found.value_of.as_deref(), value_of, "{text}");
        let mut names: Vec<&str> = found.siblings.iter().map(|(key, _)| key.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, siblings, "{text}");
    }

    #[test]
    fn places_are_told_by_indentation() {
        check("a: 1\n|", &[], None, &["a"]);
        check("a:\n  b: 1\n  |\nc: 1\n", &["a"], None, &["b"]);
        check("a:\n  b: 1\n  |\n  d: 1\nc: 1\n", &["a"], None, &["b", "d"]);
        check("a:\n  b:\n    c: |\n", &["a", "b"], Some("c"), &[]);
        check("x: 1\na:\n  b:\n    c: 1\n  d|\n", &["a"], None, &["b"]);
        check("a:\n  - b: 1\n    c: |\n", &["a"], Some("c"), &["b"]);
        check("a: # remark: x\n  b|", &["a"], None, &[]);
    }

    #[test]
    fn places_in_flow_mappings_of_the_line() {
        check("a: {b: 1, c: |", &["a"], Some("c"), &["b"]);
        check("a: {b: 1, |}", &["a"], None, &["b"]);
        check("a: {b: 1}|", &[], Some("a"), &[]);
    }
}
