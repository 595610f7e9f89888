//! Differences of scores that don't matter: as many points as the user says, or the noise of a measurement on so many
//! examples. An accuracy on 359 images near 98 % has a standard error of .7 points, so that networks closer than
//! this aren't told apart by training them to the end either.

/// What differences don't matter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Resolution {
    /// Up to so many points.
    Points(f64),
    /// Up to one standard error of an accuracy on so many examples.
    Examples(u64),
}

impl Resolution {
    /// How many points don't matter near a score.
    ///
    /// The standard error of a share, the square root of p (1 - p) / n. For p stands the middle of what is believed of it
    /// after the n examples, (correct + 1/2) / (n + 1) (Jeffreys 1946), so that the error is not 0 at 0 and 100 %.
    pub(super) fn at(self, score: f64) -> f64 {
        match self {
            Resolution::Points(points) => points,
            Resolution::Examples(examples) => {
                let examples = examples as f64;
                let share = (score / 100.0 * examples + 0.5) / (examples + 1.0);
                100.0 * (share * (1.0 - share) / examples).sqrt()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standard_error_is_largest_in_the_middle_and_falls_with_the_root_of_the_examples() {
        let at = |examples, score| Resolution::Examples(examples).at(score);
        assert!((at(10_000, 50.0) - 0.5).abs() < 1e-12);
        assert!((at(359, 98.0) - 0.7626).abs() < 1e-4, "{}", at(359, 98.0));
        assert!((at(400, 80.0) / at(40_000, 80.0) - 10.0).abs() < 0.05);
        assert!((at(100, 7.0) - at(100, 93.0)).abs() < 1e-12);
    }

    #[test]
    fn at_the_ceiling_it_is_small_and_not_nothing() {
        for score in [0.0, 100.0] {
            let error = Resolution::Examples(359).at(score);
            assert!(error > 0.1 && error < 0.3, "{error}");
        }
        assert_eq!(Resolution::Points(0.25).at(100.0), 0.25);
    }
}
