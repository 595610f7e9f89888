//! A study as it is written: one experiment, the estimators that it is run under, and the seeds.

use schemars::JsonSchema;

use super::leaf::Leaf;
use crate::document::{Document, Node, Pointer};
use crate::source::Spanned;

/// A study of peng: one search under several estimators and seeds, against the truth.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StudySpec {
    /// Version of the study's format.
    #[schemars(extend("const" = 1))]
    pub version: Spanned<u32>,
    /// Name of the study; its directory is named after it.
    #[schemars(regex(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$"))]
    #[schemars(extend("x-expected" = "letters, digits, `.`, `_` and `-`, beginning with a letter or digit"))]
    pub name: Spanned<String>,
    /// The spec of the experiment, relative to this file; its `estimator` and `seed` are replaced.
    #[schemars(length(min = 1), extend("examples" = ["experiment.peng.yaml"]))]
    pub experiment: Spanned<String>,
    /// The estimators that are compared, each with a name.
    #[schemars(length(min = 1))]
    pub arms: Vec<ArmSpec>,
    /// The seeds; the experiment is run under each of them.
    #[schemars(with = "Vec<Seed>", default = "default_seeds", length(min = 1))]
    pub seeds: Vec<Spanned<u64>>,
    /// Whether every network that an arm has met is also trained to the end, once, so that all predictions can be judged.
    #[schemars(default = "default_truth")]
    pub truth: Spanned<bool>,
}

/// An estimator of a study.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ArmSpec {
    /// Its name, in tables and in the names of folders.
    #[schemars(regex(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$"))]
    #[schemars(extend("x-expected" = "letters, digits, `.`, `_` and `-`, beginning with a letter or digit"))]
    pub name: Spanned<String>,
    /// When the training of a network may stop, as in an experiment.
    #[schemars(with = "AnySection")]
    pub estimator: Node,
    /// Its place in the list.
    #[schemars(skip)]
    pub index: usize,
}

/// A seed; only its schema is needed.
#[derive(JsonSchema)]
#[schemars(inline, transparent)]
#[expect(dead_code, reason = "it is there for its schema")]
struct Seed(#[schemars(range(max = 9_007_199_254_740_992_u64))] u64);

/// A section whose keys its `kind` decides; only its schema is needed.
struct AnySection;

impl JsonSchema for AnySection {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AnySection".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object" })
    }
}

fn default_seeds() -> Vec<u64> {
    vec![0]
}

fn default_truth() -> bool {
    true
}

impl StudySpec {
    /// Decodes what fits the schema, which `fits` says of a pointer; the rest is as if it were empty.
    pub(crate) fn decode(document: &Document, fits: &dyn Fn(&Pointer) -> bool) -> Self {
        let root = document.root();
        let at = Pointer::root();
        let seeds = at.key("seeds");
        let seed = |(index, node): (usize, &Node)| {
            let value = u64::read(node).filter(|_| fits(&seeds.index(index)))?;
            Some(Spanned::written(value, node.span))
        };
        Self {
            version: leaf(root, &at, "version", fits).unwrap_or(Spanned::filled_in(1, root.span)),
            name: leaf(root, &at, "name", fits).unwrap_or(Spanned::filled_in(String::new(), root.span)),
            experiment: leaf(root, &at, "experiment", fits)
                .unwrap_or(Spanned::filled_in(String::new(), root.span)),
            arms: elements(root, "arms").iter().enumerate().filter_map(|found| arm(found, fits)).collect(),
            seeds: match elements(root, "seeds") {
                [] => default_seeds().into_iter().map(|seed| Spanned::filled_in(seed, root.span)).collect(),
                written => written.iter().enumerate().filter_map(seed).collect(),
            },
            truth: leaf(root, &at, "truth", fits).unwrap_or(Spanned::filled_in(default_truth(), root.span)),
        }
    }
}

/// An arm whose estimator can be checked; a name that does not fit is empty.
fn arm((index, node): (usize, &Node), fits: &dyn Fn(&Pointer) -> bool) -> Option<ArmSpec> {
    let at = Pointer::root().key("arms").index(index);
    let estimator = node.entry("estimator").filter(|_| fits(&at.key("estimator")))?.value.clone();
    let name = leaf(node, &at, "name", fits).unwrap_or(Spanned::filled_in(String::new(), node.span));
    Some(ArmSpec { name, estimator, index })
}

fn leaf<T: Leaf>(
    node: &Node,
    at: &Pointer,
    key: &str,
    fits: &dyn Fn(&Pointer) -> bool,
) -> Option<Spanned<T>> {
    let value = &node.entry(key).filter(|_| fits(&at.key(key)))?.value;
    Some(Spanned::written(T::read(value)?, value.span))
}

fn elements<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.entry(key).map(|entry| entry.value.elements()).unwrap_or_default()
}

/// Whether a document is a study and no experiment, by its keys.
pub fn is_study(root: &Node) -> bool {
    let has = |key: &str| root.entry(key).is_some();
    (has("arms") || has("experiment")) && !has("search_space") && !has("dataset")
}
