//! Recomputes every decision of a study: those of each run, the networks of the truth, and that a network has one curve,
//! whoever trained it.

use std::collections::BTreeMap;

use peng_spec::plan::StudyPlan;
use serde::Serialize;

use super::dir::{RunRecord, StudyRun};
use super::truth::{key_of, truth_plan};
use crate::state::{MeasuredPoint, RunState};
use crate::verify::{Verified, verify};
use crate::{estimate, space};

/// What was recomputed, and what does not agree.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifiedStudy {
    /// Each run by its name.
    pub runs: Vec<VerifiedRun>,
    /// Curves of one network that were compared.
    pub curves: u64,
    /// What does not agree between runs.
    pub findings: Vec<String>,
}

/// A run of a study.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifiedRun {
    /// Its name.
    pub name: String,
    /// What was recomputed.
    #[serde(flatten)]
    pub verified: Verified,
}

impl VerifiedStudy {
    /// Whether everything agrees.
    pub fn agrees(&self) -> bool {
        self.findings.is_empty() && self.runs.iter().all(|run| run.verified.findings.is_empty())
    }

    /// All decisions that were recomputed.
    pub fn decisions(&self) -> u64 {
        self.runs.iter().map(|run| run.verified.decisions()).sum()
    }
}

/// Recomputes a study from its runs so far. `Err`: a plan cannot be run by this version.
pub fn verify_study(study: &StudyPlan, records: &[RunRecord]) -> Result<VerifiedStudy, String> {
    let mut runs = Vec::new();
    let mut findings = Vec::new();
    for record in records {
        let estimator = estimate::build(&record.plan)?;
        let verified = verify(&record.plan, &record.events, &*estimator)?;
        let name = record.run.name(study);
        let expected = expected_digest(study, record, records)?;
        if expected != record.plan.digest {
            findings.push(format!(
                "{name}: its plan has the digest {}, that of the study {expected}",
                record.plan.digest
            ));
        }
        runs.push(VerifiedRun { name, verified });
    }
    let curves = one_curve_each(study, records, &mut findings)?;
    Ok(VerifiedStudy { runs, curves, findings })
}

/// The digest of the plan that a run should have.
fn expected_digest(study: &StudyPlan, record: &RunRecord, records: &[RunRecord]) -> Result<String, String> {
    let seed = record.run.seed();
    let of = |arm: usize| study.arms[arm].under(study.seeds[seed]);
    Ok(match record.run {
        StudyRun::Arm { arm, .. } => of(arm).digest,
        StudyRun::Truth { .. } => {
            let arms = records
                .iter()
                .filter(|other| matches!(other.run, StudyRun::Arm { .. }) && other.run.seed() == seed);
            let states: Vec<RunState> = arms.map(|arm| RunState::fold(&arm.events)).collect();
            truth_plan(&of(0), &states)?.digest
        }
    })
}

/// Compares the measurements of each network under each seed, to the last bit.
fn one_curve_each(
    study: &StudyPlan,
    records: &[RunRecord],
    findings: &mut Vec<String>,
) -> Result<u64, String> {
    let mut compared = 0;
    let mut known: BTreeMap<(usize, String), (String, Vec<MeasuredPoint>)> = BTreeMap::new();
    for record in records {
        let space = space::of_plan(&record.plan)?;
        for trial in RunState::fold(&record.events).trials {
            let name = format!("trial {} of {}", trial.id, record.run.name(study));
            let key = (record.run.seed(), key_of(&*space, &trial.genome)?);
            let Some((other, curve)) = known.get_mut(&key) else {
                known.insert(key, (name, trial.points));
                continue;
            };
            compared += 1;
            let differs = curve.iter().zip(&trial.points).find(|(a, b)| bits(a) != bits(b));
            if let Some((ours, _)) = differs {
                findings.push(format!("{name} and {other} are one network, but differ at epoch {}", ours.at));
            }
            if trial.points.len() > curve.len() {
                (*other, *curve) = (name, trial.points);
            }
        }
    }
    Ok(compared)
}

fn bits(point: &MeasuredPoint) -> impl PartialEq {
    let metrics: Vec<_> = point.metrics.iter().map(|(metric, value)| (*metric, value.to_bits())).collect();
    (point.at, metrics)
}
