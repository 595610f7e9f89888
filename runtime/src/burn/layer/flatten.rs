//! An image as a vector, channel by channel.

use burn::module::Module;
use burn::tensor::Tensor;

/// [`peng_spec::arch::Op::Flatten`]
#[derive(Module, Debug)]
pub(in crate::burn) struct Flatten;

impl Flatten {
    pub(super) fn forward(x: Tensor<4>) -> Tensor<2> {
        let [batch, channels, height, width] = x.dims();
        x.reshape([batch, channels * height * width])
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn channels_come_one_after_another() {
        let x = Tensor::<4>::from_data([[[[1.0_f32, 2.0]], [[3.0, 4.0]]]], &Device::flex());
        assert_eq!(Flatten::forward(x).to_data().try_to_vec::<f32>().unwrap(), [1.0, 2.0, 3.0, 4.0]);
    }
}
