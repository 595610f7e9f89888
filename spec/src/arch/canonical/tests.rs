//! Forms of renumbered, changed and small networks, against all permutations.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn conv(filters: usize) -> Op {
    Op::Conv { filters, kernel: 3, stride: 1, padding: 1, bias: false }
}

fn grouped(groups: usize) -> Op {
    let (kernel, padding) = ([3, 3], Padding::Same);
    Op::GeneralConv { filters: 4, kernel, stride: [1, 1], dilation: 1, groups, padding, bias: false }
}

/// Networks of few operations, many of them alike; the choices are read from numbers.
fn networks(nodes: usize) -> impl Strategy<Value = ArchGraph> {
    let op = select(vec![conv(4), conv(4), Op::Relu, Op::Add, Op::Concat, Op::Concat]);
    proptest::collection::vec((op, any::<[u8; 3]>()), 1..=nodes).prop_map(|choices| {
        let mut graph = ArchGraph::new("4x8x8".parse().unwrap());
        for (node, (op, draws)) in choices.into_iter().enumerate() {
            let count = if matches!(op, Op::Add | Op::Concat) { 3 } else { 1 };
            let reads = draws[..count].iter().map(|&draw| usize::from(draw) % (node + 1));
            // The last number stands for the input, which only a node that reads nothing else reads.
            let inputs: Vec<usize> = reads.filter(|&input| input < node).collect();
            graph.push(format!("n{node}"), op, inputs);
        }
        graph
    })
}

/// The same network with its nodes in another order, and what needs no order in another one too.
fn renumbered(graph: &ArchGraph, priorities: &[u32]) -> ArchGraph {
    let count = graph.nodes.len();
    let ordered = graph.ordered();
    let mut places: Vec<Option<usize>> = vec![None; count];
    let mut other = ArchGraph::new(graph.input);
    for place in 0..count {
        let ready = |node: &usize| {
            let is_last = *node == count - 1;
            places[*node].is_none()
                && (!is_last || place == count - 1)
                && graph.nodes[*node].inputs.iter().all(|&input| places[input].is_some())
        };
        let node = (0..count).filter(ready).min_by_key(|&node| priorities[node]).unwrap();
        let mut inputs: Vec<usize> = graph.nodes[node].inputs.iter().map(|&i| places[i].unwrap()).collect();
        if !ordered[node] {
            inputs.sort_by_key(|&input| priorities[input] % 7);
        }
        other.push(format!("m{place}"), graph.nodes[node].op.clone(), inputs);
        places[node] = Some(place);
    }
    other
}

/// By definition: whether some permutation carries one network into the other.
fn is_isomorphic(a: &ArchGraph, b: &ArchGraph) -> bool {
    fn extends(a: &ArchGraph, b: &ArchGraph, ordered: &[Vec<bool>; 2], to: &mut Vec<usize>) -> bool {
        let (node, count) = (to.len(), a.nodes.len());
        if node == count {
            return true;
        }
        (0..count).any(|other| {
            let (x, y) = (&a.nodes[node], &b.nodes[other]);
            let mut inputs: Vec<usize> = x.inputs.iter().map(|&input| to[input]).collect();
            let mut expected = y.inputs.clone();
            if !ordered[0][node] {
                inputs.sort_unstable();
                expected.sort_unstable();
            }
            let fits = !to.contains(&other)
                && (node == count - 1) == (other == count - 1)
                && x.op.plain() == y.op.plain()
                && ordered[0][node] == ordered[1][other]
                && inputs == expected;
            fits && {
                to.push(other);
                let found = extends(a, b, ordered, to);
                to.pop();
                found
            }
        })
    }
    let ordered = [a.ordered(), b.ordered()];
    a.input == b.input && a.nodes.len() == b.nodes.len() && extends(a, b, &ordered, &mut Vec::new())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn a_renumbered_network_has_the_same_form(graph in networks(24), priorities: [u32; 24]) {
        let form = graph.canonical();
        prop_assert_eq!(renumbered(&graph, &priorities).canonical(), form.clone());
        prop_assert_eq!(form.canonical(), form);
    }

    #[test]
    fn forms_agree_with_all_permutations(a in networks(6), b in networks(6), change: (u8, u8), by: [u32; 6]) {
        prop_assert_eq!(a.canonical() == b.canonical(), is_isomorphic(&a, &b));
        // A network that differs little: one node reads something else.
        let mut near = renumbered(&a, &by);
        let node = usize::from(change.0) % near.nodes.len();
        if let Some(first) = near.nodes[node].inputs.first_mut() {
            *first = usize::from(change.1) % node;
        }
        prop_assert_eq!(a.canonical() == near.canonical(), is_isomorphic(&a, &near));
        prop_assert!(is_isomorphic(&near, &near.canonical()), "the form is the network");
    }

    #[test]
    fn another_operation_is_another_form(graph in networks(24), node: u8) {
        let mut other = graph.clone();
        let node = usize::from(node) % other.nodes.len();
        other.nodes[node].op = Op::BatchNorm;
        prop_assert_ne!(other.canonical(), graph.canonical());
    }
}

/// A stem, branches that are joined, and what follows.
fn joined(branches: &[usize], join: Op, after: &[Op]) -> ArchGraph {
    let mut graph = ArchGraph::new("4x8x8".parse().unwrap());
    let stem = graph.push("stem", conv(4), []);
    let outputs: Vec<usize> =
        branches.iter().map(|&kernel| graph.push("branch", conv_of(kernel), [stem])).collect();
    let mut last = graph.push("join", join, outputs);
    for op in after {
        last = graph.push("after", op.clone(), [last]);
    }
    graph
}

fn conv_of(kernel: usize) -> Op {
    Op::Conv { filters: 4, kernel, stride: 1, padding: kernel / 2, bias: false }
}

#[test]
fn the_order_of_a_concatenation_counts_where_no_weights_make_up_for_it() {
    let linear = [Op::GlobalAvgPool, Op::Linear { units: 2 }];
    let swapped = |join: Op, after: &[Op]| {
        joined(&[1, 3], join.clone(), after).canonical() == joined(&[3, 1], join, after).canonical()
    };
    assert!(swapped(Op::Concat, &[conv(8)]));
    assert!(swapped(Op::Concat, &linear));
    assert!(swapped(Op::Concat, &[Op::BatchNorm, Op::Relu, Op::Flatten, Op::Linear { units: 2 }]));
    assert!(swapped(Op::Add, &[]), "a sum has no order");
    assert!(!swapped(Op::Concat, &[Op::Relu]), "the output has one");
    let groups = |filters, groups| Op::GeneralConv {
        filters,
        kernel: [3, 3],
        stride: [1, 1],
        dilation: 1,
        groups,
        padding: Padding::Same,
        bias: true,
    };
    assert!(!swapped(Op::Concat, &[groups(8, 2), conv(8)]), "groups tell channels apart");
    assert!(swapped(Op::Concat, &[groups(8, 8), conv(8)]), "depthwise they are treated alike");
    assert!(!swapped(Op::Concat, &[groups(8, 8), Op::Relu]));
    assert!(swapped(Op::Concat, &[Op::SqueezeExcite { units: 2 }, conv(8)]));
    let summed = |branches: &[usize]| {
        let mut graph = joined(branches, Op::Concat, &[]);
        let join = graph.nodes.len() - 1;
        let other = graph.push("other", conv(8), [0]);
        let sum = graph.push("sum", Op::Add, [join, other]);
        graph.push("after", conv(8), [sum]);
        graph.canonical()
    };
    assert_ne!(summed(&[1, 3]), summed(&[3, 1]), "a sum tells channels apart");
}

#[test]
fn an_auxiliary_head_is_part_of_the_network() {
    let network = |weight: f64, branch: usize| {
        let mut graph = joined(&[1, 3], Op::Concat, &[conv(8)]);
        if weight > 0.0 {
            let pool = graph.push_auxiliary(weight, "pool", Op::GlobalAvgPool, [branch]);
            graph.push_auxiliary(weight, "head", Op::Linear { units: 2 }, [pool]);
        }
        graph.canonical()
    };
    let form = network(0.4, 1);
    assert_eq!(form.canonical(), form);
    assert_eq!(form.auxiliary.as_ref().map(|head| (head.weight, head.nodes.len())), Some((0.4, 2)));
    for other in [network(0.0, 1), network(0.3, 1), network(0.4, 2)] {
        assert_ne!(other, form);
    }
}

#[test]
fn one_operation_has_one_spelling() {
    let general = |kernel, dilation, groups, padding| Op::GeneralConv {
        filters: 4,
        kernel,
        stride: [2, 2],
        dilation,
        groups,
        padding,
        bias: true,
    };
    let plain = |kernel, padding| Op::Conv { filters: 4, kernel, stride: 2, padding, bias: true };
    for side in [7, 8, 9] {
        let input = Shape::Image { channels: 4, height: side, width: side };
        for (kernel, padding) in [(1, Padding::Same), (3, Padding::Same), (5, Padding::Valid)] {
            let op = general([kernel; 2], 1, 1, padding);
            let expected = if padding == Padding::Same { kernel / 2 } else { 0 };
            assert_eq!(op.plain(), plain(kernel, expected));
            assert_eq!(op.alone(input), op.plain().alone(input));
        }
    }
    assert_eq!(general([1, 1], 2, 1, Padding::Same).plain(), plain(1, 0));
    for op in [
        general([3, 3], 2, 1, Padding::Same),
        general([2, 2], 1, 1, Padding::Same),
        general([1, 3], 1, 1, Padding::Same),
        grouped(4),
    ] {
        assert_eq!(op.plain(), op);
    }
    let pool = |by, padding| Op::Pool { by, kernel: 2, stride: 2, padding };
    assert_eq!(pool(PoolBy::Max, Padding::Valid).plain(), Op::MaxPool { kernel: 2, stride: 2 });
    assert_eq!(pool(PoolBy::Mean, Padding::Valid).plain(), pool(PoolBy::Mean, Padding::Valid));
}

/// Nine nodes that may be swapped at will, eight times over, are more symmetries than can be tried.
#[test]
fn many_symmetries_take_no_time() {
    let build = |turn: usize| {
        let mut graph = ArchGraph::new("4x8x8".parse().unwrap());
        let mut last = graph.push("stem", conv(4), []);
        for _ in 0..8 {
            // One of the nodes has a longer way, so that there is an order to be found.
            let mut outputs: Vec<usize> = (0..9)
                .map(|branch| {
                    let conv1 = graph.push("conv", conv(4), [last]);
                    let norm = graph.push("norm", Op::BatchNorm, [conv1]);
                    if branch == turn { graph.push("relu", Op::Relu, [norm]) } else { norm }
                })
                .collect();
            outputs.rotate_left(turn);
            let join = graph.push("join", Op::Concat, outputs);
            last = graph.push("merge", conv(4), [join]);
        }
        graph.push("output", Op::GlobalAvgPool, [last]);
        graph
    };
    assert_eq!(build(0).canonical(), build(5).canonical());
}
