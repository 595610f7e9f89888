//! Where trainings run, and how many at a time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where trainings run; in files a text, as in specs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// Bound at run time: `auto`.
    Auto,
    /// The processor: `cpu`.
    Cpu,
    /// One card, by its number among those that the backend finds: `cuda:0`.
    Card {
        /// What it is spoken to with.
        backend: Backend,
        /// Its number, from 0.
        index: u32,
    },
    /// The first cards that the backend finds: `2 x cuda`.
    Cards {
        /// What they are spoken to with.
        backend: Backend,
        /// How many, at least one.
        count: u32,
    },
}

/// What graphics cards are spoken to with; each is a feature of the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backend {
    /// NVIDIA's.
    Cuda,
    /// Vulkan.
    Vulkan,
    /// Whatever wgpu finds: Vulkan, Metal, Direct3D 12 or OpenGL.
    Wgpu,
}

impl Backend {
    /// All backends, the fastest first.
    pub const ALL: [Self; 3] = [Self::Cuda, Self::Vulkan, Self::Wgpu];

    /// The name in specs, and of the feature.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::Vulkan => "vulkan",
            Self::Wgpu => "wgpu",
        }
    }
}

impl FromStr for Backend {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|backend| backend.name() == name);
        named.ok_or_else(|| format!("found the backend `{name}`, expected `cuda`, `vulkan` or `wgpu`"))
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Card { backend, index } => write!(f, "{}:{index}", backend.name()),
            Self::Cards { backend, count } => write!(f, "{count} x {}", backend.name()),
        }
    }
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number =
            |digits: &str| digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?;
        let card = || {
            let (name, index) = text.split_once(':')?;
            Some(Self::Card { backend: name.parse().ok()?, index: number(index)? })
        };
        let cards = || {
            let (count, name) = text.split_once(" x ")?;
            let count = number(count).filter(|&count| count > 0)?;
            Some(Self::Cards { backend: name.parse().ok()?, count })
        };
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            _ => card()
                .or_else(cards)
                .ok_or_else(|| format!("found the device `{text}`, expected one such as `cpu` or `cuda:0`")),
        }
    }
}

impl Serialize for Device {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Device {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A number of workers that is chosen here or at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Bound at run time to what the machine has.
    Auto,
    /// This number.
    Exactly(usize),
    /// This number on each device.
    PerDevice(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_written_as_they_are_read() {
        for text in ["auto", "cpu", "cuda:0", "vulkan:12", "wgpu:1", "2 x cuda"] {
            assert_eq!(text.parse::<Device>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "gpu",
            "cuda",
            "cuda:",
            "cuda:+1",
            "cuda:-1",
            "cuda:99999999999",
            "0 x cuda",
            "2x cuda",
            "metal:0",
        ] {
            assert!(text.parse::<Device>().is_err(), "{text}");
        }
    }
}
