//! The sum of two images that lie alike in memory.

use std::mem::MaybeUninit;

use crate::buffer::written;
use crate::simd::{Kernel, LANES, Level, Simd};
use crate::threads::for_chunks;

/// Floats of a block, and blocks that a thread takes at once.
const BLOCK: usize = 8192;
const BLOCKS: usize = 4;

/// `a + b`, float by float.
pub(crate) fn add(level: Level, a: &[f32], b: &[f32]) -> Vec<f32> {
    assert_eq!(a.len(), b.len(), "both have the same shape");
    // SAFETY: each block is written.
    unsafe {
        written(a.len(), |sum| {
            for_chunks(
                sum,
                BLOCK,
                BLOCKS,
                || (),
                |(), block, sum| {
                    let [a, b] = [a, b].map(|of| &of[block * BLOCK..][..sum.len()]);
                    level.run(Add { a, b, sum });
                },
            );
        })
    }
}

struct Add<'a> {
    a: &'a [f32],
    b: &'a [f32],
    /// All of it is written.
    sum: &'a mut [MaybeUninit<f32>],
}

impl Kernel for Add<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { a, b, sum } = self;
        assert_eq!((a.len(), b.len()), (sum.len(), sum.len()));
        let to = sum.as_mut_ptr().cast::<f32>();
        for at in (0..sum.len()).step_by(LANES) {
            let mask = s.mask(sum.len() - at);
            // SAFETY: all three have the same length, and the mask ends with it.
            unsafe {
                let (a, b) = (a.as_ptr().add(at), b.as_ptr().add(at));
                if at + LANES <= sum.len() {
                    s.store(to.add(at), s.add(s.load(a), s.load(b)));
                } else {
                    s.store_some(to.add(at), mask, s.add(s.load_some(a, mask), s.load_some(b, mask)));
                }
            }
        }
    }
}
