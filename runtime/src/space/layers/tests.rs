//! Tests of `layers`: what networks are made, how they are counted, and the conformance of spaces.

use peng_spec::arch::NetworkFacts;
use peng_spec::catalog::Kind;
use peng_spec::expr::Formula;
use peng_spec::plan::Setting;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::seed::SeedTree;
use crate::space::constrained::conditions;
use crate::space::count::{Bound, Satisfying};
use crate::space::network_key;
use crate::space::tests::conforms;

fn dataset(input: &str) -> DatasetFacts {
    DatasetFacts { input: input.parse().unwrap(), classes: 3, train: 100, test: 100 }
}

fn space(params: &Value, input: &str) -> Walk {
    walk(&read_params(&Layers.normalise(params).unwrap()).unwrap(), &dataset(input)).unwrap()
}

/// The nodes with their shapes: `block1.1.conv 8x4x4`.
fn nodes(params: &Value, input: &str, genome: Value) -> String {
    let graph = space(params, input).decode(&Genome::new(genome)).unwrap();
    let shapes = graph.shapes().unwrap();
    let lines = graph.nodes.iter().zip(shapes).map(|(node, shape)| format!("{} {shape}", node.name));
    lines.collect::<Vec<_>>().join(", ")
}

/// Every genome, found by deciding each decision in each way.
fn all(walk: &Walk) -> Vec<Genome> {
    let mut found = Vec::new();
    let mut open: Vec<Vec<f64>> = vec![Vec::new()];
    while let Some(prefix) = open.pop() {
        let mut used = 0;
        let mut fork: Option<Vec<f64>> = None;
        let member = walk.member(&mut |_, ask| {
            used += 1;
            if let Some(&answer) = prefix.get(used - 1) {
                return Ok(answer);
            }
            fork = Some(match ask {
                member::Ask::Count { count, repeat } => {
                    let goes_on = repeat.iter().any(|more| more > count);
                    let again = goes_on.then_some(*count as f64 + 1.0);
                    std::iter::once(*count as f64).chain(again).collect()
                }
                member::Ask::Kind(kinds) => (0..*kinds).map(|kind| kind as f64).collect(),
                member::Ask::Value(Domain::Choices { values, .. }) => values.clone(),
                member::Ask::Value(_) => panic!("it is finite"),
            });
            Err(())
        });
        match (member, fork) {
            (Ok(member), _) => found.push(walk.encode(&member)),
            (Err(()), Some(answers)) => {
                open.extend(answers.into_iter().map(|answer| [prefix.as_slice(), &[answer]].concat()));
            }
            (Err(()), None) => panic!("it asks"),
        }
    }
    found
}

fn brute_force(walk: &Walk, conditions: &[Formula]) -> (usize, usize) {
    let mut genomes: Vec<String> = Vec::new();
    let mut satisfying = 0;
    for genome in all(walk) {
        assert_eq!(walk.encode(&walk.known(&genome).unwrap()), genome);
        satisfying += usize::from(walk.facts(&genome).unwrap().satisfy(conditions));
        genomes.push(genome.to_string());
    }
    let count = genomes.len();
    genomes.sort_unstable();
    genomes.dedup();
    assert_eq!(genomes.len(), count, "genomes are distinct");
    (count, satisfying)
}

#[test]
fn a_network_brings_along_what_was_decided_and_what_is_fixed() {
    let params = json!({
        "blocks": [{ "layer": "relu" }],
        "training": { "lr": "log(1e-3..1e-1)", "batch_size": 32, "momentum": [0.5, 0.9] },
    });
    let walk = space(&params, "1x4x4");
    let of = |training: Value| {
        let genome = Genome::new(json!({ "blocks": [[{}]], "training": training }));
        let settings = walk.settings(&genome).unwrap();
        (network_key(&walk.decode(&genome).unwrap(), &settings), settings)
    };
    let (first, settings) = of(json!({ "lr": 0.01, "momentum": 0.5 }));
    assert_eq!(settings, [(Setting::Lr, 0.01), (Setting::BatchSize, 32.0), (Setting::Momentum, 0.5)]);
    let (second, _) = of(json!({ "lr": 0.02, "momentum": 0.5 }));
    assert_ne!(first, second, "one graph with two learning rates is trained twice");
    let facts = Layers.facts(&Layers.normalise(&params).unwrap(), &dataset("1x4x4")).unwrap();
    assert_eq!(facts.settings, [Setting::Lr, Setting::BatchSize, Setting::Momentum]);
}

#[test]
fn layers_become_operations() {
    let one = |block: Value| json!({ "blocks": [block] });
    let genome = || json!({ "blocks": [[{}]] });
    for (block, expected) in [
        (json!({ "layer": "conv", "filters": 4 }), "block1.1.conv 4x7x6"),
        (json!({ "layer": "conv", "filters": 4, "kernel": 4, "stride": 2 }), "block1.1.conv 4x4x3"),
        (json!({ "layer": "conv", "filters": 4, "kernel": 4, "padding": "valid" }), "block1.1.conv 4x4x3"),
        // A window that is larger than the image is cut to it.
        (json!({ "layer": "conv", "filters": 4, "kernel": 9, "padding": "valid" }), "block1.1.conv 4x1x1"),
        (
            json!({ "layer": "separable", "filters": 4, "stride": 2 }),
            "block1.1.depthwise 2x4x3, block1.1.pointwise 4x4x3",
        ),
        (json!({ "layer": "depthwise" }), "block1.1.conv 2x7x6"),
        (json!({ "layer": "dilated", "filters": 4, "padding": "valid" }), "block1.1.conv 4x3x2"),
        (
            json!({ "layer": "factorised", "filters": 4, "stride": 2, "padding": "valid" }),
            "block1.1.row 4x4x2, block1.1.column 4x2x2",
        ),
        (json!({ "layer": "max_pool" }), "block1.1.pool 2x4x3"),
        (json!({ "layer": "max_pool", "padding": "valid" }), "block1.1.pool 2x3x3"),
        (json!({ "layer": "avg_pool", "kernel": 9, "padding": "valid" }), "block1.1.pool 2x1x1"),
        (
            json!({ "layer": "batch_norm", "then": ["relu", "dropout(0.5)"] }),
            "block1.1.norm 2x7x6, block1.1.relu 2x7x6, block1.1.dropout 2x7x6",
        ),
    ] {
        let found = nodes(&one(block.clone()), "2x7x6", genome());
        let channels = expected.rsplit(' ').next().unwrap().split('x').next().unwrap();
        let expected = format!("{expected}, classifier.pool {channels}, classifier.linear 3");
        assert_eq!(found, expected, "{block}");
    }
    let flat =
        json!({ "head": "flatten", "blocks": [{ "layer": "dense", "units": 5 }, { "layer": "relu" }] });
    assert_eq!(
        nodes(&flat, "2x7x6", json!({ "blocks": [[{}], [{}]] })),
        "block1.1.flatten 84, block1.1.linear 5, block2.1.relu 5, classifier.linear 3"
    );
}

#[test]
fn skips_join_what_they_go_around() {
    let skip = |layer: &str, stride: usize| {
        let inner = json!([{ "layer": "conv", "filters": 4, "stride": stride, "repeat": "0..1" }]);
        json!({ "blocks": [{ "layer": layer, "then": ["relu"], "blocks": inner }] })
    };
    let genome = |count: usize| json!({ "blocks": [[{ "blocks": [vec![json!({}); count]] }]] });
    let tail = |channels: usize| format!("classifier.pool {channels}, classifier.linear 3");
    assert_eq!(
        nodes(&skip("residual", 2), "2x7x6", genome(1)),
        format!(
            "input.input 2x7x6, block1.1.block1.1.conv 4x4x3, block1.1.shortcut 4x4x3, block1.1.join 4x4x3, \
             block1.1.relu 4x4x3, {}",
            tail(4)
        )
    );
    assert_eq!(
        nodes(&skip("residual", 1), "4x7x6", genome(1)),
        format!(
            "input.input 4x7x6, block1.1.block1.1.conv 4x7x6, block1.1.join 4x7x6, block1.1.relu 4x7x6, {}",
            tail(4)
        )
    );
    assert_eq!(
        nodes(&skip("concat", 1), "2x7x6", genome(1)),
        format!(
            "input.input 2x7x6, block1.1.block1.1.conv 4x7x6, block1.1.join 6x7x6, block1.1.relu 6x7x6, {}",
            tail(6)
        )
    );
    // A skip around nothing is not there.
    assert_eq!(nodes(&skip("concat", 1), "2x7x6", genome(0)), format!("input.input 2x7x6, {}", tail(2)));
}

#[test]
fn values_are_tied_and_derived() {
    let params = json!({ "blocks": [
        { "name": "stem", "layer": "conv", "filters": "8..24 step 8", "kernel": [1, 3] },
        { "layer": "conv", "repeat": 2, "filters": "= 2 * stem.filters", "kernel": [3, 5], "tied": ["kernel"] },
        { "layer": "dense", "units": "= filters / 3" },
    ] });
    let walk = space(&params, "1x8x8");
    assert_eq!(brute_force(&walk, &[]), (3 * 2 * 2, 3 * 2 * 2));
    let genome = json!({ "blocks": [[{ "filters": 16, "kernel": 1 }], [{ "kernel": 5 }, {}], [{}]] });
    let facts = walk.facts(&Genome::new(genome)).unwrap();
    assert_eq!(facts.lists[0], [16.0, 32.0, 32.0]);
    assert_eq!(facts.lists[1], [1.0, 5.0, 5.0]);
    assert_eq!(facts.lists[2], [11.0]);
}

#[test]
fn a_block_ends_where_its_condition_fails() {
    let params = json!({ "blocks": [
        { "layer": "max_pool", "repeat": "1..4", "when": "height >= 4" },
        { "layer": "conv", "filters": [4, 8], "repeat": "0..2", "when": "channels < 8" },
    ] });
    let walk = space(&params, "1x8x8");
    // Pools: 8 to 4 to 2; one or two. Convolutions: none, one of 4, one of 8, 4 and 4, 4 and 8.
    assert_eq!(brute_force(&walk, &[]), (2 * 5, 2 * 5));
    assert_eq!(count::genomes(&walk), Size::Whole(10));
    let wrong = json!({ "blocks": [[{}, {}, {}], []] });
    let reason = walk.decode(&Genome::new(wrong)).unwrap_err().reason;
    assert_eq!(reason, "a block occurs more often or less often than it may");
}

fn small_block() -> impl Strategy<Value = Value> {
    let repeat = prop_oneof![Just(json!(1)), Just(json!("0..2")), Just(json!([0, 2])), Just(json!("1..2"))];
    let when = prop_oneof![
        3 => Just(None),
        1 => Just(Some("height >= 4")),
        1 => Just(Some("channels <= 4")),
        1 => Just(Some("depth < 2")),
    ];
    let layer = prop_oneof![
        Just(json!({ "layer": "conv", "filters": [2, 4, 6], "stride": "1..2" })),
        Just(
            json!({ "layer": "conv", "filters": "2..6 step *2", "kernel": [2, 3], "padding": "valid", "then": ["batch_norm", "relu"] })
        ),
        // Kernels larger than the image.
        Just(
            json!({ "layer": ["conv", "factorised"], "filters": [2, 4], "kernel": [2, 9], "padding": "valid" })
        ),
        Just(json!({ "layer": ["max_pool", "avg_pool"], "kernel": [2, 3] })),
        Just(json!({ "layer": ["depthwise", "dropout"], "rate": [0.1, 0.5], "kernel": [1, 3] })),
        Just(json!({ "layer": "separable", "filters": [2, 3], "kernel": [3, 5], "tied": ["kernel"] })),
        Just(json!({ "layer": "residual", "blocks": [
            { "layer": "conv", "filters": [2, 4], "repeat": "0..2", "when": "height >= 3" },
            { "layer": "max_pool", "kernel": [2, 3], "stride": 1, "repeat": [0, 1] },
        ] })),
        Just(
            json!({ "layer": "concat", "blocks": [{ "layer": "dilated", "filters": "= channels + 1", "kernel": [2, 3] }] })
        ),
    ];
    (repeat, when, layer).prop_map(|(repeat, when, mut layer)| {
        layer["repeat"] = repeat;
        if let Some(when) = when {
            layer["when"] = json!(when);
        }
        layer
    })
}

fn small_space() -> impl Strategy<Value = Value> {
    let dense = prop_oneof![
        Just(None),
        Just(Some(json!({ "layer": "dense", "units": [3, 5], "repeat": "0..2" }))),
        Just(Some(json!({ "layer": "dense", "units": "= channels + height", "then": ["relu"] }))),
    ];
    let head = prop_oneof![Just("global_pool"), Just("flatten")];
    (proptest::collection::vec(small_block(), 1..4), dense, head).prop_map(|(mut blocks, dense, head)| {
        blocks.extend(dense);
        json!({ "blocks": blocks, "head": head })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn counts_agree_with_brute_force(params in small_space(), which in 0..8_usize, part in 0.0..1.0_f64) {
        let walk = space(&params, "2x7x6");
        prop_assume!(count::genomes(&walk).rounded() <= 3000.0);
        let genomes = all(&walk);
        let facts: NetworkFacts = walk.facts(&genomes[(part * (genomes.len() - 1) as f64) as usize]).unwrap();
        let [params, flops, bytes, depth, channels, height, _] = facts.singles;
        let text = match which {
            0 => format!("params <= {params}"),
            1 => format!("flops < {flops} or bytes == {bytes} B"),
            2 => format!("depth <= {depth} and params + flops > {params}"),
            3 => "filters[i + 1] >= filters[i]".to_owned(),
            4 => format!("filters[i + 2] > filters[i] or filters[i + 1] == {channels}"),
            5 => format!("channels * height <= {} and max(kernel) < 5", channels * height),
            6 => format!("kernel[1] == 3 or count(filters) != {depth}"),
            _ => format!("sum(units) <= {channels} and filters[i] >= kernel[i]"),
        };
        let conditions = conditions(&[text, "kernel[i] <= 4".to_owned()]).unwrap();
        let (count, satisfying) = brute_force(&walk, &conditions);
        prop_assert_eq!(count::genomes(&walk), Size::Whole(count as u128));
        prop_assert_eq!(count::exactly(&walk, &conditions), Some(satisfying as u128));
    }

    #[test]
    fn it_conforms(params in small_space(), seed: u64, training: bool) {
        let mut params = params;
        if training {
            params["training"] = json!({ "lr": "log(1e-4..1e-1)", "batch_size": [16, 32], "momentum": 0.9 });
        }
        conforms(&Layers, &params, &dataset("2x7x6"), seed);
    }
}

#[test]
fn a_kernel_cut_to_its_image_costs_no_more_than_the_image() {
    let params = json!({
        "blocks": [{ "layer": "conv", "filters": 8, "kernel": 64, "padding": "valid" }],
        "where": ["params <= 2k"],
    });
    let params = Layers.normalise(&params).unwrap();
    let facts = Layers.facts(&params, &dataset("1x8x8")).unwrap();
    assert!(facts.least.params <= 8 * 64 + 8 + 3 * 9, "{:?}", facts.least);
}

#[test]
fn a_condition_on_nothing_is_told_to_fail_without_bounds() {
    let params = json!({ "blocks": [{ "layer": "relu" }], "where": ["1 > 2"] });
    let issues = Layers.facts(&Layers.normalise(&params).unwrap(), &dataset("1x8x8")).unwrap_err();
    assert_eq!(issues[0].message, "no network of the space satisfies `1 > 2`");
}

#[test]
fn conditions_hold_for_all_that_is_drawn() {
    let params = json!({
        "blocks": [{ "layer": "conv", "filters": "4..32 step 4", "repeat": "1..3" }],
        "where": ["filters[i + 1] >= filters[i]", "params <= 4k"],
    });
    let params = Layers.normalise(&params).unwrap();
    let space = Layers.build(&params, &dataset("1x8x8")).unwrap();
    let conditions =
        conditions(&["filters[i + 1] >= filters[i]".to_owned(), "params <= 4k".to_owned()]).unwrap();
    let mut rng = SeedTree::new(1).rng();
    let mut parents = [space.sample(&mut rng).unwrap(), space.sample(&mut rng).unwrap()];
    for _ in 0..200 {
        for genome in &parents {
            assert!(space.facts(genome).unwrap().satisfy(&conditions), "{genome}");
        }
        let children = space.crossover(&parents[0], &parents[1], &mut rng).unwrap();
        parents = children.map(|child| space.mutate(&child, &mut rng).unwrap());
    }
    let scarce = json!({ "blocks": [{ "layer": "conv", "filters": "1..9999" }], "where": ["filters[0] == 77 and depth > 2"] });
    let space = Layers.build(&Layers.normalise(&scarce).unwrap(), &dataset("1x8x8")).unwrap();
    assert_eq!(
        space.sample(&mut rng).unwrap_err().to_string(),
        "none of 10000 networks drawn at random satisfies `filters[0] == 77 and depth > 2`"
    );
}

#[test]
fn a_sampled_share_agrees_with_the_exact_count() {
    let params = json!({
        "blocks": [
            { "layer": "conv", "filters": "4..32 step 4", "kernel": [1, 3], "repeat": "1..3" },
            { "layer": "max_pool", "repeat": "0..2", "when": "height >= 6" },
            { "layer": "dense", "units": "8..16" },
        ],
        "training": { "lr": "0.1..0.2" },
        "where": ["params <= 4k"],
    });
    let walk = space(&params, "1x8x8");
    let exact = count::exactly(&walk, &walk.program.conditions).unwrap();
    let share = exact as f64 / count::genomes(&walk).rounded();
    let [low, high] = count::sampled_share(&walk).interval();
    assert!(share > 0.02 && share < 0.98 && low <= share && share <= high, "{low} <= {share} <= {high}");
}

#[test]
fn a_million_members_are_counted_exactly() {
    // Every network differs in parameters and in filters, so no two walks come to one state.
    let params = json!({
        "blocks": [
            { "layer": "conv", "filters": "1..103" },
            { "layer": "conv", "filters": "1..100" },
            { "layer": "conv", "filters": "1..100" },
        ],
        "where": ["params <= 100k and max(filters) >= 50 and filters[0] * filters[1] >= filters[2]"],
    });
    let walk = space(&params, "1x8x8");
    let counted = count::count(&walk);
    assert_eq!(counted.genomes, Bound::Exactly(1_030_000));
    let expected = (1..=103_u64)
        .flat_map(|a| (1..=100_u64).flat_map(move |b| (1..=100_u64).map(move |c| [a, b, c])))
        .filter(|[a, b, c]| {
            let params = a * 10 + b * (9 * a + 1) + c * (9 * b + 1) + 3 * (c + 1);
            params <= 100_000 && *a.max(b).max(c) >= 50 && a * b >= *c
        })
        .count();
    assert_eq!(counted.satisfying, Some(Satisfying::Exactly(expected as u128)));
}

#[test]
fn a_space_that_is_too_large_to_count_is_left_early() {
    let block = |when: &str| json!({ "layer": "conv", "filters": "1..512", "when": when });
    let mut blocks =
        vec![json!({ "layer": "conv", "name": "a", "filters": "1..512" }), block("channels > 3")];
    blocks.extend((0..3).map(|_| block("channels > a.filters")));
    let params = json!({ "blocks": blocks, "where": ["params <= 2M"] });
    let counted = count::count(&space(&params, "1x8x8"));
    assert!(matches!(counted.genomes, Bound::AtMost(_)), "{counted:?}");
    assert!(matches!(counted.satisfying, Some(Satisfying::Drawn(_))), "{counted:?}");
}

#[test]
fn what_no_integer_holds_is_drawn_uniformly() {
    // Of 4 * 1000^60 networks 1000^60 are without the second block.
    let params = json!({
        "blocks": [
            { "layer": "conv", "filters": "1..1000", "repeat": 60 },
            { "layer": "conv", "filters": "1..3", "repeat": "0..1" },
        ],
        "where": ["count(filters) > 60", "params > 0"],
    });
    let walk = space(&params, "1x8x8");
    assert_eq!(count::count(&walk).genomes, Bound::MoreThan(u128::MAX));
    let [low, high] = count::sampled_share(&walk).interval();
    assert!(low <= 0.75 && 0.75 <= high, "{low} {high}");
}
