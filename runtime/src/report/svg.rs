//! Drawing: axes with round ticks, and the few marks that the figures need, as SVG text.
//!
//! Colours are classes, which the page styles for light and dark. All text is escaped here.

use std::fmt::Write;

/// Escapes text for element content and attribute values.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() && c != '\n' && c != '\t' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Round numbers around a range: the first is at most `low`, the last at least `high`, and there are at least two.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ticks {
    /// The numbers, rising in equal steps.
    pub(super) values: Vec<f64>,
    /// Decimal places that tell them apart.
    pub(super) decimals: usize,
}

/// Round numbers around `low` to `high`, about `about` of them; around 0 to 1 if those are no finite range.
pub(super) fn ticks(low: f64, high: f64, about: u32) -> Ticks {
    let (mut low, mut high) =
        if low <= high && low.is_finite() && high.is_finite() && (high - low).is_finite() {
            (low, high)
        } else {
            (0.0, 1.0)
        };
    let magnitude = low.abs().max(high.abs());
    if high - low <= magnitude * 1e-9 {
        let half = if magnitude == 0.0 { 0.5 } else { magnitude * 0.05 };
        (low, high) = (low - half, high + half);
    }
    let rough = (high - low) / f64::from(about.max(1));
    let power = rough.log10().floor() as i32;
    let unit = 10_f64.powi(power);
    let (step, places) = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|m| (m * unit, if m == 10.0 { power + 1 } else { power }))
        .find(|(step, _)| *step >= rough * 0.999)
        .unwrap_or((10.0 * unit, power + 1));
    let first = (low / step + 1e-9).floor();
    let last = (high / step - 1e-9).ceil();
    let values = (0..=(last - first) as i64).map(|i| (first + i as f64) * step).collect();
    Ticks { values, decimals: usize::try_from(-places).unwrap_or(0) }
}

/// One axis: from values to pixels.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    from: f64,
    to: f64,
    pixels: [f64; 2],
    /// Values and labels of its ticks.
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis that ends in round numbers; labels show the values divided by `unit`.
    pub(super) fn around([low, high]: [f64; 2], about: u32, unit: f64, pixels: [f64; 2]) -> Self {
        let ticks = ticks(low / unit, high / unit, about);
        let decimals = ticks.decimals;
        let label = |v: f64| {
            let text = format!("{v:.decimals$}");
            if text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.') {
                text.trim_start_matches('-').to_owned()
            } else {
                text
            }
        };
        let from = ticks.values.first().copied().unwrap_or(0.0) * unit;
        let to = ticks.values.last().copied().unwrap_or(1.0) * unit;
        Self { from, to, pixels, ticks: ticks.values.into_iter().map(|v| (v * unit, label(v))).collect() }
    }

    /// An axis that ends exactly at `low` and `high`, with the round numbers between them.
    pub(super) fn within([low, high]: [f64; 2], about: u32, pixels: [f64; 2]) -> Self {
        let mut axis = Self::around([low, high], about, 1.0, pixels);
        (axis.from, axis.to) = (low, high);
        axis.ticks.retain(|(v, _)| *v >= low && *v <= high);
        axis
    }

    /// Where a value is; values beyond the ends are at the ends.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0);
        let share = if share.is_finite() { share } else { 0.0 };
        self.pixels[0] + share * (self.pixels[1] - self.pixels[0])
    }

    /// Whether a value is between the ends.
    pub(super) fn holds(&self, value: f64) -> bool {
        value >= self.from && value <= self.to
    }

    /// The value of the end that is nearer to a value outside.
    pub(super) fn value_at_end_near(&self, value: f64) -> f64 {
        if value < self.from { self.from } else { self.to }
    }

    /// The pixels of the two ends.
    pub(super) fn ends(&self) -> [f64; 2] {
        self.pixels
    }
}

/// Where text stands relative to its point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// The form of a mark.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mark {
    /// Observed.
    Circle,
    /// Predicted.
    Diamond,
    /// Ended without a result.
    Cross,
}

/// A drawing.
#[derive(Debug)]
pub(super) struct Canvas {
    width: f64,
    height: f64,
    body: String,
}

impl Canvas {
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    /// Adds an element; the text must be SVG.
    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        self.body.write_fmt(element).expect("a string can be written to");
        self.body.push('\n');
    }

    pub(super) fn line(&mut self, class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) {
        self.add(format_args!(
            r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
        ));
    }

    /// A line through points; nothing for fewer than two.
    pub(super) fn polyline(&mut self, class: &str, points: &[[f64; 2]]) {
        if points.len() > 1 {
            let points = coordinates(points);
            self.add(format_args!(r#"<polyline class="{class}" points="{points}"/>"#));
        }
    }

    /// A filled area between points.
    pub(super) fn polygon(&mut self, class: &str, points: &[[f64; 2]]) {
        if points.len() > 2 {
            let points = coordinates(points);
            self.add(format_args!(r#"<polygon class="{class}" points="{points}"/>"#));
        }
    }

    pub(super) fn text(&mut self, class: &str, anchor: Anchor, [x, y]: [f64; 2], text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        self.add(format_args!(
            r#"<text class="{class}" text-anchor="{anchor}" x="{x:.1}" y="{y:.1}">{text}</text>"#
        ));
    }

    /// A mark with a title, which browsers show as a tool tip.
    pub(super) fn mark(&mut self, mark: Mark, class: &str, [x, y]: [f64; 2], r: f64, title: &str) {
        let title =
            if title.is_empty() { String::new() } else { format!("<title>{}</title>", escape(title)) };
        match mark {
            Mark::Circle => {
                self.add(format_args!(
                    r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="{r}">{title}</circle>"#
                ));
            }
            Mark::Diamond => {
                let d = r * 1.35;
                self.add(format_args!(
                    r#"<path class="{class}" d="M{:.1} {y:.1}L{x:.1} {:.1}L{:.1} {y:.1}L{x:.1} {:.1}Z">{title}</path>"#,
                    x - d,
                    y - d,
                    x + d,
                    y + d
                ));
            }
            Mark::Cross => {
                let (left, right, top, bottom) = (x - r, x + r, y - r, y + r);
                self.add(format_args!(
                    r#"<path class="{class}" d="M{left:.1} {top:.1}L{right:.1} {bottom:.1}M{left:.1} {bottom:.1}L{right:.1} {top:.1}">{title}</path>"#
                ));
            }
        }
    }

    /// Grid, tick labels and the names of the axes; the vertical one's name stands above it.
    pub(super) fn axes(&mut self, x: &Axis, y: &Axis, names: [&str; 2]) {
        let ([left, right], [bottom, top]) = (x.ends(), y.ends());
        for (value, label) in &y.ticks {
            let at = y.at(*value);
            self.line("grid", [left, at], [right, at]);
            self.text("tick", Anchor::End, [left - 7.0, at + 4.0], label);
        }
        for (value, label) in &x.ticks {
            let at = x.at(*value);
            self.line("axis", [at, bottom], [at, bottom + 4.0]);
            self.text("tick", Anchor::Middle, [at, bottom + 18.0], label);
        }
        self.line("axis", [left, bottom], [right, bottom]);
        if !names[0].is_empty() {
            self.text("name", Anchor::End, [right, bottom + 36.0], names[0]);
        }
        if !names[1].is_empty() {
            self.text("name", Anchor::Start, [0.0, top - 12.0], names[1]);
        }
    }

    /// The drawing as an element; `id` makes its title's id unique in the page.
    pub(super) fn finish(self, id: &str, title: &str) -> String {
        let Self { width, height, body } = self;
        let title = escape(title);
        format!(
            "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}\">\n<title id=\"{id}\">{title}</title>\n{body}</svg>"
        )
    }
}

fn coordinates(points: &[[f64; 2]]) -> String {
    let points: Vec<String> = points.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
    points.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(
            ticks(83.2, 91.7, 5),
            Ticks { values: vec![82.0, 84.0, 86.0, 88.0, 90.0, 92.0], decimals: 0 }
        );
        assert_eq!((ticks(0.0, 1.0, 5).values.len(), ticks(0.0, 1.0, 5).decimals), (6, 1));
        for (low, high) in [(f64::NAN, 1.0), (0.0, f64::INFINITY), (2.0, 1.0)] {
            assert_eq!(ticks(low, high, 5), ticks(0.0, 1.0, 5));
        }
    }

    #[test]
    fn hostile_text_is_harmless() {
        assert_eq!(escape("<a b='\"'>&\u{1}"), "&lt;a b=&#39;&quot;&#39;&gt;&amp;\u{fffd}");
    }

    proptest! {
        #[test]
        fn ticks_cover_their_range_in_equal_steps(
            low in -1e9..1e9_f64,
            width in prop_oneof![Just(0.0), 1e-6..1.0_f64, 1.0..1e9_f64],
            about in 2..12_u32,
        ) {
            let high = low + width;
            let ticks = ticks(low, high, about);
            let values = &ticks.values;
            prop_assert!((2..=about as usize + 3).contains(&values.len()), "{values:?}");
            let step = values[1] - values[0];
            prop_assert!(step > 0.0);
            let slack = step * 1e-3;
            prop_assert!(values[0] <= low + slack && values[values.len() - 1] >= high - slack, "{values:?}");
            for pair in values.windows(2) {
                prop_assert!((pair[1] - pair[0] - step).abs() <= slack, "{values:?}");
            }
        }

        #[test]
        fn labels_of_ticks_differ_and_are_close(low in -1e4..1e4_f64, width in 0.01..1e6_f64) {
            let axis = Axis::around([low, low + width], 5, 1.0, [0.0, 100.0]);
            let step = axis.ticks[1].0 - axis.ticks[0].0;
            for pair in axis.ticks.windows(2) {
                prop_assert_ne!(&pair[0].1, &pair[1].1);
            }
            for (value, label) in &axis.ticks {
                prop_assert!((label.parse::<f64>().unwrap() - value).abs() < step * 1e-3, "{label} {value}");
            }
        }

        #[test]
        fn an_axis_keeps_every_value_inside(low in -1e6..1e6_f64, width in 0.0..1e6_f64, value in proptest::num::f64::ANY) {
            let axis = Axis::around([low, low + width], 5, 1.0, [10.0, 90.0]);
            prop_assert!((10.0..=90.0).contains(&axis.at(value)));
            prop_assert!(axis.holds(low) || width == 0.0 || (axis.at(low) - 10.0).abs() < 0.1);
        }
    }
}
