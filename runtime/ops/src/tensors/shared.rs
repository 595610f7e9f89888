//! A value that several layers read. Each read is a branch of its own in the graph of gradients, whose gradients are added up
//! where they lie: burn's own sum of images with their channels last makes one with their channels first, which costs more
//! than a convolution.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::Operations;
use super::call::runs_here;

/// An image for several readers.
#[derive(Debug, Clone)]
pub struct Shared {
    x: Tensor<4>,
    branches: Branches,
}

/// The branches of one value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Branches(Arc<AtomicBool>);

impl Shared {
    /// The image `x`, which is to be read as [`Self::branch`] alone.
    pub fn new(x: Tensor<4>) -> Self {
        Self { x, branches: Branches::default() }
    }

    /// The image, for one reader.
    pub fn branch(&self) -> Tensor<4> {
        let (x, branches) = (self.x.clone(), self.branches.clone());
        if runs_here(&x) && x.device().is_autodiff() && x.dims().iter().all(|&dim| dim > 0) {
            Tensor::from_dispatch(<Dispatch as Operations>::peng_branch(x.into_dispatch(), branches))
        } else {
            x
        }
    }
}

impl Branches {
    /// Whether a branch has brought its gradient before; from now on one has.
    pub(super) fn has_gradient(&self) -> bool {
        // The backward pass goes from node to node on one thread.
        self.0.swap(true, Ordering::Relaxed)
    }
}
