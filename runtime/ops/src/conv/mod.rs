//! Convolutions of images, and the gradients of their input and their weights.
//!
//! All are sums over pixels whose channels lie side by side ("indirect" convolution: Dukhan 2019, "The indirect convolution
//! algorithm"; here offsets take the place of pointers). An image with its padding is copied once, then no border is a
//! special case. Weights are `[out, in / groups, height, width]`, as burn has them.

use std::mem::MaybeUninit;

use crate::activation::Activation;
use crate::buffer::written;
use crate::images::{Frame, Images};
use crate::simd::{LANES, Level};
use crate::threads::for_chunks;

mod depthwise;
mod geometry;
mod sweep;
#[cfg(test)]
mod tests;
mod tile;
mod weight_gradient;

pub use geometry::Geometry;
pub use weight_gradient::weight_gradient;

use geometry::Channels;
use sweep::{Image, Packed, Places, Sweep};

/// Images that a thread takes at once, so that short work is not cut into pieces.
const IMAGES: usize = 4;

/// The convolution, channels last, with a bias for each filter (or none: an empty slice), after `activation`.
pub fn forward(
    level: Level,
    geometry: &Geometry,
    input: Images<'_>,
    weight: &[f32],
    bias: &[f32],
    activation: Activation,
) -> Vec<f32> {
    assert_eq!(input.size(), geometry.input, "the images are those of the geometry");
    match geometry.channels {
        Channels::All => {
            let (packed, sweep) = forward_plan(geometry, weight);
            let bias = padded(bias, geometry.output.channels);
            let sweeps = [(packed, sweep)];
            sweep_all(
                level,
                &sweeps,
                input,
                geometry.input_frame(),
                geometry.output.image(),
                &bias,
                activation,
            )
        }
        Channels::Own => depthwise::forward(level, geometry, input, weight, bias, activation),
    }
}

/// The gradient of the input, channels last, from that of the output.
pub fn input_gradient(level: Level, geometry: &Geometry, gradient: Images<'_>, weight: &[f32]) -> Vec<f32> {
    assert_eq!(gradient.size(), geometry.output, "the gradients are those of the geometry");
    match geometry.channels {
        Channels::All => {
            let sweeps = input_gradient_plans(geometry, weight);
            let bias = padded(&[], geometry.input.channels);
            let (frame, image) = (geometry.gradient_frame(), geometry.input.image());
            sweep_all(level, &sweeps, gradient, frame, image, &bias, Activation::Identity)
        }
        Channels::Own => depthwise::input_gradient(level, geometry, gradient, weight),
    }
}

fn forward_plan(geometry: &Geometry, weight: &[f32]) -> (Packed, Sweep) {
    let (read, filters) = (geometry.input.channels, geometry.output.channels);
    let [rows, columns] = geometry.axes;
    let frame = geometry.input_frame();
    let taps = geometry.taps();
    assert_eq!(weight.len(), filters * read * taps, "the weights are those of the geometry");
    let packed = Packed::new(taps * read, filters, |term, filter| {
        let (tap, channel) = (term / read, term % read);
        weight[(filter * read + channel) * taps + tap]
    });
    let line = frame.width * read;
    let source = Places { first: 0, row: rows.stride * line, column: columns.stride * read };
    let target = Places { first: 0, row: columns.output * filters, column: filters };
    let grid = [rows.output, columns.output];
    (packed, Sweep::new(&offsets(geometry, line, read), columns.kernel, read, grid, source, target))
}

/// Where each tap reads, from where the first does; pixels have `stride` floats and rows `line`.
fn offsets(geometry: &Geometry, line: usize, stride: usize) -> Vec<usize> {
    let [rows, columns] = geometry.axes;
    (0..rows.kernel)
        .flat_map(|row| {
            (0..columns.kernel)
                .map(move |column| row * rows.dilation * line + column * columns.dilation * stride)
        })
        .collect()
}

fn input_gradient_plans(geometry: &Geometry, weight: &[f32]) -> Vec<(Packed, Sweep)> {
    let (read, filters) = (geometry.input.channels, geometry.output.channels);
    let [rows, columns] = geometry.axes;
    let frame = geometry.gradient_frame();
    let taps = geometry.taps();
    assert_eq!(weight.len(), filters * read * taps, "the weights are those of the geometry");
    let line = frame.width * filters;
    let mut plans = Vec::new();
    for row in rows.phases() {
        for column in columns.phases() {
            let kernel: Vec<usize> = row
                .taps
                .iter()
                .flat_map(|y| column.taps.iter().map(move |x| y * columns.kernel + x))
                .collect();
            let packed = Packed::new(kernel.len() * filters, read, |term, channel| {
                let (tap, filter) = (kernel[term / filters], term % filters);
                weight[(filter * read + channel) * taps + tap]
            });
            let offsets: Vec<usize> = (0..kernel.len())
                .map(|tap| {
                    let (y, x) = (tap / column.taps.len(), tap % column.taps.len());
                    y * rows.dilation * line + x * columns.dilation * filters
                })
                .collect();
            let source = if kernel.is_empty() {
                // Its gradients are zeros: nothing is read.
                Places { first: 0, row: 0, column: 0 }
            } else {
                Places { first: row.start * line + column.start * filters, row: line, column: filters }
            };
            let target = Places {
                first: (row.first * columns.input + column.first) * read,
                row: rows.stride * columns.input * read,
                column: columns.stride * read,
            };
            let grid = [row.count, column.count];
            plans.push((packed, Sweep::new(&offsets, column.taps.len(), filters, grid, source, target)));
        }
    }
    plans
}

/// Sweeps over each image of a batch; the images made have `image` floats.
fn sweep_all(
    level: Level,
    sweeps: &[(Packed, Sweep)],
    input: Images<'_>,
    frame: Frame,
    image: usize,
    bias: &[f32],
    activation: Activation,
) -> Vec<f32> {
    let channels = input.size().channels;
    let pixels: usize = sweeps.iter().map(|(_, sweep)| sweep.pixels()).sum();
    assert_eq!(pixels * sweeps[0].0.channels(), image, "the sweeps make all pixels");
    let sweep_image = |framed: &mut Vec<f32>, at: usize, target: &mut [MaybeUninit<f32>]| {
        let source = input.framed(at, frame, channels, framed);
        for (weights, sweep) in sweeps {
            level.run(Image { sweep, weights, bias, activation, source, target });
        }
    };
    // SAFETY: sweeps make different pixels, each with all its channels, and together as many as an image has.
    unsafe {
        written(input.size().batch * image, |made| {
            for_chunks(made, image, IMAGES, Vec::new, sweep_image);
        })
    }
}

/// Filled up with zeros to whole vectors.
fn padded(bias: &[f32], channels: usize) -> Vec<f32> {
    assert!(bias.is_empty() || bias.len() == channels, "there is a bias for each channel, or none");
    let mut padded = bias.to_vec();
    padded.resize(channels.next_multiple_of(LANES), 0.0);
    padded
}
