//! How many networks a space holds: before its conditions, and after them exactly or as a sampled share.
//!
//! Networks are counted by genome: two genomes of one network are two.

use peng_spec::arch::NetworkFacts;
use peng_spec::expr::Formula;

/// Draws from which a share is told.
pub(super) const SHARE_DRAWS: u32 = 10_000;

/// The quantile of the normal distribution of intervals of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// How many networks a space holds.
#[derive(Debug, Clone, PartialEq)]
pub struct SpaceCount {
    /// Genomes before conditions; what varies continuously is left out.
    pub genomes: u128,
    /// Whether there may be fewer of them.
    pub at_most: bool,
    /// Genomes that satisfy the conditions; `None`: there are no conditions.
    pub satisfying: Option<Satisfying>,
}

/// How many genomes satisfy the conditions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Satisfying {
    /// So many.
    Exactly(u128),
    /// A share of those drawn uniformly.
    Sampled(Share),
}

/// A share that was sampled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Those that satisfy the conditions.
    pub hits: u32,
    /// All draws.
    pub draws: u32,
}

impl Share {
    /// The interval of 95 % (Wilson 1927, "Probable inference, the law of succession, and statistical inference").
    pub fn interval(self) -> [f64; 2] {
        let (n, p) = (f64::from(self.draws), f64::from(self.hits) / f64::from(self.draws));
        let centre = p + Z * Z / (2.0 * n);
        let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        let low = if self.hits == 0 { 0.0 } else { (centre - spread) / scale };
        let high = if self.hits == self.draws { 1.0 } else { (centre + spread) / scale };
        [low, high]
    }
}

/// The share of uniform draws that satisfy conditions.
pub(super) fn sampled(conditions: &[Formula], mut draw: impl FnMut(u32) -> NetworkFacts) -> Satisfying {
    let hits = (0..SHARE_DRAWS).filter(|&number| draw(number).satisfy(conditions)).count() as u32;
    Satisfying::Sampled(Share { hits, draws: SHARE_DRAWS })
}

impl SpaceCount {
    /// In words, a line each.
    pub fn lines(&self) -> Vec<String> {
        let at_most = if self.at_most { "at most " } else { "" };
        let mut lines = vec![format!("{at_most}{} architectures, counted by genome", number(self.genomes))];
        match self.satisfying {
            None => {}
            Some(Satisfying::Exactly(count)) => {
                let share = percent(count as f64 / self.genomes as f64);
                lines.push(format!("{} of them ({share}) satisfy `where`, counted exactly", number(count)));
            }
            Some(Satisfying::Sampled(share)) => {
                let [low, high] = share.interval();
                let point = f64::from(share.hits) / f64::from(share.draws);
                let all = self.genomes as f64;
                lines.push(format!(
                    "about {} of them ({}) satisfy `where`, sampled: {} of {} draws, 95% interval {} to {}, {:.2e} to {:.2e} \
                     architectures",
                    approximate(point * all),
                    percent(point),
                    number(share.hits.into()),
                    number(share.draws.into()),
                    percent(low),
                    percent(high),
                    low * all,
                    high * all
                ));
            }
        }
        lines
    }
}

fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent == 0.0 || percent >= 0.1 { format!("{percent:.1}%") } else { format!("{percent:.1e}%") }
}

fn approximate(count: f64) -> String {
    if count < 1e6 { number(count.round() as u128) } else { format!("{count:.2e}") }
}

/// A count with its thousands set apart, rounded where nobody reads them.
fn number(count: u128) -> String {
    if count >= 1_000_000_000_000_000 {
        return format!("{:.3e}", count as f64);
    }
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_wilson_intervals() {
        let near = |share: Share, expected: [f64; 2]| {
            let found = share.interval();
            assert!((0..2).all(|i| (found[i] - expected[i]).abs() < 5e-4), "{found:?}");
        };
        // Computed with statsmodels, `proportion_confint(method="wilson")`.
        near(Share { hits: 5, draws: 10 }, [0.2366, 0.7634]);
        near(Share { hits: 0, draws: 10 }, [0.0, 0.2775]);
        near(Share { hits: 10, draws: 10 }, [0.7225, 1.0]);
    }

    #[test]
    fn counts_say_how_they_were_made() {
        let count = |satisfying| SpaceCount { genomes: 2_000_000, at_most: false, satisfying }.lines();
        assert_eq!(count(None), ["2,000,000 architectures, counted by genome"]);
        assert_eq!(
            count(Some(Satisfying::Exactly(1234)))[1],
            "1,234 of them (6.2e-2%) satisfy `where`, counted exactly"
        );
        let sampled = Satisfying::Sampled(Share { hits: 1000, draws: 10_000 });
        assert!(
            count(Some(sampled))[1]
                .starts_with("about 200,000 of them (10.0%) satisfy `where`, sampled: 1,000")
        );
    }
}
