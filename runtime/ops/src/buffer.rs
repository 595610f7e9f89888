//! Buffers for results, which are not filled with zeros first: that alone would cost a tenth of a training.

use std::mem::MaybeUninit;

/// A vector of `len` floats that `write` writes.
///
/// # Safety
/// `write` writes all of them.
pub(crate) unsafe fn written(len: usize, write: impl FnOnce(&mut [MaybeUninit<f32>])) -> Vec<f32> {
    let mut floats = Vec::with_capacity(len);
    write(&mut floats.spare_capacity_mut()[..len]);
    // SAFETY: the vector has the capacity, and the caller says that all has been written.
    unsafe { floats.set_len(len) };
    floats
}
