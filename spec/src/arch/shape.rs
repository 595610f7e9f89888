//! Shapes of tensors without the batch, and how operations change them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{ArchGraph, ArchNode, Op, Padding};

/// The shape of one example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Shape {
    /// Channels by height by width.
    Image {
        /// Number of channels.
        channels: usize,
        /// Height in pixels.
        height: usize,
        /// Width in pixels.
        width: usize,
    },
    /// A vector.
    Vector {
        /// Number of features.
        features: usize,
    },
}

impl Shape {
    /// Number of values.
    pub fn numel(self) -> u64 {
        match self {
            Self::Image { channels, height, width } => channels as u64 * height as u64 * width as u64,
            Self::Vector { features } => features as u64,
        }
    }

    /// Channels of an image, features of a vector.
    pub fn channels(self) -> usize {
        match self {
            Self::Image { channels, .. } => channels,
            Self::Vector { features } => features,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image { channels, height, width } => write!(f, "{channels}x{height}x{width}"),
            Self::Vector { features } => write!(f, "{features}"),
        }
    }
}

impl FromStr for Shape {
    type Err = ShapeError;

    /// Reads `CxHxW`.
    fn from_str(text: &str) -> Result<Self, ShapeError> {
        let dims: Option<Vec<usize>> = text.split('x').map(|d| d.parse().ok().filter(|&n| n > 0)).collect();
        match dims.as_deref() {
            Some(&[channels, height, width]) => Ok(Self::Image { channels, height, width }),
            _ => Err(ShapeError(format!("`{text}` is no image shape; expected CxHxW, such as `1x28x28`"))),
        }
    }
}

/// Why a network has no shapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeError(pub String);

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ShapeError {}

impl ArchGraph {
    /// The output shape of every node, in order.
    pub fn shapes(&self) -> Result<Vec<Shape>, ShapeError> {
        let mut shapes = Vec::with_capacity(self.nodes.len());
        for (index, node) in self.nodes.iter().enumerate() {
            if node.inputs.iter().any(|&i| i >= index) {
                return Err(ShapeError(format!("`{}` reads a node that does not come before it", node.name)));
            }
            let inputs: Vec<Shape> = if node.inputs.is_empty() {
                vec![self.input]
            } else {
                node.inputs.iter().map(|&i| shapes[i]).collect()
            };
            shapes.push(infer(node, &inputs)?);
        }
        Ok(shapes)
    }

    /// The inputs' shapes of node `index`, given [`ArchGraph::shapes`].
    pub fn input_shapes(&self, index: usize, shapes: &[Shape]) -> Vec<Shape> {
        let inputs = &self.nodes[index].inputs;
        if inputs.is_empty() { vec![self.input] } else { inputs.iter().map(|&i| shapes[i]).collect() }
    }
}

/// Side of the output of a sliding window, or `None` if the window does not fit.
fn slide(side: usize, kernel: usize, stride: usize, padding: usize) -> Option<usize> {
    if stride == 0 || kernel == 0 {
        return None;
    }
    (side + 2 * padding).checked_sub(kernel).map(|room| room / stride + 1)
}

/// Side of the output of a window of `taps`, which are `dilation` apart.
fn padded(side: usize, taps: usize, dilation: usize, stride: usize, padding: Padding) -> Option<usize> {
    let window = taps.checked_sub(1)? * dilation + 1;
    match padding {
        Padding::Same if stride > 0 && side > 0 => Some((side - 1) / stride + 1),
        Padding::Same => None,
        Padding::Valid => slide(side, window, stride, 0),
    }
}

fn infer(node: &ArchNode, inputs: &[Shape]) -> Result<Shape, ShapeError> {
    let fail = |what: String| Err(ShapeError(format!("`{}`: {what}", node.name)));
    let single = || match inputs {
        [one] => Ok(*one),
        many => Err(ShapeError(format!("`{}`: found {} inputs, expected one", node.name, many.len()))),
    };
    let window = |kernel: usize, stride: usize, padding: usize| match single()? {
        Shape::Image { channels, height, width } => {
            match (slide(height, kernel, stride, padding), slide(width, kernel, stride, padding)) {
                (Some(height), Some(width)) => Ok(Shape::Image { channels, height, width }),
                _ => fail(format!("a window of {kernel}x{kernel} does not fit into {height}x{width}")),
            }
        }
        vector @ Shape::Vector { .. } => fail(format!("found a vector of {vector}, expected an image")),
    };
    let general = |kernel: [usize; 2], dilation, stride: [usize; 2], padding| match single()? {
        Shape::Image { channels, height, width } => {
            let [h, w] = kernel;
            let high = padded(height, h, dilation, stride[0], padding);
            if let (Some(height), Some(width)) = (high, padded(width, w, dilation, stride[1], padding)) {
                Ok(Shape::Image { channels, height, width })
            } else {
                fail(format!("a window of {h}x{w}, {dilation} apart, does not fit into {height}x{width}"))
            }
        }
        vector @ Shape::Vector { .. } => fail(format!("found a vector of {vector}, expected an image")),
    };
    match &node.op {
        Op::GeneralConv { filters, kernel, stride, dilation, groups, padding, .. } => {
            match general(*kernel, *dilation, *stride, *padding)? {
                Shape::Image { channels, height, width }
                    if *groups > 0 && channels % groups == 0 && filters % groups == 0 =>
                {
                    Ok(Shape::Image { channels: *filters, height, width })
                }
                shape => fail(format!(
                    "{groups} groups do not divide {} channels into {filters}",
                    shape.channels()
                )),
            }
        }
        Op::Pool { kernel, stride, padding, .. } => general([*kernel; 2], 1, [*stride; 2], *padding),
        Op::Conv { filters, kernel, stride, padding, .. } => match window(*kernel, *stride, *padding)? {
            Shape::Image { height, width, .. } => Ok(Shape::Image { channels: *filters, height, width }),
            vector @ Shape::Vector { .. } => Ok(vector),
        },
        Op::MaxPool { kernel, stride } => window(*kernel, *stride, 0),
        Op::BatchNorm | Op::Relu | Op::Dropout { .. } | Op::DropPath { .. } => single(),
        Op::Shift | Op::SqueezeExcite { .. } => match single()? {
            image @ Shape::Image { .. } => Ok(image),
            vector @ Shape::Vector { .. } => fail(format!("found a vector of {vector}, expected an image")),
        },
        Op::Flatten => match single()? {
            image @ Shape::Image { .. } => Ok(Shape::Vector { features: image.numel() as usize }),
            vector @ Shape::Vector { .. } => fail(format!("found a vector of {vector}, expected an image")),
        },
        Op::Add => match inputs {
            [first, rest @ ..] if rest.iter().all(|shape| shape == first) => Ok(*first),
            _ => fail("found inputs of different shapes to add".to_owned()),
        },
        Op::GlobalAvgPool => match single()? {
            Shape::Image { channels, .. } => Ok(Shape::Vector { features: channels }),
            vector @ Shape::Vector { .. } => fail(format!("found a vector of {vector}, expected an image")),
        },
        Op::Linear { units } => match single()? {
            Shape::Vector { .. } => Ok(Shape::Vector { features: *units }),
            image @ Shape::Image { .. } => fail(format!("found an image of {image}, expected a vector")),
        },
        Op::Concat => {
            let mut total = 0;
            let mut sides = None;
            for shape in inputs {
                let Shape::Image { channels, height, width } = *shape else {
                    return fail("vectors are not concatenated".to_owned());
                };
                total += channels;
                if *sides.get_or_insert((height, width)) != (height, width) {
                    return fail(format!("found inputs of different height or width, such as {shape}"));
                }
            }
            match sides {
                Some((height, width)) => Ok(Shape::Image { channels: total, height, width }),
                None => fail("nothing to concatenate".to_owned()),
            }
        }
    }
}
