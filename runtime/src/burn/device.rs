//! Which of burn's devices a plan's device is. Always named: burn's default would depend on what else is compiled in.

use burn::tensor::Device;
use peng_spec::plan;

/// The device for inference; its [`Device::autodiff`] is the one for training.
pub(super) fn bind(device: plan::Device) -> Device {
    match device {
        // The processor is the only device of this build.
        plan::Device::Auto | plan::Device::Cpu => Device::flex(),
    }
}
