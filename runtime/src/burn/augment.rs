//! Augmentation of training images, on the host: what is drawn for an image depends on seed, epoch and image alone, and what is
//! drawn for a batch on seed and batch.

use peng_spec::arch::Shape;
use peng_spec::plan::Augmentation;
use rand::RngExt as _;
use rand::seq::SliceRandom as _;

use crate::seed::{Rng, SeedTree};

/// What the images of a batch are mixed with: the place of the other one of each, and the share of each in its mixture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mixture {
    pub(super) others: Vec<usize>,
    pub(super) share: f64,
}

/// Changes one image, in the order in which augmentations are written.
pub(super) fn augment(
    pixels: &mut [f32],
    shape: Shape,
    augmentations: &[Augmentation],
    seed: SeedTree,
    (epoch, example): (u64, u64),
) {
    let Shape::Image { height, width, .. } = shape else { return };
    if augmentations.is_empty() {
        return;
    }
    let mut rng = seed.child("augment", epoch).child("example", example).rng();
    for augmentation in augmentations {
        match *augmentation {
            Augmentation::RandomCrop { pixels: most } => {
                let mut by = || rng.random_range(0..=2 * most) as isize - most as isize;
                let (down, right) = (by(), by());
                shift(pixels, [height, width], [down, right]);
            }
            Augmentation::HorizontalFlip => {
                if rng.random_bool(0.5) {
                    pixels.chunks_exact_mut(width).for_each(<[f32]>::reverse);
                }
            }
            Augmentation::VerticalFlip => {
                if rng.random_bool(0.5) {
                    for plane in pixels.chunks_exact_mut(height * width) {
                        // Everything reversed, then each row again.
                        plane.reverse();
                        plane.chunks_exact_mut(width).for_each(<[f32]>::reverse);
                    }
                }
            }
            Augmentation::Cutout { pixels: side } => {
                let centre = [rng.random_range(0..height), rng.random_range(0..width)];
                let [rows, columns] = [(centre[0], height), (centre[1], width)].map(|(centre, of)| {
                    let begin = centre as isize - (side / 2) as isize;
                    begin.max(0) as usize..((begin + side as isize) as usize).min(of)
                });
                for plane in pixels.chunks_exact_mut(height * width) {
                    for row in plane.chunks_exact_mut(width).take(rows.end).skip(rows.start) {
                        row[columns.clone()].fill(0.0);
                    }
                }
            }
            // Of whole batches.
            Augmentation::Mixup { .. } => {}
        }
    }
}

/// Moves what is in the image, zeros come after it.
fn shift(pixels: &mut [f32], [height, width]: [usize; 2], [down, right]: [isize; 2]) {
    for plane in pixels.chunks_exact_mut(height * width) {
        let before = plane.to_vec();
        for (at, value) in plane.iter_mut().enumerate() {
            let (row, column) = ((at / width) as isize - down, (at % width) as isize - right);
            let inside = (0..height as isize).contains(&row) && (0..width as isize).contains(&column);
            *value = if inside { before[row as usize * width + column as usize] } else { 0.0 };
        }
    }
}

/// Mixes the images of a batch, if the augmentations say so.
pub(super) fn mix(
    pixels: &mut [f32],
    count: usize,
    augmentations: &[Augmentation],
    seed: SeedTree,
    batch: u64,
) -> Option<Mixture> {
    let alpha = augmentations.iter().find_map(|augmentation| match augmentation {
        Augmentation::Mixup { alpha } => Some(*alpha),
        Augmentation::RandomCrop { .. }
        | Augmentation::HorizontalFlip
        | Augmentation::VerticalFlip
        | Augmentation::Cutout { .. } => None,
    })?;
    let mut rng = seed.child("mixup", batch).rng();
    let share = beta(alpha, &mut rng);
    let mut others: Vec<usize> = (0..count).collect();
    others.shuffle(&mut rng);
    let size = pixels.len() / count;
    let before = pixels.to_vec();
    for (image, &other) in pixels.chunks_exact_mut(size).zip(&others) {
        for (value, &mixed) in image.iter_mut().zip(&before[other * size..(other + 1) * size]) {
            *value = (share * f64::from(*value) + (1.0 - share) * f64::from(mixed)) as f32;
        }
    }
    Some(Mixture { others, share })
}

/// A number that is beta distributed with both parameters `alpha`, at most 1 (Jöhnk 1964).
fn beta(alpha: f64, rng: &mut Rng) -> f64 {
    loop {
        let [x, y] = [(); 2].map(|()| libm::pow(rng.random::<f64>(), 1.0 / alpha));
        if x + y <= 1.0 && x + y > 0.0 {
            return x / (x + y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape::Image { channels: 2, height: 3, width: 4 };

    fn image() -> Vec<f32> {
        (1..=24).map(|value| value as f32).collect()
    }

    /// What becomes of the image in so many epochs.
    fn made(augmentation: Augmentation, epochs: u64) -> Vec<Vec<f32>> {
        (0..epochs)
            .map(|epoch| {
                let mut pixels = image();
                augment(&mut pixels, SHAPE, &[augmentation], SeedTree::new(1), (epoch, 7));
                pixels
            })
            .collect()
    }

    #[test]
    fn an_image_becomes_the_same_in_an_epoch_and_another_in_another() {
        let all = [
            Augmentation::RandomCrop { pixels: 2 },
            Augmentation::HorizontalFlip,
            Augmentation::VerticalFlip,
            Augmentation::Cutout { pixels: 2 },
        ];
        for augmentation in all {
            let first = made(augmentation, 20);
            assert_eq!(first, made(augmentation, 20));
            assert!(first.iter().any(|pixels| *pixels != first[0]), "{augmentation:?}");
        }
    }

    #[test]
    fn flips_exchange_the_sides_of_every_channel() {
        let horizontal = |at: usize| (at / 4 * 4 + 3 - at % 4 + 1) as f32;
        let vertical = |at: usize| (at / 12 * 12 + (2 - at % 12 / 4) * 4 + at % 4 + 1) as f32;
        for (augmentation, of) in [
            (Augmentation::HorizontalFlip, &horizontal as &dyn Fn(usize) -> f32),
            (Augmentation::VerticalFlip, &vertical),
        ] {
            let flipped: Vec<f32> = (0..24).map(of).collect();
            let found = made(augmentation, 200);
            assert!(found.iter().all(|pixels| *pixels == image() || *pixels == flipped));
            let share = found.iter().filter(|pixels| **pixels == flipped).count();
            assert!((65..=135).contains(&share), "{share}");
        }
    }

    #[test]
    fn a_crop_moves_the_image_and_cutout_leaves_the_rest() {
        let mut moved = image();
        shift(&mut moved, [3, 4], [1, -2]);
        let expected = [0.0, 0.0, 0.0, 0.0, 3.0, 4.0, 0.0, 0.0, 7.0, 8.0, 0.0, 0.0];
        assert_eq!(moved[..12], expected);
        assert_eq!(moved[12..].iter().filter(|&&value| value == 0.0).count(), 8);
        for pixels in made(Augmentation::Cutout { pixels: 2 }, 50) {
            let cut: Vec<usize> = (0..24).filter(|&at| pixels[at] == 0.0).collect();
            assert!([2, 4, 8].contains(&cut.len()), "{cut:?}");
            assert!((0..24).all(|at| cut.contains(&at) || pixels[at] == image()[at]));
            assert!(cut.iter().filter(|&&at| at < 12).all(|at| cut.contains(&(at + 12))));
        }
    }

    #[test]
    fn a_mixture_is_of_two_images_of_the_batch() {
        let augmentations = [Augmentation::Mixup { alpha: 0.4 }];
        let mut mean = 0.0;
        for batch in 0..400 {
            let mut pixels = vec![1.0, 2.0, 4.0];
            let mixture = mix(&mut pixels, 3, &augmentations, SeedTree::new(2), batch).unwrap();
            let Mixture { others, share } = &mixture;
            for (found, (&other, own)) in pixels.iter().zip(others.iter().zip([1.0, 2.0, 4.0])) {
                let expected = share * own + (1.0 - share) * [1.0, 2.0, 4.0][other];
                assert!((f64::from(*found) - expected).abs() < 1e-6);
            }
            let mut again = vec![1.0, 2.0, 4.0];
            assert_eq!(mix(&mut again, 3, &augmentations, SeedTree::new(2), batch), Some(mixture.clone()));
            mean += share / 400.0;
        }
        assert!((mean - 0.5).abs() < 0.1, "{mean}");
        assert_eq!(mix(&mut [1.0], 1, &[Augmentation::HorizontalFlip], SeedTree::new(2), 0), None);
    }

    /// Of a beta distribution the variance is 1 / (4 (2 alpha + 1)).
    #[test]
    fn shares_are_beta_distributed() {
        let mut rng = SeedTree::new(4).rng();
        for alpha in [0.1, 0.4, 1.0] {
            let squares: f64 = (0..20_000).map(|_| (beta(alpha, &mut rng) - 0.5).powi(2)).sum();
            let (found, expected) = (squares / 20_000.0, 0.25 / (2.0 * alpha + 1.0));
            assert!((found - expected).abs() < 0.005, "{alpha}: {found} {expected}");
        }
    }
}
