//! Convolutions with a kernel for each channel: eight channels side by side, for several pixels or taps at a time, so that
//! the latency of additions is hidden and a weight or a gradient is read once for all of them.

use std::mem::MaybeUninit;

use super::geometry::Geometry;
use super::places::Grid;
use super::plan::IMAGES;
use super::weight_gradient::summed;
use super::{Gathered, forward_grid, gathered, offsets, padded};
use crate::activation::Activation;
use crate::buffer::written;
use crate::images::{Frame, Images};
use crate::simd::{LANES, Level};
use crate::threads::for_chunks;

mod pixels;
mod weights;

use pixels::Image;
use weights::Weights;

/// Pixels of a grid, each a sum over taps.
struct Pass {
    grid: Grid,
    /// Where each tap reads, from where the first does.
    offsets: Vec<usize>,
    /// `[tap, channel]`, the channels filled up to whole vectors.
    weights: Vec<f32>,
}

/// See [`super::forward`].
pub(super) fn forward(
    level: Level,
    geometry: &Geometry,
    input: Images<'_>,
    weight: &[f32],
    bias: &[f32],
    activation: Activation,
) -> Vec<f32> {
    let frame = geometry.input_frame();
    let channels = geometry.input.channels;
    let taps: Vec<usize> = (0..geometry.taps()).collect();
    let pass = Pass {
        grid: forward_grid(geometry),
        offsets: offsets(geometry, frame.width * channels, channels),
        weights: by_tap(geometry, weight, &taps),
    };
    let bias = padded(bias, channels);
    made(level, &[pass], input, frame, geometry.output.image(), &bias, activation)
}

/// See [`super::input_gradient`].
pub(super) fn input_gradient(
    level: Level,
    geometry: &Geometry,
    gradient: Images<'_>,
    weight: &[f32],
) -> Vec<f32> {
    let passes: Vec<Pass> = gathered(geometry)
        .into_iter()
        .map(|Gathered { taps, offsets, grid, .. }| Pass {
            grid,
            offsets,
            weights: by_tap(geometry, weight, &taps),
        })
        .collect();
    let bias = padded(&[], geometry.input.channels);
    let (frame, image) = (geometry.gradient_frame(), geometry.input.image());
    made(level, &passes, gradient, frame, image, &bias, Activation::Identity)
}

/// See [`super::weight_gradient`].
pub(super) fn weight_gradient(
    level: Level,
    geometry: &Geometry,
    input: Images<'_>,
    gradient: Images<'_>,
) -> Vec<f32> {
    let (channels, taps, frame) = (geometry.input.channels, geometry.taps(), geometry.input_frame());
    let line = frame.width * channels;
    let offsets = offsets(geometry, line, channels);
    let stride = channels.next_multiple_of(LANES);
    let sums = summed(geometry.input.batch, |images| {
        let mut sums = vec![0.0; taps * stride];
        let (mut framed, mut turned) = (Vec::new(), Vec::new());
        for image in images {
            let input = input.framed(image, frame, channels, &mut framed);
            let gradient = gradient.turned(image, &mut turned);
            level.run(Weights { geometry, line, offsets: &offsets, input, gradient, sums: &mut sums });
        }
        sums
    });
    (0..channels * taps).map(|at| sums[at % taps * stride + at / taps]).collect()
}

/// The weights of some taps, `[tap, channel]`, the channels filled up to whole vectors.
fn by_tap(geometry: &Geometry, weight: &[f32], taps: &[usize]) -> Vec<f32> {
    let (channels, count) = (geometry.input.channels, geometry.taps());
    assert_eq!(weight.len(), channels * count, "the weights are those of the geometry");
    let stride = channels.next_multiple_of(LANES);
    taps.iter()
        .flat_map(|tap| {
            (0..stride)
                .map(move |channel| if channel < channels { weight[channel * count + tap] } else { 0.0 })
        })
        .collect()
}

/// The images that passes make, of `image` floats each.
fn made(
    level: Level,
    passes: &[Pass],
    input: Images<'_>,
    frame: Frame,
    image: usize,
    bias: &[f32],
    activation: Activation,
) -> Vec<f32> {
    let channels = input.size().channels;
    let pixels: usize = passes.iter().map(|pass| pass.grid.pixels()).sum();
    assert_eq!(pixels * channels, image, "the passes make all pixels");
    let convolve = |framed: &mut Vec<f32>, at: usize, target: &mut [MaybeUninit<f32>]| {
        let source = input.framed(at, frame, channels, framed);
        for pass in passes {
            level.run(Image { pass, channels, bias, activation, source, target });
        }
    };
    // SAFETY: passes make different pixels, each with all its channels, and together as many as an image has.
    unsafe {
        written(input.size().batch * image, |made| {
            for_chunks(made, image, IMAGES, Vec::new, convolve);
        })
    }
}
