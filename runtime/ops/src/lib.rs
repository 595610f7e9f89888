//! Operations of networks on a processor: convolution, batch norm with activation, and pooling, with their
//! gradients.
//!
//! burn's own take several times as long in training, since it composes gradients of general operations and copies images
//! between layouts. Here kernels work on slices ([`conv`], [`norm`], [`pool`]), with the channels of a pixel side by side,
//! and know nothing of burn; [`conv2d`], [`batch_norm`], [`conv2d_batch_norm`] and [`max_pool2d`] do what burn's layers do,
//! for every device. Results do not depend on the number of threads, but they do on the [`Level`] of the processor.
//!
//! This is the only crate with unsafe code.

/// The arithmetic of this crate on a processor, raised with each change after which an operation gives other bits: what was
/// computed with equal arithmetic and an equal [`Level`] is the same.
pub const ARITHMETIC: u32 = 2;

mod activation;
mod buffer;
pub mod conv;
mod elementwise;
mod images;
mod join;
mod limit;
mod memory;
pub mod norm;
pub mod pool;
mod simd;
mod tensors;
#[cfg(test)]
mod tests;
mod threads;

pub use activation::Activation;
pub use images::{Images, Order, Size};
pub use limit::{give_back_freed_memory, limit_data};
pub use memory::keep_freed_memory;
pub use pool::Pooled;
pub use simd::Level;
pub use tensors::{
    Shared, add, batch_norm, concat, conv2d, conv2d_batch_norm, conv2d_parts, max_pool2d, mean2d, pool2d,
    relu,
};
