//! How much memory a training holds on its device.
//!
//! On the processor that is the most resident memory of this process above what was resident before (`VmHWM` of
//! `/proc/self/status`, which Linux begins anew when `5` is written to `/proc/self/clear_refs`), after freed memory was given
//! back: so a training does not count the data, nor what one before it has left. On a card it is what burn has reserved there
//! for this process, without what the driver needs. Elsewhere nothing is measured.

use std::fs;

use burn::tensor::Device;

/// Beyond what a training may hold, this much more may be reserved without being used: by an allocator, as a stack.
const SLACK: u64 = 128 << 20;

/// Measures one training.
#[derive(Debug)]
pub(super) struct Meter {
    of: Of,
    most: Option<u64>,
}

#[derive(Debug)]
enum Of {
    /// Resident bytes before the training; `None`: the system does not tell.
    Processor(Option<u64>),
    Card(Device),
}

impl Meter {
    /// Begins with a training that may hold so many bytes.
    ///
    /// On the processor of Linux, an allocation that is far beyond them fails, and with it this process, instead of making the
    /// machine swap.
    pub(super) fn start(device: &Device, allowed: Option<u64>) -> Self {
        let of = if *device == Device::flex() {
            peng_ops::give_back_freed_memory();
            if let (Some(allowed), Some(data)) = (allowed, of_this_process("VmData")) {
                let limit = data.saturating_add(allowed).saturating_add(allowed / 4).saturating_add(SLACK);
                peng_ops::limit_data(Some(limit));
            }
            let before = of_this_process("VmRSS");
            Of::Processor(before.filter(|_| fs::write("/proc/self/clear_refs", "5").is_ok()))
        } else {
            device.memory_cleanup();
            Of::Card(device.clone())
        };
        Self { of, most: None }
    }

    /// The most bytes that the training has held so far.
    pub(super) fn most(&mut self) -> Option<u64> {
        let now = match &self.of {
            Of::Processor(before) => {
                before.and_then(|before| Some(of_this_process("VmHWM")?.saturating_sub(before)))
            }
            Of::Card(device) => device.memory_pool_usage().map(|usage| usage.bytes_reserved),
        };
        self.most = self.most.max(now);
        self.most
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if matches!(self.of, Of::Processor(_)) {
            peng_ops::limit_data(None);
        }
    }
}

/// A line of `/proc/self/status` in bytes.
fn of_this_process(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}
