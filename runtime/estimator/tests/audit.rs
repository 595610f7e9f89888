//! The audit's figures on small sets of trials, worked out by hand; `audit_simulated.rs` has the large ones.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "tests need not give the same bits everywhere")]

use peng_estimator::audit::{AuditEstimate, AuditTrial, Judged, estimate};
use peng_estimator::{Direction, Progress};

fn trial(judged: Judged) -> AuditTrial {
    AuditTrial { epochs_planned: Progress::whole(10), judged }
}

fn completed(truth: f64) -> AuditTrial {
    trial(Judged::Completed { truth })
}

fn stopped(fitness: f64) -> AuditTrial {
    trial(Judged::Stopped { fitness, epochs: Progress::whole(4) })
}

fn audited(fitness: f64, truth: f64) -> AuditTrial {
    trial(Judged::Audited { fitness, epochs: Progress::whole(4), truth })
}

fn estimated(trials: &[AuditTrial]) -> AuditEstimate {
    estimate(trials, Direction::Maximize, 0.9).unwrap()
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
}

/// Ten trials, hence a top of one: by fitness the 90.
fn ten() -> Vec<AuditTrial> {
    let mut trials = vec![completed(90.0), audited(60.0, 94.0), audited(50.0, 50.0), audited(70.0, 69.0)];
    trials.extend([stopped(40.0), stopped(41.0), stopped(42.0)]);
    trials.extend([completed(10.0), completed(20.0), completed(30.0)]);
    trials
}

#[test]
fn regret_is_the_share_of_what_was_missed() {
    let found = estimated(&ten());
    assert_eq!((found.trials, found.stopped, found.audited, found.diverged), (10, 6, 3, 0));
    // The known value of rank 1 is the audited 94; the 90 is in its place.
    near(found.regret.unwrap(), 4.0);
    // Of twenty the top is two: the 90 and the audited 70, and the threshold is the 90. Of the three audited the first
    // was missed by 94 - 90, the last is wrongly in by 90 - 69; they stand for sixteen.
    let mut trials = ten();
    trials.extend([stopped(1.0); 10]);
    near(estimated(&trials).regret.unwrap(), (4.0 + 21.0) / 3.0 * 16.0 / 2.0);
}

#[test]
fn errors_are_those_of_the_audited() {
    let found = estimated(&ten());
    near(found.mae.unwrap(), 35.0 / 3.0);
    near(found.bias.unwrap(), -11.0);
    // Student's 0.95 quantile for two degrees of freedom is 2.919986; the errors are -34, 0 and 1.
    let error = (794.0_f64 / 6.0).sqrt() * 2.919_985_580_355_5;
    let [low, high] = found.bias_interval.unwrap();
    assert!((low - (-11.0 - error)).abs() < 1e-6 && (high - (-11.0 + error)).abs() < 1e-6);
    assert_eq!(found.mae_interval.unwrap()[0], 0.0);
}

#[test]
fn savings_are_the_policys_and_the_audit_has_its_price() {
    let found = estimated(&ten());
    near(found.saved_share, 0.36);
    near(found.audit_share, 0.18);
    // Six of ten trials of 10 epochs save 6 of them; Student's 0.95 quantile for nine degrees of freedom is 1.833113.
    let error = (6.0 * 2.4_f64.powi(2) + 4.0 * 3.6_f64.powi(2)) / 90.0;
    let [low, high] = found.saved_interval.unwrap();
    assert!((high - low - 2.0 * 1.833_112_932_656 * error.sqrt() / 10.0).abs() < 1e-6, "{low} {high}");
}

#[test]
fn falling_metrics_are_mirrored() {
    let mirrored = |trial: AuditTrial| {
        let judged = match trial.judged {
            Judged::Completed { truth } => Judged::Completed { truth: -truth },
            Judged::Stopped { fitness, epochs } => Judged::Stopped { fitness: -fitness, epochs },
            Judged::Audited { fitness, epochs, truth } => {
                Judged::Audited { fitness: -fitness, epochs, truth: -truth }
            }
        };
        AuditTrial { judged, ..trial }
    };
    let falling: Vec<AuditTrial> = ten().into_iter().map(mirrored).collect();
    let (falling, rising) = (estimate(&falling, Direction::Minimize, 0.9).unwrap(), estimated(&ten()));
    assert_eq!(falling.regret, rising.regret);
    assert_eq!(falling.regret_interval, rising.regret_interval);
    assert_eq!((falling.mae, falling.bias), (rising.mae, rising.bias.map(|bias| -bias)));
}

#[test]
fn ties_share_the_places_in_the_top() {
    // The policy says 50 of all ten; truths 60 and nine times 50: a draw finds the 60 once in ten.
    let mut trials = vec![audited(50.0, 50.0); 9];
    trials.push(audited(50.0, 60.0));
    let found = estimated(&trials);
    near(found.regret.unwrap(), 9.0);
    let all_right = vec![audited(100.0, 100.0); 10];
    let found = estimated(&all_right);
    assert_eq!((found.regret, found.regret_interval), (Some(0.0), None));
}

#[test]
fn the_same_error_everywhere_is_no_regret() {
    let truths: Vec<f64> = (0..40).map(|i| f64::from(i * 17 % 40)).collect();
    let shifted: Vec<AuditTrial> = truths
        .iter()
        .enumerate()
        .map(|(i, &truth)| if i % 4 == 0 { audited(truth - 12.0, truth) } else { stopped(truth - 12.0) })
        .collect();
    let found = estimated(&shifted);
    assert_eq!((found.regret, found.bias), (Some(0.0), Some(-12.0)));
}

#[test]
fn a_diverged_trial_has_the_worst_value() {
    for broken in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut trials = ten();
        trials.push(audited(95.0, broken));
        let found = estimated(&trials);
        let mut as_worst = ten();
        as_worst.push(audited(95.0, 10.0));
        let expected = estimated(&as_worst);
        assert_eq!(found.diverged, 1);
        assert_eq!(AuditEstimate { diverged: 0, ..found }, expected, "{broken}");
        assert!(expected.regret.unwrap() > 10.0);
    }
    let nothing_finite = [audited(f64::NAN, f64::NAN), stopped(f64::INFINITY), completed(f64::NAN)];
    assert_eq!(estimated(&nothing_finite).regret, Some(0.0));
}

#[test]
fn what_cannot_be_known_is_none() {
    let none = estimated(&[]);
    assert_eq!((none.trials, none.saved_share, none.mae, none.regret), (0, 0.0, None, Some(0.0)));
    let unaudited = estimated(&[stopped(1.0), completed(2.0)]);
    assert_eq!((unaudited.regret, unaudited.regret_interval, unaudited.bias), (None, None, None));
    let one = estimated(&[audited(1.0, 3.0), completed(2.0)]);
    assert_eq!((one.regret, one.regret_interval, one.mae_interval), (Some(1.0), None, None));
    assert!(!one.exceeds(0.0));
    assert!(estimate(&[], Direction::Maximize, 1.0).is_err());
    assert!(estimate(&[], Direction::Maximize, f64::NAN).is_err());
}

#[test]
fn huge_values_leave_no_number_that_is_not_finite() {
    for (a, b) in [(f64::MAX, -f64::MAX), (-f64::MAX, f64::MAX), (1e300, 0.0)] {
        let mut trials = vec![audited(a, b), audited(b, a), audited(0.0, a), completed(b), completed(a)];
        trials.extend([stopped(a); 20]);
        let found = estimated(&trials);
        let text = serde_json::to_string(&found).unwrap();
        assert_eq!(serde_json::from_str::<AuditEstimate>(&text).unwrap(), found);
        let numbers = [found.mae, found.bias, found.regret].into_iter().flatten();
        let ends = [found.mae_interval, found.bias_interval, found.regret_interval].into_iter().flatten();
        assert!(numbers.chain(ends.flatten()).all(f64::is_finite), "{found:?}");
    }
}
