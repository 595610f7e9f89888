//! Features made comparable: each enters as a clipped z-score and as a normal score. Both come from all trials that have
//! reached a decision point, also the paused ones, so that they do not depend on which trials the rule lets finish.

use super::normal;

/// Standard deviations are not taken as smaller than this many points.
const LEAST_DEVIATION: f64 = 0.02;
/// How far a z-score goes.
const FARTHEST: f64 = 3.0;

/// How features are made comparable at one decision point.
#[derive(Clone, Debug)]
pub(super) struct Standard {
    features: Vec<Spread>,
}

#[derive(Clone, Debug)]
struct Spread {
    mean: f64,
    deviation: f64,
    /// The known values in rising order, each once, with their normal scores.
    ranks: Vec<(f64, f64)>,
}

impl Standard {
    /// From the features of at least one trial, a row each.
    pub(super) fn new(rows: &[Vec<f64>]) -> Self {
        let count = rows.len();
        let scores: Vec<f64> =
            (0..count).map(|rank| normal::quantile((rank as f64 + 0.5) / count as f64)).collect();
        let width = rows.first().map_or(0, Vec::len);
        let features = (0..width).map(|k| spread(rows.iter().map(|row| row[k]).collect(), &scores)).collect();
        Standard { features }
    }

    /// How many numbers describe a trial: two a feature.
    pub(super) fn width(&self) -> usize {
        2 * self.features.len()
    }

    /// The z-scores, then the normal scores.
    pub(super) fn apply(&self, features: &[f64], into: &mut Vec<f64>) {
        into.clear();
        into.extend(features.iter().zip(&self.features).map(|(&x, spread)| spread.z_score(x)));
        into.extend(features.iter().zip(&self.features).map(|(&x, spread)| spread.normal_score(x)));
    }
}

fn spread(mut values: Vec<f64>, scores: &[f64]) -> Spread {
    let count = values.len() as f64;
    let mean = values.iter().map(|x| x / count).sum::<f64>();
    let variance = values.iter().map(|x| (x - mean) * (x - mean) / count).sum::<f64>();
    values.sort_unstable_by(f64::total_cmp);
    let mut ranks = Vec::with_capacity(values.len());
    let mut from = 0;
    while from < values.len() {
        let to = from + values[from..].iter().take_while(|&&x| x == values[from]).count();
        ranks.push((values[from], scores[from..to].iter().sum::<f64>() / (to - from) as f64));
        from = to;
    }
    Spread { mean, deviation: variance.sqrt().max(LEAST_DEVIATION), ranks }
}

impl Spread {
    fn z_score(&self, x: f64) -> f64 {
        ((x - self.mean) / self.deviation).clamp(-FARTHEST, FARTHEST)
    }

    /// Linear between known values, constant outside.
    fn normal_score(&self, x: f64) -> f64 {
        let above = self.ranks.partition_point(|&(value, _)| value <= x);
        match (above.checked_sub(1).map(|below| self.ranks[below]), self.ranks.get(above)) {
            (Some((low, from)), Some(&(high, to))) => from + (x - low) / (high - low) * (to - from),
            (Some((_, score)), None) | (None, Some(&(_, score))) => score,
            (None, None) => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(known: &[f64], x: f64) -> Vec<f64> {
        let standard = Standard::new(&known.iter().map(|&x| vec![x]).collect::<Vec<_>>());
        let mut into = Vec::new();
        standard.apply(&[x], &mut into);
        assert_eq!(into.len(), standard.width());
        into
    }

    #[test]
    fn normal_scores_interpolate_and_stay_inside() {
        let known = [1.0, 2.0, 3.0];
        let [low, middle, high] = [0.0, 2.0, 9.0].map(|x| applied(&known, x)[1]);
        assert!(middle.abs() < 1e-12 && (low + high).abs() < 1e-12 && (high - 0.967_421_566_1).abs() < 1e-9);
        assert!((applied(&known, 2.5)[1] - high / 2.0).abs() < 1e-12);
    }

    #[test]
    fn equal_values_share_a_score_and_a_constant_says_nothing() {
        assert_eq!(applied(&[5.0; 4], 5.0), [0.0, 0.0]);
        assert_eq!(applied(&[5.0; 4], 7.0), [3.0, 0.0]);
        assert!((applied(&[1.0, 1.0, 2.0], 1.0)[1] + 0.967_421_566_1 / 2.0).abs() < 1e-9);
    }
}
