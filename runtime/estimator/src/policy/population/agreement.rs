//! Agreement: a prediction is the less certain, the more it differs from those at the decision points before it.

use super::mixture::Guess;
use super::waiting::Belief;

/// So many earlier predictions must agree with the newest.
pub(super) const AGREEING: usize = 2;

/// The last predictions of a training.
#[derive(Clone, Debug, Default)]
pub(super) struct Agreement {
    /// Their scores, the oldest first.
    recent: [Option<f64>; AGREEING],
}

impl Agreement {
    /// What is believed with a prediction at the next decision point.
    pub(super) fn belief(&mut self, guess: Guess) -> Belief {
        let (score, deviation) = (guess.score(), guess.deviation());
        let earlier = self.recent.iter().flatten();
        let disagreement = earlier.map(|earlier| (score - earlier).abs()).fold(0.0, f64::max);
        self.recent.rotate_left(1);
        self.recent[AGREEING - 1] = Some(score);
        Belief { score, deviation: (deviation * deviation + disagreement * disagreement).sqrt() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::gaussian::to_log;
    use super::*;

    #[test]
    fn only_the_last_predictions_must_agree() {
        let mut agreement = Agreement::default();
        let mut believed = |score| {
            let guess = Guess { log: to_log(score), log_deviation: 0.01 };
            (agreement.belief(guess).deviation, guess.deviation())
        };
        let (first, own) = believed(50.0);
        assert_eq!(first, own, "there is none before it");
        let apart = [80.0, 81.0, 81.0, 81.0].map(|score| {
            let (deviation, own) = believed(score);
            (deviation * deviation - own * own).sqrt()
        });
        assert!((apart[0] - 30.0).abs() < 1e-6 && (apart[1] - 31.0).abs() < 1e-6, "{apart:?}");
        assert!((apart[2] - 1.0).abs() < 1e-6 && apart[3] < 1e-6, "{apart:?}");
    }
}
