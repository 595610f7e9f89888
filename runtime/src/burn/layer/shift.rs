//! An image moved up and left by a pixel: what the second half of a factorised reduction reads.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::ops::PadMode;

/// [`peng_spec::arch::Op::Shift`]
#[derive(Module, Debug)]
pub(in crate::burn) struct Shift;

impl Shift {
    pub(super) fn forward(x: Tensor<4>) -> Tensor<4> {
        let [batch, channels, height, width] = x.dims();
        let padded = x.pad([(0, 1), (0, 1)], PadMode::Constant(0.0));
        padded.slice([0..batch, 0..channels, 1..height + 1, 1..width + 1])
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    /// The shift of each plane, and what a gradient of the result gives of the pixels: it goes the way back.
    #[test]
    fn pixels_and_gradients_move_by_one() {
        for [height, width] in [[3, 4], [1, 1], [2, 1]] {
            let device = Device::flex().autodiff();
            let shape = [2, 3, height, width];
            let count = shape.iter().product::<usize>();
            let values: Vec<f32> = (1..=count).map(|i| i as f32).collect();
            let x = Tensor::<4>::from_data(TensorData::new(values.clone(), shape), &device).require_grad();
            let y = Shift::forward(x.clone());
            assert_eq!(y.dims(), shape);
            let back = Tensor::<4>::from_data(TensorData::new(values.clone(), shape), &device);
            let gradients = (y.clone() * back).sum().backward();
            let [y, dx]: [Vec<f32>; 2] =
                [y, x.grad(&gradients).unwrap()].map(|tensor| tensor.to_data().try_to_vec().unwrap());
            let plane = height * width;
            for at in 0..count {
                let (row, column) = (at % plane / width, at % width);
                let inside = row + 1 < height && column + 1 < width;
                assert_eq!(y[at], if inside { values[at + width + 1] } else { 0.0 });
                let was_read = row > 0 && column > 0;
                assert_eq!(dx[at], if was_read { values[at - width - 1] } else { 0.0 });
            }
        }
    }
}
