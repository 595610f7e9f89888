//! Convolutions of images, and the gradients of their input and their weights.
//!
//! All are sums over pixels whose channels lie side by side ("indirect" convolution: Dukhan 2019, "The indirect convolution
//! algorithm"; here offsets take the place of pointers). An image with its padding is copied once, then no border is a
//! special case. Weights are `[out, in / groups, height, width]`, as burn has them. Convolutions
//! with 3x3 taps have a way of their own with fewer multiplications, which is taken where it is faster.

use crate::activation::Activation;
use crate::images::Images;
use crate::simd::{LANES, Level};

mod depthwise;
mod geometry;
mod places;
mod plan;
mod sweep;
#[cfg(test)]
mod tests;
mod tile;
mod weight_gradient;
mod winograd;

pub use geometry::Geometry;
pub use weight_gradient::weight_gradient;

use geometry::Channels;
use places::{Grid, Places};
use plan::Plan;
use sweep::{Packed, Sweep};
use winograd::Winograd;

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
            let bias = padded(bias, geometry.output.channels);
            forward_plan(level, geometry, weight).make(level, input, &bias, activation)
        }
        Channels::Own => depthwise::forward(level, geometry, input, weight, bias, activation),
    }
}

/// Adds the convolution to `made`, which has its channels last. No depthwise one.
pub fn forward_onto(level: Level, geometry: &Geometry, input: Images<'_>, weight: &[f32], made: &mut [f32]) {
    assert_eq!(input.size(), geometry.input, "the images are those of the geometry");
    assert_eq!(made.len(), geometry.output.floats(), "what is added to is that of the geometry");
    assert_eq!(geometry.channels, Channels::All, "all channels are read");
    forward_plan(level, geometry, weight).add(level, input, made);
}

/// The gradient of the input, channels last, from that of the output.
pub fn input_gradient(level: Level, geometry: &Geometry, gradient: Images<'_>, weight: &[f32]) -> Vec<f32> {
    assert_eq!(gradient.size(), geometry.output, "the gradients are those of the geometry");
    match geometry.channels {
        Channels::All => {
            let bias = padded(&[], geometry.input.channels);
            input_gradient_plan(level, geometry, weight).make(level, gradient, &bias, Activation::Identity)
        }
        Channels::Own => depthwise::input_gradient(level, geometry, gradient, weight),
    }
}

fn forward_plan(level: Level, geometry: &Geometry, weight: &[f32]) -> Plan {
    let (read, filters) = (geometry.input.channels, geometry.output.channels);
    let taps = geometry.taps();
    assert_eq!(weight.len(), filters * read * taps, "the weights are those of the geometry");
    if winograd::is_faster(geometry) {
        return Plan::Winograd(Winograd::forward(level, geometry, weight));
    }
    let packed = Packed::new(taps * read, filters, |term, filter| {
        let (tap, channel) = (term / read, term % read);
        weight[(filter * read + channel) * taps + tap]
    });
    let frame = geometry.input_frame();
    let offsets = offsets(geometry, frame.width * read, read);
    let sweep = Sweep::new(&offsets, geometry.axes[1].kernel, read, forward_grid(geometry));
    Plan::Sweeps { sweeps: vec![(packed, sweep)], frame, channels: read, floats: geometry.output.image() }
}

/// Where output pixels read their first tap, in the input with its padding.
fn forward_grid(geometry: &Geometry) -> Grid {
    let (read, filters) = (geometry.input.channels, geometry.output.channels);
    let [rows, columns] = geometry.axes;
    let line = geometry.input_frame().width * read;
    Grid {
        size: [rows.output, columns.output],
        source: Places { first: 0, row: rows.stride * line, column: columns.stride * read },
        target: Places { first: 0, row: columns.output * filters, column: filters },
    }
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

/// The input pixels of one phase of both strides, whose gradients are a convolution of the output's.
struct Gathered {
    /// The taps of the kernel that they read with, row by row, and how many are in a row.
    taps: Vec<usize>,
    across: usize,
    /// Where each of them reads, in the output's gradient with its margins, from where the first does.
    offsets: Vec<usize>,
    grid: Grid,
}

/// All phases: together all pixels of the input.
fn gathered(geometry: &Geometry) -> Vec<Gathered> {
    let (read, filters) = (geometry.input.channels, geometry.output.channels);
    let [rows, columns] = geometry.axes;
    let line = geometry.gradient_frame().width * filters;
    let mut all = Vec::new();
    for row in rows.phases() {
        for column in columns.phases() {
            let across = column.taps.len();
            let taps: Vec<usize> = row
                .taps
                .iter()
                .flat_map(|y| column.taps.iter().map(move |x| y * columns.kernel + x))
                .collect();
            let offsets = (0..taps.len())
                .map(|tap| tap / across * rows.dilation * line + tap % across * columns.dilation * filters)
                .collect();
            let source = if taps.is_empty() {
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
            let grid = Grid { size: [row.count, column.count], source, target };
            all.push(Gathered { taps, across, offsets, grid });
        }
    }
    all
}

fn input_gradient_plan(level: Level, geometry: &Geometry, weight: &[f32]) -> Plan {
    let (read, filters) = (geometry.input.channels, geometry.output.channels);
    let count = geometry.taps();
    assert_eq!(weight.len(), filters * read * count, "the weights are those of the geometry");
    if winograd::is_input_gradient_faster(geometry) {
        return Plan::Winograd(Winograd::input_gradient(level, geometry, weight));
    }
    let sweeps: Vec<_> = gathered(geometry)
        .into_iter()
        .map(|Gathered { taps, across, offsets, grid }| {
            let packed = Packed::new(taps.len() * filters, read, |term, channel| {
                let (tap, filter) = (taps[term / filters], term % filters);
                weight[(filter * read + channel) * count + tap]
            });
            (packed, Sweep::new(&offsets, across, filters, grid))
        })
        .collect();
    let (pixels, floats) =
        (sweeps.iter().map(|(_, sweep)| sweep.pixels()).sum::<usize>(), geometry.input.image());
    assert_eq!(pixels * read, floats, "the sweeps make all pixels");
    Plan::Sweeps { sweeps, frame: geometry.gradient_frame(), channels: filters, floats }
}

/// Filled up with zeros to whole vectors.
fn padded(bias: &[f32], channels: usize) -> Vec<f32> {
    assert!(bias.is_empty() || bias.len() == channels, "there is a bias for each channel, or none");
    let mut padded = bias.to_vec();
    padded.resize(channels.next_multiple_of(LANES), 0.0);
    padded
}
