//! How many networks a space holds: before its conditions, and after them exactly or as a sampled share.
//!
//! Networks are counted by genome: two genomes of one network are two.

use peng_spec::arch::NetworkFacts;
use peng_spec::expr::Formula;

/// Most draws from which a share is told.
const MOST_DRAWS: u32 = 10_000;

/// The quantile of the normal distribution of intervals of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// How many networks a space holds.
#[derive(Debug, Clone, PartialEq)]
pub struct SpaceCount {
    /// Genomes before conditions; what varies continuously is left out.
    pub genomes: Bound,
    /// Genomes that satisfy the conditions; `None`: there are no conditions.
    pub satisfying: Option<Satisfying>,
}

/// What is known of the number of genomes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// There are so many.
    Exactly(u128),
    /// There are no more; it would take too long to count them.
    AtMost(Size),
    /// They were counted, but no integer holds so many.
    MoreThan(u128),
}

/// A number of genomes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Size {
    /// The number.
    Whole(u128),
    /// The logarithm to base 2 of a number that no integer holds.
    Log2(f64),
}

/// How many genomes satisfy the conditions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Satisfying {
    /// So many.
    Exactly(u128),
    /// A share of those drawn uniformly.
    Sampled(Share),
    /// A share of those drawn as a search draws them, some more often than others.
    Drawn(Share),
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

impl Size {
    /// One.
    pub(super) const ONE: Self = Self::Whole(1);

    /// The logarithm to base 2.
    pub(super) fn log2(self) -> f64 {
        match self {
            Self::Whole(number) => libm::log2(number as f64),
            Self::Log2(log2) => log2,
        }
    }

    /// The sum.
    pub(super) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) if a.checked_add(b).is_some() => Self::Whole(a + b),
            _ => {
                let (a, b) = (self.log2(), other.log2());
                let most = a.max(b);
                Self::Log2(most + libm::log2(libm::exp2(a - most) + libm::exp2(b - most)))
            }
        }
    }

    /// The product.
    pub(super) fn times(self, other: Self) -> Self {
        match (self, other) {
            (Self::Whole(0), _) | (_, Self::Whole(0)) => Self::Whole(0),
            (Self::Whole(a), Self::Whole(b)) if a.checked_mul(b).is_some() => Self::Whole(a * b),
            _ => Self::Log2(self.log2() + other.log2()),
        }
    }

    /// The nearest number that is finite.
    pub(super) fn rounded(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Log2(log2) => libm::exp2(log2).min(f64::MAX),
        }
    }
}

impl Bound {
    /// Of what was counted.
    pub(super) fn counted(size: Size) -> Self {
        match size {
            Size::Whole(number) => Self::Exactly(number),
            Size::Log2(_) => Self::MoreThan(u128::MAX),
        }
    }
}

/// The share of draws that satisfy conditions; a draw that is none is the end.
pub(super) fn sampled(conditions: &[Formula], mut draw: impl FnMut(u32) -> Option<NetworkFacts>) -> Share {
    let mut share = Share { hits: 0, draws: 0 };
    for facts in (0..MOST_DRAWS).map_while(&mut draw) {
        share.hits += u32::from(facts.satisfy(conditions));
        share.draws += 1;
    }
    share
}

impl SpaceCount {
    /// In words, a line each.
    pub fn lines(&self) -> Vec<String> {
        let all = match self.genomes {
            Bound::Exactly(count) => number(count),
            Bound::AtMost(Size::Whole(count)) => format!("at most {}", number(count)),
            Bound::AtMost(Size::Log2(log2)) => format!("at most {}", power(log2)),
            Bound::MoreThan(count) => format!("more than {:.1e}", count as f64),
        };
        let mut lines = vec![format!("{all} architectures, counted by genome")];
        lines.extend(self.satisfying.map(|satisfying| self.satisfying_line(satisfying)));
        lines
    }

    fn satisfying_line(&self, satisfying: Satisfying) -> String {
        let share = match satisfying {
            Satisfying::Exactly(count) => {
                let count_of = number(count);
                return match self.genomes {
                    Bound::Exactly(all) => {
                        let share = percent(count as f64 / all as f64);
                        format!("{count_of} of them ({share}) satisfy `where`, counted exactly")
                    }
                    Bound::AtMost(_) | Bound::MoreThan(_) => {
                        format!("{count_of} of them satisfy `where`, counted exactly")
                    }
                };
            }
            Satisfying::Drawn(Share { hits, draws }) => {
                let [hits, draws] = [hits, draws].map(|count| number(count.into()));
                return format!("of {draws} networks as a search draws them, {hits} satisfy `where`");
            }
            Satisfying::Sampled(share) => share,
        };
        let [low, high] = share.interval();
        let point = f64::from(share.hits) / f64::from(share.draws);
        let [hits, draws] = [share.hits, share.draws].map(|count| number(count.into()));
        let [shown, from, to] = [point, low, high].map(percent);
        let sampled = format!("sampled: {hits} of {draws} draws, 95% interval {from} to {to}");
        match self.genomes {
            Bound::Exactly(all) => {
                let [about, low, high] = [point, low, high].map(|share| share * all as f64);
                format!(
                    "about {} of them ({shown}) satisfy `where`, {sampled}, {low:.2e} to {high:.2e} architectures",
                    approximate(about)
                )
            }
            Bound::AtMost(_) | Bound::MoreThan(_) => format!("{shown} of them satisfy `where`, {sampled}"),
        }
    }
}

fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent == 0.0 || percent >= 0.1 { format!("{percent:.1}%") } else { format!("{percent:.1e}%") }
}

fn approximate(count: f64) -> String {
    if count < 1e6 { number(count.round() as u128) } else { format!("{count:.2e}") }
}

/// A number of which the logarithm to base 2 is known, rounded up.
fn power(log2: f64) -> String {
    let log10 = log2 * std::f64::consts::LOG10_2;
    let tenths = (libm::exp10(log10.fract()) * 10.0).ceil();
    let (tenths, carry) = if tenths >= 100.0 { (10.0, 1.0) } else { (tenths, 0.0) };
    format!("{:.1}e{}", tenths / 10.0, log10.floor() + carry)
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
        let lines = |genomes, satisfying| SpaceCount { genomes, satisfying }.lines();
        let all = Bound::Exactly(2_000_000);
        assert_eq!(lines(all, None), ["2,000,000 architectures, counted by genome"]);
        assert_eq!(
            lines(all, Some(Satisfying::Exactly(1234)))[1],
            "1,234 of them (6.2e-2%) satisfy `where`, counted exactly"
        );
        let share = Share { hits: 1000, draws: 10_000 };
        assert_eq!(
            lines(all, Some(Satisfying::Sampled(share)))[1],
            "about 200,000 of them (10.0%) satisfy `where`, sampled: 1,000 of 10,000 draws, 95% interval 9.4% to 10.6%, \
             1.89e5 to 2.12e5 architectures"
        );
        // Of a bound no share is told.
        let bound = Bound::AtMost(Size::Whole(2_000_000));
        assert_eq!(lines(bound, None), ["at most 2,000,000 architectures, counted by genome"]);
        assert_eq!(
            lines(bound, Some(Satisfying::Exactly(1234)))[1],
            "1,234 of them satisfy `where`, counted exactly"
        );
        assert_eq!(
            lines(bound, Some(Satisfying::Drawn(share)))[1],
            "of 10,000 networks as a search draws them, 1,000 satisfy `where`"
        );
        let many = Bound::MoreThan(u128::MAX);
        assert_eq!(
            lines(many, Some(Satisfying::Sampled(share))),
            [
                "more than 3.4e38 architectures, counted by genome",
                "10.0% of them satisfy `where`, sampled: 1,000 of 10,000 draws, 95% interval 9.4% to 10.6%"
            ]
        );
        assert_eq!(
            lines(Bound::AtMost(Size::Log2(2000.0)), None),
            ["at most 1.2e602 architectures, counted by genome"]
        );
    }

    #[test]
    fn sizes_go_on_where_integers_end() {
        let most = Size::Whole(u128::MAX);
        assert_eq!(Size::Whole(6).plus(Size::ONE).times(Size::Whole(2)), Size::Whole(14));
        assert_eq!(most.plus(Size::ONE), Size::Log2(128.0));
        assert_eq!(most.times(most), Size::Log2(256.0));
        assert_eq!(Size::Log2(1e6).plus(Size::Log2(1e6)), Size::Log2(1e6 + 1.0));
        assert_eq!(Size::Log2(1e6).rounded(), f64::MAX);
        assert_eq!(most.times(Size::Whole(0)), Size::Whole(0));
    }
}
