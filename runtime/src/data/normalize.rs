//! Values of images shifted and scaled, by what the training split alone is like.

use peng_spec::arch::Shape;

use super::Splits;

/// Gives each channel mean 0 and standard deviation 1 on the training split, and does the same to the validation split. A
/// channel that has one value only is shifted.
pub(crate) fn normalize(splits: &mut Splits) {
    let (channels, plane) = match splits.train.input {
        Shape::Image { channels, height, width } => (channels, height * width),
        Shape::Vector { features } => (features, 1),
    };
    if channels == 0 || plane == 0 {
        return;
    }
    for channel in 0..channels {
        let values = || {
            let planes = splits.train.pixels.chunks_exact(plane).skip(channel).step_by(channels);
            planes.flatten().map(|&value| f64::from(value))
        };
        let count = values().count() as f64;
        let mean = values().sum::<f64>() / count;
        let deviation = (values().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count).sqrt();
        let by = if deviation > 0.0 { deviation } else { 1.0 };
        for split in [&mut splits.train, &mut splits.validation] {
            let planes = split.pixels.chunks_exact_mut(plane).skip(channel).step_by(channels);
            for value in planes.flatten() {
                *value = ((f64::from(*value) - mean) / by) as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Examples;

    #[test]
    fn the_training_split_alone_says_by_how_much() {
        let of = |pixels: &[f32]| {
            Examples::classified("2x1x2".parse().unwrap(), 2, pixels.to_vec(), vec![0; pixels.len() / 4])
        };
        let train = of(&[0.0, 2.0, 5.0, 5.0, 4.0, 6.0, 5.0, 5.0]);
        let mut splits = Splits { train, validation: of(&[3.0, 3.0, 5.0, 6.0]) };
        normalize(&mut splits);
        let deviation = 5.0_f32.sqrt();
        let expected = [-3.0, -1.0, 0.0, 0.0, 1.0, 3.0, 0.0, 0.0]
            .map(|value| if value == 0.0 { 0.0 } else { value / deviation });
        for (found, expected) in splits.train.pixels.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
        assert_eq!(splits.validation.pixels, [0.0, 0.0, 0.0, 1.0]);
    }
}
