//! Devices: what `auto` is on this machine, and what is told of a device that is not there.

use peng_spec::plan::{Backend, Device};
use serde::{Deserialize, Serialize};

#[cfg(feature = "train")]
use crate::burn;

/// A graphics card, or what stands in for one, as a backend finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adapter {
    /// What it calls itself.
    pub name: String,
    /// What it is.
    pub kind: AdapterKind,
    /// Its memory in bytes, if the backend tells.
    pub memory: Option<u64>,
}

/// What an adapter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdapterKind {
    /// A graphics card.
    Card,
    /// A program on the processor, such as llvmpipe; never taken unless it is named.
    Software,
    /// Its driver fails.
    Broken,
}

/// The devices that trainings run on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Devices {
    /// All together, as a spec would name them; never `auto`.
    pub device: Device,
    /// Each of them, with its adapter if it is none of the processor.
    pub each: Vec<(Device, Option<Adapter>)>,
}

/// Why trainings cannot run where the plan says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// This build cannot use it.
    #[error("this build of peng cannot use the device `{device}`: it was built without the feature `{}`", feature.name())]
    NotBuilt {
        /// The device.
        device: Device,
        /// What is missing.
        feature: Backend,
    },
    /// The machine has it not.
    #[error("the device `{device}` is not there: {found}")]
    Absent {
        /// The device.
        device: Device,
        /// What there is instead.
        found: String,
    },
}

impl DeviceError {
    /// What to do.
    pub fn help(&self) -> String {
        match self {
            Self::NotBuilt { feature, .. } => {
                format!("build it with `cargo build --release --features {}`", feature.name())
            }
            Self::Absent { .. } => "name one of these in `gpu_budget.devices`, or `cpu`".to_owned(),
        }
    }
}

/// What a backend finds on this machine, in its order; nothing if the build has it not. Opens every device, which takes
/// memory of each for as long as the process lives: so ask in a process of its own.
pub fn adapters(backend: Backend) -> Vec<Adapter> {
    #[cfg(feature = "train")]
    return burn::adapters(backend);
    #[cfg(not(feature = "train"))]
    {
        let _ = backend;
        Vec::new()
    }
}

/// Whether this build can use a backend.
pub fn is_built(backend: Backend) -> bool {
    match backend {
        Backend::Cuda => cfg!(feature = "cuda"),
        Backend::Vulkan => cfg!(feature = "vulkan"),
        Backend::Wgpu => cfg!(feature = "wgpu"),
    }
}

/// The devices that a plan's are on this machine, of those that `adapters` finds.
///
/// `auto` is all cards of the first backend that finds one, else the processor.
pub fn bind(device: Device, adapters: &dyn Fn(Backend) -> Vec<Adapter>) -> Result<Devices, DeviceError> {
    let built = Backend::ALL.into_iter().filter(|&backend| is_built(backend));
    bind_among(device, &built.collect::<Vec<_>>(), adapters)
}

fn bind_among(
    device: Device,
    built: &[Backend],
    adapters: &dyn Fn(Backend) -> Vec<Adapter>,
) -> Result<Devices, DeviceError> {
    let processor = Devices { device: Device::Cpu, each: vec![(Device::Cpu, None)] };
    let found = |backend: Backend| {
        if built.contains(&backend) {
            Ok(adapters(backend))
        } else {
            Err(DeviceError::NotBuilt { device, feature: backend })
        }
    };
    match device {
        Device::Cpu => Ok(processor),
        Device::Auto => {
            let with_cards =
                |&backend: &Backend| Some(cards(backend, adapters(backend))).filter(|c| !c.is_empty());
            Ok(built.iter().find_map(with_cards).map_or(processor, together))
        }
        Device::Card { backend, index } => {
            let found = found(backend)?;
            match found.get(index as usize).filter(|adapter| adapter.kind != AdapterKind::Broken) {
                Some(adapter) => Ok(Devices { device, each: vec![(device, Some(adapter.clone()))] }),
                None => Err(DeviceError::Absent { device, found: listed(backend, &found) }),
            }
        }
        Device::Cards { backend, count } => {
            let found = found(backend)?;
            let mut each = cards(backend, found.clone());
            if each.len() < count as usize {
                return Err(DeviceError::Absent { device, found: listed(backend, &found) });
            }
            each.truncate(count as usize);
            Ok(Devices { device, each })
        }
    }
}

/// What there is that does not compute on the processor.
fn cards(backend: Backend, adapters: Vec<Adapter>) -> Vec<(Device, Option<Adapter>)> {
    let numbered = (0..).zip(adapters).filter(|(_, adapter)| adapter.kind == AdapterKind::Card);
    numbered.map(|(index, adapter)| (Device::Card { backend, index }, Some(adapter))).collect()
}

fn together(each: Vec<(Device, Option<Adapter>)>) -> Devices {
    let device = match each.as_slice() {
        [(Device::Card { backend, .. }, _), _, ..] => {
            Device::Cards { backend: *backend, count: each.len() as u32 }
        }
        [(device, _), ..] => *device,
        [] => unreachable!("only cards that were found are put together"),
    };
    Devices { device, each }
}

/// The adapters of a backend in words.
fn listed(backend: Backend, adapters: &[Adapter]) -> String {
    let name = backend.name();
    let words = |(index, adapter): (usize, &Adapter)| {
        let kind = match adapter.kind {
            AdapterKind::Card => "",
            AdapterKind::Software => ", software",
            AdapterKind::Broken => ", cannot be opened",
        };
        format!("`{name}:{index}` ({}{kind})", adapter.name)
    };
    match adapters {
        [] => format!("`{name}` finds no adapter"),
        some => {
            format!("`{name}` finds {}", some.iter().enumerate().map(words).collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(name: &str, kind: AdapterKind) -> Adapter {
        Adapter { name: name.to_owned(), kind, memory: None }
    }

    /// CUDA finds two cards, wgpu a software adapter before one of them.
    fn machine(backend: Backend) -> Vec<Adapter> {
        match backend {
            Backend::Cuda => vec![adapter("H100", AdapterKind::Card), adapter("H200", AdapterKind::Card)],
            Backend::Wgpu => vec![
                adapter("llvmpipe", AdapterKind::Software),
                adapter("H100", AdapterKind::Card),
                adapter("old", AdapterKind::Broken),
            ],
            Backend::Vulkan => Vec::new(),
        }
    }

    fn bound(device: &str, built: &[Backend]) -> Result<(String, Vec<String>), String> {
        let bound = bind_among(device.parse().unwrap(), built, &machine).map_err(|e| e.to_string())?;
        Ok((bound.device.to_string(), bound.each.iter().map(|(device, _)| device.to_string()).collect()))
    }

    #[test]
    fn auto_takes_all_cards_of_the_first_backend_that_has_some_and_no_software() {
        let taken = |built: &[Backend]| bound("auto", built).unwrap();
        assert_eq!(taken(&Backend::ALL), ("2 x cuda".into(), vec!["cuda:0".into(), "cuda:1".into()]));
        assert_eq!(taken(&[Backend::Vulkan, Backend::Wgpu]), ("wgpu:1".into(), vec!["wgpu:1".into()]));
        assert_eq!(taken(&[Backend::Vulkan]), ("cpu".into(), vec!["cpu".into()]));
        assert_eq!(taken(&[]), ("cpu".into(), vec!["cpu".into()]));
    }

    #[test]
    fn software_is_taken_when_it_is_named() {
        assert_eq!(bound("wgpu:0", &Backend::ALL).unwrap().0, "wgpu:0");
        assert_eq!(bound("1 x wgpu", &Backend::ALL).unwrap().1, ["wgpu:1"]);
        assert_eq!(bound("cpu", &Backend::ALL).unwrap().0, "cpu");
    }

    #[test]
    fn what_is_not_there_is_told_with_what_is() {
        let refused = |device, built: &[Backend]| bound(device, built).unwrap_err();
        assert_eq!(
            refused("cuda:0", &[Backend::Wgpu]),
            "this build of peng cannot use the device `cuda:0`: it was built without the feature `cuda`"
        );
        assert_eq!(
            refused("wgpu:2", &Backend::ALL),
            "the device `wgpu:2` is not there: `wgpu` finds `wgpu:0` (llvmpipe, software), `wgpu:1` (H100), \
             `wgpu:2` (old, cannot be opened)"
        );
        assert_eq!(
            refused("3 x cuda", &Backend::ALL),
            "the device `3 x cuda` is not there: `cuda` finds `cuda:0` (H100), `cuda:1` (H200)"
        );
        assert_eq!(
            refused("vulkan:0", &Backend::ALL),
            "the device `vulkan:0` is not there: `vulkan` finds no adapter"
        );
    }
}
