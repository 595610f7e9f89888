//! One order for the nodes of a small graph, whatever order they came in: so that two genomes that number the same nodes
//! differently have one canonical genome.

/// What a node reads: an operation's number and the number of an input or a node, in any order.
pub(super) type Reads = Vec<(u8, usize)>;

/// What the nodes of a graph read, numbered so that the whole list is the least, in lexicographic order, of those of all
/// orders in which a node comes after what it reads. Two graphs have the same list if and only if they are isomorphic.
///
/// Numbers below `inputs` are inputs, which keep theirs; `nodes[i]` is number `inputs + i`. What a node reads is sorted.
pub(super) fn order(nodes: &[Reads], inputs: usize) -> Vec<Reads> {
    let mut written: Vec<Reads> = Vec::with_capacity(nodes.len());
    // All ways to place nodes that have written the same so far.
    let mut ways: Vec<Vec<usize>> = vec![Vec::new()];
    while written.len() < nodes.len() {
        let mut least: Option<Reads> = None;
        let mut next: Vec<Vec<usize>> = Vec::new();
        for placed in &ways {
            let number = |read: usize| match read.checked_sub(inputs) {
                None => Some(read),
                Some(node) => placed.iter().position(|&other| other == node).map(|place| inputs + place),
            };
            let open: Vec<usize> = (0..nodes.len()).filter(|node| !placed.contains(node)).collect();
            for (tried, &node) in open.iter().enumerate() {
                // What is said of one of two twins can be said of the other.
                if open[..tried].iter().any(|&other| are_twins(nodes, inputs, other, node)) {
                    continue;
                }
                let reads = nodes[node].iter().map(|&(op, read)| Some((op, number(read)?)));
                let Some(mut reads) = reads.collect::<Option<Reads>>() else { continue };
                reads.sort_unstable();
                if least.as_ref().is_none_or(|least| reads < *least) {
                    least = Some(reads);
                    next.clear();
                } else if least.as_ref() != Some(&reads) {
                    continue;
                }
                next.push([placed.as_slice(), &[node]].concat());
            }
        }
        written.push(least.expect("some node reads only what is placed, since there are no cycles"));
        ways = next;
    }
    written
}

/// Whether two nodes read the same and are read alike, so that nothing changes if they change places.
fn are_twins(nodes: &[Reads], inputs: usize, a: usize, b: usize) -> bool {
    let sorted = |mut reads: Reads| {
        reads.sort_unstable();
        reads
    };
    let of = |reads: &Reads, node: usize| -> Reads {
        sorted(reads.iter().filter(|&&(_, read)| read == inputs + node).map(|&(op, _)| (op, 0)).collect())
    };
    sorted(nodes[a].clone()) == sorted(nodes[b].clone())
        && nodes.iter().all(|reads| of(reads, a) == of(reads, b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same graph with its nodes in another order: the node that was at `order[i]` is at `i`.
    fn shuffled(nodes: &[Reads], inputs: usize, order: &[usize]) -> Vec<Reads> {
        let place = |read: usize| match read.checked_sub(inputs) {
            None => read,
            Some(node) => inputs + order.iter().position(|&other| other == node).unwrap(),
        };
        order
            .iter()
            .map(|&node| nodes[node].iter().rev().map(|&(op, read)| (op, place(read))).collect())
            .collect()
    }

    /// All orders of so many nodes.
    fn orders(count: usize) -> Vec<Vec<usize>> {
        if count == 0 {
            return vec![Vec::new()];
        }
        let longer = |shorter: Vec<usize>| {
            (0..count).map(move |at| {
                let mut order = shorter.clone();
                order.insert(at, count - 1);
                order
            })
        };
        orders(count - 1).into_iter().flat_map(longer).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn isomorphic_graphs_have_one_list_and_others_have_others(
            seeds in prop::collection::vec((0..2_u8, 0..6_usize, 0..2_u8, 0..6_usize), 1..6),
            others in prop::collection::vec((0..2_u8, 0..6_usize, 0..2_u8, 0..6_usize), 1..6),
        ) {
            let graph = |seeds: &[(u8, usize, u8, usize)]| -> Vec<Reads> {
                seeds.iter().enumerate().map(|(i, &(a, x, b, y))| vec![(a, x % (2 + i)), (b, y % (2 + i))]).collect()
            };
            let (one, other) = (graph(&seeds), graph(&others));
            let list = order(&one, 2);
            let mut isomorphic = false;
            for by in orders(one.len()) {
                let same = shuffled(&one, 2, &by);
                prop_assert_eq!(&order(&same, 2), &list);
                let sorted = |nodes: &[Reads]| -> Vec<Reads> {
                    nodes.iter().map(|reads| { let mut reads = reads.clone(); reads.sort_unstable(); reads }).collect()
                };
                isomorphic |= sorted(&same) == sorted(&other);
            }
            prop_assert_eq!(order(&other, 2) == list, isomorphic);
        }
    }

    #[test]
    fn nodes_that_are_alike_take_no_time() {
        let alike = vec![vec![(0, 0), (0, 1)]; 12];
        assert_eq!(order(&alike, 2), alike);
    }
}
