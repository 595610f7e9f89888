//! Convolutions with a kernel for each channel: eight channels side by side, tap after tap.

use std::mem::MaybeUninit;

use super::geometry::Geometry;
use super::weight_gradient::summed;
use super::{IMAGES, offsets, padded};
use crate::activation::Activation;
use crate::buffer::written;
use crate::images::Images;
use crate::simd::{Kernel, LANES, Lanes, Level, Simd};
use crate::threads::for_chunks;

/// See [`super::forward`].
pub(super) fn forward(
    level: Level,
    geometry: &Geometry,
    input: Images<'_>,
    weight: &[f32],
    bias: &[f32],
    activation: Activation,
) -> Vec<f32> {
    let weights = by_tap(geometry, weight);
    let bias = padded(bias, geometry.output.channels);
    let convolve = |framed: &mut Vec<f32>, image: usize, target: &mut [MaybeUninit<f32>]| {
        let read = framed_image(geometry, input, image, framed);
        level.run(Forward { frame: read, weights: &weights, bias: &bias, activation, target });
    };
    // SAFETY: each image is written.
    unsafe {
        written(geometry.output.floats(), |made| {
            for_chunks(made, geometry.output.image(), IMAGES, Vec::new, convolve);
        })
    }
}

/// See [`super::input_gradient`].
pub(super) fn input_gradient(
    level: Level,
    geometry: &Geometry,
    gradient: Images<'_>,
    weight: &[f32],
) -> Vec<f32> {
    let weights = by_tap(geometry, weight);
    let (size, frame) = (geometry.input, geometry.input_frame());
    let channels = size.channels;
    let mut made = vec![0.0; size.floats()];
    for_chunks(
        &mut made,
        size.image(),
        IMAGES,
        || (vec![0.0; frame.height * frame.width * channels], Vec::new()),
        |(framed, turned), image, target| {
            framed.fill(0.0);
            let gradient = gradient.turned(image, turned);
            level.run(Scatter { geometry, weights: &weights, gradient, framed });
            for (row, target) in target.chunks_exact_mut(size.width * channels).enumerate() {
                let start = ((row + frame.top) * frame.width + frame.left) * channels;
                target.copy_from_slice(&framed[start..][..target.len()]);
            }
        },
    );
    made
}

/// See [`super::weight_gradient`].
pub(super) fn weight_gradient(
    level: Level,
    geometry: &Geometry,
    input: Images<'_>,
    gradient: Images<'_>,
) -> Vec<f32> {
    let (channels, taps) = (geometry.input.channels, geometry.taps());
    let stride = channels.next_multiple_of(LANES);
    let sums = summed(geometry.input.batch, |images| {
        let mut sums = vec![0.0; taps * stride];
        let (mut framed, mut turned) = (Vec::new(), Vec::new());
        for image in images {
            let frame = framed_image(geometry, input, image, &mut framed);
            let gradient = gradient.turned(image, &mut turned);
            level.run(Weights { frame, gradient, sums: &mut sums });
        }
        sums
    });
    (0..channels * taps).map(|at| sums[at % taps * stride + at / taps]).collect()
}

/// `[tap, channel]`, the channels filled up to whole vectors.
fn by_tap(geometry: &Geometry, weight: &[f32]) -> Vec<f32> {
    let (channels, taps) = (geometry.input.channels, geometry.taps());
    assert_eq!(weight.len(), channels * taps, "the weights are those of the geometry");
    let stride = channels.next_multiple_of(LANES);
    let mut weights = vec![0.0; taps * stride];
    for (at, &weight) in weight.iter().enumerate() {
        weights[at % taps * stride + at / taps] = weight;
    }
    weights
}

/// An image with its padding.
struct Framed<'a> {
    geometry: &'a Geometry,
    offsets: Vec<usize>,
    line: usize,
    floats: &'a [f32],
}

fn framed_image<'a>(
    geometry: &'a Geometry,
    input: Images<'a>,
    image: usize,
    framed: &'a mut Vec<f32>,
) -> Framed<'a> {
    let (frame, channels) = (geometry.input_frame(), geometry.input.channels);
    let line = frame.width * channels;
    let floats = input.framed(image, frame, channels, framed);
    Framed { geometry, offsets: offsets(geometry, line, channels), line, floats }
}

impl Framed<'_> {
    /// Where output pixels read their first tap; asserts that all their taps are inside `len` floats.
    fn starts(
        geometry: &Geometry,
        line: usize,
        offsets: &[usize],
        len: usize,
    ) -> impl Iterator<Item = usize> {
        let ([rows, columns], channels) = (geometry.axes, geometry.input.channels);
        let last = (rows.output - 1) * rows.stride * line + (columns.output - 1) * columns.stride * channels;
        assert!(offsets.iter().all(|tap| tap + last + channels <= len), "all taps are inside the frame");
        (0..rows.output * columns.output).map(move |pixel| {
            let (row, column) = (pixel / columns.output, pixel % columns.output);
            row * rows.stride * line + column * columns.stride * channels
        })
    }
}

struct Forward<'a> {
    frame: Framed<'a>,
    weights: &'a [f32],
    bias: &'a [f32],
    activation: Activation,
    /// All of it is written.
    target: &'a mut [MaybeUninit<f32>],
}

impl Kernel for Forward<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { frame: Framed { geometry, offsets, line, floats }, weights, bias, activation, target } =
            self;
        let channels = geometry.input.channels;
        let stride = channels.next_multiple_of(LANES);
        assert_eq!((weights.len(), bias.len()), (offsets.len() * stride, stride));
        assert_eq!(target.len(), geometry.output.image());
        let mut to = target.as_mut_ptr().cast::<f32>();
        for start in Framed::starts(geometry, line, &offsets, floats.len()) {
            for first in (0..channels).step_by(LANES) {
                let lanes = Lanes::first(s, channels - first);
                // SAFETY: the taps of all pixels are inside the frame, and only lanes of real channels are read; weights
                // and bias have whole vectors; the target has a float for each channel of each output pixel.
                unsafe {
                    let mut sum = s.load(bias.as_ptr().add(first));
                    for (tap, offset) in offsets.iter().enumerate() {
                        let x = lanes.load(s, floats.as_ptr().add(start + offset + first));
                        sum = s.fma(x, s.load(weights.as_ptr().add(tap * stride + first)), sum);
                    }
                    let sum = match activation {
                        Activation::Identity => sum,
                        Activation::Relu => s.relu(sum),
                    };
                    lanes.store(s, to.add(first), sum);
                }
            }
            to = to.wrapping_add(channels);
        }
    }
}

struct Scatter<'a> {
    geometry: &'a Geometry,
    weights: &'a [f32],
    gradient: &'a [f32],
    framed: &'a mut [f32],
}

impl Kernel for Scatter<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { geometry, weights, gradient, framed } = self;
        let channels = geometry.input.channels;
        let stride = channels.next_multiple_of(LANES);
        let line = geometry.input_frame().width * channels;
        let offsets = offsets(geometry, line, channels);
        assert_eq!((weights.len(), gradient.len()), (offsets.len() * stride, geometry.output.image()));
        let mut from = gradient.as_ptr();
        for start in Framed::starts(geometry, line, &offsets, framed.len()) {
            for first in (0..channels).step_by(LANES) {
                let lanes = Lanes::first(s, channels - first);
                // SAFETY: as in the forward pass, with the roles of frame and output exchanged.
                unsafe {
                    let dy = lanes.load(s, from.add(first));
                    for (tap, offset) in offsets.iter().enumerate() {
                        let to = framed.as_mut_ptr().add(start + offset + first);
                        let weight = s.load(weights.as_ptr().add(tap * stride + first));
                        lanes.store(s, to, s.fma(dy, weight, lanes.load(s, to)));
                    }
                }
            }
            from = from.wrapping_add(channels);
        }
    }
}

struct Weights<'a> {
    frame: Framed<'a>,
    gradient: &'a [f32],
    sums: &'a mut [f32],
}

impl Kernel for Weights<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { frame: Framed { geometry, offsets, line, floats }, gradient, sums } = self;
        let channels = geometry.input.channels;
        let stride = channels.next_multiple_of(LANES);
        assert_eq!((sums.len(), gradient.len()), (offsets.len() * stride, geometry.output.image()));
        let starts: Vec<usize> = Framed::starts(geometry, line, &offsets, floats.len()).collect();
        for first in (0..channels).step_by(LANES) {
            let lanes = Lanes::first(s, channels - first);
            for (tap, offset) in offsets.iter().enumerate() {
                // SAFETY: as in the forward pass; the sums have whole vectors for each tap.
                unsafe {
                    // Two sums hide half of the latency of their additions.
                    let mut two = [s.splat(0.0); 2];
                    for (pixel, start) in starts.iter().enumerate() {
                        let x = lanes.load(s, floats.as_ptr().add(start + offset + first));
                        let dy = lanes.load(s, gradient.as_ptr().add(pixel * channels + first));
                        two[pixel % 2] = s.fma(x, dy, two[pixel % 2]);
                    }
                    let to = sums.as_mut_ptr().add(tap * stride + first);
                    s.store(to, s.add(s.load(to), s.add(two[0], two[1])));
                }
            }
        }
    }
}
