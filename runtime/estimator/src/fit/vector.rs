//! The little linear algebra that the fitter needs, on vectors of fixed length.

pub(super) type Vector<const N: usize> = [f64; N];

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub(super) fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

pub(super) fn largest<const N: usize>(a: &Vector<N>) -> f64 {
    a.iter().fold(0.0, |largest, value| value.abs().max(largest))
}

pub(super) fn scaled<const N: usize>(a: &Vector<N>, by: f64) -> Vector<N> {
    a.map(|value| value * by)
}

pub(super) fn product<const N: usize>(a: &Vector<N>, b: &Vector<N>) -> Vector<N> {
    std::array::from_fn(|i| a[i] * b[i])
}

pub(super) fn sum<const N: usize>(a: &Vector<N>, b: &Vector<N>) -> Vector<N> {
    std::array::from_fn(|i| a[i] + b[i])
}

/// The matrix with these rows, times a vector.
pub(super) fn image<const N: usize>(rows: &[Vector<N>], a: &Vector<N>) -> Vec<f64> {
    rows.iter().map(|row| dot(row, a)).collect()
}

/// The transposed matrix with these rows, times a vector.
pub(super) fn transposed_image<const N: usize>(rows: &[Vector<N>], a: &[f64]) -> Vector<N> {
    let mut result = [0.0; N];
    for (row, value) in rows.iter().zip(a) {
        for (entry, factor) in result.iter_mut().zip(row) {
            *entry += factor * value;
        }
    }
    result
}
