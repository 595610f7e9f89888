//! How often intervals hold the truth on noisy networks, whose finished ones are few.

use super::*;

const NETWORKS: usize = 80;

/// A number from -1 to 1 that looks random.
fn noise(seed: usize) -> f64 {
    let mixed = (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed ^ (mixed >> 32)) & 0xffff) as f64 / 32_767.5 - 1.0
}

/// It saturates at a level that its first points tell, but for noise.
fn noisy(number: usize) -> Vec<f64> {
    let (top, rate) = (70.0 + 12.0 * noise(7 * number), 1.3 + 0.2 * noise(7 * number + 1));
    let value = |x: usize| top - 40.0 * rate.powi(-(x as i32)) + 1.5 * noise(100 * number + x);
    (1..=POINTS).map(value).collect()
}

/// The share of the paused networks whose truth lies inside, and the mean width.
fn covered(confidence: f64, history: HistoryRule) -> (f64, f64) {
    let facts = facts();
    let setting =
        Setting { direction: facts.direction, scale: facts.scale, confidence, history, costs: Vec::new() };
    let run = |number: usize| RecordedRun {
        run_id: number.to_string(),
        curve: half_epochs(&noisy(number)),
        ..RecordedRun::default()
    };
    let runs: Vec<_> = (0..NETWORKS).map(run).collect();
    let decisions = replay(&PopulationKind, &json!({}), &setting, &runs).unwrap();
    let intervals = decisions.iter().enumerate();
    let intervals: Vec<_> =
        intervals.filter_map(|(number, decision)| Some((number, decision.interval?))).collect();
    assert!(intervals.len() > NETWORKS / 2);
    let holds =
        |&(number, [low, high]): &(usize, [f64; 2])| (low..=high).contains(noisy(number).last().unwrap());
    let inside = intervals.iter().filter(|interval| holds(interval)).count();
    let width: f64 = intervals.iter().map(|(_, [low, high])| high - low).sum();
    let count = intervals.len() as f64;
    (inside as f64 / count, width / count)
}

#[test]
fn intervals_hold_about_as_many_truths_as_they_say() {
    for history in [HistoryRule::Sequential, HistoryRule::Generations { size: 10 }] {
        let [half, most, nearly_all] = [0.5, 0.8, 0.95].map(|confidence| covered(confidence, history));
        assert!((half.0 - 0.5).abs() < 0.15, "{half:?}");
        assert!((most.0 - 0.8).abs() < 0.12, "{most:?}");
        assert!(nearly_all.0 > 0.88, "{nearly_all:?}");
        assert!(half.1 < most.1 && most.1 < nearly_all.1 && nearly_all.1 < 20.0, "{half:?} {nearly_all:?}");
    }
}
