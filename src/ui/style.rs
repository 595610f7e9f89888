//! Colours of the terminal, or none.

use std::io::IsTerminal;

use crate::args::Color;

/// Puts colours around text, if they are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// With escape sequences.
    Colours,
    /// Text as it is.
    Plain,
}

impl Paint {
    /// What the user asked for, on a stream. `NO_COLOR` and `TERM=dumb` count for `auto` only.
    pub(crate) fn new(asked: Color, stream: &impl IsTerminal) -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        match asked {
            Color::Always => Self::Colours,
            Color::Auto if stream.is_terminal() && !is_set("NO_COLOR") && !is_dumb => Self::Colours,
            Color::Auto | Color::Never => Self::Plain,
        }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.with("1;31", text)
    }

    pub(crate) fn green(self, text: &str) -> String {
        self.with("1;32", text)
    }

    pub(crate) fn yellow(self, text: &str) -> String {
        self.with("1;33", text)
    }

    pub(crate) fn cyan(self, text: &str) -> String {
        self.with("1;36", text)
    }

    fn with(self, style: &str, text: &str) -> String {
        match self {
            Self::Colours if !text.is_empty() => format!("\u{1b}[{style}m{text}\u{1b}[0m"),
            Self::Colours | Self::Plain => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_no_colours_unless_they_are_forced() {
        let file = std::fs::File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
        assert_eq!(Paint::new(Color::Auto, &file), Paint::Plain);
        assert_eq!(Paint::new(Color::Never, &file), Paint::Plain);
        let paint = Paint::new(Color::Always, &file);
        assert_eq!((paint.red("x"), paint.red("")), ("\u{1b}[1;31mx\u{1b}[0m".to_owned(), String::new()));
    }
}
