//! `gpu_budget`, `execution`, `finally`, `output`: what may be spent, where, and what comes out.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::leaf::{Leaf, Word, words};
use super::quantity::{Duration, Memory, Percent};
use super::training::word_of;
use crate::document::Node;
use crate::plan::{Backend, ConfirmWhat, Count, Device, ExecutorPlan};
use crate::source::Spanned;

/// What may be spent.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct BudgetSpec {
    /// Where trainings run: `auto` (graphics cards if there are any, else the processor), `cpu`, one card such as `cuda:0`,
    /// or the first cards, such as `2 x cuda`.
    #[schemars(default = "default_devices", with = "DeviceSpec")]
    pub devices: Spanned<DeviceSpec>,
    /// Hours of device slots, summed over slots (a CPU slot counts alike).
    #[schemars(with = "Duration", default, extend("exclusiveMinimum" = 0))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu_hours: Option<Spanned<Duration>>,
    /// Duration of the run, without the time between a stop and its resume.
    #[schemars(with = "Duration", default, extend("exclusiveMinimum" = 0))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall_time: Option<Spanned<Duration>>,
    /// Memory that trainings may hold on a device at once; with `cpu`, of the machine.
    #[schemars(with = "Memory", default, extend("exclusiveMinimum" = 0))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Spanned<Memory>>,
}

/// Where trainings run.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ExecutionSpec {
    /// How workers are started; `local`: processes on this machine.
    #[schemars(default = "default_executor", schema_with = "words::<ExecutorSpec>")]
    pub executor: Spanned<ExecutorSpec>,
    /// Number of worker processes, of all devices or such as `4 per device`; `auto`: one a core of the processor, and on a
    /// graphics card as many as its memory allows, at most four.
    #[schemars(default = "default_workers")]
    pub workers: Spanned<WorkersSpec>,
    /// Share of the trials that may fail before the run counts as failed.
    #[schemars(default = "default_max_failed", extend("minimum" = 0, "maximum" = 100))]
    pub max_failed: Spanned<Percent>,
}

/// What is done after the search.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FinallySpec {
    /// Which predicted members of the result are trained to the end: those of the `front`, the `best`, or `none`.
    #[schemars(default = "default_confirm", schema_with = "words::<ConfirmSpec>")]
    pub confirm: Spanned<ConfirmSpec>,
}

/// What is written.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OutputSpec {
    /// Directory under which run directories are made.
    #[schemars(default = "default_dir", length(min = 1))]
    pub dir: Spanned<String>,
}

/// Devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceSpec(pub Device);

impl Leaf for DeviceSpec {
    fn read(node: &Node) -> Option<Self> {
        node.as_str()?.parse().ok().map(Self)
    }
}

impl Serialize for DeviceSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl JsonSchema for DeviceSpec {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Devices".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let backends = Backend::ALL.map(Backend::name).join("|");
        let meanings = serde_json::json!({
            "auto": "the graphics cards that this build can use and the machine has, else the processor",
            "cpu": "the processor",
        });
        schemars::json_schema!({
            "x-words": meanings,
            "anyOf": [
                { "type": "string", "enum": ["auto", "cpu"], "x-words": meanings },
                { "type": "string", "pattern": format!("^({backends}):(0|[1-9][0-9]{{0,3}})$") },
                { "type": "string", "pattern": format!("^[1-9][0-9]{{0,3}} x ({backends})$") },
            ],
            "examples": ["cuda:0", "vulkan:0", "wgpu:0", "2 x cuda"],
        })
    }
}

/// Kinds of executors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecutorSpec(pub ExecutorPlan);

impl Word for ExecutorSpec {
    const WORDS: &'static [(&'static str, Self)] = &[("local", Self(ExecutorPlan::Local))];

    fn meaning(self) -> &'static str {
        match self.0 {
            ExecutorPlan::Local => "processes on this machine",
        }
    }
}

impl Serialize for ExecutorSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(word_of(*self))
    }
}

/// What is confirmed; `None`: nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfirmSpec(pub Option<ConfirmWhat>);

impl Word for ConfirmSpec {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("front", Self(Some(ConfirmWhat::Front))),
        ("best", Self(Some(ConfirmWhat::Best))),
        ("none", Self(None)),
    ];

    fn meaning(self) -> &'static str {
        match self.0 {
            Some(ConfirmWhat::Front) => "the members of the front",
            Some(ConfirmWhat::Best) => "the best of each objective",
            None => "none: predictions stay what they are",
        }
    }
}

impl Serialize for ConfirmSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(word_of(*self))
    }
}

/// What follows the number of workers on each device.
const PER_DEVICE: &str = " per device";

/// Number of worker processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkersSpec(pub Count);

impl Leaf for WorkersSpec {
    fn read(node: &Node) -> Option<Self> {
        match node.as_str() {
            Some("auto") => Some(Self(Count::Auto)),
            Some(text) => text.strip_suffix(PER_DEVICE)?.parse().ok().map(|n| Self(Count::PerDevice(n))),
            None => u32::read(node).map(|n| Self(Count::Exactly(n as usize))),
        }
    }
}

impl Serialize for WorkersSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Count::Auto => serializer.serialize_str("auto"),
            Count::Exactly(n) => serializer.serialize_u64(n as u64),
            Count::PerDevice(n) => serializer.serialize_str(&format!("{n}{PER_DEVICE}")),
        }
    }
}

impl JsonSchema for WorkersSpec {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Workers".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "anyOf": [
                { "const": "auto" },
                { "type": "integer", "minimum": 1, "maximum": 65536 },
                { "type": "string", "pattern": format!("^[1-9][0-9]{{0,3}}{PER_DEVICE}$") },
            ],
            "x-expected": "`auto`, a whole number from 1 to 65536, or a number such as `4 per device`",
        })
    }
}

pub(crate) fn default_devices() -> DeviceSpec {
    DeviceSpec(Device::Auto)
}

pub(crate) fn default_executor() -> ExecutorSpec {
    ExecutorSpec(ExecutorPlan::Local)
}

pub(crate) fn default_workers() -> WorkersSpec {
    WorkersSpec(Count::Auto)
}

pub(crate) fn default_max_failed() -> Percent {
    Percent(20.0)
}

pub(crate) fn default_confirm() -> ConfirmSpec {
    ConfirmSpec(None)
}

pub(crate) fn default_dir() -> String {
    "runs".to_owned()
}
