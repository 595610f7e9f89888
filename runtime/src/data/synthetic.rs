//! `synthetic`: images of smooth patterns under shifts, distracting patterns and noise, made on demand.
//!
//! Of classification each class has its pattern; of a regression each target has one, and is how strong it is.
//!
//! They stand in for data that one does not have: any shape, any number of classes, always the same. An image depends on
//! its part and its index alone. Only additions and multiplications make a pixel, so it is the same on every machine.

use std::path::PathBuf;

use peng_spec::arch::Shape;
use peng_spec::catalog::{DatasetFacts, DatasetKind, Issue, Target, Typed, read_params};
use rand::{Rng as _, RngExt as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::declared::{enough, target, wrong};
use super::{DataError, DatasetEntry, Examples, Labels, Part};
use crate::seed::{Rng, SeedTree};

/// Points of the grid that a pattern is interpolated from, a side.
const GRID: usize = 5;
const MOST_PATTERNS: usize = 1000;

/// The data set.
#[derive(Debug)]
pub(super) struct Synthetic;

/// Parameters of `synthetic`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// Shape of an image, channels by height by width, such as `1x28x28`.
    #[schemars(regex(pattern = r"^[1-9][0-9]*x[1-9][0-9]*x[1-9][0-9]*$"))]
    #[schemars(extend("x-expected" = "CxHxW, such as `1x28x28`"))]
    pub input: String,
    /// Number of classes, 2 to 1,000; they are equally frequent.
    #[schemars(range(min = 2, max = 1000))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<usize>,
    /// Instead of `classes` for a regression: how many numbers an image is made from, 1 to 1,000, each from -1 to 1.
    #[schemars(range(min = 1, max = 1000))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<usize>,
    /// Images of the training part, which the validation split is taken from.
    #[schemars(range(min = 2))]
    pub train: usize,
    /// Images of the test part; default 1,000.
    #[schemars(range(min = 1))]
    #[serde(default = "default_test")]
    pub test: usize,
}

fn default_test() -> usize {
    1000
}

impl Typed for Synthetic {
    type Params = Params;
    const NAME: &'static str = "synthetic";
    const SUMMARY: &'static str = "Noisy images of classes, or of the targets of a regression, made on demand in any shape and number, always the same";

    fn check(params: &Params) -> Vec<Issue> {
        let mut issues = Vec::new();
        if let Err(error) = params.input.parse::<Shape>() {
            issues.push(Issue::new("/input", error.to_string()));
        }
        match target(params.classes, params.targets) {
            Err(issue) => issues.push(issue),
            Ok(target) if target.outputs() > MOST_PATTERNS => {
                let (key, least) = match target {
                    Target::Classes(_) => ("classes", 2),
                    Target::Values(_) => ("targets", 1),
                };
                let message = format!("found {target}, expected {least} to {MOST_PATTERNS}");
                issues.push(Issue::new(format!("/{key}"), message));
            }
            Ok(_) => {}
        }
        issues.extend(enough(params.train));
        if params.test == 0 {
            issues.push(Issue::new("/test", "found no images, expected at least 1"));
        }
        issues
    }
}

impl DatasetKind for Synthetic {
    fn facts(&self, params: &Value) -> Result<DatasetFacts, Vec<Issue>> {
        let params: Params = read_params(params)?;
        let input =
            params.input.parse().map_err(|e: peng_spec::arch::ShapeError| vec![Issue::new("/input", e.0)])?;
        let target = target(params.classes, params.targets).map_err(|issue| vec![issue])?;
        Ok(DatasetFacts { input, target, train: params.train, test: params.test })
    }
}

impl DatasetEntry for Synthetic {
    fn open(&self, params: &Value, part: Part) -> Result<Examples, DataError> {
        let facts = self.facts(params).map_err(wrong)?;
        let seed = SeedTree::new(0).child("synthetic", 0);
        let patterns = Patterns::new(&facts, seed);
        let (count, seed) = match part {
            Part::Train => (facts.train, seed.child("train", 0)),
            Part::Test => (facts.test, seed.child("test", 0)),
        };
        let mut pixels = Vec::with_capacity(count * patterns.width);
        let of_image = |index: usize| seed.child("image", index as u64);
        let labels = match facts.target {
            Target::Classes(classes) => {
                let of = |index| {
                    patterns.draw(index % classes, of_image(index), &mut pixels);
                    (index % classes) as u16
                };
                Labels::Classes { classes, of: (0..count).map(of).collect() }
            }
            Target::Values(targets) => {
                let of = |index| patterns.mix(of_image(index), &mut pixels);
                Labels::Values { targets, of: (0..count).flat_map(of).collect() }
            }
        };
        Ok(Examples { input: facts.input, pixels, labels })
    }

    fn locate(&self, _params: &Value) -> Result<Option<PathBuf>, DataError> {
        Ok(None)
    }
}

/// The smooth images, with values from -1 to 1 and without edges, that make the classes or the targets.
struct Patterns {
    sides: [usize; 2],
    width: usize,
    all: Vec<Vec<f32>>,
}

impl Patterns {
    fn new(facts: &DatasetFacts, seed: SeedTree) -> Self {
        let (channels, sides) = match facts.input {
            Shape::Image { channels, height, width } => (channels, [height, width]),
            Shape::Vector { features } => (1, [1, features]),
        };
        let class = |class| {
            let seed = seed.child("class", class);
            (0..channels as u64).flat_map(|channel| smooth(sides, seed.child("channel", channel))).collect()
        };
        Self {
            sides,
            width: channels * sides[0] * sides[1],
            all: (0..facts.target.outputs() as u64).map(class).collect(),
        }
    }

    /// Appends an image: half grey, the pattern of its class, that of another class which is mostly weaker, and noise.
    fn draw(&self, class: usize, seed: SeedTree, pixels: &mut Vec<f32>) {
        let mut rng = seed.rng();
        let other = (class + 1 + rng.random_range(0..self.all.len() as u64 - 1) as usize) % self.all.len();
        let strength = 0.08 + 0.17 * rng.random::<f32>();
        let distraction = 0.2 * rng.random::<f32>();
        let [height, width] = self.sides;
        // A class is where its pattern is, up to an eighth of the side; a distraction may be anywhere.
        let shift = [height, width].map(|side| rng.random_range(0..=side as u64 / 8) as usize);
        let other_shift = [height, width].map(|side| rng.random_range(0..side as u64) as usize);
        for channel in 0..self.width / (height * width) {
            let plane = channel * height * width..(channel + 1) * height * width;
            let (own, others) = (&self.all[class][plane.clone()], &self.all[other][plane]);
            for y in 0..height {
                let row = |image: &[f32], [dy, _]: [usize; 2]| (y + dy) % height * width..image.len();
                let (own, others) = (&own[row(own, shift)], &others[row(others, other_shift)]);
                for x in 0..width {
                    let noise = noise(&mut rng);
                    let own = strength * own[(x + shift[1]) % width];
                    let others = distraction * others[(x + other_shift[1]) % width];
                    pixels.push((0.5 + own + others + noise).clamp(0.0, 1.0));
                }
            }
        }
    }

    /// Appends an image: half grey, each pattern as strong as its target says, and noise. The targets.
    fn mix(&self, seed: SeedTree, pixels: &mut Vec<f32>) -> Vec<f64> {
        let mut rng = seed.rng();
        let targets: Vec<f32> = self.all.iter().map(|_| 2.0 * rng.random::<f32>() - 1.0).collect();
        for at in 0..self.width {
            let patterns = self.all.iter().zip(&targets).map(|(pattern, target)| 0.25 * target * pattern[at]);
            let mixed = patterns.fold(0.5, |sum, pattern| sum + pattern);
            pixels.push((mixed + noise(&mut rng)).clamp(0.0, 1.0));
        }
        targets.into_iter().map(f64::from).collect()
    }
}

/// The sum of four bytes, which is nearly normal, with a deviation of 147.8, made one of 0.15.
fn noise(rng: &mut Rng) -> f32 {
    let bytes = rng.next_u32().to_le_bytes().map(u16::from);
    (f32::from(bytes.iter().sum::<u16>()) - 510.0) * (0.15 / 147.8)
}

/// A random grid from -1 to 1 on a torus, interpolated between its points.
fn smooth([height, width]: [usize; 2], seed: SeedTree) -> Vec<f32> {
    let mut rng = seed.rng();
    let grid: [[f32; GRID]; GRID] =
        std::array::from_fn(|_| std::array::from_fn(|_| 2.0 * rng.random::<f32>() - 1.0));
    let place = |at: usize, side: usize| {
        let exact = (at * GRID) as f32 / side as f32;
        (exact as usize, exact - exact.floor())
    };
    let mut image = Vec::with_capacity(height * width);
    for y in 0..height {
        let (row, down) = place(y, height);
        for x in 0..width {
            let (column, right) = place(x, width);
            let along = |row: usize| {
                grid[row % GRID][column] * (1.0 - right) + grid[row % GRID][(column + 1) % GRID] * right
            };
            image.push(along(row) * (1.0 - down) + along(row + 1) * down);
        }
    }
    image
}

#[cfg(test)]
mod tests {
    use peng_spec::catalog::Kind as _;
    use serde_json::json;

    use super::*;

    fn open(params: &Value, part: Part) -> Examples {
        Synthetic.open(&Synthetic.normalise(params).unwrap(), part).unwrap()
    }

    #[test]
    fn the_facts_are_those_of_the_images() {
        let params = json!({"input": "3x7x12", "classes": 4, "train": 30});
        let normal = Synthetic.normalise(&params).unwrap();
        assert_eq!(normal, json!({"input": "3x7x12", "classes": 4, "train": 30, "test": 1000}));
        let facts = Synthetic.facts(&normal).unwrap();
        for (part, count) in [(Part::Train, facts.train), (Part::Test, facts.test)] {
            let examples = open(&params, part);
            assert_eq!(examples.input, facts.input);
            assert_eq!(examples.count(), count);
            assert_eq!(examples.pixels.len(), count * 3 * 7 * 12);
            assert!(examples.classes().iter().all(|&label| label < 4));
            assert!(examples.pixels.iter().all(|p| (0.0..=1.0).contains(p)));
        }
    }

    #[test]
    fn an_image_depends_on_its_part_and_index_alone() {
        let few = open(&json!({"input": "1x6x6", "classes": 3, "train": 4}), Part::Train);
        let many = open(&json!({"input": "1x6x6", "classes": 3, "train": 9}), Part::Train);
        assert_eq!(few.pixels, many.pixels[..few.pixels.len()]);
        let test = open(&json!({"input": "1x6x6", "classes": 3, "train": 4, "test": 4}), Part::Test);
        assert_ne!(few.pixels, test.pixels);
        assert_eq!(few.pixels[..3], PINNED);
    }
    const PINNED: [f32; 3] = [0.784_829_6, 0.317_828_03, 0.440_540_85];

    #[test]
    fn the_nearest_class_mean_is_often_but_not_always_right() {
        let params = json!({"input": "1x16x16", "classes": 5, "train": 1000, "test": 500});
        let (train, test) = (open(&params, Part::Train), open(&params, Part::Test));
        let mut means = vec![vec![0.0_f32; 256]; 5];
        for (image, &label) in train.pixels.chunks(256).zip(train.classes()) {
            for (mean, pixel) in means[usize::from(label)].iter_mut().zip(image) {
                *mean += pixel / 200.0;
            }
        }
        let distance = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
        let right = test
            .pixels
            .chunks(256)
            .zip(test.classes())
            .filter(|(image, label)| {
                let nearest =
                    (0..5).min_by(|&a, &b| distance(&means[a], image).total_cmp(&distance(&means[b], image)));
                nearest == Some(usize::from(**label))
            })
            .count();
        assert!((300..495).contains(&right), "{right} of 500");
    }

    /// The part of a target in an image is what its pattern says of it.
    #[test]
    fn targets_are_how_strong_their_patterns_are() {
        let params = json!({"input": "1x16x16", "targets": 2, "train": 200});
        let normal = Synthetic.normalise(&params).unwrap();
        let (facts, train) = (Synthetic.facts(&normal).unwrap(), open(&params, Part::Train));
        let patterns = Patterns::new(&facts, SeedTree::new(0).child("synthetic", 0));
        let Labels::Values { targets: 2, of } = &train.labels else { panic!() };
        assert!(of.iter().all(|target| (-1.0..=1.0).contains(target)));
        for target in 0..2 {
            let pattern = &patterns.all[target];
            let products: f64 = train
                .pixels
                .chunks(256)
                .zip(of.chunks(2))
                .map(|(image, of)| {
                    let seen: f32 =
                        image.iter().zip(pattern).map(|(pixel, pattern)| (pixel - 0.5) * pattern).sum();
                    f64::from(seen) * of[target]
                })
                .sum();
            assert!(products > 0.0, "{target}: {products}");
        }
    }

    #[test]
    fn what_the_schema_cannot_say_is_checked() {
        let wrong = json!({"input": "28x28", "classes": 1, "train": 1, "test": 0});
        let pointers: Vec<String> =
            Synthetic.normalise(&wrong).unwrap_err().into_iter().map(|issue| issue.pointer).collect();
        assert_eq!(pointers, ["/input", "/classes", "/train", "/test"]);
    }
}
