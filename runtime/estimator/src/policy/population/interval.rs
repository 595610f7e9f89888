//! Intervals: how far truths lie from predictions, in deviations. The shape comes from the leave-one-out residuals of the
//! finished trainings, blended with Student's t, since there are few of them and their tails are heavy.

/// How many residuals' worth Student's t weighs.
const PRIOR: f64 = 8.0;
/// No interval is asked for with more confidence.
const MOST_CONFIDENCE: f64 = 0.999_999;

/// The distribution of residuals, in deviations.
#[derive(Clone, Debug)]
pub(super) struct Residuals {
    sizes: Vec<f64>,
}

impl Residuals {
    /// From residuals relative to their deviations, without signs.
    pub(super) fn new(mut sizes: Vec<f64>) -> Self {
        sizes.sort_unstable_by(f64::total_cmp);
        Residuals { sizes }
    }

    /// How many deviations to each side hold the truth with this confidence.
    pub(super) fn reach(&self, confidence: f64) -> f64 {
        let confidence = confidence.clamp(0.0, MOST_CONFIDENCE);
        let (mut low, mut high) = (0.0, student(confidence).max(self.sizes.last().copied().unwrap_or(0.0)));
        for _ in 0..50 {
            let middle = f64::midpoint(low, high);
            if self.share_within(middle) < confidence { low = middle } else { high = middle }
        }
        high
    }

    fn share_within(&self, reach: f64) -> f64 {
        let known = self.sizes.partition_point(|&size| size <= reach) as f64;
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
    fn without_residuals_it_is_students_t() {
        let none = Residuals::new(Vec::new());
        assert!((none.reach(0.95) - 4.302_652_73).abs() < 1e-6, "{}", none.reach(0.95));
        assert!((none.reach(0.5) - 0.816_496_58).abs() < 1e-6, "{}", none.reach(0.5));
    }

    #[test]
    fn many_residuals_prevail_and_more_confidence_is_wider() {
        let many = Residuals::new((1..=1000).map(|size| f64::from(size) / 1000.0).collect());
        assert!((many.reach(0.5) - 0.5).abs() < 0.01 && (many.reach(0.9) - 0.9).abs() < 0.02);
        let reaches = [0.0, 0.3, 0.5, 0.8, 0.95, 0.99, 1.0].map(|confidence| many.reach(confidence));
        assert!(reaches.windows(2).all(|pair| pair[0] < pair[1] && pair[1].is_finite()), "{reaches:?}");
    }
}
