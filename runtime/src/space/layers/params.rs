//! The parameters of `layers` as they are written, and their schema.

use peng_spec::plan::Setting;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};

use super::domain::Domain;
use super::program::MOST_SKIPS;

/// Parameters of `layers`.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Params {
    /// The layers of a network in order; each block may occur several times and have values that vary.
    #[schemars(schema_with = "blocks")]
    pub(super) blocks: Vec<BlockSpec>,
    /// What makes a vector of the last image, before the first dense layer and the classifier.
    #[serde(default)]
    pub(super) head: Head,
    /// Settings of the training that vary with the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "TrainingSpace")]
    pub(super) training: Option<TrainingSpace>,
    /// Conditions that all of its networks satisfy, such as `params <= 2M`; networks are drawn again until they do.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub(super) conditions: Vec<String>,
}

/// What makes a vector of the last image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("enum" = ["global_pool", "flatten"], "type" = "string"))]
pub(super) enum Head {
    #[default]
    GlobalPool,
    Flatten,
}

/// A value as it is written: a number, a list of choices, a range or a derived value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Written {
    Number(Number),
    Text(String),
    List(Vec<Number>),
}

/// A kind of layer, or several to choose from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Layers {
    One(LayerKind),
    Choice(Vec<LayerKind>),
}

/// What a layer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LayerKind {
    Conv,
    Separable,
    Depthwise,
    Dilated,
    Factorised,
    MaxPool,
    AvgPool,
    GlobalPool,
    Flatten,
    Dense,
    Dropout,
    BatchNorm,
    Relu,
    Residual,
    Concat,
}

/// Names of the kinds, with what they are.
pub(super) const KINDS: [(LayerKind, &str, &str); 15] = [
    (LayerKind::Conv, "conv", "a convolution"),
    (LayerKind::Separable, "separable", "a depthwise and a 1x1 convolution"),
    (LayerKind::Depthwise, "depthwise", "a convolution of each channel for itself"),
    (LayerKind::Dilated, "dilated", "a convolution whose taps are apart"),
    (LayerKind::Factorised, "factorised", "a 1xk and a kx1 convolution"),
    (LayerKind::MaxPool, "max_pool", "the maximum over squares"),
    (LayerKind::AvgPool, "avg_pool", "the mean over squares"),
    (LayerKind::GlobalPool, "global_pool", "the mean over height and width"),
    (LayerKind::Flatten, "flatten", "an image as a vector"),
    (LayerKind::Dense, "dense", "a fully connected layer"),
    (LayerKind::Dropout, "dropout", "values set to 0 at random"),
    (LayerKind::BatchNorm, "batch_norm", "batch normalisation"),
    (LayerKind::Relu, "relu", "the larger of 0 and x"),
    (LayerKind::Residual, "residual", "the sum of its blocks' output and their input"),
    (LayerKind::Concat, "concat", "its blocks' output after their input, along the channels"),
];

/// A parameter of a layer that may vary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Param {
    Filters,
    Kernel,
    Stride,
    Dilation,
    Units,
    Rate,
}

/// What a parameter may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) whole: bool,
}

impl Param {
    pub(super) const ALL: [Self; 6] =
        [Self::Filters, Self::Kernel, Self::Stride, Self::Dilation, Self::Units, Self::Rate];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Filters => "filters",
            Self::Kernel => "kernel",
            Self::Stride => "stride",
            Self::Dilation => "dilation",
            Self::Units => "units",
            Self::Rate => "rate",
        }
    }

    fn doc(self) -> &'static str {
        match self {
            Self::Filters => "Output channels of a convolution.",
            Self::Kernel => "Side of the window in pixels; 3 for convolutions, 2 for pools unless told.",
            Self::Stride => {
                "Step of the window in pixels; 1 for convolutions, the kernel for pools unless told."
            }
            Self::Dilation => "Distance of the taps of a dilated convolution in pixels; 2 unless told.",
            Self::Units => "Outputs of a dense layer.",
            Self::Rate => "Share of the values that dropout sets to 0.",
        }
    }

    pub(super) fn limits(self) -> Limits {
        let whole = |high| Limits { low: 1.0, high, whole: true };
        match self {
            Self::Filters => whole(16_384.0),
            Self::Kernel => whole(64.0),
            Self::Stride | Self::Dilation => whole(32.0),
            Self::Units => whole(65_536.0),
            Self::Rate => Limits { low: 0.0, high: 0.99, whole: false },
        }
    }
}

impl LayerKind {
    pub(super) fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, name, _)| name)
    }

    /// The parameters that it has, each with its value where none is written; `None`: it must be.
    pub(super) fn params(self) -> &'static [(Param, Option<f64>)] {
        use Param::{Dilation, Filters, Kernel, Rate, Stride, Units};
        match self {
            Self::Conv | Self::Separable | Self::Factorised => {
                &[(Filters, None), (Kernel, Some(3.0)), (Stride, Some(1.0))]
            }
            Self::Depthwise => &[(Kernel, Some(3.0)), (Stride, Some(1.0))],
            Self::Dilated => {
                &[(Filters, None), (Kernel, Some(3.0)), (Stride, Some(1.0)), (Dilation, Some(2.0))]
            }
            // The stride of a pool is its kernel, which 0 stands for.
            Self::MaxPool | Self::AvgPool => &[(Kernel, Some(2.0)), (Stride, Some(0.0))],
            Self::Dense => &[(Units, None)],
            Self::Dropout => &[(Rate, None)],
            Self::GlobalPool
            | Self::Flatten
            | Self::BatchNorm
            | Self::Relu
            | Self::Residual
            | Self::Concat => &[],
        }
    }

    pub(super) fn has(self, param: Param) -> bool {
        self.params().iter().any(|(known, _)| *known == param)
    }

    pub(super) fn is_skip(self) -> bool {
        matches!(self, Self::Residual | Self::Concat)
    }

    /// Whether it reads images only.
    pub(super) fn needs_image(self) -> bool {
        !matches!(self, Self::Dense | Self::Dropout | Self::BatchNorm | Self::Relu)
    }

    /// Whether it makes a vector.
    pub(super) fn makes_vector(self) -> bool {
        matches!(self, Self::GlobalPool | Self::Flatten | Self::Dense)
    }
}

/// What is around an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PaddingWord {
    Same,
    Valid,
}

/// A block.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BlockSpec {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) repeat: Option<Written>,
    pub(super) layer: Layers,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) filters: Option<Written>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kernel: Option<Written>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stride: Option<Written>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dilation: Option<Written>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) units: Option<Written>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rate: Option<Written>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) padding: Option<PaddingWord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) tied: Vec<Param>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) then: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) when: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) blocks: Vec<Self>,
}

impl BlockSpec {
    pub(super) fn written(&self, param: Param) -> Option<&Written> {
        match param {
            Param::Filters => self.filters.as_ref(),
            Param::Kernel => self.kernel.as_ref(),
            Param::Stride => self.stride.as_ref(),
            Param::Dilation => self.dilation.as_ref(),
            Param::Units => self.units.as_ref(),
            Param::Rate => self.rate.as_ref(),
        }
    }

    pub(super) fn kinds(&self) -> Vec<LayerKind> {
        match &self.layer {
            Layers::One(kind) => vec![*kind],
            Layers::Choice(kinds) => kinds.clone(),
        }
    }
}

/// Settings of the training that vary with the network.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TrainingSpace {
    /// Learning rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "lr")]
    pub(super) lr: Option<Written>,
    /// Examples of one step of the training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "batch_size")]
    pub(super) batch_size: Option<Written>,
    /// Momentum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "momentum")]
    pub(super) momentum: Option<Written>,
    /// Weight decay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "weight_decay")]
    pub(super) weight_decay: Option<Written>,
}

impl TrainingSpace {
    /// The settings, with what they may be.
    pub(super) fn settings(&self) -> [(Setting, Option<&Written>, Limits); 4] {
        let real = |low, high| Limits { low, high, whole: false };
        [
            (Setting::Lr, self.lr.as_ref(), real(1e-12, 1e3)),
            (Setting::BatchSize, self.batch_size.as_ref(), Limits { low: 1.0, high: 65_536.0, whole: true }),
            (Setting::Momentum, self.momentum.as_ref(), real(0.0, 0.999_999)),
            (Setting::WeightDecay, self.weight_decay.as_ref(), real(0.0, 1e3)),
        ]
    }
}

impl TrainingSpace {
    /// The largest batch, and where it stands.
    pub(super) fn largest_batch(&self) -> Option<(u64, String)> {
        let [_, (setting, Some(written), limits), ..] = self.settings() else { return None };
        let pointer = format!("/training/{}", setting.name());
        let Ok(Domain::Choices { values, .. }) = Domain::read(written, limits, &[], &pointer) else {
            return None;
        };
        let (index, largest) = values.into_iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b))?;
        let is_listed = matches!(written, Written::List(_));
        Some((largest as u64, if is_listed { format!("{pointer}/{index}") } else { pointer }))
    }
}

/// A number, a list of choices, or a text with a range or a derived value.
fn varying(doc: &str, limits: Limits, examples: &[Value]) -> Value {
    let number = json!({
        "type": if limits.whole { "integer" } else { "number" },
        "minimum": limits.low,
        "maximum": limits.high,
    });
    let what = if limits.whole { "a whole number" } else { "a number" };
    json!({
        "description": doc,
        "anyOf": [number, { "type": "string" }, { "type": "array", "items": number, "minItems": 1 }],
        "x-expected": format!("{what}, a list of choices, or a range such as `1..4`"),
        "examples": examples,
    })
}

fn setting(doc: &str, which: usize, examples: &[Value]) -> schemars::Schema {
    let none = TrainingSpace { lr: None, batch_size: None, momentum: None, weight_decay: None };
    let schema = varying(doc, none.settings()[which].2, examples);
    schema.try_into().expect("it is a mapping")
}

fn lr(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    setting("Learning rate.", 0, &[json!("log(1e-4..1e-1)")])
}

fn batch_size(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    setting("Examples of one step of the training.", 1, &[json!([32, 64, 128])])
}

fn momentum(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    setting("Momentum.", 2, &[json!("0..0.95")])
}

fn weight_decay(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    setting("Weight decay.", 3, &[json!("log(1e-5..1e-2)")])
}

fn blocks(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let mut innermost = block();
    innermost["properties"]["layer"] = layer(|kind| !kind.is_skip());
    let block = (0..MOST_SKIPS).fold(innermost, |inner, _| {
        let mut block = block();
        block["properties"]["blocks"] = json!({
            "description": format!(
                "What a skip connection goes around: blocks, which may be skips themselves, {MOST_SKIPS} in one another."
            ),
            "type": "array",
            "items": inner,
            "minItems": 1,
            "maxItems": 64,
        });
        block
    });
    let schema = json!({
        "description": "The layers of a network in order; each block may occur several times and have values that vary.",
        "type": "array",
        "items": block,
        "minItems": 1,
        "maxItems": 64,
    });
    schema.try_into().expect("it is a mapping")
}

fn layer(offered: fn(LayerKind) -> bool) -> Value {
    let kinds: Vec<&str> =
        KINDS.iter().filter(|(kind, ..)| offered(*kind)).map(|(_, name, _)| *name).collect();
    let docs: Vec<String> = KINDS
        .iter()
        .filter(|(kind, ..)| offered(*kind))
        .map(|(_, name, doc)| format!("`{name}` ({doc})"))
        .collect();
    json!({
        "description": format!("What the layer is, or a list to choose from: {}.", docs.join(", ")),
        "anyOf": [
            { "type": "string", "enum": kinds },
            { "type": "array", "items": { "type": "string", "enum": kinds }, "minItems": 1 },
        ],
    })
}

/// A block without inner ones.
fn block() -> Value {
    let mut properties = json!({
        "name": {
            "description": "A name by which later blocks refer to its values, such as `stem.filters`.",
            "type": "string",
            "pattern": "^[a-z][a-z0-9_]*$",
            "x-expected": "lower case letters, digits and `_`, beginning with a letter",
        },
        "repeat": varying(
            "How often the block occurs, each time with values of its own; once unless told.",
            Limits { low: 0.0, high: 64.0, whole: true },
            &[json!("1..4"), json!([0, 2])],
        ),
        "layer": layer(|_| true),
        "padding": {
            "description": "`same` keeps the size, divided by the stride; `valid` adds nothing, and a window that is larger \
                than its image is cut to it.",
            "type": "string",
            "enum": ["same", "valid"],
            "default": "same",
        },
        "tied": {
            "description": "Parameters that are the same in all repetitions.",
            "type": "array",
            "items": { "type": "string", "enum": Param::ALL.map(Param::name) },
        },
        "then": {
            "description": "What follows each repetition: `batch_norm`, `relu`, `dropout(0.3)`.",
            "type": "array",
            "items": { "type": "string" },
            "examples": [["batch_norm", "relu"]],
        },
        "when": {
            "description": "A condition on what comes before; a block ends at the first repetition of which it does not hold.",
            "type": "string",
            "examples": ["height >= 8"],
        },
    });
    for param in Param::ALL {
        let examples: &[Value] = match param {
            Param::Filters => &[json!("16..256 step 16"), json!("= 2 * stem.filters")],
            Param::Kernel => &[json!([3, 5, 7])],
            Param::Stride => &[json!("1..2")],
            Param::Dilation => &[json!([2, 4])],
            Param::Units => &[json!("log(32..512)")],
            Param::Rate => &[json!([0.1, 0.3, 0.5])],
        };
        properties[param.name()] = varying(param.doc(), param.limits(), examples);
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": ["layer"],
        "additionalProperties": false,
    })
}
