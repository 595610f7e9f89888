//! Domination, fronts and crowding: what NSGA-II sorts by (Deb, Pratap, Agarwal and Meyarivan 2002, "A fast and elitist
//! multiobjective genetic algorithm: NSGA-II").
//!
//! Less is better in each objective; NaN is worse than everything else. All points have the same number of objectives.

use std::cmp::Ordering;

mod sorting;

/// How `a` relates to `b`: `Less` if it dominates, `Greater` if it is dominated, else `Equal`.
///
/// A point dominates another if it is better in one objective and worse in none.
pub fn domination(a: &[f64], b: &[f64]) -> Ordering {
    let mut relation = Ordering::Equal;
    for (&a, &b) in a.iter().zip(b) {
        match (compare(a, b), relation) {
            (Ordering::Equal, _) => {}
            (found, Ordering::Equal) => relation = found,
            (found, so_far) if found == so_far => {}
            _ => return Ordering::Equal,
        }
    }
    relation
}

/// The points sorted into fronts: the first are those that none dominates, the second those that none but these
/// dominates, and so on. Indices ascend within a front.
pub fn fronts(costs: &[Vec<f64>]) -> Vec<Vec<usize>> {
    let objectives = costs.first().map_or(0, Vec::len);
    if objectives == 0 {
        return if costs.is_empty() { Vec::new() } else { vec![(0..costs.len()).collect()] };
    }
    let mut places = vec![0; costs.len() * objectives];
    let mut order = Vec::new();
    for objective in (0..objectives).rev() {
        order = places_of(costs, objective, &mut places);
    }
    let row = |point: usize| &places[point * objectives..][..objectives];
    // They are in the order of the first objective; where that is equal, the others tell.
    for equal in order.chunk_by_mut(|&a, &b| row(a)[0] == row(b)[0]) {
        equal.sort_unstable_by(|&a, &b| row(a).cmp(row(b)));
    }
    // Points of equal costs are in one front, and are sorted as one.
    let equal: Vec<&[usize]> = order.chunk_by(|&a, &b| row(a) == row(b)).collect();
    let distinct: Vec<u32> = equal.iter().flat_map(|points| row(points[0])).copied().collect();
    let mut sorted: Vec<Vec<usize>> = Vec::new();
    for (points, front) in equal.into_iter().zip(sorting::fronts(&distinct, objectives)) {
        let front = front as usize;
        if sorted.len() <= front {
            sorted.resize(front + 1, Vec::new());
        }
        sorted[front].extend(points);
    }
    for front in &mut sorted {
        front.sort_unstable();
    }
    sorted
}

/// Notes the place of each point's value among the different values of an objective, from 0, and returns the points in the order
/// of these.
fn places_of(costs: &[Vec<f64>], objective: usize, places: &mut [u32]) -> Vec<usize> {
    let objectives = costs[0].len();
    let mut order: Vec<(u64, usize)> =
        costs.iter().enumerate().map(|(point, costs)| (key(costs[objective]), point)).collect();
    order.sort_unstable();
    for (place, equal) in (0..).zip(order.chunk_by(|a, b| a.0 == b.0)) {
        for &(_, point) in equal {
            places[point * objectives + objective] = place;
        }
    }
    order.into_iter().map(|(_, point)| point).collect()
}

/// A number in the order of numbers, both zeros as one, and NaN after all.
fn key(value: f64) -> u64 {
    if value.is_nan() {
        return u64::MAX;
    }
    // The bits of floats are in their order but for the sign: negative ones are turned round.
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// The points that no other point dominates; indices ascend.
pub fn front(costs: &[Vec<f64>]) -> Vec<usize> {
    fronts(costs).into_iter().next().unwrap_or_default()
}

/// The crowding distance of each point of one front (section III B): the mean over the objectives of the gaps to the
/// next smaller and the next larger value, as a share of the range; infinite at the ends.
///
/// Ties are resolved as in pymoo 0.3, which NSGA-Net uses: the next value is the next *different* one, so that points of
/// equal costs have equal distances, whatever their order. An objective that is the same for all adds nothing, and one
/// or two points are infinitely far apart. A value that is not finite adds nothing either.
pub fn crowding(costs: &[Vec<f64>]) -> Vec<f64> {
    if costs.len() <= 2 {
        return vec![f64::INFINITY; costs.len()];
    }
    let objectives = costs.first().map_or(0, Vec::len);
    let mut distances = vec![0.0; costs.len()];
    for objective in 0..objectives {
        let mut values: Vec<f64> = costs.iter().map(|c| c[objective]).filter(|v| v.is_finite()).collect();
        values.sort_unstable_by(f64::total_cmp);
        values.dedup();
        let [least, .., most] = values[..] else { continue };
        for (distance, costs) in distances.iter_mut().zip(costs) {
            let at = values.partition_point(|&value| value < costs[objective]);
            if values.get(at) == Some(&costs[objective]) {
                let gap = match (at.checked_sub(1), values.get(at + 1)) {
                    (Some(before), Some(after)) => (after - values[before]) / (most - least),
                    _ => f64::INFINITY,
                };
                *distance += gap / objectives as f64;
            }
        }
    }
    distances
}

/// Numbers in their order, and NaN after them.
fn compare(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// Points with many ties, and some values that are no numbers.
    fn points() -> impl Strategy<Value = Vec<Vec<f64>>> {
        let value = select(vec![0.0, -0.0, 1.0, 2.0, 3.5, 7.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN]);
        (1..6_usize).prop_flat_map(move |objectives| vec(vec(value.clone(), objectives), 0..60))
    }

    /// The definition, on numbers that NaN is turned into one of.
    fn dominates(a: &[f64], b: &[f64]) -> bool {
        let key = |&v: &f64| if v.is_nan() { (1, 0.0) } else { (0, v) };
        let mut pairs = a.iter().map(key).zip(b.iter().map(key));
        pairs.clone().all(|(a, b)| a <= b) && pairs.any(|(a, b)| a < b)
    }

    proptest! {
        #[test]
        fn fronts_agree_with_peeling_by_the_definition(costs in points()) {
            let mut left: Vec<usize> = (0..costs.len()).collect();
            let mut peeled = Vec::new();
            while !left.is_empty() {
                let is_best = |i: &usize| !left.iter().any(|&j| dominates(&costs[j], &costs[*i]));
                let (best, rest): (Vec<usize>, Vec<usize>) = left.iter().copied().partition(is_best);
                peeled.push(best);
                left = rest;
            }
            prop_assert_eq!(front(&costs), peeled.first().cloned().unwrap_or_default());
            prop_assert_eq!(fronts(&costs), peeled);
        }

        #[test]
        fn crowding_does_not_depend_on_the_order(costs in points(), turn in 0..60_usize) {
            let mut turned = costs.clone();
            let mut distances = crowding(&costs);
            prop_assert!(distances.iter().all(|d| *d >= 0.0));
            if !costs.is_empty() {
                turned.rotate_left(turn % costs.len());
                distances.rotate_left(turn % costs.len());
            }
            prop_assert_eq!(crowding(&turned), distances);
        }
    }

    #[test]
    fn many_points_have_the_fronts_of_their_longest_chains() {
        for (objectives, values) in [(2, 900), (3, 12), (3, 1000), (4, 7), (5, 40)] {
            let mut rng = crate::seed::SeedTree::new(objectives as u64).rng();
            let mut value = || f64::from(rng.random_range(0..values));
            let costs: Vec<Vec<f64>> =
                (0..1500).map(|_| (0..objectives).map(|_| value()).collect()).collect();
            let mut order: Vec<usize> = (0..costs.len()).collect();
            order.sort_by(|&a, &b| costs[a].partial_cmp(&costs[b]).unwrap());
            let mut expected = vec![0; costs.len()];
            for (done, &point) in order.iter().enumerate() {
                let better = order[..done].iter().filter(|&&other| dominates(&costs[other], &costs[point]));
                expected[point] = better.map(|&other| expected[other] + 1).max().unwrap_or(0);
            }
            for (number, front) in fronts(&costs).into_iter().enumerate() {
                assert!(front.into_iter().all(|point| expected[point] == number));
            }
        }
    }

    #[test]
    fn nan_is_worst_and_equals_itself() {
        assert_eq!(domination(&[f64::INFINITY, 1.0], &[f64::NAN, 1.0]), Ordering::Less);
        assert_eq!(domination(&[f64::NAN, 1.0], &[f64::NAN, 2.0]), Ordering::Less);
        assert_eq!(domination(&[f64::NAN], &[f64::NAN]), Ordering::Equal);
    }

    #[test]
    fn crowding_is_the_mean_share_of_the_gaps() {
        let costs: Vec<Vec<f64>> = [[0.0, 10.0], [1.0, 6.0], [1.0, 6.0], [4.0, 0.0]].map(Vec::from).into();
        // First objective: (4 - 0) / 4 for both in the middle, second: (10 - 0) / 10.
        assert_eq!(crowding(&costs), [f64::INFINITY, 1.0, 1.0, f64::INFINITY]);
        let equal = vec![vec![1.0, 2.0]; 3];
        assert_eq!(crowding(&equal), [0.0; 3]);
        assert_eq!(crowding(&equal[..2]), [f64::INFINITY; 2]);
        assert_eq!(crowding(&[]), [0.0; 0]);
    }

    #[test]
    fn crowding_skips_what_is_not_finite() {
        let costs: Vec<Vec<f64>> = [[0.0], [1.0], [3.0], [f64::NAN], [f64::INFINITY]].map(Vec::from).into();
        assert_eq!(crowding(&costs), [f64::INFINITY, 1.0, f64::INFINITY, 0.0, 0.0]);
    }
}
