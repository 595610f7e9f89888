//! A small catalogue for the tests of this crate: kinds of each slot with every way to object.

use peng_spec::arch::{Cost, NetworkFacts, Shape};
use peng_spec::catalog::{
    Catalog, DatasetFacts, DatasetKind, EstimatorKind, EstimatorNeeds, Issue, Moves, SearchKind, SearchNeeds,
    SpaceFacts, SpaceKind, Target, TrainingFacts, Typed, read_params,
};
use peng_spec::diag::codes;
use peng_spec::expr::condition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// No parameters.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

struct Digits;

impl Typed for Digits {
    type Params = Nothing;
    const NAME: &'static str = "digits";
    const SUMMARY: &'static str = "Handwritten digits.";
}

impl DatasetKind for Digits {
    fn facts(&self, _: &Value) -> Result<DatasetFacts, Vec<Issue>> {
        let input = Shape::Image { channels: 1, height: 8, width: 8 };
        Ok(DatasetFacts { input, target: Target::Classes(10), train: 1437, test: 360 })
    }
}

/// Made-up data.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SyntheticParams {
    /// Shape of an example.
    input: String,
    /// Number of classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    classes: Option<u32>,
    /// Targets of a regression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    targets: Option<u32>,
    /// Training examples.
    train: u32,
    /// Test examples.
    test: u32,
}

struct Synthetic;

impl Typed for Synthetic {
    type Params = SyntheticParams;
    const NAME: &'static str = "synthetic";
    const SUMMARY: &'static str = "Made-up data.";
}

impl DatasetKind for Synthetic {
    fn facts(&self, params: &Value) -> Result<DatasetFacts, Vec<Issue>> {
        let p: SyntheticParams = read_params(params)?;
        let input =
            p.input.parse().map_err(|e: peng_spec::arch::ShapeError| vec![Issue::new("/input", e.0)])?;
        Ok(DatasetFacts {
            input,
            target: match (p.classes, p.targets) {
                (_, Some(targets)) => Target::Values(targets as usize),
                (classes, None) => Target::Classes(classes.unwrap_or(2) as usize),
            },
            train: p.train as usize,
            test: p.test as usize,
        })
    }
}

/// Phases of nodes.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MacroParams {
    /// Number of phases.
    #[schemars(range(min = 1, max = 9))]
    phases: u32,
    /// Nodes a phase.
    #[schemars(range(min = 2, max = 8))]
    nodes: u32,
    /// Channels.
    #[serde(default = "sixteen")]
    channels: u32,
    /// Conditions.
    #[serde(default, rename = "where")]
    conditions: Vec<String>,
}

fn sixteen() -> u32 {
    16
}

struct Macro;

impl Typed for Macro {
    type Params = MacroParams;
    const NAME: &'static str = "nsga-macro";
    const SUMMARY: &'static str = "Phases of convolutions.";

    fn check(params: &MacroParams) -> Vec<Issue> {
        let read = |(index, text): (usize, &String)| {
            let issue = |error| Issue::in_formula(format!("/where/{index}"), 0, error);
            condition(text, &NetworkFacts::names()).map_err(issue).err()
        };
        params.conditions.iter().enumerate().filter_map(read).collect()
    }
}

impl SpaceKind for Macro {
    fn facts(&self, params: &Value, dataset: &DatasetFacts) -> Result<SpaceFacts, Vec<Issue>> {
        let p: MacroParams = read_params(params)?;
        let Shape::Image { height, .. } = dataset.input else {
            return Err(vec![Issue::new("", "found a vector")]);
        };
        if height >> (p.phases - 1) == 0 {
            return Err(vec![Issue::new("/phases", "the image is used up").help("use fewer phases")]);
        }
        let bits = p.phases * (p.nodes * (p.nodes - 1) / 2 + 1);
        if p.conditions.iter().any(|text| text == "params <= 5") {
            let issue = Issue::new("/where/0", "no network of the space satisfies it");
            return Err(vec![Issue { code: Some(codes::E0306), ..issue }]);
        }
        let cost = |n: u64| Cost { params: 10 * n, flops: 100 * n, activation_bytes: 8 };
        Ok(SpaceFacts {
            genomes: f64::from(bits).exp2(),
            continuous: Vec::new(),
            settings: Vec::new(),
            moves: Moves { mutate: true, crossover: true, bits: false },
            least: cost(1),
            most: cost(u64::from(p.phases * p.nodes)),
        })
    }
}

struct Fixed;

impl Typed for Fixed {
    type Params = Nothing;
    const NAME: &'static str = "fixed";
    const SUMMARY: &'static str = "A single network.";
}

impl SpaceKind for Fixed {
    fn facts(&self, _: &Value, _: &DatasetFacts) -> Result<SpaceFacts, Vec<Issue>> {
        Ok(SpaceFacts {
            genomes: 1.0,
            continuous: Vec::new(),
            settings: Vec::new(),
            moves: Moves::default(),
            least: Cost::default(),
            most: Cost::default(),
        })
    }
}

/// Generations of networks.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NetParams {
    /// Networks of the first generation.
    population: u32,
    /// Networks of each further generation.
    offspring: u32,
    /// Generations.
    #[schemars(range(min = 1))]
    generations: u32,
}

struct Net;

impl Typed for Net {
    type Params = NetParams;
    const NAME: &'static str = "nsga-net";
    const SUMMARY: &'static str = "Evolution.";

    fn check(params: &NetParams) -> Vec<Issue> {
        let small = params.population < 2;
        small.then(|| Issue::new("/population", "found 1, expected at least 2")).into_iter().collect()
    }
}

impl SearchKind for Net {
    fn needs(&self, params: &Value) -> SearchNeeds {
        let p: NetParams = read_params(params).unwrap();
        SearchNeeds {
            moves: Moves { mutate: true, crossover: true, bits: false },
            trials: u64::from(p.population) + u64::from(p.offspring) * u64::from(p.generations - 1),
            generations: p.generations.into(),
            offspring: p.offspring.into(),
        }
    }
}

/// Draws.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DrawParams {
    /// Networks.
    networks: u64,
}

struct Draw;

impl Typed for Draw {
    type Params = DrawParams;
    const NAME: &'static str = "random";
    const SUMMARY: &'static str = "Draws.";
}

impl SearchKind for Draw {
    fn needs(&self, params: &Value) -> SearchNeeds {
        let p: DrawParams = read_params(params).unwrap();
        let moves = Moves::default();
        SearchNeeds { moves, trials: p.networks, generations: 1, offspring: p.networks }
    }
}

struct Climb;

impl Typed for Climb {
    type Params = Nothing;
    const NAME: &'static str = "climb";
    const SUMMARY: &'static str = "Goes uphill.";
}

impl SearchKind for Climb {
    fn needs(&self, _: &Value) -> SearchNeeds {
        let moves = Moves { mutate: true, ..Moves::default() };
        SearchNeeds { moves, trials: 2, generations: 2, offspring: 1 }
    }

    fn most_objectives(&self) -> usize {
        1
    }
}

struct Never;

impl Typed for Never {
    type Params = Nothing;
    const NAME: &'static str = "never";
    const SUMMARY: &'static str = "Trains to the end.";
}

impl EstimatorKind for Never {
    fn resolve(&self, params: &Value, _: &TrainingFacts) -> Result<Value, Vec<Issue>> {
        Ok(params.clone())
    }

    fn needs(&self, _: &Value, _: &TrainingFacts) -> EstimatorNeeds {
        EstimatorNeeds::default()
    }
}

/// Extrapolation.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PenguinParams {
    /// Predictions that must agree.
    #[serde(default = "three")]
    #[schemars(range(min = 2))]
    window: u32,
    /// How far they may lie apart.
    #[serde(default = "half")]
    #[schemars(range(min = 0.0), extend("x-unit" = "pp"))]
    tolerance: f64,
    /// Epoch of the prediction; default: the planned epochs.
    #[serde(default)]
    #[schemars(extend("x-unit" = "epochs"))]
    predict_at: Option<f64>,
}

fn three() -> u32 {
    3
}

fn half() -> f64 {
    0.5
}

struct Penguin;

impl Typed for Penguin {
    type Params = PenguinParams;
    const NAME: &'static str = "penguin";
    const SUMMARY: &'static str = "Extrapolates.";
}

impl EstimatorKind for Penguin {
    fn resolve(&self, params: &Value, training: &TrainingFacts) -> Result<Value, Vec<Issue>> {
        let mut p: PenguinParams = read_params(params)?;
        let measured = training.measure_every.count_in(training.epochs).unwrap_or(0);
        if p.window > measured {
            let message = format!("found a window of {}, expected at most {measured}", p.window);
            return Err(vec![Issue::new("/window", message)]);
        }
        p.predict_at.get_or_insert(training.epochs.into());
        Ok(serde_json::to_value(p).unwrap())
    }

    fn needs(&self, params: &Value, _: &TrainingFacts) -> EstimatorNeeds {
        let p: PenguinParams = read_params(params).unwrap();
        EstimatorNeeds { fewest_points: Some(p.window as usize + 1), ..EstimatorNeeds::default() }
    }
}

/// The catalogue.
pub(crate) struct TestCatalog;

impl Catalog for TestCatalog {
    fn datasets(&self) -> Vec<&dyn DatasetKind> {
        vec![&Digits, &Synthetic]
    }

    fn spaces(&self) -> Vec<&dyn SpaceKind> {
        vec![&Macro, &Fixed]
    }

    fn searches(&self) -> Vec<&dyn SearchKind> {
        vec![&Net, &Draw, &Climb]
    }

    fn estimators(&self) -> Vec<&dyn EstimatorKind> {
        vec![&Never, &Penguin]
    }
}
