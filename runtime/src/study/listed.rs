//! `listed`: the networks that a plan lists, and no others. A study makes such a plan for its truth; no spec can.

use peng_spec::arch::Genome;
use peng_spec::catalog::{Issue, Moves, SearchKind, SearchNeeds, Typed, read_params};
use peng_spec::plan::{Mode, ReusePlan, SearchPlan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::search::{Ask, Scored, SearchEntry, SearchStrategy};
use crate::seed::SeedTree;
use crate::space::{SearchSpace, SpaceError};

/// Parameters of `listed`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Params {
    /// The genomes.
    networks: Vec<Value>,
}

/// The kind `listed`.
pub(crate) struct Listed;

/// A search for just these networks.
pub(crate) fn call(networks: &[Genome]) -> SearchPlan {
    let networks = networks.iter().map(|genome| genome.value().clone()).collect();
    let params = serde_json::to_value(Params { networks }).expect("genomes are JSON");
    SearchPlan { kind: Listed::NAME.to_owned(), params, mode: Mode::default(), reuse: ReusePlan::default() }
}

impl Typed for Listed {
    type Params = Params;
    const NAME: &'static str = "listed";
    const SUMMARY: &'static str = "the networks of a list";
}

impl SearchKind for Listed {
    fn needs(&self, params: &Value) -> SearchNeeds {
        let Params { networks } = read_params(params).expect("the parameters are normalised");
        SearchNeeds {
            moves: Moves::default(),
            trials: networks.len() as u64,
            generations: u64::from(!networks.is_empty()),
            offspring: 0,
        }
    }
}

impl SearchEntry for Listed {
    fn build(&self, params: &Value, _: Mode, _: SeedTree) -> Result<Box<dyn SearchStrategy>, Vec<Issue>> {
        let Params { networks } = read_params(params)?;
        Ok(Box::new(ListedSearch(networks.into_iter().map(Genome::new).collect())))
    }
}

/// The networks that were not asked for yet.
struct ListedSearch(Vec<Genome>);

impl SearchStrategy for ListedSearch {
    fn ask(&mut self, space: &dyn SearchSpace) -> Result<Ask, SpaceError> {
        for genome in &self.0 {
            space.decode(genome)?;
        }
        Ok(if self.0.is_empty() { Ask::Finished } else { Ask::Generation(self.0.clone()) })
    }

    fn tell(&mut self, _: &[Scored]) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search;

    #[test]
    fn it_asks_for_its_networks_at_once_and_for_no_more() {
        let space = search::tests::space(1);
        let genomes: Vec<Genome> = [[0, 0, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, 0, 0]]
            .map(|bits| Genome::new(serde_json::json!([bits])))
            .to_vec();
        let params = call(&genomes).params;
        assert_eq!(Listed.needs(&params).trials, 2);
        let mut search = Listed.build(&params, Mode::Generations, SeedTree::new(1)).unwrap();
        assert_eq!(search.ask(&*space), Ok(Ask::Generation(genomes)));
        search.tell(&[]);
        assert_eq!(search.ask(&*space), Ok(Ask::Finished));
        let strange = call(&[Genome::new(Value::Null)]).params;
        let mut strange = Listed.build(&strange, Mode::Generations, SeedTree::new(1)).unwrap();
        assert!(strange.ask(&*space).is_err());
    }
}
