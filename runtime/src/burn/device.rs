//! Which of burn's devices a plan's device is. Always named: burn's default would depend on what else is compiled in.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::Device;
#[cfg(any(feature = "cuda", feature = "wgpu"))]
use burn::{backend::DispatchDevice, tensor::DeviceType};
use peng_spec::plan::{self, Backend};

use crate::device::{Adapter, AdapterKind};

/// The device for inference; its [`Device::autodiff`] is the one for training. `None`: it is not there, or not in this build.
pub(super) fn bind(device: plan::Device) -> Option<Device> {
    match device {
        plan::Device::Cpu => Some(Device::flex()),
        plan::Device::Card { backend, index } => found(backend).into_iter().nth(index as usize),
        plan::Device::Auto | plan::Device::Cards { .. } => None,
    }
}

/// What a backend finds on this machine, in its order. Opens every device, which takes memory of each for as long as this
/// process lives.
pub(crate) fn adapters(backend: Backend) -> Vec<Adapter> {
    // A driver that is broken makes burn panic.
    let named = |device: Device| catch_unwind(AssertUnwindSafe(|| adapter(&device))).ok().flatten();
    let broken = || Adapter { name: "unknown".to_owned(), kind: AdapterKind::Broken, memory: None };
    found(backend).into_iter().map(|device| named(device).unwrap_or_else(broken)).collect()
}

/// The devices of a backend; none if the build has it not.
fn found(backend: Backend) -> Vec<Device> {
    let devices = catch_unwind(AssertUnwindSafe(|| match backend {
        #[cfg(feature = "cuda")]
        Backend::Cuda => Device::enumerate(DeviceType::Cuda).into_iter().collect(),
        #[cfg(feature = "vulkan")]
        Backend::Vulkan => Device::enumerate(DeviceType::Vulkan).into_iter().collect(),
        #[cfg(feature = "wgpu")]
        Backend::Wgpu => Device::enumerate(DeviceType::Wgpu).into_iter().collect(),
        #[allow(unreachable_patterns, reason = "with all features there are no others")]
        _ => Vec::new(),
    }));
    devices.unwrap_or_default()
}

/// What a card calls itself.
pub(super) fn name(device: &Device) -> Option<String> {
    adapter(device).map(|adapter| adapter.name)
}

#[cfg(any(feature = "cuda", feature = "wgpu"))]
fn adapter(device: &Device) -> Option<Adapter> {
    let name = device.identity()?.name;
    let DispatchDevice::Cube(cube) = device.as_dispatch() else { return None };
    let memory = cube.client().properties().memory.max_memory();
    let kind = if is_software(cube, &name) { AdapterKind::Software } else { AdapterKind::Card };
    Some(Adapter { name, kind, memory })
}

#[cfg(not(any(feature = "cuda", feature = "wgpu")))]
fn adapter(_: &Device) -> Option<Adapter> {
    None
}

/// Drivers say of most that they compute on the processor, OpenGL's of none.
#[cfg(feature = "wgpu")]
fn is_software(device: &burn::backend::CubeDevice, name: &str) -> bool {
    use burn::backend::{CubeDevice, WgpuDeviceKind};
    let is_said = matches!(device, CubeDevice::Wgpu(wgpu) if wgpu.kind == WgpuDeviceKind::Cpu);
    is_said || ["llvmpipe", "softpipe", "SwiftShader"].iter().any(|software| name.contains(software))
}

#[cfg(all(feature = "cuda", not(feature = "wgpu")))]
fn is_software(_: &burn::backend::CubeDevice, _: &str) -> bool {
    false
}
