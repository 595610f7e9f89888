//! What a code means, as Markdown: for the page of all codes in this folder (`README.md`, generated) and for programs that
//! show it beside a finding.

use std::fmt::Write;

use super::{CODES, Code, CodeInfo};

/// The committed page of all codes.
const ADDRESS: &str = "https://github.com/peng-nas/peng/blob/main/spec/src/diag/codes/README.md";

/// Where a code is explained.
pub fn address(code: Code) -> String {
    format!("{ADDRESS}#{}", code.as_str().to_lowercase())
}

/// The page of all codes, with a heading and so an anchor for each (`#e0102`), in the order of their numbers.
pub fn page() -> String {
    let mut page = "# The codes of `peng`\n\nGenerated from the table in this folder; `peng explain CODE` prints the same. \
        E is an error, W a warning.\n"
        .to_owned();
    let mut infos: Vec<&CodeInfo> = CODES.iter().copied().flatten().collect();
    infos.sort_by_key(|info| &info.code.as_str()[1..]);
    for info in infos {
        write!(page, "\n## {}\n\n{}", info.code, info.to_markdown())
            .expect("writing to a string cannot fail");
    }
    page
}

impl CodeInfo {
    /// Its title, explanation and examples as Markdown, without a heading.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("**{}**\n\n{}\n", capital(self.title), self.explanation);
        for (title, example) in [("Wrong", self.bad), ("Right", self.good)] {
            if let Some(example) = example.text() {
                let lines: Vec<String> = example.lines().map(|line| format!("{}\n", shown(line))).collect();
                write!(text, "\n{title}:\n\n```yaml\n{}```\n", lines.concat())
                    .expect("writing to a string cannot fail");
            }
        }
        text
    }
}

/// A line whose control characters are visible.
fn shown(line: &str) -> String {
    line.chars()
        .map(|c| if c.is_control() { c.escape_unicode().to_string() } else { c.to_string() })
        .collect()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::explain;

    #[test]
    fn a_code_has_an_anchor_and_its_examples() {
        let page = page();
        assert!(page.contains("\n## E0004\n\n**A key occurs twice**\n\nMost readers"));
        assert!(page.find("## E0004").unwrap() < page.find("## W0401").unwrap());
        let text = explain("E0004").unwrap().to_markdown();
        assert!(text.ends_with("Right:\n\n```yaml\ntraining:\n  epochs: 4\n```\n"), "{text}");
    }
}
