//! Tests of `nsga-macro`: the published networks, the bounds, what does not fit.

use peng_spec::arch::Cost;
use peng_spec::catalog::{Kind, Target};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::seed::SeedTree;
use crate::space::tests::conforms;

fn dataset(input: &str, classes: usize) -> DatasetFacts {
    DatasetFacts { input: input.parse().unwrap(), target: Target::Classes(classes), train: 100, test: 100 }
}

fn layout(phases: usize, nodes: usize, channels: usize, dataset: &DatasetFacts) -> Layout {
    Layout::new(&Params { phases, nodes, channels, ..Params::default() }, dataset).unwrap()
}

const VARIANTS: [Variant; 4] = [Variant::Standard, Variant::Preact, Variant::Dense, Variant::Variable];

/// All genomes of a small space.
pub(super) fn every_genome(layout: &Layout) -> impl Iterator<Item = Genes> {
    let bounds = layout.bounds();
    let count = bounds.iter().map(|&bound| u64::from(bound) + 1).product::<u64>();
    (0..count).map(move |mut code| {
        let digit = |&bound: &u8| {
            let values = u64::from(bound) + 1;
            let gene = (code % values) as u8;
            code /= values;
            gene
        };
        Genes(bounds.iter().map(digit).collect())
    })
}

fn names(graph: &ArchGraph) -> Vec<&str> {
    graph.nodes.iter().map(|node| node.name.as_str()).collect()
}

#[test]
fn published_networks_cost_what_was_published() {
    let layout = layout(3, 4, 24, &dataset("1x127x127", 2));
    let mut vectors =
        csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(include_bytes!("vectors.csv").as_slice());
    let mut vectors: Vec<(String, f64)> = vectors.deserialize().map(Result::unwrap).collect();
    assert_eq!(vectors.len(), 264);
    // Nothing is left but the classifier, which reads 127 * 127 values and multiplies their mean twice.
    vectors.push(("[[0,0,0,0,0,0,1],[0,0,0,0,0,0,0],[0,0,0,0,0,0,1]]".to_owned(), 0.0161));
    for (genome, millions) in vectors {
        let network = layout.decode(&Genome::new(serde_json::from_str(&genome).unwrap())).unwrap();
        let flops = network.cost().unwrap().flops;
        // Half of the last published digit.
        assert!(
            (flops as f64 / 1e6 - millions).abs() < 0.500_01e-4,
            "{genome}: {flops}, expected {millions}"
        );
    }
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

/// The first is the network of the README of the published code: 3.37 million parameters, of which 32,768 are of convolutions that
/// it has for channels that do not change, and never applies.
#[test]
fn networks_of_the_published_variants_cost_what_its_code_counts() {
    let mut vectors =
        csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(include_bytes!("variants.csv").as_slice());
    let vectors: Vec<Vector> = vectors.deserialize().map(Result::unwrap).collect();
    assert_eq!(vectors.len(), 40);
    for Vector { space, input, classes, genome, params, flops } in vectors {
        let space = NsgaMacro.normalise(&serde_json::from_str(&space).unwrap()).unwrap();
        let space = NsgaMacro.build(&space, &dataset(&input, classes)).unwrap();
        let network = space.decode(&Genome::new(serde_json::from_str(&genome).unwrap())).unwrap();
        let cost = network.cost().unwrap();
        assert_eq!((cost.params, cost.flops), (params, flops), "{genome}");
    }
}

#[test]
fn a_phase_is_of_the_type_that_its_gene_says() {
    let params = Params { phases: 3, nodes: 2, channels: 8, variant: Variant::Variable, ..Params::default() };
    let layout = Layout::new(&params, &dataset("1x12x12", 5)).unwrap();
    let network = layout.decode(&Genome::new(json!([[1, 0, 1], [1, 1, 2], [1, 0, 0]]))).unwrap();
    let expected = "phase1.input.conv phase1.node1.norm phase1.node1.relu phase1.node1.conv \
        phase1.node2.norm phase1.node2.relu phase1.node2.conv phase1.output.norm phase1.output.relu \
        phase2.pool phase2.input.conv phase2.node1.narrow.norm phase2.node1.narrow.relu phase2.node1.narrow.conv \
        phase2.node1.norm phase2.node1.relu phase2.node1.conv phase2.node2.narrow.norm phase2.node2.narrow.relu \
        phase2.node2.narrow.conv phase2.node2.norm phase2.node2.relu phase2.node2.conv \
        phase2.output.concat phase2.output.merge phase2.output.norm phase2.output.relu \
        phase3.pool phase3.input.conv phase3.node1.conv phase3.node1.norm phase3.node1.relu \
        phase3.node2.conv phase3.node2.norm phase3.node2.relu phase3.output.norm phase3.output.relu \
        classifier.pool classifier.linear";
    assert_eq!(names(&network).join(" "), expected);
    let at = network.nodes.iter().position(|node| node.name == "phase2.output.concat").unwrap();
    let inputs: Vec<&str> =
        network.nodes[at].inputs.iter().map(|&i| network.nodes[i].name.as_str()).collect();
    assert_eq!(inputs, ["phase2.node2.conv", "phase2.input.conv"]);
    assert_eq!(network.shapes().unwrap()[at].to_string(), "80x5x5");
}

#[test]
fn channels_stay_if_they_are_not_doubled() {
    let params = Params { phases: 2, nodes: 2, channels: 3, double_channels: false, ..Params::default() };
    let layout = Layout::new(&params, &dataset("3x4x4", 5)).unwrap();
    let network = layout.decode(&Genome::new(json!([[1, 0], [1, 0]]))).unwrap();
    let second: Vec<&str> = names(&network).into_iter().filter(|name| name.starts_with("phase2.")).collect();
    assert_eq!(second[..2], ["phase2.pool", "phase2.node1.conv"]);
}

#[test]
fn a_network_is_what_its_bits_say() {
    let layout = layout(2, 3, 8, &dataset("1x12x12", 5));
    // Phase 1: 1→2 and 1→3, residual; so node 1 reads the input, nodes 2 and 3 are read by the output.
    // Phase 2: 1→3 and 2→3; node 2 has no input either.
    let network = layout.decode(&Genome::new(json!([[1, 1, 0, 1], [0, 1, 1, 0]]))).unwrap();
    let expected = "phase1.input.conv phase1.node1.conv phase1.node1.norm phase1.node1.relu \
        phase1.node2.conv phase1.node2.norm phase1.node2.relu \
        phase1.node3.conv phase1.node3.norm phase1.node3.relu \
        phase1.output.concat phase1.output.merge phase1.output.norm phase1.output.relu \
        phase2.pool phase2.input.conv phase2.node1.conv phase2.node1.norm phase2.node1.relu \
        phase2.node2.conv phase2.node2.norm phase2.node2.relu \
        phase2.node3.concat phase2.node3.merge phase2.node3.conv phase2.node3.norm phase2.node3.relu \
        phase2.output.norm phase2.output.relu classifier.pool classifier.linear";
    assert_eq!(names(&network).join(" "), expected);
    let node = |name: &str| network.nodes.iter().position(|node| node.name == name).unwrap();
    let inputs = |name: &str| -> Vec<&str> {
        network.nodes[node(name)].inputs.iter().map(|&i| network.nodes[i].name.as_str()).collect()
    };
    assert_eq!(inputs("phase1.node1.conv"), ["phase1.input.conv"]);
    assert_eq!(
        inputs("phase1.output.concat"),
        ["phase1.input.conv", "phase1.node2.relu", "phase1.node3.relu"]
    );
    assert_eq!(inputs("phase2.node2.conv"), ["phase2.input.conv"]);
    assert_eq!(inputs("phase2.node3.concat"), ["phase2.node1.relu", "phase2.node2.relu"]);
    let shapes = network.shapes().unwrap();
    let shape = |name: &str| shapes[node(name)].to_string();
    assert_eq!(shape("phase1.input.conv"), "8x10x10");
    assert_eq!(shape("phase1.output.concat"), "24x10x10");
    assert_eq!(shape("phase2.pool"), "8x5x5");
    assert_eq!(shape("phase2.input.conv"), "16x5x5");
    assert_eq!(shape("classifier.linear"), "5");
}

#[test]
fn a_dropped_phase_leaves_its_channels_to_the_next() {
    let layout = layout(3, 2, 8, &dataset("3x32x32", 10));
    let decode = |genome: Value| layout.decode(&Genome::new(genome)).unwrap();
    let last = decode(json!([[0, 1], [0, 0], [1, 0]]));
    let first = decode(json!([[1, 0], [0, 1], [0, 1]]));
    assert_eq!(last, first);
    assert_eq!(names(&decode(json!([[0, 1], [0, 0], [0, 1]]))), ["classifier.pool", "classifier.linear"]);
}

#[test]
fn an_input_of_as_many_channels_is_taken_as_it_is() {
    let layout = layout(1, 2, 3, &dataset("3x1x1", 2));
    let network = layout.decode(&Genome::new(json!([[1, 1]]))).unwrap();
    assert_eq!(names(&network)[..2], ["phase1.input", "phase1.node1.conv"]);
    let merge = network.nodes.iter().position(|node| node.name == "phase1.output.concat").unwrap();
    assert_eq!(network.shapes().unwrap()[merge].to_string(), "6x1x1");
}

#[test]
fn bounds_are_reached() {
    let small = [
        (2, 3, 4, "1x8x8", 3),
        (2, 3, 1, "7x9x5", 50),
        (1, 4, 2, "2x6x6", 4),
        (4, 2, 2, "3x10x10", 9),
        (2, 4, 1, "1x2x2", 2),
    ];
    // Sources of a dense phase that read more than its nodes make, and sinks that weigh more than any connection.
    let wide =
        [(1, 5, 90, "1x4x4", 2), (1, 4, 3000, "1x3x3", 2), (2, 3, 300, "3x4x5", 2), (1, 4, 64, "2x5x4", 3)];
    for variant in VARIANTS {
        for (phases, nodes, channels, input, classes) in small.into_iter().chain(wide) {
            for double_channels in [true, false] {
                let params =
                    Params { phases, nodes, channels, double_channels, variant, ..Params::default() };
                let layout = Layout::new(&params, &dataset(input, classes)).unwrap();
                if layout.genomes().rounded() > 5e4 {
                    continue;
                }
                let costs: Vec<Cost> = every_genome(&layout)
                    .map(|genes| decode::decode(&layout, &genes).cost().unwrap())
                    .collect();
                let range = |figure: fn(&Cost) -> u64| {
                    [costs.iter().map(figure).min(), costs.iter().map(figure).max()]
                };
                let bounds = bounds::bounds(&layout);
                for figure in [|c: &Cost| c.params, |c: &Cost| c.flops, |c: &Cost| c.activation_bytes] {
                    assert_eq!(range(figure), [0, 1].map(|end| Some(figure(&bounds[end]))), "{params:?}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn it_conforms_wherever_it_fits(
        (phases, nodes, channels) in (1..9_usize, 2..11_usize, 1..5_usize),
        (depth, margin, height, classes) in (1..4_usize, 0..5_usize, 0..5_usize, 2..6_usize),
        (variant, double_channels) in (0..4_usize, any::<bool>()),
        seed: u64,
    ) {
        let side = 2 + (1 << (phases - 1)) + margin;
        let dataset = dataset(&format!("{depth}x{}x{side}", side + height), classes);
        let params = json!({
            "phases": phases, "nodes": nodes, "channels": channels, "double_channels": double_channels,
            "variant": VARIANTS[variant],
        });
        conforms(&NsgaMacro, &params, &dataset, seed);
    }
}

#[test]
fn it_says_when_phases_do_not_fit() {
    let facts = |params: Value, input: &str| {
        let issues = NsgaMacro.facts(&NsgaMacro.normalise(&params).unwrap(), &dataset(input, 2)).map(|_| ());
        issues.map_err(|issues| {
            let Issue { pointer, message, help, .. } = issues.into_iter().next().unwrap();
            [pointer, message, help.unwrap()]
        })
    };
    let issue = |message: &str, help: &str| Err(["/phases".to_owned(), message.to_owned(), help.to_owned()]);
    assert_eq!(
        facts(json!({ "phases": 4 }), "1x8x9"),
        issue(
            "`phases: 4` does not fit into images of 8x9, expected at least 10x10",
            "use `phases: 3` or fewer, or larger images"
        )
    );
    assert_eq!(facts(json!({ "phases": 4 }), "1x10x10"), Ok(()));
    assert_eq!(facts(json!({ "phases": 4, "channels": 1 }), "1x8x9"), Ok(()));
    assert_eq!(
        facts(json!({ "phases": 1 }), "1x2x9"),
        issue("`phases: 1` does not fit into images of 2x9, expected at least 3x3", "use larger images")
    );
    let vector = DatasetFacts { input: Shape::Vector { features: 7 }, ..dataset("1x9x9", 2) };
    let issues = NsgaMacro.build(&json!({}), &vector).err().unwrap();
    assert_eq!(issues[0].message, "found examples of 7 numbers, expected images");
}

#[test]
fn facts_count_the_genomes() {
    let params = NsgaMacro.normalise(&json!({})).unwrap();
    assert_eq!(params, json!({ "phases": 3, "nodes": 4, "channels": 24 }));
    let facts = NsgaMacro.facts(&params, &dataset("1x28x28", 10)).unwrap();
    assert_eq!(facts.genomes, 2_097_152.0);
    let variable = NsgaMacro.normalise(&json!({ "variant": "variable" })).unwrap();
    let facts_of = NsgaMacro.facts(&variable, &dataset("1x28x28", 10)).unwrap();
    assert_eq!(facts_of.genomes, 2_097_152.0 * 27.0);
    let count = NsgaMacro.count(&variable, &dataset("1x28x28", 10)).unwrap();
    assert_eq!(count.genomes, crate::space::count::Bound::Exactly(2_097_152 * 27));
    assert_eq!(facts.moves, Moves { mutate: true, crossover: true, bits: true });
    assert!(!facts_of.moves.bits, "types are no bits");
}

#[test]
fn a_foreign_genome_is_refused_with_a_reason() {
    let space = NsgaMacro.build(&json!({ "phases": 2, "nodes": 2 }), &dataset("1x9x9", 2)).unwrap();
    let check = |genome: Value, reason: &str| {
        let genome = Genome::new(genome);
        let error = space.decode(&genome).unwrap_err();
        assert_eq!(error, GenomeError { genome: genome.to_string(), reason: reason.to_owned() });
        let mut rng = SeedTree::new(0).rng();
        assert_eq!(space.mutate(&genome, &mut rng).unwrap_err(), error);
        assert_eq!(space.crossover(&space.sample(&mut rng).unwrap(), &genome, &mut rng).unwrap_err(), error);
    };
    check(json!(7), "it is no list; expected lists of bits, such as `[[1,0],[0,1]]`");
    check(json!([[0, 1]]), "found 1 phases, expected 2");
    check(json!([[0, 1], "01"]), "phase 2 is no list; expected lists of bits, such as `[[1,0],[0,1]]`");
    check(json!([[0, 1, 1], [0, 1]]), "phase 1: found 3 bits, expected 2");
    check(json!([[0, 1], [0, 2]]), "phase 2: found `2`, expected 0 or 1");
    check(json!([[0, 1], [0.0, true]]), "phase 2: found `0.0`, expected 0 or 1");

    let space = NsgaMacro
        .build(&json!({ "phases": 1, "nodes": 2, "variant": "variable" }), &dataset("1x9x9", 2))
        .unwrap();
    let reason = |genome: Value| space.decode(&Genome::new(genome)).unwrap_err().reason;
    assert_eq!(
        reason(json!([1])),
        "phase 1 is no list; expected lists of bits, the type of the phase last, such as `[[1,0,2],[0,1,0]]`"
    );
    assert_eq!(reason(json!([[1, 0]])), "phase 1: found 2 genes, expected 3");
    assert_eq!(reason(json!([[1, 0, 3]])), "phase 1: found `3`, expected a type, 0, 1 or 2");
    assert_eq!(reason(json!([[2, 0, 0]])), "phase 1: found `2`, expected 0 or 1");
}

#[test]
fn the_schema_has_ranges_and_defaults() {
    let schema = NsgaMacro.params_schema().to_value();
    let phases = &schema["properties"]["phases"];
    assert_eq!(
        (&phases["minimum"], &phases["maximum"], &phases["default"]),
        (&json!(1), &json!(8), &json!(3))
    );
    assert_eq!(schema["additionalProperties"], json!(false));
}
