//! The singular value decomposition of a tall, narrow matrix by one-sided Jacobi rotations (Hestenes 1958).

use super::vector::{Vector, dot, norm};

/// `A = U S V^T`, with `U` only as far as it is needed: applied to one vector.
pub(super) struct Svd<const N: usize> {
    /// The singular values, largest first.
    pub singular: Vector<N>,
    /// The right singular vectors.
    pub right: [Vector<N>; N],
    /// `U^T f`; zero where the singular value is zero.
    pub projected: Vector<N>,
}

/// More sweeps than any matrix of a few columns needs.
const SWEEPS: usize = 60;

/// Decomposes the matrix with these rows, and applies `U^T` to `f`.
pub(super) fn decompose<const N: usize>(rows: &[Vector<N>], f: &[f64]) -> Svd<N> {
    let mut columns: [Vec<f64>; N] = std::array::from_fn(|j| rows.iter().map(|row| row[j]).collect());
    let mut right: [Vector<N>; N] =
        std::array::from_fn(|j| std::array::from_fn(|i| f64::from(u8::from(i == j))));
    for _ in 0..SWEEPS {
        let mut rotated = false;
        for p in 0..N {
            for q in p + 1..N {
                rotated |= orthogonalise(&mut columns, &mut right, p, q);
            }
        }
        if !rotated {
            break;
        }
    }
    let mut order: [usize; N] = std::array::from_fn(|j| j);
    let lengths: Vector<N> = std::array::from_fn(|j| norm(&columns[j]));
    order.sort_by(|&a, &b| lengths[b].total_cmp(&lengths[a]));
    Svd {
        singular: order.map(|j| lengths[j]),
        right: order.map(|j| right[j]),
        projected: order.map(|j| if lengths[j] > 0.0 { dot(&columns[j], f) / lengths[j] } else { 0.0 }),
    }
}

/// Rotates two columns until they are orthogonal; false if they are.
fn orthogonalise<const N: usize>(
    columns: &mut [Vec<f64>; N],
    right: &mut [Vector<N>; N],
    p: usize,
    q: usize,
) -> bool {
    let (along_p, along_q) = (dot(&columns[p], &columns[p]), dot(&columns[q], &columns[q]));
    let across = dot(&columns[p], &columns[q]);
    if across == 0.0 || across.abs() <= f64::EPSILON * (along_p * along_q).sqrt() {
        return false;
    }
    let slope = (along_q - along_p) / (2.0 * across);
    // The square of a steeper slope might overflow, and its 1 would be lost in rounding.
    let tangent = if slope.abs() > 1e8 {
        0.5 / slope
    } else {
        slope.signum() / (slope.abs() + (slope * slope + 1.0).sqrt())
    };
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = cosine * tangent;
    let [column_p, column_q] = columns.get_disjoint_mut([p, q]).expect("p and q differ");
    rotate(column_p, column_q, cosine, sine);
    let [right_p, right_q] = right.get_disjoint_mut([p, q]).expect("p and q differ");
    rotate(right_p, right_q, cosine, sine);
    true
}

fn rotate(p: &mut [f64], q: &mut [f64], cosine: f64, sine: f64) {
    for (p, q) in p.iter_mut().zip(q) {
        (*p, *q) = (cosine * *p - sine * *q, sine * *p + cosine * *q);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_zero_column_has_a_zero_singular_value() {
        let svd = decompose(&[[3.0, 0.0], [4.0, 0.0], [0.0, 0.0]], &[3.0, 4.0, 1.0]);
        assert_eq!(svd.singular, [5.0, 0.0]);
        assert_eq!(svd.projected, [5.0, 0.0]);
    }

    proptest! {
        #[test]
        fn it_solves_least_squares(rows in prop::collection::vec(prop::array::uniform3(-9.0..9.0_f64), 4..12),
                                   x in prop::array::uniform3(-9.0..9.0_f64)) {
            let f: Vec<f64> = rows.iter().map(|row| dot(row, &x)).collect();
            let svd = decompose(&rows, &f);
            prop_assume!(svd.singular[2] > 1e-3 * svd.singular[0]);
            prop_assert!(svd.singular.is_sorted_by(|a, b| a >= b));
            for (i, expected) in x.iter().enumerate() {
                let solved: f64 = (0..3).map(|j| svd.right[j][i] * svd.projected[j] / svd.singular[j]).sum();
                prop_assert!((solved - expected).abs() < 1e-9, "{} {}", solved, expected);
            }
        }
    }
}
