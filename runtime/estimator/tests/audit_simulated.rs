//! The audit on simulated searches, whose regret is known.
//!
//! 10 planned epochs, truths about 70 with a standard deviation of 5 points; the policy stops four trials of five at
//! epoch 4.
#![allow(clippy::unwrap_used)]

use peng_estimator::audit::{AuditEstimate, AuditTrial, Judged, estimate};
use peng_estimator::{Direction, Progress};

/// `SplitMix64` (Steele, Lea and Flood 2014).
struct Generator(u64);

impl Generator {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Nearly normal: the sum of twelve uniforms.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// What the policy hands over for a truth.
type Policy = fn(f64, &mut Generator) -> f64;

fn good(truth: f64, generator: &mut Generator) -> f64 {
    truth + 0.3 * generator.normal()
}

fn fair(truth: f64, generator: &mut Generator) -> f64 {
    truth + 3.0 * generator.normal()
}

fn low_by_ten(truth: f64, _: &mut Generator) -> f64 {
    truth - 10.0
}

fn noise(_: f64, generator: &mut Generator) -> f64 {
    70.0 + 5.0 * generator.normal()
}

/// Mean of the `k` values that come first by `key`, largest first.
fn mean_of_top(k: usize, mut pairs: Vec<(f64, f64)>) -> f64 {
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    pairs[..k].iter().map(|(_, truth)| truth).sum::<f64>() / k as f64
}

/// The true regret, and the estimate.
fn search(
    seed: u64,
    count: usize,
    audit: f64,
    stopped_share: f64,
    direction: Direction,
    policy: Policy,
) -> (f64, AuditEstimate) {
    let mut generator = Generator(seed);
    let mut trials = Vec::new();
    let mut pairs = Vec::new();
    for _ in 0..count {
        let truth = 70.0 + 5.0 * generator.normal();
        let is_stopped = generator.uniform() < stopped_share;
        let fitness = policy(truth, &mut generator);
        let sign = match direction {
            Direction::Maximize => 1.0,
            Direction::Minimize => -1.0,
        };
        let epochs = Progress::whole(4);
        let judged = if !is_stopped {
            Judged::Completed { truth: sign * truth }
        } else if generator.uniform() < audit {
            Judged::Audited { fitness: sign * fitness, epochs, truth: sign * truth }
        } else {
            Judged::Stopped { fitness: sign * fitness, epochs }
        };
        pairs.push((if is_stopped { fitness } else { truth }, truth));
        trials.push(AuditTrial { epochs_planned: Progress::whole(10), judged });
    }
    let k = count.div_ceil(10);
    let best = mean_of_top(k, pairs.iter().map(|&(_, truth)| (truth, truth)).collect());
    (best - mean_of_top(k, pairs), estimate(&trials, direction, 0.9).unwrap())
}

fn searches(count: usize, audit: f64, stopped_share: f64, policy: Policy) -> Vec<(f64, AuditEstimate)> {
    (0..200).map(|seed| search(seed, count, audit, stopped_share, Direction::Maximize, policy)).collect()
}

fn share(searches: &[(f64, AuditEstimate)], holds: impl Fn(&(f64, AuditEstimate)) -> bool) -> f64 {
    searches.iter().filter(|search| holds(search)).count() as f64 / searches.len() as f64
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// Of the searches whose regret has an interval: in which it covers the true regret, and in which its lower end doesn't
/// lie above.
fn coverage(searches: &[(f64, AuditEstimate)]) -> (f64, f64) {
    let given: Vec<_> =
        searches.iter().filter(|(_, found)| found.regret_interval.is_some()).cloned().collect();
    assert!(given.len() * 10 > searches.len() * 9, "only {} have one", given.len());
    let ends = |found: &AuditEstimate| found.regret_interval.unwrap();
    let covers = share(&given, |(truth, found)| (ends(found)[0]..=ends(found)[1]).contains(truth));
    (covers, share(&given, |(truth, found)| ends(found)[0] <= *truth))
}

#[test]
fn intervals_cover_the_true_regret_nearly_as_often_as_they_say() {
    for policy in [fair as Policy, noise] {
        let searches = searches(400, 0.4, 0.8, policy);
        let (covers, from_below) = coverage(&searches);
        assert!(covers > 0.84, "{covers}");
        assert!(from_below > 0.95, "{from_below}");
        let known = mean(searches.iter().map(|(truth, _)| *truth));
        let found = mean(searches.iter().filter_map(|(_, found)| found.regret));
        assert!((found - known).abs() < 0.1 * known, "{found}, expected {known}");
    }
}

#[test]
fn falling_metrics_have_the_same_estimates() {
    for seed in 0..20 {
        let [rising, falling] = [Direction::Maximize, Direction::Minimize]
            .map(|direction| search(seed, 100, 0.3, 0.8, direction, fair));
        assert_eq!((rising.0, rising.1.regret), (falling.0, falling.1.regret));
    }
}

#[test]
fn a_good_policy_is_never_switched_off() {
    for (count, audit) in [(100, 0.05), (100, 0.4), (400, 0.05), (400, 0.4)] {
        let searches = searches(count, audit, 0.8, good);
        assert_eq!(share(&searches, |(_, found)| found.exceeds(0.1)), 0.0);
        assert!(mean(searches.iter().filter_map(|(_, found)| found.regret)) < 0.03);
    }
}

#[test]
fn a_policy_that_is_low_everywhere_loses_nothing_where_it_stops_all() {
    let searches = searches(100, 0.3, 1.0, low_by_ten);
    assert!(searches.iter().all(|(_, found)| found.regret.is_none_or(|regret| regret < 1e-9)));
    assert!(searches.iter().all(|(_, found)| found.bias.is_none_or(|bias| (bias + 10.0).abs() < 1e-9)));
}

#[test]
fn a_policy_that_is_low_where_it_stops_is_found_out() {
    let searches = searches(100, 0.4, 0.8, low_by_ten);
    assert!(mean(searches.iter().map(|(truth, _)| *truth)) > 3.0);
    assert!(share(&searches, |(_, found)| found.exceeds(0.5)) > 0.85);
}

#[test]
fn pure_noise_is_found_out_with_sixty_audited_trials() {
    let searches = searches(400, 0.2, 0.8, noise);
    assert!(share(&searches, |(_, found)| found.exceeds(0.5)) > 0.9);
    let few = self::searches(100, 0.05, 0.8, noise);
    assert!(share(&few, |(_, found)| found.exceeds(0.5)) < 0.05, "four audited trials tell nothing");
}

#[test]
fn pruning_what_is_bad_is_not_taken_for_a_regret() {
    let off = (0..200).filter(|&seed| {
        let mut generator = Generator(seed);
        let trials: Vec<AuditTrial> = (0..100)
            .map(|_| {
                let truth = 70.0 + 5.0 * generator.normal();
                let epochs = Progress::whole(4);
                let fitness = truth - 10.0 - 30.0 * generator.uniform();
                let judged = if truth > 70.0 {
                    Judged::Completed { truth }
                } else if generator.uniform() < 0.4 {
                    Judged::Audited { fitness, epochs, truth }
                } else {
                    Judged::Stopped { fitness, epochs }
                };
                AuditTrial { epochs_planned: Progress::whole(10), judged }
            })
            .collect();
        let found = estimate(&trials, Direction::Maximize, 0.9).unwrap();
        found.regret.is_none_or(|regret| regret > 1e-9)
    });
    assert_eq!(off.count(), 0);
}

#[test]
fn the_order_of_the_trials_does_not_matter() {
    let trials: Vec<AuditTrial> = (0..50_u32)
        .map(|i| {
            let (fitness, truth) = (f64::from(i * 31 % 50), f64::from(i * 13 % 50));
            let epochs = Progress::whole(i % 9 + 1);
            let judged = match i % 3 {
                0 => Judged::Completed { truth },
                1 => Judged::Stopped { fitness, epochs },
                _ => Judged::Audited { fitness, epochs, truth },
            };
            AuditTrial { epochs_planned: Progress::whole(10), judged }
        })
        .collect();
    let mut reversed = trials.clone();
    reversed.reverse();
    let [a, b] = [trials, reversed].map(|trials| estimate(&trials, Direction::Maximize, 0.9).unwrap());
    assert_eq!((a.regret, a.mae, a.saved_share), (b.regret, b.mae, b.saved_share));
}
