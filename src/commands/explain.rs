//! `peng explain`: what a code means, with a bad and a good example.

use std::io::Write;

use clap::Args;
use peng_spec::diag::{CODES, CodeInfo, did_you_mean, explain};

use crate::failure::{Exit, Failure};

/// Explain the code of a finding, with a bad and a good example
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A code such as `E0203`; without it all codes are listed
    code: Option<String>,
}

/// Explains a code, or lists all of them.
pub(crate) fn run(args: &ExplainArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let Some(code) = &args.code else {
        let mut infos: Vec<&CodeInfo> = CODES.iter().copied().flatten().collect();
        infos.sort_by_key(|info| &info.code.as_str()[1..]);
        for info in infos {
            writeln!(out, "{}  {}", info.code, info.title)?;
        }
        return Ok(Exit::Fine);
    };
    let info = explain(code).ok_or_else(|| {
        let known = CODES.iter().copied().flatten().map(|info| info.code.as_str());
        let help =
            did_you_mean(code, known).unwrap_or_else(|| "list all codes with `peng explain`".to_owned());
        Failure::new(Exit::Usage, format!("unknown code `{code}`")).help(help)
    })?;
    write!(out, "{}", text(info))?;
    Ok(Exit::Fine)
}

fn text(info: &CodeInfo) -> String {
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

/// A line without control characters.
fn printable(line: &str) -> String {
    line.chars()
        .map(|c| if c.is_control() { c.escape_unicode().to_string() } else { c.to_string() })
        .collect()
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
