//! What audited trials say of a policy: its error, its savings, and the regret of the top tenth, with intervals.
//!
//! A share of the trials, chosen by a hash outside this crate, is trained to its end although the policy would have
//! stopped it. Not here: which trials those are, and what is done about a bad policy.
//!
//! # The regret of the top tenth
//!
//! Let higher be better; y is a trial's truth, f the fitness that the policy hands over (y where it doesn't stop), n the
//! number of trials and k = ceil(n/10). Choosing by f, trial i is among the k best with weight `m_i`: 1 above the fitness
//! of rank k, 0 below it, and those that tie with it share the places that are left, so the weights sum to k. The
//! regret is (sum of the k largest y - sum of `m_i y_i`) / k, in the metric's units. For any threshold c,
//!
//! ```text
//! k regret <= sum (y_i - c)^+  -  sum m_i (y_i - c)  =  sum r_i,    r_i = (1 - m_i) (y_i - c)^+  +  m_i (c - y_i)^+,
//! ```
//!
//! with equality where c is the truth of rank k: the first term is what was missed, the second what is wrongly in. A trial
//! that the policy let run has a known `r_i`. The audited trials are a uniform sample of the stopped ones, so the sum of
//! those is estimated by stopped trials times the mean of the audited `r_i`, and its interval is Student's for that mean.
//!
//! Assumed, and what it costs:
//! * c is taken as fixed. It is the value of rank k among all trials, truths where known, else f; or else f less the
//!   median error of the audited, so that a policy that is wrong by the same amount everywhere, which changes no rank,
//!   has no regret. The one with the smaller sum is used: c can only make it too large.
//! * Nearly all `r_i` are 0, so the interval is rough: its upper end is too low as long as few audited trials have
//!   contradicted the policy. Its lower end errs towards 0. There is none where all `r_i` are equal.
//! * It is the regret of the policy alone: the audited trials' truths, which the search has, are no part of f.
//!
//! **How many audited trials it takes** (simulated in `tests/audit_simulated.rs`, truths with a standard deviation of 5
//! points, confidence 90 %): the lower end exceeds 0.5 points for a policy that hands over pure noise (a regret of 7 to 9
//! points) in a sixth of the searches with 16 audited trials, in three of five with 32, in nineteen of twenty with 64;
//! for one with errors of 3 points (a regret of 1.3) it takes 200 to see it in three of five. With fewer than ten only the
//! mean error says anything: `audit: 5%` needs hundreds of trials.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::curve::Direction;
use crate::progress::Progress;
use crate::quantile::median;

/// One in how many trials counts as the top.
const TOP: usize = 10;

/// What became of a trial that ended with a result. Values may be NaN or infinite.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    /// The policy let it run to its end, chosen for an audit or not.
    Completed {
        /// The final value, which is its fitness.
        truth: f64,
    },
    /// The policy stopped it.
    Stopped {
        /// What was handed to the search.
        fitness: f64,
        /// The epochs trained.
        epochs: Progress,
    },
    /// The policy would have stopped it; it was trained to its end as a check.
    Audited {
        /// What would have been handed to the search.
        fitness: f64,
        /// The epochs after which it would have been stopped.
        epochs: Progress,
        /// The final value.
        truth: f64,
    },
}

/// A trial as the audit sees it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditTrial {
    /// The epochs of its whole training.
    pub epochs_planned: Progress,
    /// What became of it.
    pub judged: Judged,
}

/// What audited trials say of a policy. Values and errors are in the metric's own units; intervals are after Student and
/// `None` with fewer than two observations. A number that overflows is `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditEstimate {
    /// All trials with a result.
    pub trials: usize,
    /// Those that the policy stopped or would have stopped.
    pub stopped: usize,
    /// Those of the stopped that were trained to their end.
    pub audited: usize,
    /// Audited trials whose truth is NaN or infinite. A value that is not finite counts, everywhere here, as the worst
    /// finite value of all trials.
    pub diverged: usize,
    /// Mean absolute error, fitness against truth, of the audited trials.
    pub mae: Option<f64>,
    /// Its interval, cut at 0.
    pub mae_interval: Option<[f64; 2]>,
    /// Mean of fitness - truth: above 0 where the policy hands over values that are too high.
    pub bias: Option<f64>,
    /// Its interval.
    pub bias_interval: Option<[f64; 2]>,
    /// Share of the planned epochs that the policy saves by itself, 0 to 1.
    pub saved_share: f64,
    /// Its interval over trials (a ratio of means, Cochran 1977, equation 6.13), cut to 0 and 1.
    pub saved_interval: Option<[f64; 2]>,
    /// Share of the planned epochs that the audit costs, 0 to 1; what is really saved is `saved_share` less this.
    pub audit_share: f64,
    /// The regret of the top tenth; 0 where nothing was stopped, `None` where trials were stopped and none audited.
    pub regret: Option<f64>,
    /// Its interval, cut at 0; also `None` where all audited trials contribute the same, as when none contradicts
    /// the policy.
    pub regret_interval: Option<[f64; 2]>,
    /// The confidence of the intervals, 0 to 1.
    pub confidence: f64,
}

/// The confidence is no share between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("the confidence is {confidence}; expected more than 0 and less than 1")]
pub struct AuditError {
    /// As given.
    pub confidence: f64,
}

impl AuditEstimate {
    /// Whether the regret certainly exceeds `limit`: whether the lower end of its interval lies above.
    pub fn exceeds(&self, limit: f64) -> bool {
        self.regret_interval.is_some_and(|[low, _]| low > limit)
    }
}

impl Judged {
    fn fitness(&self) -> f64 {
        match *self {
            Judged::Completed { truth } => truth,
            Judged::Stopped { fitness, .. } | Judged::Audited { fitness, .. } => fitness,
        }
    }

    fn truth(&self) -> Option<f64> {
        match *self {
            Judged::Completed { truth } | Judged::Audited { truth, .. } => Some(truth),
            Judged::Stopped { .. } => None,
        }
    }

    /// The epochs with which the policy is, or would have been, content.
    fn epochs(&self) -> Option<Progress> {
        match *self {
            Judged::Completed { .. } => None,
            Judged::Stopped { epochs, .. } | Judged::Audited { epochs, .. } => Some(epochs),
        }
    }

    const fn is_audited(&self) -> bool {
        match self {
            Judged::Audited { .. } => true,
            Judged::Completed { .. } | Judged::Stopped { .. } => false,
        }
    }
}

/// Estimates what a policy costs and saves from the trials so far, in any order.
pub fn estimate(
    trials: &[AuditTrial],
    direction: Direction,
    confidence: f64,
) -> Result<AuditEstimate, AuditError> {
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(AuditError { confidence });
    }
    let scored = scored(trials, direction);
    let errors: Vec<f64> = scored.iter().filter_map(Scored::audited_error).collect();
    let absolute: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
    let sign = match direction {
        Direction::Maximize => 1.0,
        Direction::Minimize => -1.0,
    };
    let signed: Vec<f64> = errors.iter().map(|error| sign * error).collect();
    let stopped = trials.iter().filter(|trial| trial.judged.epochs().is_some()).count();
    let audited = errors.len();
    let diverged = |trial: &&AuditTrial| {
        trial.judged.is_audited() && trial.judged.truth().is_some_and(|truth| !truth.is_finite())
    };
    let (regret, regret_interval) = regret(&scored, stopped, confidence);
    Ok(AuditEstimate {
        trials: trials.len(),
        stopped,
        audited,
        diverged: trials.iter().filter(diverged).count(),
        mae: mean(&absolute),
        mae_interval: interval(&absolute, confidence).map(|[low, high]| [low.max(0.0), high]),
        bias: mean(&signed),
        bias_interval: interval(&signed, confidence),
        confidence,
        regret,
        regret_interval,
        ..savings(trials, confidence)
    })
}

/// A trial with higher values better and all values finite.
struct Scored {
    fitness: f64,
    truth: Option<f64>,
    is_stopped: bool,
}

impl Scored {
    /// fitness - truth of an audited trial.
    fn audited_error(&self) -> Option<f64> {
        self.truth.filter(|_| self.is_stopped).map(|truth| self.fitness - truth)
    }
}

fn scored(trials: &[AuditTrial], direction: Direction) -> Vec<Scored> {
    let oriented = |value: f64| match direction {
        Direction::Maximize => value,
        Direction::Minimize => -value,
    };
    let values = trials.iter().flat_map(|trial| [Some(trial.judged.fitness()), trial.judged.truth()]);
    let finite = values.flatten().filter(|value| value.is_finite()).map(oriented);
    let worst = finite.reduce(f64::min).unwrap_or(0.0);
    let known = |value: f64| if value.is_finite() { oriented(value) } else { worst };
    let score = |trial: &AuditTrial| Scored {
        fitness: known(trial.judged.fitness()),
        truth: trial.judged.truth().map(known),
        is_stopped: trial.judged.epochs().is_some(),
    };
    trials.iter().map(score).collect()
}

/// The regret of the top tenth and its interval; the formulas are in the head of this file.
fn regret(trials: &[Scored], stopped: usize, confidence: f64) -> (Option<f64>, Option<[f64; 2]>) {
    if stopped == 0 {
        return (Some(0.0), None);
    }
    let weights = weights_in_top(trials);
    let shift =
        median(&mut trials.iter().filter_map(Scored::audited_error).collect::<Vec<_>>()).unwrap_or(0.0);
    let one = |by: f64| {
        let threshold =
            of_rank(trials.iter().map(|trial| trial.truth.unwrap_or(trial.fitness - by)).collect());
        Contributions::of(trials, &weights, threshold, stopped)
    };
    let (plain, shifted) = (one(0.0), one(shift));
    let best = if shifted.total() < plain.total() { shifted } else { plain };
    let top = top_of(trials.len()) as f64;
    let total = |sum: f64| best.known / top + sum * stopped as f64 / top;
    let [first, rest @ ..] = &best.audited[..] else { return (None, None) };
    let regret = mean(&best.audited).map(total).filter(|regret| regret.is_finite());
    if rest.iter().all(|other| other == first) {
        return (regret, None);
    }
    let ends = interval(&best.audited, confidence).map(|ends| ends.map(|end| total(end).max(0.0)));
    (regret, ends.filter(|[_, high]| high.is_finite()))
}

/// How much of each trial is among the best ones by fitness; sums to their number.
fn weights_in_top(trials: &[Scored]) -> Vec<f64> {
    let last_in = of_rank(trials.iter().map(|trial| trial.fitness).collect());
    let above = trials.iter().filter(|trial| trial.fitness > last_in).count();
    let tied = trials.iter().filter(|trial| trial.fitness == last_in).count();
    let shared = (top_of(trials.len()) - above) as f64 / tied as f64;
    let weight = |trial: &Scored| {
        if trial.fitness > last_in {
            1.0
        } else if trial.fitness == last_in {
            shared
        } else {
            0.0
        }
    };
    trials.iter().map(weight).collect()
}

/// The `r_i` for one threshold.
struct Contributions {
    /// Their sum over the trials that were not stopped.
    known: f64,
    /// Those of the audited trials.
    audited: Vec<f64>,
    stopped: usize,
}

impl Contributions {
    fn of(trials: &[Scored], weights: &[f64], threshold: f64, stopped: usize) -> Self {
        let mut found = Contributions { known: 0.0, audited: Vec::new(), stopped };
        for (trial, weight) in trials.iter().zip(weights) {
            let Some(truth) = trial.truth else { continue };
            let above = truth - threshold;
            let part = if above > 0.0 { (1.0 - weight) * above } else { weight * -above };
            if trial.is_stopped {
                found.audited.push(part);
            } else {
                found.known += part;
            }
        }
        found
    }

    fn total(&self) -> f64 {
        self.known + self.stopped as f64 * mean(&self.audited).unwrap_or(0.0)
    }
}

/// How many of `count` trials are the top.
const fn top_of(count: usize) -> usize {
    count.div_ceil(TOP)
}

/// The lowest value of the top; there is at least one value.
fn of_rank(mut values: Vec<f64>) -> f64 {
    values.sort_by(|a, b| b.total_cmp(a));
    values[top_of(values.len()) - 1]
}

/// An estimate of which only the epochs are filled in.
fn savings(trials: &[AuditTrial], confidence: f64) -> AuditEstimate {
    let planned: Vec<f64> = trials.iter().map(|trial| trial.epochs_planned.to_f64()).collect();
    let saved = |trial: &AuditTrial| {
        let content = trial.judged.epochs().unwrap_or(trial.epochs_planned);
        (trial.epochs_planned.to_f64() - content.to_f64()).max(0.0)
    };
    let savings: Vec<f64> = trials.iter().map(saved).collect();
    let audits: f64 = trials.iter().filter(|trial| trial.judged.is_audited()).map(saved).sum();
    let all: f64 = planned.iter().sum();
    let share = |epochs: f64| if all > 0.0 { epochs / all } else { 0.0 };
    let saved_share = share(savings.iter().sum());
    let residuals: Vec<f64> =
        savings.iter().zip(&planned).map(|(saved, planned)| saved - saved_share * planned).collect();
    let reach = reach(&residuals, confidence).map(|reach| share(reach * trials.len() as f64));
    let ends = |reach: f64| [(saved_share - reach).max(0.0), (saved_share + reach).min(1.0)];
    AuditEstimate {
        trials: 0,
        stopped: 0,
        audited: 0,
        diverged: 0,
        mae: None,
        mae_interval: None,
        bias: None,
        bias_interval: None,
        saved_share,
        saved_interval: reach.map(ends),
        audit_share: share(audits),
        regret: None,
        regret_interval: None,
        confidence,
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    mean.is_finite().then_some(mean)
}

/// Student's interval of a mean.
fn interval(values: &[f64], confidence: f64) -> Option<[f64; 2]> {
    let (mean, reach) = (mean(values)?, reach(values, confidence)?);
    Some([mean - reach, mean + reach])
}

/// How far Student's interval reaches from the mean; `None` for fewer than two values or if it is not finite.
fn reach(values: &[f64], confidence: f64) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let (count, mean) = (values.len() as f64, mean(values)?);
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let student = StudentsT::new(0.0, 1.0, count - 1.0).expect("scale and freedom are positive");
    let reach =
        student.inverse_cdf(f64::midpoint(1.0, confidence)) * (squares / (count - 1.0) / count).sqrt();
    reach.is_finite().then_some(reach)
}
