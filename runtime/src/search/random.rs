//! `random`: networks drawn at random, the baseline of every search (Li and Talwalkar 2019, "Random search and
//! reproducibility for neural architecture search").

use peng_spec::catalog::{Issue, Moves, SearchKind, SearchNeeds, Typed, read_params};
use peng_spec::plan::Mode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::distinct::Known;
use super::{Ask, Scored, SearchEntry, SearchStrategy};
use crate::seed::SeedTree;
use crate::space::{SearchSpace, SpaceError};

/// Parameters of `random`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Params {
    /// Networks to draw, all distinct.
    #[schemars(range(min = 1))]
    networks: usize,
    /// Networks that are asked for at once: estimators that look at other trials see those of earlier batches.
    #[serde(default = "default_batch")]
    #[schemars(range(min = 1))]
    batch: usize,
}

fn default_batch() -> usize {
    10
}

/// The kind `random`.
pub(crate) struct Random;

impl Typed for Random {
    type Params = Params;
    const NAME: &'static str = "random";
    const SUMMARY: &'static str = "distinct networks at random, in batches";
}

impl SearchKind for Random {
    fn needs(&self, params: &Value) -> SearchNeeds {
        let Params { networks, batch } = read_params(params).expect("the parameters are normalised");
        SearchNeeds {
            moves: Moves::default(),
            trials: networks as u64,
            generations: networks.div_ceil(batch) as u64,
            offspring: batch as u64,
        }
    }
}

impl SearchEntry for Random {
    /// What is drawn depends on no result, so both modes ask for the same networks in the same order.
    fn build(&self, params: &Value, _: Mode, seed: SeedTree) -> Result<Box<dyn SearchStrategy>, Vec<Issue>> {
        let params = read_params(params)?;
        Ok(Box::new(RandomSearch { params, seed, batch: 0, known: Known::default(), asked: 0 }))
    }
}

struct RandomSearch {
    params: Params,
    seed: SeedTree,
    /// Batches asked for so far.
    batch: u64,
    known: Known,
    asked: usize,
}

impl SearchStrategy for RandomSearch {
    fn ask(&mut self, space: &dyn SearchSpace) -> Result<Ask, SpaceError> {
        let count = self.params.batch.min(self.params.networks.saturating_sub(self.asked));
        let mut rng = self.seed.child("generation", self.batch).rng();
        let drawn = self.known.sample(count, space, &mut rng)?;
        if drawn.is_empty() {
            return Ok(Ask::Finished);
        }
        self.batch += 1;
        self.asked += drawn.len();
        Ok(Ask::Generation(drawn))
    }

    fn tell(&mut self, _: &[Scored]) {}
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use peng_spec::catalog::Kind;
    use serde_json::json;

    use super::*;
    use crate::search::tests::{conforms, play, score, space};

    #[test]
    fn it_conforms() {
        for (seed, params) in (0..).zip([
            json!({ "networks": 23 }),
            json!({ "networks": 200, "batch": 50 }),
            json!({ "networks": 1 }),
            json!({ "networks": 3, "batch": 7 }),
        ]) {
            conforms(&Random, &params, seed);
        }
    }

    #[test]
    fn it_draws_every_network_of_a_small_space_once() {
        let params = Random.normalise(&json!({ "networks": 1000 })).unwrap();
        let mut search = Random.build(&params, Mode::Generations, SeedTree::new(5)).unwrap();
        let played = play(&mut *search, &*space(1), score).concat();
        let distinct: BTreeSet<String> = played.iter().map(|s| s.genome.to_string()).collect();
        assert_eq!((played.len(), distinct.len()), (128, 128));
    }

    #[test]
    fn the_number_of_networks_has_no_default() {
        let issues = Random.normalise(&json!({ "batch": 5 })).unwrap_err();
        assert_eq!(issues, [Issue::new("", "missing field `networks`")]);
    }
}
