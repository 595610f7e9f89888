//! Tests of `nsga-micro`: the published networks, the bounds, what a genome means.

use peng_spec::arch::{Cost, Op};
use peng_spec::catalog::{Kind, Target};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::seed::SeedTree;
use crate::space::tests::conforms;

fn dataset(input: &str, classes: usize) -> DatasetFacts {
    DatasetFacts { input: input.parse().unwrap(), target: Target::Classes(classes), train: 100, test: 100 }
}

#[expect(clippy::needless_pass_by_value, reason = "called with what is written there")]
fn layout(params: Value, input: &str, classes: usize) -> Layout {
    let params = NsgaMicro.normalise(&params).unwrap();
    Layout::new(&read_params(&params).unwrap(), &dataset(input, classes)).unwrap()
}

#[derive(Deserialize)]
struct Vector {
    space: String,
    input: String,
    classes: usize,
    genome: String,
    params: u64,
    flops: u64,
}

/// Among them are the networks of the README of the published code: 1.97, 2.20 and 4.05 million parameters.
#[test]
fn published_networks_cost_what_was_published() {
    let mut vectors =
        csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(include_bytes!("vectors.csv").as_slice());
    let vectors: Vec<Vector> = vectors.deserialize().map(Result::unwrap).collect();
    assert_eq!(vectors.len(), 40);
    for Vector { space, input, classes, genome, params, flops } in vectors {
        let layout = layout(serde_json::from_str(&space).unwrap(), &input, classes);
        let network = layout.decode(&Genome::new(serde_json::from_str(&genome).unwrap())).unwrap();
        let cost = network.cost().unwrap();
        assert_eq!((cost.params, cost.flops), (params, flops), "{space} {genome}");
    }
}

fn node<'a>(graph: &'a ArchGraph, name: &str) -> (&'a Op, Vec<&'a str>) {
    let node = graph.nodes.iter().find(|node| node.name == name).unwrap_or_else(|| panic!("no `{name}`"));
    (&node.op, node.inputs.iter().map(|&i| graph.nodes[i].name.as_str()).collect())
}

#[test]
fn a_network_is_what_its_genome_says() {
    let params = json!({ "cells": 4, "blocks": 2, "channels": 3, "drop_path": 0.3 });
    let layout = layout(params, "1x9x8", 5);
    // Normal: max pool of the last cell plus the one before as it is; then 5x5 separable of that plus it as it is.
    // Reduction: a reduced skip plus 7x1 and 1x7 of the one before; then dilated 3x3 of the last cell plus mean of the block.
    let genome = json!([[[[0, 1], [2, 0]], [[4, 2], [2, 2]]], [[[2, 1], [8, 0]], [[5, 1], [1, 2]]]]);
    let network = layout.decode(&Genome::new(genome)).unwrap();
    let shapes = network.shapes().unwrap();
    let shape = |name: &str| {
        let at = network.nodes.iter().position(|node| node.name == name).unwrap();
        shapes[at].to_string()
    };
    assert_eq!(node(&network, "cell1.input0.relu").1, ["stem.norm"]);
    assert_eq!(node(&network, "cell1.block1.left.pool").1, ["cell1.input1.norm"]);
    assert_eq!(node(&network, "cell1.block1.left.drop").0, &Op::DropPath { rate: 0.3 });
    // A skip is not dropped.
    assert_eq!(node(&network, "cell1.block1.sum").1, ["cell1.block1.left.drop", "cell1.input0.norm"]);
    assert_eq!(node(&network, "cell1.block2.sum").1, ["cell1.block2.left.drop", "cell1.block1.sum"]);
    // Of four cells the second and the third reduce; only the second block of the normal cell is not read.
    assert_eq!(node(&network, "cell2.input1.relu").1, ["cell1.block2.sum"]);
    assert_eq!(node(&network, "cell2.block1.sum").1, ["cell2.block1.left.drop", "cell2.block1.right.drop"]);
    assert_eq!(node(&network, "cell2.block2.right.pool").1, ["cell2.block1.sum"]);
    assert_eq!(node(&network, "cell2.block1.left.shift").1, ["cell2.block1.left.relu"]);
    assert_eq!(shape("stem.norm"), "9x9x8");
    assert_eq!(shape("cell1.block2.sum"), "3x9x8");
    // The row convolution steps to the right, the column one downwards.
    assert_eq!([shape("cell2.block1.right.row"), shape("cell2.block1.right.column")], ["6x9x4", "6x5x4"]);
    assert_eq!(shape("cell2.block1.left.concat"), "6x5x4");
    assert_eq!(shape("cell3.input0.concat"), "12x5x4");
    assert_eq!(shape("cell3.block2.sum"), "12x3x2");
    assert_eq!(shape("cell4.input0.norm"), "12x3x2");
    assert!(network.nodes.iter().any(|node| node.name == "cell4.input0.even"));
    assert!(network.nodes.iter().all(|node| node.name != "cell2.input0.even"));
    assert_eq!(shape("classifier.linear"), "5");
    assert_eq!(network.auxiliary, None);
}

/// Drop-path and the auxiliary head are there in training only.
#[test]
fn what_is_for_training_costs_nothing() {
    let mut rng = SeedTree::new(1).rng();
    for (input, head) in
        [("3x32x32", "768x1x1"), ("1x28x28", "768x1x1"), ("1x8x9", "768x1x2"), ("2x60x64", "768x3x3")]
    {
        let with =
            layout(json!({ "cells": 3, "channels": 4, "drop_path": 0.2, "auxiliary_weight": 0.4 }), input, 3);
        let without = layout(json!({ "cells": 3, "channels": 4 }), input, 3);
        let genome = with.sample(&mut rng).unwrap();
        let [with, without] = [with, without].map(|layout| layout.decode(&genome).unwrap());
        assert_eq!(with.cost(), without.cost());
        assert_eq!(with.facts(), without.facts());
        let auxiliary = with.auxiliary.as_ref().unwrap();
        assert_eq!(auxiliary.weight, 0.4);
        let trained = with.trained();
        let shapes = trained.shapes().unwrap();
        let at = trained.nodes.iter().position(|node| node.name == "auxiliary.relu2").unwrap();
        assert_eq!(shapes[at].to_string(), head, "{input}");
        assert_eq!(shapes.last(), Some(&Shape::Vector { features: 3 }));
        // It reads the second reduction cell.
        assert!(trained.nodes[auxiliary.nodes[0].inputs[0]].name.starts_with("cell3."));
    }
}

#[test]
fn bounds_are_reached() {
    for (params, input, classes) in [
        (json!({ "cells": 3, "blocks": 1, "channels": 1 }), "1x5x7", 3),
        (json!({ "cells": 4, "blocks": 1, "channels": 12 }), "3x8x8", 2),
        (
            json!({ "cells": 5, "blocks": 1, "channels": 4, "increment": 3, "squeeze_excite": true }),
            "2x9x9",
            2,
        ),
    ] {
        let layout = layout(params, input, classes);
        let bounds = layout.bounds();
        let count = bounds.iter().map(|&bound| u64::from(bound) + 1).product::<u64>();
        let mut costs = Vec::new();
        // Every 7th genome, and all of those with two equal operations a block, among which are the extremes.
        for code in 0..count {
            let mut rest = code;
            let genes: Vec<u8> = bounds
                .iter()
                .map(|&bound| {
                    let gene = (rest % (u64::from(bound) + 1)) as u8;
                    rest /= u64::from(bound) + 1;
                    gene
                })
                .collect();
            if code % 7 == 0 || genes.chunks(4).all(|block| block[..2] == block[2..]) {
                costs.push(decode::decode(&layout, &Genes(genes)).cost().unwrap());
            }
        }
        let [least, most] = bounds::bounds(&layout);
        for figure in [|c: &Cost| c.params, |c: &Cost| c.flops, |c: &Cost| c.activation_bytes] {
            assert_eq!(costs.iter().map(figure).min(), Some(figure(&least)));
            assert_eq!(costs.iter().map(figure).max(), Some(figure(&most)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn it_conforms(
        (cells, blocks, channels) in (3..9_usize, 1..6_usize, 1..20_usize),
        increment in prop::option::of(1..4_usize),
        (drop_path, auxiliary_weight) in (prop_oneof![Just(0.0), Just(0.2)], prop_oneof![Just(0.0), Just(0.4)]),
        squeeze_excite: bool,
        (depth, height, width, classes) in (1..4_usize, 5..14_usize, 5..14_usize, 2..6_usize),
        seed: u64,
    ) {
        let mut params = json!({
            "cells": cells, "blocks": blocks, "channels": channels, "drop_path": drop_path,
            "auxiliary_weight": auxiliary_weight, "squeeze_excite": squeeze_excite,
        });
        if let Some(increment) = increment {
            params["increment"] = json!(increment);
        }
        conforms(&NsgaMicro, &params, &dataset(&format!("{depth}x{height}x{width}"), classes), seed);
    }
}

#[test]
fn facts_count_the_genomes() {
    let params = NsgaMicro.normalise(&json!({})).unwrap();
    let expected = json!({
        "cells": 11, "blocks": 5, "channels": 24, "drop_path": 0.0, "auxiliary_weight": 0.0, "squeeze_excite": false,
    });
    assert_eq!(params, expected);
    let facts = NsgaMicro.facts(&params, &dataset("3x32x32", 10)).unwrap();
    // Nine operations for each of ten units, and inputs among 2, 3, 4, 5 and 6; in two cells.
    let cell = 9_u128.pow(10) * 720_u128.pow(2);
    assert_eq!(facts.genomes, (cell * cell) as f64);
    assert_eq!(facts.moves, Moves { mutate: true, crossover: true, bits: false });
    let count = NsgaMicro.count(&params, &dataset("3x32x32", 10)).unwrap();
    assert_eq!(count, SpaceCount { genomes: Bound::Exactly(cell * cell), satisfying: None });
}

#[test]
fn a_sampled_share_is_that_of_the_condition() {
    // Two of nine operations have a side of 7, and there are four operations in all.
    let params = NsgaMicro
        .normalise(&json!({ "cells": 3, "blocks": 1, "channels": 2, "where": ["max(kernel) < 7"] }))
        .unwrap();
    let Some(Satisfying::Sampled(share)) = NsgaMicro.count(&params, &dataset("1x8x8", 2)).unwrap().satisfying
    else {
        panic!("it is sampled");
    };
    let (found, exact) = (f64::from(share.hits) / f64::from(share.draws), (7.0_f64 / 9.0).powi(4));
    // Five standard deviations.
    assert!((found - exact).abs() < 5.0 * (exact * (1.0 - exact) / f64::from(share.draws)).sqrt(), "{found}");
}

#[test]
fn it_says_what_does_not_fit() {
    let issue = |params: Value, dataset: &DatasetFacts| {
        let issues = NsgaMicro.facts(&NsgaMicro.normalise(&params).unwrap(), dataset).unwrap_err();
        (issues[0].pointer.clone(), issues[0].message.clone())
    };
    assert_eq!(
        issue(json!({ "auxiliary_weight": 0.4 }), &dataset("1x4x9", 2)),
        (
            "/auxiliary_weight".to_owned(),
            "the auxiliary head does not fit into images of 4x9, expected at least 5x5".to_owned()
        )
    );
    let vector = DatasetFacts { input: Shape::Vector { features: 7 }, ..dataset("1x9x9", 2) };
    assert_eq!(issue(json!({}), &vector).1, "found examples of 7 numbers, expected images");
}

#[test]
fn a_foreign_genome_is_refused_with_a_reason() {
    let space = NsgaMicro.build(&json!({ "cells": 3, "blocks": 1 }), &dataset("1x9x9", 2)).unwrap();
    let check = |genome: Value, reason: &str| {
        let genome = Genome::new(genome);
        let error = space.decode(&genome).unwrap_err();
        assert_eq!(error, GenomeError { genome: genome.to_string(), reason: reason.to_owned() });
        let mut rng = SeedTree::new(0).rng();
        assert_eq!(space.mutate(&genome, &mut rng).unwrap_err(), error);
        assert_eq!(space.crossover(&space.sample(&mut rng).unwrap(), &genome, &mut rng).unwrap_err(), error);
    };
    let unit = json!([0, 1]);
    check(json!(7), "the genome: found `7`, expected a list of 2 cells");
    check(json!([[[unit, unit]]]), "the genome: found 1 cells, expected 2");
    check(json!([[], []]), "normal cell: found 0 blocks, expected 1");
    check(
        json!([[[unit, unit]], [[unit]]]),
        "reduction cell, block 1: found 1 operations with their inputs, expected 2",
    );
    check(
        json!([[[unit, unit]], [[unit, [9, 0]]]]),
        "reduction cell, block 1: found operation `9`, expected 0 to 8",
    );
    check(
        json!([[[unit, [0, 2]]], [[unit, unit]]]),
        "normal cell, block 1: found input `2`, expected 0 to 1",
    );
    check(json!([[[unit, [0, 1, 1]]], [[unit, unit]]]), "normal cell, block 1: found 3 numbers, expected 2");
}
