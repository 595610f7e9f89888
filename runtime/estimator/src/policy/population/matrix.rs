//! Small symmetric matrices, row by row: the inverse, the diagonal, and the product with a vector.

/// The diagonal of a matrix with so many rows.
pub(super) fn diagonal(matrix: &[f64], size: usize) -> impl Iterator<Item = f64> + '_ {
    matrix.iter().step_by(size + 1).copied()
}

/// A symmetric matrix times a vector.
pub(super) fn times(matrix: &[f64], vector: &[f64]) -> Vec<f64> {
    // Symmetric, so columns are rows; adding up whole rows needs no reordering to be fast.
    let mut product = vec![0.0; vector.len()];
    for (row, &x) in matrix.chunks_exact(vector.len()).zip(vector) {
        product.iter_mut().zip(row).for_each(|(sum, value)| *sum += value * x);
    }
    product
}

/// Adds to the diagonal of a symmetric positive matrix and inverts it in place by sweeping each row (Beaton 1964). A pivot
/// that is no longer positive by rounding is taken as tiny.
pub(super) fn invert(matrix: &mut [f64], diagonal: &[f64]) {
    let size = diagonal.len();
    for (place, more) in diagonal.iter().enumerate() {
        matrix[place * (size + 1)] += more;
    }
    // Only the lower triangle is kept until the end.
    let mut swept = vec![0.0; size];
    for k in 0..size {
        for (j, x) in swept.iter_mut().enumerate() {
            *x = matrix[k.max(j) * size + k.min(j)];
        }
        let pivot = 1.0 / swept[k].max(1e-12);
        for (i, row) in matrix.chunks_exact_mut(size).enumerate() {
            let factor = swept[i] * pivot;
            if i == k {
                row[..k].iter_mut().zip(&swept).for_each(|(x, above)| *x = above * pivot);
                row[k] = -pivot;
                continue;
            }
            row[..=i].iter_mut().zip(&swept).for_each(|(x, above)| *x -= factor * above);
            if i > k {
                row[k] = factor;
            }
        }
    }
    for i in 0..size {
        for j in 0..=i {
            let inverse = -matrix[i * size + j];
            matrix[i * size + j] = inverse;
            matrix[j * size + i] = inverse;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_times_the_matrix_is_one() {
        let size = 7;
        let matrix: Vec<f64> = (0..size * size)
            .map(|place| {
                let (row, column) = ((place / size) as f64, (place % size) as f64);
                libm::exp(-(row - column) * (row - column) / 8.0)
            })
            .collect();
        let mut inverse = matrix.clone();
        invert(&mut inverse, &[0.05; 7]);
        for column in 0..size {
            let image = times(
                &inverse,
                &(0..size)
                    .map(|row| matrix[row * size + column] + if row == column { 0.05 } else { 0.0 })
                    .collect::<Vec<_>>(),
            );
            for (row, value) in image.iter().enumerate() {
                let one = if row == column { 1.0 } else { 0.0 };
                assert!((value - one).abs() < 1e-10, "{row} {column}: {value}");
            }
        }
    }

    #[test]
    fn a_singular_matrix_has_a_finite_inverse() {
        let mut ones = vec![1.0; 25];
        invert(&mut ones, &[0.0; 5]);
        assert!(ones.iter().all(|x| x.is_finite()), "{ones:?}");
    }
}
