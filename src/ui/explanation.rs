//! What a code means, as plain text: for `peng explain`, and for programs that show it beside a finding.

use peng_spec::diag::CodeInfo;

use super::diagnostics::printable;

/// Its title, its explanation, a bad and a good example.
pub(crate) fn text(info: &CodeInfo) -> String {
    let mut text = format!("{}: {}\n\n{}\n", info.code, info.title, wrapped(info.explanation, 80));
    for (title, example) in [("Wrong", info.bad), ("Right", info.good)] {
        if let Some(example) = example.text() {
            let lines: Vec<String> =
                example.lines().map(|line| format!("    {}\n", printable(line))).collect();
            text = format!("{text}\n{title}:\n\n{}", lines.concat());
        }
    }
    text
}

/// A paragraph in lines of at most `width` characters.
fn wrapped(paragraph: &str, width: usize) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_wrapped() {
        assert_eq!(wrapped("one two  three four", 9), "one two\nthree\nfour");
    }
}
