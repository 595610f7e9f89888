//! Tables of aligned text.

/// On which side of its column a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table of aligned text, two spaces between its columns.
///
/// Terminal colours in a cell take no width. Lines have no spaces at their end.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with a header.
    pub fn new<'a>(columns: impl IntoIterator<Item = (&'a str, Align)>) -> Self {
        let (header, columns) = columns.into_iter().map(|(name, align)| (name.to_owned(), align)).unzip();
        Self { columns, rows: vec![header] }
    }

    /// A table without a header.
    pub fn plain(columns: impl IntoIterator<Item = Align>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row; cells beyond the columns are dropped.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().take(self.columns.len()).map(Into::into).collect());
    }

    /// The lines, each behind `indent` spaces.
    pub fn render(&self, indent: usize) -> String {
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|i| self.rows.iter().filter_map(|row| row.get(i)).map(|cell| width(cell)).max().unwrap_or(0))
            .collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = " ".repeat(indent);
            for (i, cell) in row.iter().enumerate() {
                let gap = " ".repeat(widths[i] - width(cell));
                let cell = match self.columns[i] {
                    Align::Left => cell.clone() + &gap,
                    Align::Right => gap + cell,
                };
                if i > 0 {
                    line.push_str("  ");
                }
                line.push_str(&cell);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// How many characters a terminal shows, without the escape sequences for colours.
fn width(text: &str) -> usize {
    let mut shown = 0;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            chars.by_ref().find(char::is_ascii_alphabetic);
        } else {
            shown += 1;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_colours_have_no_width() {
        let mut table = Table::new([("trial", Align::Right), ("end", Align::Left), ("n", Align::Right)]);
        table.row(["7", "\u{1b}[32mcompleted\u{1b}[0m", "1"]);
        table.row(["12", "é", "10"]);
        table.row(["3"]);
        assert_eq!(
            table.render(2),
            "  trial  end         n\n      7  \u{1b}[32mcompleted\u{1b}[0m   1\n     12  é          10\n      3\n"
        );
        assert_eq!(Table::plain([Align::Left]).render(0), "");
    }
}
