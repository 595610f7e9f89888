//! Intervals: how far truths lie from predictions, in deviations. The shape comes from the leave-one-out residuals of
//! finished trainings, blended with Student's t of the same median, since there are few of them and their tails are heavy.

use crate::quantile::median;

/// How many residuals' worth Student's t weighs.
const PRIOR: f64 = 12.0;
/// With fewer residuals Student's t has its own width.
const FEWEST: usize = 3;
/// By how much residuals are too small: what is left out of an example's prediction still has a say in which candidates
/// count.
const OPTIMISM: f64 = 1.05;
/// The least width of Student's t.
const NARROWEST: f64 = 1e-3;
/// No interval is asked for with more confidence.
const MOST_CONFIDENCE: f64 = 0.999_999;

/// The distribution of residuals, in deviations.
#[derive(Clone, Debug)]
pub(super) struct Residuals {
    sizes: Vec<f64>,
    /// The width of Student's t.
    width: f64,
}

impl Residuals {
    /// From residuals relative to their deviations, without signs.
    pub(super) fn new(mut sizes: Vec<f64>) -> Self {
        for size in &mut sizes {
            *size *= OPTIMISM;
        }
        let middle = if sizes.len() < FEWEST { None } else { median(&mut sizes) };
        sizes.sort_unstable_by(f64::total_cmp);
        let width = middle.map_or(1.0, |middle| (middle / student(0.5)).max(NARROWEST));
        Residuals { sizes, width }
    }

    /// How many deviations to each side hold the truth with this confidence.
    pub(super) fn reach(&self, confidence: f64) -> f64 {
        let confidence = confidence.clamp(0.0, MOST_CONFIDENCE);
        let (mut low, mut high) =
            (0.0, (self.width * student(confidence)).max(self.sizes.last().copied().unwrap_or(0.0)));
        for _ in 0..50 {
            let middle = f64::midpoint(low, high);
            if self.share_within(middle) < confidence { low = middle } else { high = middle }
        }
        high
    }

    fn share_within(&self, reach: f64) -> f64 {
        let known = self.sizes.partition_point(|&size| size <= reach) as f64;
        let reach = reach / self.width;
        let prior = reach / (2.0 + reach * reach).sqrt();
        (known + PRIOR * prior) / (self.sizes.len() as f64 + PRIOR)
    }
}

/// How far to each side Student's t with 2 degrees of freedom lies with this confidence.
fn student(confidence: f64) -> f64 {
    confidence * (2.0 / (1.0 - confidence * confidence)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_residuals_of_any_size_leave_its_tails_to_students_t() {
        let small = Residuals::new((1..=9).map(|size| f64::from(size) / 1000.0).collect());
        assert!((small.reach(0.5) - 0.005 * OPTIMISM).abs() < 1e-3, "{}", small.reach(0.5));
        assert!((0.012..0.05).contains(&small.reach(0.95)), "{}", small.reach(0.95));
        let exact = Residuals::new(vec![0.0; 9]);
        assert!(exact.reach(0.95) < 0.01 && exact.reach(0.95) > 0.0, "{}", exact.reach(0.95));
    }

    #[test]
    fn without_residuals_it_is_students_t() {
        let none = Residuals::new(Vec::new());
        assert!((none.reach(0.95) - 4.302_652_73).abs() < 1e-6, "{}", none.reach(0.95));
        assert!((none.reach(0.5) - 0.816_496_58).abs() < 1e-6, "{}", none.reach(0.5));
    }

    #[test]
    fn many_residuals_prevail_and_more_confidence_is_wider() {
        let many = Residuals::new((1..=1000).map(|size| f64::from(size) / 1000.0 / OPTIMISM).collect());
        assert!((many.reach(0.5) - 0.5).abs() < 0.01 && (many.reach(0.9) - 0.9).abs() < 0.02);
        let reaches = [0.0, 0.3, 0.5, 0.8, 0.95, 0.99, 1.0].map(|confidence| many.reach(confidence));
        assert!(reaches.windows(2).all(|pair| pair[0] < pair[1] && pair[1].is_finite()), "{reaches:?}");
    }
}
