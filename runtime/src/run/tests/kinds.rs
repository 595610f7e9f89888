//! Every kind of estimator in a run: workers and interruptions change nothing, and each decision can be recomputed.

use peng_estimator::POLICIES;
use serde_json::Value;

use super::*;
use crate::verify::verify;

#[test]
fn runs_under_every_kind_are_deterministic_and_verified() {
    for kind in POLICIES {
        let mut plan = plan();
        plan.search.params = json!({"population": 8, "offspring": 6, "generations": 4});
        plan.space.call.params = json!({"phases": 3, "nodes": 3, "channels": 4});
        plan.training.epochs = 15;
        plan.estimator.audit_percent = 20.0;
        let facts = estimate::training_facts(&plan).unwrap();
        let params = kind.normalise(Value::Null, Some(&facts)).unwrap();
        plan.estimator.call = KindCall { kind: kind.name().to_owned(), params };
        let plan = plan.sealed();
        let temp = tempfile::tempdir().unwrap();
        let expected = trials_csv(&plan, &undisturbed(&plan, temp.path(), 1));
        let other = tempfile::tempdir().unwrap();
        assert_eq!(trials_csv(&plan, &undisturbed(&plan, other.path(), 3)), expected, "{}", kind.name());
        let path = temp.path().join("journal.jsonl");
        let whole = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = whole.split_inclusive('\n').collect();
        for cut in (0..=lines.len()).step_by(lines.len() / 6) {
            std::fs::write(&path, lines[..cut].concat()).unwrap();
            let state = undisturbed(&plan, temp.path(), 2);
            assert_eq!(trials_csv(&plan, &state), expected, "{} after {cut} events", kind.name());
            let events = Journal::read(&path).unwrap();
            let verified = verify(&plan, &events, &*estimate::build(&plan).unwrap()).unwrap();
            assert_eq!(verified.findings, [], "{} after {cut} events", kind.name());
        }
    }
}
