//! Pictures stretched to another size, by a triangle filter that is as wide as an output pixel.
//!
//! It interpolates where a picture grows and averages where it shrinks, as `BILINEAR` of Pillow does. Only additions,
//! multiplications and divisions make a pixel, so it is the same on every machine.

/// The plane in another size; both are height and width, and the same size changes nothing.
pub(super) fn resize(plane: &[f32], from: [usize; 2], to: [usize; 2]) -> Vec<f32> {
    if from == to {
        return plane.to_vec();
    }
    let ([height, width], [new_height, new_width]) = (from, to);
    let across = filter(width, new_width);
    let mut narrow = Vec::with_capacity(height * new_width);
    for row in plane.chunks_exact(width) {
        narrow.extend(across.iter().map(|(start, weights)| {
            weights.iter().zip(&row[*start..]).map(|(weight, value)| weight * value).sum::<f32>()
        }));
    }
    let mut out = Vec::with_capacity(new_height * new_width);
    for (start, weights) in filter(height, new_height) {
        for column in 0..new_width {
            let values = narrow[start * new_width + column..].iter().step_by(new_width);
            out.push(weights.iter().zip(values).map(|(weight, value)| weight * value).sum());
        }
    }
    out
}

/// For each output pixel the first input pixel that counts and the weights from there on, whose sum is 1.
fn filter(from: usize, to: usize) -> Vec<(usize, Vec<f32>)> {
    let scale = from as f64 / to as f64;
    let reach = scale.max(1.0);
    (0..to)
        .map(|at| {
            let middle = (at as f64 + 0.5) * scale;
            let start = (middle - reach).floor().max(0.0) as usize;
            let end = ((middle + reach).ceil() as usize).min(from);
            let weights: Vec<f64> = (start..end)
                .map(|pixel| (1.0 - ((pixel as f64 + 0.5) - middle).abs() / reach).max(0.0))
                .collect();
            let total: f64 = weights.iter().sum();
            (start, weights.into_iter().map(|weight| (weight / total) as f32).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_size_is_the_same_picture() {
        assert_eq!(resize(&[0.1, 0.2, 0.3, 0.4], [2, 2], [2, 2]), [0.1, 0.2, 0.3, 0.4]);
    }

    #[test]
    fn shrinking_averages_and_growing_interpolates() {
        // A triangle as wide as four pixels, over 0 1 2 3, cut at the edges: weights 3 3 1 of 7, and their mirror.
        let half = resize(&[0.0, 1.0, 2.0, 3.0], [1, 4], [1, 2]);
        assert!((half[0] - 5.0 / 7.0).abs() < 1e-6 && (half[1] - 16.0 / 7.0).abs() < 1e-6, "{half:?}");
        assert_eq!(resize(&[0.0, 1.0], [2, 1], [4, 1]), [0.0, 0.25, 0.75, 1.0]);
        assert_eq!(resize(&[0.5], [1, 1], [2, 3]), [0.5; 6]);
    }

    #[test]
    fn a_constant_stays_constant() {
        for (from, to) in [([7, 5], [3, 8]), ([100, 3], [7, 1]), ([1, 9], [4, 2])] {
            let out = resize(&vec![0.75; from[0] * from[1]], from, to);
            assert_eq!(out.len(), to[0] * to[1]);
            assert!(out.iter().all(|value| (value - 0.75).abs() < 1e-6));
        }
    }
}
