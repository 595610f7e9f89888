//! How the images of a batch are convolved, and the loop over them.

use std::mem::MaybeUninit;

use super::sweep::{Begin, Finish, Image, Packed, Sweep};
use super::winograd::{self, Winograd};
use crate::activation::Activation;
use crate::buffer::written;
use crate::images::{Frame, Images};
use crate::simd::Level;
use crate::threads::for_chunks;

/// Images that a thread takes at once, so that short work is not cut into pieces.
pub(super) const IMAGES: usize = 4;

/// How images are convolved.
pub(super) enum Plan {
    /// By sweeps over images of `frame` and `channels`, which together make all `floats` of an image.
    Sweeps { sweeps: Vec<(Packed, Sweep)>, frame: Frame, channels: usize, floats: usize },
    /// By tiles, with fewer multiplications.
    Winograd(Winograd),
}

impl Plan {
    /// Makes all images.
    pub(super) fn make(
        &self,
        level: Level,
        input: Images<'_>,
        bias: &[f32],
        activation: Activation,
    ) -> Vec<f32> {
        // SAFETY: a plan writes all floats of an image.
        unsafe {
            written(input.size().batch * self.image(), |made| {
                self.run(level, input, Finish { begin: Begin::Bias(bias), activation }, made);
            })
        }
    }

    /// Adds all images to `made`.
    pub(super) fn add(&self, level: Level, input: Images<'_>, made: &mut [f32]) {
        let floats = std::ptr::from_mut(made) as *mut [MaybeUninit<f32>];
        // SAFETY: they are the same floats, and a plan writes nothing but floats.
        let made = unsafe { &mut *floats };
        self.run(level, input, Finish { begin: Begin::Target, activation: Activation::Identity }, made);
    }

    /// Floats that are made of an image.
    fn image(&self) -> usize {
        match self {
            Self::Sweeps { floats, .. } => *floats,
            Self::Winograd(winograd) => winograd.image(),
        }
    }

    fn run(&self, level: Level, input: Images<'_>, finish: Finish<'_>, made: &mut [MaybeUninit<f32>]) {
        match self {
            Self::Sweeps { sweeps, frame, channels, floats } => {
                for_chunks(made, *floats, IMAGES, Vec::new, |framed, image, target| {
                    let source = input.framed(image, *frame, *channels, framed);
                    for (weights, sweep) in sweeps {
                        level.run(Image { sweep, weights, finish, source, target });
                    }
                });
            }
            Self::Winograd(winograd) => {
                let group = winograd.group();
                let (floats, least) = (group * winograd.image(), IMAGES.div_ceil(group));
                for_chunks(made, floats, least, winograd::Scratch::default, |scratch, at, target| {
                    winograd.run(level, input, at * group, finish, scratch, target);
                });
            }
        }
    }
}
