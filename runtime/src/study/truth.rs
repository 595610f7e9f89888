//! The truth of a study: every network that an arm has met under a seed, trained to the end, each once.

use std::collections::BTreeSet;

use peng_spec::arch::Genome;
use peng_spec::plan::{BudgetPlan, KindCall, Plan, Step, StepKind};
use serde_json::json;

use super::listed;
use crate::space;
use crate::state::RunState;

/// The plan that trains all networks of these runs to the end. They share space, data and training; the networks come in
/// the order of the runs, each as it was met first.
///
/// `Err`: the plan cannot be run by this version, or a genome is not of its space.
pub fn truth_plan(plan: &Plan, runs: &[RunState]) -> Result<Plan, String> {
    let networks = met(plan, runs)?;
    let mut plan = plan.clone();
    let trials = networks.len() as u64;
    let epochs = u64::from(plan.training.epochs);
    plan.search = listed::call(&networks);
    plan.estimator.call = KindCall { kind: "never".to_owned(), params: json!({}) };
    plan.estimator.fewest_points = None;
    plan.estimator.audit_percent = 0.0;
    plan.estimator.max_regret = None;
    // What fails in an arm fails here again, and is a truth too.
    plan.execution.max_failed_percent = 100.0;
    plan.execution.budget = BudgetPlan::default();
    let images = (trials * epochs).saturating_mul(plan.dataset.splits[0] as u64);
    let least_and_most = [plan.space.facts.least.flops, plan.space.facts.most.flops];
    plan.cost.trials = trials;
    plan.cost.generations = u64::from(trials > 0);
    plan.cost.epochs_at_most = trials * epochs;
    plan.cost.epochs_at_least = (trials * epochs) as f64;
    plan.cost.images_at_most = images;
    plan.cost.forward_flops = least_and_most.map(|of_one| of_one as f64 * images as f64);
    let step = |id: &str, needs: &[&str], kind| Step {
        id: id.to_owned(),
        needs: needs.iter().map(|id| (*id).to_owned()).collect(),
        kind,
    };
    plan.steps =
        vec![step("prepare", &[], StepKind::Prepare), step("search", &["prepare"], StepKind::Search)];
    Ok(plan.sealed())
}

/// The networks of these runs, each once.
fn met(plan: &Plan, runs: &[RunState]) -> Result<Vec<Genome>, String> {
    let space = space::of_plan(plan)?;
    let mut known = BTreeSet::new();
    let mut networks = Vec::new();
    for trial in runs.iter().flat_map(|state| &state.trials) {
        let key = key_of(&*space, &trial.genome)?;
        if known.insert(key) {
            networks.push(trial.genome.clone());
        }
    }
    Ok(networks)
}

/// What tells the network of a genome from all others.
pub(super) fn key_of(space: &dyn space::SearchSpace, genome: &Genome) -> Result<String, String> {
    space::identity(space, genome).map_err(|e| e.to_string())
}
