//! Canonical labelling of a small graph: colours are refined until they tell nodes apart as far as their surroundings do; what
//! is left is told apart by trying, and the least result counts. Symmetries that are found on the way spare most tries
//! (`McKay` 1981, "Practical graph isomorphism"; in the form of `McKay` and Piperno 2014, section 2).

/// Refinements after which the least result so far is taken. A phase of ten nodes that may be swapped at will, eight times
/// over, needs about half of them.
const MOST_REFINEMENTS: usize = 20_000;

/// A graph whose nodes have colours.
pub(super) struct Labels<'a> {
    colours: Vec<u32>,
    inputs: &'a [&'a [usize]],
    ordered: &'a [bool],
    /// Who reads a node: the reader, and at which place if its order matters.
    readers: Vec<Vec<(usize, u32)>>,
}

/// What surrounds a node: its colour, those of what it reads, those of its readers and the places there.
type Surroundings = (u32, Vec<u32>, Vec<(u32, u32)>);

/// What is known while trying.
#[derive(Default)]
struct Tried {
    refinements: usize,
    /// The least result: what the node at each place reads, and the place of each node.
    least: Option<(Vec<Vec<u32>>, Vec<u32>)>,
    /// The nodes that were told apart on the way to it.
    path: Vec<usize>,
    /// Symmetries: where each node goes.
    symmetries: Vec<Vec<usize>>,
}

impl<'a> Labels<'a> {
    /// The graph of nodes that read `inputs`. Nodes of different keys are never swapped, and come in the order of the keys.
    pub(super) fn new<K: Ord>(keys: &[K], inputs: &'a [&'a [usize]], ordered: &'a [bool]) -> Self {
        let mut readers = vec![Vec::new(); inputs.len()];
        for (reader, read) in inputs.iter().enumerate() {
            for (place, &node) in (1..).zip(*read) {
                readers[node].push((reader, if ordered[reader] { place } else { 0 }));
            }
        }
        Self { colours: ranks(keys), inputs, ordered, readers }
    }

    /// The place of each node in the canonical order.
    pub(super) fn places(&self) -> Vec<usize> {
        let mut tried = Tried::default();
        self.search(self.colours.clone(), &mut Vec::new(), &mut tried);
        let (_, places) = tried.least.expect("the first way comes to an end");
        places.into_iter().map(|place| place as usize).collect()
    }

    /// Tries all ways to tell nodes apart from here on that no symmetry makes needless. `Some`: all other ways beyond so many
    /// steps are images of ones that were tried.
    fn search(&self, mut colours: Vec<u32>, path: &mut Vec<usize>, tried: &mut Tried) -> Option<usize> {
        let count = self.refine(&mut colours);
        tried.refinements += 1;
        let Some(cell) = smallest_cell(&colours, count) else { return self.leaf(colours, path, tried) };
        let mut begun: Vec<usize> = Vec::new();
        for node in cell {
            if tried.least.is_some() && tried.refinements >= MOST_REFINEMENTS {
                return Some(0);
            }
            if begun.iter().any(|&other| tried.connects(path, other, node)) {
                continue;
            }
            let apart = (0..).zip(&colours).map(|(i, &colour)| 2 * colour + u32::from(i != node)).collect();
            path.push(node);
            let back = self.search(apart, path, tried);
            path.pop();
            if let Some(steps) = back.filter(|&steps| steps < path.len()) {
                return Some(steps);
            }
            begun.push(node);
        }
        None
    }

    /// The end of a way: all nodes are told apart.
    fn leaf(&self, colours: Vec<u32>, path: &[usize], tried: &mut Tried) -> Option<usize> {
        let mut result = vec![Vec::new(); colours.len()];
        for (node, read) in self.inputs.iter().enumerate() {
            result[colours[node] as usize] = self.coloured(node, read, &colours);
        }
        let Some((least, places)) = &tried.least else {
            tried.least = Some((result, colours));
            tried.path = path.to_vec();
            return None;
        };
        match result.cmp(least) {
            std::cmp::Ordering::Greater => None,
            std::cmp::Ordering::Less => {
                tried.least = Some((result, colours));
                tried.path = path.to_vec();
                None
            }
            std::cmp::Ordering::Equal => {
                let mut at = vec![0; colours.len()];
                for (node, &colour) in colours.iter().enumerate() {
                    at[colour as usize] = node;
                }
                let symmetry = places.iter().map(|&place| at[place as usize]).collect();
                let common = path.iter().zip(&tried.path).take_while(|(a, b)| a == b).count();
                tried.symmetries.push(symmetry);
                Some(common)
            }
        }
    }

    fn coloured(&self, node: usize, read: &[usize], colours: &[u32]) -> Vec<u32> {
        let mut read: Vec<u32> = read.iter().map(|&input| colours[input]).collect();
        if !self.ordered[node] {
            read.sort_unstable();
        }
        read
    }

    /// Splits colours until nodes of one colour have like surroundings; returns the number of colours, which are those from 0.
    fn refine(&self, colours: &mut Vec<u32>) -> usize {
        let mut count = 0;
        loop {
            let surroundings: Vec<Surroundings> = (0..colours.len())
                .map(|node| {
                    let readers = self.readers[node].iter();
                    let mut readers: Vec<(u32, u32)> =
                        readers.map(|&(reader, place)| (colours[reader], place)).collect();
                    readers.sort_unstable();
                    (colours[node], self.coloured(node, self.inputs[node], colours), readers)
                })
                .collect();
            *colours = ranks(&surroundings);
            let found = colours.iter().max().map_or(0, |&most| most as usize + 1);
            if found == count {
                return count;
            }
            count = found;
        }
    }
}

impl Tried {
    /// Whether symmetries that leave all of a path where it is carry one node to another.
    fn connects(&self, path: &[usize], from: usize, to: usize) -> bool {
        let fixing: Vec<&Vec<usize>> = self
            .symmetries
            .iter()
            .filter(|symmetry| path.iter().all(|&node| symmetry[node] == node))
            .collect();
        let mut reached = vec![from];
        let mut next = 0;
        while let Some(&node) = reached.get(next) {
            next += 1;
            for symmetry in &fixing {
                if !reached.contains(&symmetry[node]) {
                    reached.push(symmetry[node]);
                }
            }
        }
        reached.contains(&to)
    }
}

/// The nodes of a colour that several have, of the first one that fewest have.
fn smallest_cell(colours: &[u32], count: usize) -> Option<Vec<usize>> {
    let mut cells = vec![Vec::new(); count];
    for (node, &colour) in colours.iter().enumerate() {
        cells[colour as usize].push(node);
    }
    cells.into_iter().filter(|cell| cell.len() > 1).min_by_key(Vec::len)
}

/// The place of each value among the different ones, from 0.
fn ranks<T: Ord>(values: &[T]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].cmp(&values[b]));
    let mut ranks = vec![0; values.len()];
    for (rank, equal) in (0..).zip(order.chunk_by(|&a, &b| values[a] == values[b])) {
        for &at in equal {
            ranks[at] = rank;
        }
    }
    ranks
}
