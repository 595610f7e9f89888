//! From what is written to what is walked: blocks in one list, values as domains, conditions read, and all that can be
//! said without a data set checked.

use peng_spec::catalog::Issue;
use peng_spec::diag::{codes, did_you_mean, one_of, only_one, quoted};
use peng_spec::expr::{Dimension, Form, Formula, Name, condition, link};
use peng_spec::plan::Setting;

use super::domain::Domain;
use super::params::{BlockSpec, Head, LayerKind, Limits, PaddingWord, Param, Params, TrainingSpace, Written};
use crate::space::constrained::conditions;

/// Most layers of a network, those of chains left out.
const MOST_LAYERS: usize = 256;
/// Most skips around a block.
pub(super) const MOST_SKIPS: usize = 3;

/// For each level of blocks, from the outermost, how often the block at hand has occurred there; 0 below it.
pub(super) type Place = [u8; MOST_SKIPS + 1];

/// How often a block may occur.
pub(super) const REPEAT: Limits = Limits { low: 0.0, high: 64.0, whole: true };

/// Names of formulas: what comes before, then the parameters, then those of named blocks.
pub(super) const PLACE: [&str; 4] = ["channels", "height", "width", "depth"];

/// Names before those of named blocks: the place, and the parameters that are whole numbers.
pub(super) const NAMED: usize = PLACE.len() + Param::ALL.len() - 1;

/// A space that can be walked.
#[derive(Debug, Clone)]
pub(super) struct Program {
    /// The blocks, those of a skip right after it, and in it those of skips in it.
    pub(super) blocks: Vec<Block>,
    /// What vectors are made by.
    pub(super) head: Head,
    /// Settings of the training that vary.
    pub(super) training: Vec<(Setting, Domain)>,
    /// What all networks satisfy.
    pub(super) conditions: Vec<Formula>,
    /// Which names of formulas occur in one.
    pub(super) used: Vec<bool>,
    /// Parameters of named blocks that formulas may use: block and parameter.
    pub(super) named: Vec<(usize, Param)>,
    /// Tied parameters: block and parameter.
    pub(super) tied: Vec<(usize, Param)>,
}

/// A block that can be walked.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// Its name, or its number among its like.
    pub(super) label: String,
    /// How often it may occur, ascending.
    pub(super) repeat: Vec<usize>,
    /// What it may be.
    pub(super) kinds: Vec<LayerKind>,
    /// What its parameters may be; `None`: no kind of it has the parameter.
    pub(super) params: [Option<Domain>; 6],
    pub(super) padding: PaddingWord,
    pub(super) then: Vec<Then>,
    pub(super) when: Option<Formula>,
    /// The innermost skip that it is in.
    pub(super) inside: Option<usize>,
    /// How many skips it is in.
    pub(super) level: usize,
    /// One past its last inner block.
    pub(super) end: usize,
}

/// A link of a chain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Then {
    BatchNorm,
    Relu,
    Dropout(f64),
}

impl Program {
    /// Checks parameters and makes a program of them.
    pub(super) fn new(params: &Params) -> Result<Self, Vec<Issue>> {
        let mut maker = Maker::default();
        for (index, block) in params.blocks.iter().enumerate() {
            maker.block(block, &format!("/blocks/{index}"), None, index);
        }
        let training = params.training.as_ref().map(|space| maker.training(space)).unwrap_or_default();
        let read = conditions(&params.conditions);
        let conditions = read.unwrap_or_else(|issues| {
            maker.issues.extend(issues);
            Vec::new()
        });
        let most: usize = maker.blocks.iter().map(|block| maker.most(block)).sum();
        if most > MOST_LAYERS && maker.issues.is_empty() {
            let message = format!("a network may have {most} layers, expected at most {MOST_LAYERS}");
            maker.issues.push(Issue::new("/blocks", message).help("repeat blocks less often"));
        }
        if !maker.issues.is_empty() {
            return Err(maker.issues);
        }
        let mut used = vec![false; maker.names.len()];
        for block in &maker.blocks {
            let derived = block.params.iter().flatten().filter_map(|domain| match domain {
                Domain::Derived(formula) => Some(formula),
                Domain::Choices { .. } | Domain::Stretch { .. } => None,
            });
            derived.chain(&block.when).flat_map(Formula::names).for_each(|name| used[name] = true);
        }
        let Maker { blocks, named, tied, .. } = maker;
        Ok(Self { blocks, head: params.head, training, conditions, used, named, tied })
    }
}

/// What was made so far.
pub(super) struct Maker {
    blocks: Vec<Block>,
    pub(super) names: Vec<Name>,
    named: Vec<(usize, Param)>,
    tied: Vec<(usize, Param)>,
    /// Names of blocks, and where they stand.
    labels: Vec<(String, String)>,
    /// Names that have a value in every network: those of [`PLACE`] and of blocks that are always there.
    pub(super) sure: Vec<bool>,
    /// The block that makes a vector, and where it stands.
    vector: Option<(String, String)>,
    pub(super) issues: Vec<Issue>,
}

impl Default for Maker {
    fn default() -> Self {
        let params = Param::ALL.into_iter().take(NAMED - PLACE.len()).map(Param::name);
        let places = PLACE.into_iter().chain(params);
        let names: Vec<Name> = places.map(|name| single(name.to_owned())).collect();
        let sure = (0..names.len()).map(|index| index < PLACE.len()).collect();
        Self {
            blocks: Vec::new(),
            names,
            named: Vec::new(),
            tied: Vec::new(),
            labels: Vec::new(),
            sure,
            vector: None,
            issues: Vec::new(),
        }
    }
}

pub(super) fn single(name: String) -> Name {
    Name { name, dimension: None::<Dimension>, form: Form::Single }
}

impl Maker {
    pub(super) fn keep<T>(&mut self, read: Result<T, Issue>) -> Option<T> {
        read.map_err(|issue| self.issues.push(issue)).ok()
    }

    /// Reads what is drawn, and so cannot be derived.
    pub(super) fn drawn(
        &mut self,
        name: &str,
        written: &Written,
        limits: Limits,
        pointer: &str,
    ) -> Option<Domain> {
        match self.keep(Domain::read(written, limits, &[], pointer))? {
            Domain::Derived(_) => {
                let message = format!("`{name}` is derived, expected a number, a list or a range");
                self.issues.push(Issue::new(pointer, message));
                None
            }
            drawn @ (Domain::Choices { .. } | Domain::Stretch { .. }) => Some(drawn),
        }
    }

    /// The most layers that a block adds.
    fn most(&self, block: &Block) -> usize {
        let of = |block: &Block| block.repeat.last().copied().unwrap_or(0);
        around(&self.blocks, block.inside)
            .fold(of(block), |most, outer| most.saturating_mul(of(&self.blocks[outer])))
    }

    /// Reads the settings of the training that vary.
    pub(super) fn training(&mut self, space: &TrainingSpace) -> Vec<(Setting, Domain)> {
        let mut read = Vec::new();
        for (setting, written, limits) in space.settings() {
            let Some(written) = written else { continue };
            let name = setting.name();
            let drawn = self.drawn(name, written, limits, &format!("/training/{name}"));
            read.extend(drawn.map(|domain| (setting, domain)));
        }
        read
    }

    /// Reads a block, which stands at a pointer.
    pub(super) fn block(&mut self, spec: &BlockSpec, at: &str, inside: Option<usize>, number: usize) {
        let kinds = spec.kinds();
        let level = around(&self.blocks, inside).count();
        if level == MOST_SKIPS && kinds.iter().any(|kind| kind.is_skip()) {
            let message = format!("found a skip connection in {MOST_SKIPS} others, expected at most that");
            self.issues.push(Issue::new(format!("{at}/layer"), message).help("nest fewer of them"));
            return;
        }
        let label = spec.name.clone().unwrap_or_else(|| format!("block{}", number + 1));
        let index = self.blocks.len();
        self.kinds_fit(spec, &kinds, at, inside.is_some());
        let repeat = spec.repeat.as_ref().and_then(|written| {
            let pointer = format!("{at}/repeat");
            let read = self.drawn("repeat", written, REPEAT, &pointer)?;
            if let Domain::Choices { values, log: true } = &read {
                let message = "a number of repetitions is drawn uniformly, found `log`";
                let help = format!("write `{}..{}`", values[0], values[values.len() - 1]);
                self.issues.push(Issue::new(pointer, message).help(help));
            }
            Some(read)
        });
        let mut repeat: Vec<usize> = match repeat {
            Some(Domain::Choices { values, .. }) => values.into_iter().map(|value| value as usize).collect(),
            Some(Domain::Stretch { .. } | Domain::Derived(_)) | None => vec![1],
        };
        repeat.sort_unstable();
        let when = spec.when.as_ref().and_then(|text| {
            let read = condition(text, &self.names);
            let pointer = format!("{at}/when");
            let formula = self.keep(read.map_err(|error| Issue::in_formula(pointer.clone(), 0, error)))?;
            self.all_sure(&formula, &pointer, &[]);
            Some(formula)
        });
        let params = self.params(spec, &kinds, at);
        let then = spec.then.iter().enumerate().filter_map(|(i, text)| {
            let read = chain(text, &format!("{at}/then/{i}"));
            self.keep(read)
        });
        let then = then.collect();
        for (i, &param) in spec.tied.iter().enumerate() {
            let name = param.name();
            let fault = match &params[param as usize] {
                Some(Domain::Choices { .. } | Domain::Stretch { .. }) => {
                    self.tied.push((index, param));
                    continue;
                }
                Some(Domain::Derived(_)) => format!("`{name}` is tied, but derived"),
                None if !kinds.iter().any(|kind| kind.has(param)) => {
                    format!("`{name}` is tied, but no layer of the block has it")
                }
                // What is wrong with it, was said already.
                None => continue,
            };
            let issue = Issue::new(format!("{at}/tied/{i}"), fault).help("remove it");
            let is_derived = params[param as usize].is_some();
            let (cause, what) =
                if is_derived { (name, "it is derived here") } else { ("layer", "the layer") };
            self.issues.push(issue.also(format!("{at}/{cause}"), what));
        }
        self.named_once(spec, at);
        let always = repeat.first().is_some_and(|&least| least > 0)
            && when.is_none()
            && around(&self.blocks, inside).all(|outer| self.blocks[outer].is_always());
        let padding = spec.padding.unwrap_or(PaddingWord::Same);
        self.blocks.push(Block {
            label,
            repeat,
            kinds: kinds.clone(),
            params,
            padding,
            then,
            when,
            inside,
            level,
            end: 0,
        });
        for (i, inner) in spec.blocks.iter().enumerate() {
            self.block(inner, &format!("{at}/blocks/{i}"), Some(index), i);
        }
        self.blocks[index].end = self.blocks.len();
        // From here on others may refer to it.
        let has = |param: Param| param != Param::Rate && kinds.iter().all(|kind| kind.has(param));
        for param in Param::ALL.into_iter().filter(|&param| has(param)) {
            self.sure[PLACE.len() + param as usize] |= always;
            if let Some(name) = &spec.name {
                self.names.push(single(format!("{name}.{}", param.name())));
                self.sure.push(always);
                self.named.push((index, param));
            }
        }
    }

    /// That no other block has its name.
    fn named_once(&mut self, spec: &BlockSpec, at: &str) {
        let Some(name) = &spec.name else { return };
        let pointer = format!("{at}/name");
        match self.labels.iter().find(|(known, _)| known == name) {
            Some((_, first)) => {
                let issue = Issue::new(pointer, format!("two blocks are called `{name}`"));
                let issue = issue.help("rename one of them").also(first, "the other one");
                self.issues.push(issue);
            }
            None => self.labels.push((name.clone(), pointer)),
        }
    }

    /// Whether the kinds suit the place, and each other.
    fn kinds_fit(&mut self, spec: &BlockSpec, kinds: &[LayerKind], at: &str, inside: bool) {
        let mut fault = |key: &str, message: String, help: &str| {
            self.issues.push(Issue::new(format!("{at}/{key}"), message).help(help));
        };
        let [skips, vectors] = [LayerKind::is_skip, LayerKind::makes_vector]
            .map(|is: fn(LayerKind) -> bool| kinds.iter().copied().filter(|&kind| is(kind)).count());
        if kinds.len() > 1 && (skips > 0 || vectors > 0 && vectors < kinds.len()) {
            let message = "found layers of different nature to choose from".to_owned();
            fault(
                "layer",
                message,
                "choose among layers that all keep images or all make vectors, and no skips",
            );
        }
        if (1..kinds.len()).any(|i| kinds[..i].contains(&kinds[i])) {
            fault("layer", "a layer is a choice twice".to_owned(), "remove one of them");
        }
        if skips > 0 && spec.blocks.is_empty() {
            let message = format!("`{}` has no `blocks`, around which it goes", kinds[0].name());
            fault("layer", message, "add `blocks: [...]`");
        }
        if skips == 0 && !spec.blocks.is_empty() {
            let message = format!("`{}` has no `blocks`", kinds[0].name());
            fault("blocks", message, "use `layer: residual` or `layer: concat` around blocks");
        }
        // The skip around it: its pointer without `/blocks/N`.
        let outer = at.rsplitn(3, '/').nth(2).filter(|_| inside).map(|outer| format!("{outer}/layer"));
        if let (Some(outer), true) = (&outer, vectors > 0) {
            let message = format!("`{}` inside a skip connection, which is between images", kinds[0].name());
            let issue = Issue::new(format!("{at}/layer"), message).help("move it out");
            self.issues.push(issue.also(outer.clone(), "the skip connection"));
        }
        if let (Some(outer), Some(PaddingWord::Valid)) = (&outer, spec.padding) {
            let message = "`padding: valid` inside a skip connection, whose ends must meet";
            let issue = Issue::new(format!("{at}/padding"), message).help("remove it");
            self.issues.push(issue.also(outer.clone(), "the skip connection"));
        }
        if let (Some((maker, there)), Some(kind)) =
            (&self.vector, kinds.iter().find(|kind| kind.needs_image()))
        {
            let message = format!("`{}` needs an image, but `{maker}` before it makes a vector", kind.name());
            let issue = Issue::new(format!("{at}/layer"), message);
            let issue = issue.also(there.clone(), "the vector is made here");
            self.issues.push(issue.help("move it before that block"));
        }
        if vectors > 0 {
            let label = spec.name.clone().unwrap_or_else(|| kinds[0].name().to_owned());
            self.vector.get_or_insert((label, format!("{at}/layer")));
        }
    }

    fn params(&mut self, spec: &BlockSpec, kinds: &[LayerKind], at: &str) -> [Option<Domain>; 6] {
        let mut own = Vec::new();
        let mut read = Param::ALL.map(|param| {
            let default =
                kinds.iter().flat_map(|kind| kind.params()).find(|(p, _)| *p == param).map(|(_, d)| *d);
            let pointer = format!("{at}/{}", param.name());
            match (spec.written(param), default) {
                (Some(written), Some(_)) => {
                    let domain = Domain::read(written, param.limits(), &self.names, &pointer);
                    self.keep(domain)
                }
                (Some(_), None) => {
                    let has: Vec<&str> =
                        kinds.iter().flat_map(|kind| kind.params()).map(|(param, _)| param.name()).collect();
                    let message = format!("`{}` has no `{}`", kinds[0].name(), param.name());
                    let help = if has.is_empty() { "remove it".to_owned() } else { one_of(has) };
                    self.issues.push(Issue::new(pointer, message).help(help));
                    None
                }
                (None, Some(None)) => {
                    let kind = kinds.iter().find(|kind| kind.params().iter().any(|(p, _)| *p == param));
                    let kind = kind.map_or("", |kind| kind.name());
                    let message = format!("`{kind}` lacks its `{}`", param.name());
                    let help = format!("add `{}`, such as `{}: 64`", param.name(), param.name());
                    self.issues.push(Issue::new(format!("{at}/layer"), message).help(help));
                    None
                }
                // Which one, depends on the kind that is chosen.
                (None, Some(Some(default))) => Some(Domain::one(default)),
                (None, None) => None,
            }
        });
        for param in Param::ALL {
            if param != Param::Rate && matches!(read[param as usize], Some(Domain::Choices { .. })) {
                own.push(PLACE.len() + param as usize);
            }
        }
        for param in Param::ALL {
            if let Some(Domain::Derived(formula)) = &read[param as usize] {
                let formula = formula.clone();
                self.all_sure(&formula, &format!("{at}/{}", param.name()), &own);
            }
        }
        // A default of several kinds that differ is that of each.
        for param in Param::ALL.into_iter().filter(|&param| spec.written(param).is_none()) {
            let defaults: Vec<f64> = kinds
                .iter()
                .flat_map(|kind| kind.params())
                .filter(|(p, _)| *p == param)
                .filter_map(|(_, default)| *default)
                .collect();
            if let (Some(first), Some(_)) = (defaults.first(), &read[param as usize])
                && defaults.iter().any(|default| default != first)
            {
                let message = format!("layers with different `{}` to choose from", param.name());
                let help = format!("write `{}`", param.name());
                self.issues.push(Issue::new(format!("{at}/layer"), message).help(help));
                read[param as usize] = None;
            }
        }
        read
    }

    /// That everything a formula names is there in every network.
    fn all_sure(&mut self, formula: &Formula, pointer: &str, own: &[usize]) {
        for name in formula.names() {
            if !self.sure[name] && !own.contains(&name) {
                let name = &self.names[name].name;
                let message = format!(
                    "`{name}` is not there in every network: no block before that always occurs has it"
                );
                let mut issue = Issue::new(pointer, message);
                issue.code = Some(codes::E0308);
                self.issues.push(issue.help("refer to a block without `when` whose `repeat` is at least 1"));
            }
        }
    }
}

/// The skips around what is in one, from the inside.
pub(super) fn around(blocks: &[Block], inside: Option<usize>) -> impl Iterator<Item = usize> {
    std::iter::successors(inside, |&outer| blocks[outer].inside)
}

impl Program {
    /// The blocks that are in a skip and in no other one in it; of `None` those that are in no skip.
    pub(super) fn blocks_in(&self, skip: Option<usize>) -> impl Iterator<Item = usize> {
        (0..self.blocks.len()).filter(move |&block| self.blocks[block].inside == skip)
    }

    /// Where a decision about a block is made: how often it and the skips around it have occurred.
    pub(super) fn place(&self, block: usize, counts: Place) -> Place {
        let level = self.blocks[block].level;
        std::array::from_fn(|at| if at <= level { counts[at] } else { 0 })
    }

    /// Where the repetitions of a block are counted: how often the skips around it have occurred.
    pub(super) fn place_around(&self, block: usize, counts: Place) -> Place {
        let level = self.blocks[block].level;
        std::array::from_fn(|at| if at < level { counts[at] } else { 0 })
    }
}

impl Block {
    /// Whether it occurs in every network that has what is around it.
    fn is_always(&self) -> bool {
        self.when.is_none() && self.repeat.first().is_some_and(|&least| least > 0)
    }
}

/// Reads a link of a chain.
pub(super) fn chain(text: &str, pointer: &str) -> Result<Then, Issue> {
    let found = link(text).map_err(|error| Issue::in_expression(pointer, codes::E0307, 0, error))?;
    let words = ["batch_norm", "relu", "dropout"];
    let fault = |message: String, help: String| {
        let meant = only_one(found.word, words).filter(|word| word != found.word);
        let issue = Issue::new(pointer, message).help(help).inside(found.at, found.word.len(), meant);
        Err(Issue { code: Some(codes::E0308), ..issue })
    };
    match (found.word, found.number) {
        ("batch_norm", None) => Ok(Then::BatchNorm),
        ("relu", None) => Ok(Then::Relu),
        ("dropout", Some(rate)) if (0.0..=0.99).contains(&rate) => Ok(Then::Dropout(rate)),
        ("dropout", Some(rate)) => fault(
            format!("`dropout` has the rate {rate}, expected at least 0 and at most 0.99"),
            "write a share, such as `dropout(0.3)`".to_owned(),
        ),
        ("dropout", None) => {
            fault("`dropout` lacks its rate between 0 and 0.99".to_owned(), "write `dropout(0.3)`".to_owned())
        }
        ("batch_norm" | "relu", Some(_)) => {
            fault(format!("`{}` has no number", found.word), format!("write `{}`", found.word))
        }
        (other, _) => {
            let help = did_you_mean(other, words).unwrap_or_else(|| one_of(words));
            fault(format!("unknown layer {} of a chain", quoted(other)), help)
        }
    }
}
