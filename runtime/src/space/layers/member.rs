//! Members of a space: the values of all decisions, and their encoding.
//!
//! A genome is `{"blocks": [[{...}, ...], ...], "training": {...}}`: for each block a list of its repetitions, for each of these
//! what was decided in it; what is fixed or derived is left out.

use std::collections::BTreeMap;

use peng_spec::arch::{ArchGraph, Genome};
use peng_spec::plan::Settings;
use rand::RngExt;
use serde_json::{Map, Value, json};

use super::build::Trace;
use super::domain::Domain;
use super::params::Param;
use super::program::Place;
use super::walk::{Decision, Keep, Walk};
use crate::seed::Rng;

/// A decision of a network: the block, its repetition and those of the skips around it, and what is decided.
pub(super) type Key = (usize, Place, Slot);

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    Count,
    Kind,
    Param(u8),
    /// A setting of the training.
    Training(u8),
}

/// A network with the decisions that led to it.
pub(super) struct Member {
    /// Kinds (by number) and values.
    pub(super) values: BTreeMap<Key, f64>,
    /// How often each block occurs, in each repetition of the skips around it.
    occurred: BTreeMap<(usize, Place), u8>,
    /// What was decided, counts included.
    pub(super) asked: Vec<Key>,
    pub(super) graph: ArchGraph,
}

impl Member {
    /// How this member decided; `None`: it did not have to.
    pub(super) fn offer(&self, (block, place, slot): Key) -> Option<f64> {
        match slot {
            Slot::Count => self.occurred.get(&(block, place)).map(|count| f64::from(*count)),
            Slot::Kind | Slot::Param(_) | Slot::Training(_) => {
                self.values.get(&(block, place, slot)).copied()
            }
        }
    }
}

/// What is asked of a decider.
pub(super) enum Ask<'a> {
    /// How often the block occurs in all, which has occurred so often; at least that.
    Count { count: usize, repeat: &'a [usize] },
    /// Which of so many kinds.
    Kind(usize),
    /// A value.
    Value(&'a Domain),
}

impl Ask<'_> {
    /// At random.
    pub(super) fn draw(&self, rng: &mut Rng) -> f64 {
        match self {
            Self::Count { count, repeat } => {
                let left: Vec<usize> = repeat.iter().copied().filter(|more| more >= count).collect();
                left[rng.random_range(0..left.len())] as f64
            }
            Self::Kind(count) => rng.random_range(0..*count) as f64,
            Self::Value(domain) => domain.sample(rng),
        }
    }

    /// Whether this is an answer.
    fn takes(&self, value: f64) -> bool {
        match self {
            Self::Count { count, .. } => value >= *count as f64,
            Self::Kind(count) => value >= 0.0 && value < *count as f64,
            Self::Value(domain) => domain.contains(value),
        }
    }
}

/// States for building: everything is kept.
pub(super) const ALL: Keep = Keep { place: true, channels: true, depth: true, facts: [false; 10] };

impl Walk {
    /// The member that a decider decides on.
    pub(super) fn member<E>(
        &self,
        decide: &mut dyn FnMut(Key, &Ask<'_>) -> Result<f64, E>,
    ) -> Result<Member, E> {
        let mut state = self.start();
        let mut trace = Trace::new(self.input);
        let (mut values, mut asked) = (BTreeMap::new(), Vec::new());
        while let Some(decision) = self.next(&mut state, &ALL, Some(&mut trace)) {
            let counts = Self::counts(&state);
            let key = |block, slot| (block, self.program.place(block, counts), slot);
            match decision {
                Decision::Again { block, count, repeat } => {
                    let key = (block, self.program.place_around(block, counts), Slot::Count);
                    let wanted = decide(key, &Ask::Count { count, repeat })?;
                    if asked.last() != Some(&key) && !asked.contains(&key) {
                        asked.push(key);
                    }
                    let again = wanted > count as f64;
                    self.take_again(&mut state, &ALL, Some(&mut trace), (block, again));
                }
                Decision::Kind { block, kinds } => {
                    let key = key(block, Slot::Kind);
                    let kind = decide(key, &Ask::Kind(kinds.len()))?;
                    values.insert(key, kind);
                    asked.push(key);
                    Self::take_kind(&mut state, block, kind as usize);
                }
                Decision::Value { block, param, domain } => {
                    let key = key(block, Slot::Param(param as u8));
                    let value = decide(key, &Ask::Value(domain))?;
                    values.insert(key, value);
                    asked.push(key);
                    self.take_value(&mut state, block, param, value);
                }
            }
        }
        for (number, (_, domain)) in (0..).zip(&self.program.training) {
            if domain.only().is_some() {
                continue;
            }
            let key = of_training(number);
            values.insert(key, decide(key, &Ask::Value(domain))?);
            asked.push(key);
        }
        Ok(Member { values, occurred: trace.occurred, asked, graph: trace.graph })
    }

    /// A member that takes what it can from others, in the order in which they are offered, and draws the rest.
    pub(super) fn member_like(&self, offer: &dyn Fn(Key) -> Vec<f64>, rng: &mut Rng) -> Member {
        let decided: Result<Member, std::convert::Infallible> = self.member(&mut |key, ask| {
            Ok(offer(key).into_iter().find(|&value| ask.takes(value)).unwrap_or_else(|| ask.draw(rng)))
        });
        let Ok(member) = decided;
        member
    }

    /// What a member brings along of its training, decided or fixed.
    pub(super) fn settings_of(&self, member: &Member) -> Settings {
        let numbered = (0..).zip(&self.program.training);
        let values = numbered.map(|(number, (setting, domain))| {
            let decided = member.values.get(&of_training(number));
            (*setting, decided.copied().or(domain.only()).expect("what may vary was decided"))
        });
        values.collect()
    }

    /// Writes a genome.
    pub(super) fn encode(&self, member: &Member) -> Genome {
        let outer = self.program.blocks_in(None);
        let blocks: Value = outer.map(|block| self.encode_block(member, block, Place::default())).collect();
        let mut genome = json!({ "blocks": blocks });
        let mut training = Map::new();
        for (number, (setting, domain)) in (0..).zip(&self.program.training) {
            if let Some(value) = member.values.get(&of_training(number)) {
                training.insert(setting.name().to_owned(), written(*value, domain));
            }
        }
        if !training.is_empty() {
            genome["training"] = Value::Object(training);
        }
        Genome::new(genome)
    }

    fn encode_block(&self, member: &Member, block: usize, around: Place) -> Value {
        let found = &self.program.blocks[block];
        let occurred = member.occurred.get(&(block, around)).copied().unwrap_or(0);
        let repetitions = (1..=occurred).map(|number| {
            let mut place = around;
            place[found.level] = number;
            let key = |slot| (block, place, slot);
            let mut map = Map::new();
            if let Some(kind) = member.values.get(&key(Slot::Kind)) {
                map.insert("layer".to_owned(), json!(found.kinds[*kind as usize].name()));
            }
            for param in Param::ALL {
                let value = member.values.get(&key(Slot::Param(param as u8)));
                if let (Some(value), Some(domain)) = (value, &found.params[param as usize]) {
                    map.insert(param.name().to_owned(), written(*value, domain));
                }
            }
            if found.kinds[0].is_skip() {
                let inner = self.program.blocks_in(Some(block));
                let blocks = inner.map(|inner| self.encode_block(member, inner, place));
                map.insert("blocks".to_owned(), blocks.collect());
            }
            Value::Object(map)
        });
        repetitions.collect()
    }

    /// Reads a genome.
    pub(super) fn read(&self, genome: &Genome) -> Result<Member, String> {
        let mut given = Given::default();
        let map = genome.value().as_object().ok_or_else(|| {
            "it is no mapping; expected `{\"blocks\":[[{\"filters\":16}],[]]}`, a list of repetitions for each block".to_owned()
        })?;
        if let Some(key) = map.keys().find(|key| !["blocks", "training"].contains(&key.as_str())) {
            return Err(format!("unknown key `{key}`"));
        }
        self.read_blocks(map.get("blocks"), None, Place::default(), &mut given)?;
        if let Some(training) = map.get("training") {
            let training = training.as_object().ok_or("`training` is no mapping")?;
            for (name, value) in training {
                let number = self.program.training.iter().position(|(known, _)| known.name() == name);
                let number = number.ok_or_else(|| format!("`training` has no `{name}` that varies"))?;
                let value = value.as_f64().ok_or_else(|| format!("`{name}` is no number"))?;
                given.values.insert(of_training(number as u8), value);
            }
        }
        let member = self.member(&mut |key, ask| {
            let value = match ask {
                Ask::Count { .. } => {
                    given.occurred.get(&(key.0, key.1)).map_or(0.0, |count| f64::from(*count))
                }
                Ask::Kind(_) | Ask::Value(_) => {
                    *given.values.get(&key).ok_or_else(|| format!("{} is missing", self.shown(key)))?
                }
            };
            if ask.takes(value) { Ok(value) } else { Err(format!("{} cannot be {value}", self.shown(key))) }
        })?;
        given.occurred.retain(|_, count| *count > 0);
        if member.occurred != given.occurred {
            return Err("a block occurs more often or less often than it may".to_owned());
        }
        match given.values.keys().find(|key| !member.values.contains_key(*key)) {
            Some(key) => Err(format!("{} is not decided here", self.shown(*key))),
            None => Ok(member),
        }
    }

    fn read_blocks(
        &self,
        value: Option<&Value>,
        skip: Option<usize>,
        around: Place,
        given: &mut Given,
    ) -> Result<(), String> {
        let blocks: Vec<usize> = self.program.blocks_in(skip).collect();
        let lists = value.and_then(Value::as_array).ok_or("it has no list `blocks`")?;
        if lists.len() != blocks.len() {
            return Err(format!("found {} blocks, expected {}", lists.len(), blocks.len()));
        }
        for (list, block) in lists.iter().zip(blocks) {
            let found = &self.program.blocks[block];
            let label = &found.label;
            let list = list.as_array().filter(|list| list.len() < 256);
            let list = list.ok_or_else(|| format!("`{label}` is no list of repetitions"))?;
            given.occurred.insert((block, around), list.len() as u8);
            for (number, repetition) in (1..=u8::MAX).zip(list) {
                let mut place = around;
                place[found.level] = number;
                let key = |slot| (block, place, slot);
                let map = repetition
                    .as_object()
                    .ok_or_else(|| format!("`{label}` has a repetition that is no mapping"))?;
                for (name, value) in map {
                    if name == "blocks" && found.kinds[0].is_skip() {
                        continue;
                    }
                    let (slot, value) = if name == "layer" {
                        let kind = found.kinds.iter().position(|kind| value.as_str() == Some(kind.name()));
                        (Slot::Kind, kind.map(|kind| kind as f64))
                    } else {
                        let param = Param::ALL.into_iter().find(|param| param.name() == name);
                        let param = param.ok_or_else(|| format!("`{label}` has no `{name}`"))?;
                        (Slot::Param(param as u8), value.as_f64())
                    };
                    let value =
                        value.ok_or_else(|| format!("`{name}` of `{label}` is not among what it may be"))?;
                    given.values.insert(key(slot), value);
                }
                if found.kinds[0].is_skip() {
                    self.read_blocks(map.get("blocks"), Some(block), place, given)?;
                }
            }
        }
        Ok(())
    }

    fn shown(&self, (block, _, slot): Key) -> String {
        let label = || self.program.blocks[block].label.as_str();
        match slot {
            Slot::Count => format!("the number of repetitions of `{}`", label()),
            Slot::Kind => format!("`layer` of `{}`", label()),
            Slot::Param(param) => format!("`{}` of `{}`", Param::ALL[param as usize].name(), label()),
            Slot::Training(number) => {
                format!("`{}` of the training", self.program.training[number as usize].0.name())
            }
        }
    }
}

/// What a genome says.
#[derive(Default)]
struct Given {
    values: BTreeMap<Key, f64>,
    occurred: BTreeMap<(usize, Place), u8>,
}

/// The key of a setting of the training.
fn of_training(number: u8) -> Key {
    (usize::MAX, Place::default(), Slot::Training(number))
}

/// A value in a genome: choices that are whole without a fraction.
fn written(value: f64, domain: &Domain) -> Value {
    match domain {
        Domain::Choices { .. } if value.fract() == 0.0 => json!(value as i64),
        Domain::Choices { .. } | Domain::Stretch { .. } | Domain::Derived(_) => json!(value),
    }
}
