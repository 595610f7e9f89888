//! Rank correlations of weighted pairs in O(n log n), from ranks that are sorted once: a resample only changes the weights.

/// Values by their rank among the different ones, from 0.
#[derive(Clone, Debug)]
pub(super) struct Ranked {
    /// Rank of each value.
    pub(super) code: Vec<u32>,
    /// How many different values there are.
    pub(super) distinct: usize,
}

impl Ranked {
    /// Ranks values that are not NaN.
    pub(super) fn new(values: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        let mut code = vec![0; values.len()];
        let mut distinct = 0;
        for (place, &index) in order.iter().enumerate() {
            if place == 0 || values[order[place - 1]] != values[index] {
                distinct += 1;
            }
            code[index] = (distinct - 1) as u32;
        }
        Ranked { code, distinct }
    }

    /// The weight of each rank.
    fn weights(&self, weight: &[u32]) -> Vec<u64> {
        let mut weights = vec![0_u64; self.distinct];
        for (&code, &weight) in self.code.iter().zip(weight) {
            weights[code as usize] += u64::from(weight);
        }
        weights
    }
}

/// Pairs of ranks, in the order that Kendall's tau takes them.
#[derive(Clone, Debug)]
pub(super) struct Pairs {
    a: Ranked,
    b: Ranked,
    /// Indices by `a`, then by `b`.
    order: Vec<usize>,
}

impl Pairs {
    /// Pairs of values that are not NaN.
    pub(super) fn new(a: &[f64], b: &[f64]) -> Self {
        let (a, b) = (Ranked::new(a), Ranked::new(b));
        let mut order: Vec<usize> = (0..a.code.len()).collect();
        order.sort_by_key(|&i| (a.code[i], b.code[i]));
        Pairs { a, b, order }
    }

    /// Spearman's rank correlation, ties getting their mean rank; `None` where all of either are equal.
    pub(super) fn spearman(&self, weight: &[u32]) -> Option<f64> {
        let (ranks_a, ranks_b) = (mean_ranks(&self.a.weights(weight)), mean_ranks(&self.b.weights(weight)));
        let pairs = self.a.code.iter().zip(&self.b.code).zip(weight);
        let total: f64 = weight.iter().map(|&w| f64::from(w)).sum();
        // The mean of all ranks, whatever the ties.
        let mean = f64::midpoint(total, 1.0);
        let (mut both, mut in_a, mut in_b) = (0.0, 0.0, 0.0);
        for ((&a, &b), &weight) in pairs {
            let (x, y, w) = (ranks_a[a as usize] - mean, ranks_b[b as usize] - mean, f64::from(weight));
            both += w * (x * y);
            in_a += w * (x * x);
            in_b += w * (y * y);
        }
        (in_a > 0.0 && in_b > 0.0).then(|| (both / in_a.sqrt() / in_b.sqrt()).clamp(-1.0, 1.0))
    }

    /// Kendall's tau-b (1945), which corrects for ties; `None` where all of either are equal.
    ///
    /// Discordant pairs are counted as Knight (1966, J. Am. Stat. Assoc. 61) does, in one pass over pairs that are sorted by
    /// the first value; a tree of partial sums (Fenwick, 1994) takes the place of his merge sort.
    pub(super) fn kendall(&self, weight: &[u32]) -> Option<f64> {
        let pairs = |n: u64| n * n.saturating_sub(1) / 2;
        let tied = |weights: Vec<u64>| weights.into_iter().map(pairs).sum::<u64>();
        let total: u64 = weight.iter().map(|&w| u64::from(w)).sum();
        let (all, tied_a, tied_b) =
            (pairs(total), tied(self.a.weights(weight)), tied(self.b.weights(weight)));
        if all == tied_a || all == tied_b {
            return None;
        }
        let mut earlier = Sums::new(self.b.distinct);
        let (mut tied_both, mut discordant, mut seen) = (0, 0, 0);
        for group in self.order.chunk_by(|&i, &j| self.a.code[i] == self.a.code[j]) {
            for same in group.chunk_by(|&i, &j| self.b.code[i] == self.b.code[j]) {
                let here: u64 = same.iter().map(|&i| u64::from(weight[i])).sum();
                tied_both += pairs(here);
                discordant += here * (seen - earlier.up_to(self.b.code[same[0]] as usize));
            }
            for &i in group {
                earlier.add(self.b.code[i] as usize, u64::from(weight[i]));
                seen += u64::from(weight[i]);
            }
        }
        let untied = (all + tied_both) as f64 - (tied_a + tied_b) as f64;
        let balance = untied - 2.0 * discordant as f64;
        Some((balance / ((all - tied_a) as f64).sqrt() / ((all - tied_b) as f64).sqrt()).clamp(-1.0, 1.0))
    }
}

/// The mean rank, from 1, of those who share a place.
fn mean_ranks(weights: &[u64]) -> Vec<f64> {
    let mut before = 0;
    let mean_rank = |&weight: &u64| {
        let rank = before as f64 + f64::midpoint(weight as f64, 1.0);
        before += weight;
        rank
    };
    weights.iter().map(mean_rank).collect()
}

/// Partial sums that change.
struct Sums(Vec<u64>);

impl Sums {
    fn new(places: usize) -> Self {
        Sums(vec![0; places + 1])
    }

    fn add(&mut self, place: usize, amount: u64) {
        let mut node = place + 1;
        while node < self.0.len() {
            self.0[node] += amount;
            node += node & node.wrapping_neg();
        }
    }

    /// The sum of the places from 0 to `place`.
    fn up_to(&self, place: usize) -> u64 {
        let (mut node, mut sum) = (place + 1, 0);
        while node > 0 {
            sum += self.0[node];
            node &= node - 1;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By definition, over all pairs.
    fn kendall_of_pairs(a: &[f64], b: &[f64]) -> Option<f64> {
        let sign = |x: f64, y: f64| i64::from(x > y) - i64::from(x < y);
        let (mut balance, mut in_a, mut in_b) = (0, 0, 0);
        for i in 0..a.len() {
            for j in 0..i {
                let (x, y) = (sign(a[i], a[j]), sign(b[i], b[j]));
                balance += x * y;
                in_a += x.abs();
                in_b += y.abs();
            }
        }
        (in_a > 0 && in_b > 0).then(|| balance as f64 / (in_a as f64).sqrt() / (in_b as f64).sqrt())
    }

    #[test]
    fn ranks_count_ties() {
        // SciPy: spearmanr and kendalltau of the same lists.
        let pairs = Pairs::new(&[1.0, 2.0, 2.0, 4.0, 5.0], &[3.0, 1.0, 4.0, 4.0, 9.0]);
        assert!((pairs.spearman(&[1; 5]).unwrap() - 0.763_157_894_7).abs() < 1e-9);
        assert!((pairs.kendall(&[1; 5]).unwrap() - 0.666_666_666_7).abs() < 1e-9);
        let constant = Pairs::new(&[1.0, 1.0], &[1.0, 2.0]);
        assert_eq!((constant.spearman(&[1; 2]), constant.kendall(&[1; 2])), (None, None));
        assert_eq!(Pairs::new(&[], &[]).kendall(&[]), None);
    }

    proptest! {
        #[test]
        fn kendall_agrees_with_its_definition_and_weights_are_copies(
            rows in proptest::collection::vec((-3..3_i32, -3..3_i32, 0..3_u32), 0..40)
        ) {
            let a: Vec<f64> = rows.iter().map(|r| f64::from(r.0)).collect();
            let b: Vec<f64> = rows.iter().map(|r| f64::from(r.1)).collect();
            let weight: Vec<u32> = rows.iter().map(|r| r.2).collect();
            let copied = |values: &[f64]| -> Vec<f64> {
                values.iter().zip(&weight).flat_map(|(&v, &w)| (0..w).map(move |_| v)).collect()
            };
            let (copied_a, copied_b) = (copied(&a), copied(&b));
            let weighted = Pairs::new(&a, &b);
            let near = |x: Option<f64>, y: Option<f64>| match (x, y) {
                (Some(x), Some(y)) => (x - y).abs() < 1e-12,
                (x, y) => x == y,
            };
            prop_assert!(near(weighted.kendall(&weight), kendall_of_pairs(&copied_a, &copied_b)));
            let ones = vec![1; copied_a.len()];
            prop_assert!(near(weighted.spearman(&weight), Pairs::new(&copied_a, &copied_b).spearman(&ones)));
        }
    }
}
