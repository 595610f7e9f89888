//! Sums and rectifiers, float by float, of images that lie alike in memory.

use std::mem::MaybeUninit;

use crate::buffer::written;
use crate::simd::{Kernel, LANES, Lanes, Level, Simd};
use crate::threads::for_chunks;

/// Floats of a block, and blocks that a thread takes at once.
const BLOCK: usize = 8192;
const BLOCKS: usize = 4;

/// `a + b`.
pub(crate) fn add(level: Level, a: &[f32], b: &[f32]) -> Vec<f32> {
    made(level, a, b, Op::Sum)
}

/// Adds `b` to `a`.
pub(crate) fn add_to(level: Level, a: &mut [f32], b: &[f32]) {
    assert_eq!(a.len(), b.len(), "both have the same shape");
    for_chunks(
        a,
        BLOCK,
        BLOCKS,
        || (),
        |(), block, a| {
            let b = &b[block * BLOCK..][..a.len()];
            level.run(AddTo { a, b });
        },
    );
}

/// 0 where `x` is below 0, else `x`.
pub(crate) fn relu(level: Level, x: &[f32]) -> Vec<f32> {
    made(level, x, x, Op::Relu)
}

/// The gradient of the input of [`relu`], from what it made and the gradient of that. It is NaN where what was made is.
pub(crate) fn relu_gradient(level: Level, y: &[f32], gradient: &[f32]) -> Vec<f32> {
    made(level, y, gradient, Op::ReluGradient)
}

/// What is made of two floats.
#[derive(Clone, Copy)]
enum Op {
    Sum,
    /// Of the first alone.
    Relu,
    ReluGradient,
}

fn made(level: Level, a: &[f32], b: &[f32], op: Op) -> Vec<f32> {
    assert_eq!(a.len(), b.len(), "both have the same shape");
    // SAFETY: each block is written.
    unsafe {
        written(a.len(), |to| {
            for_chunks(
                to,
                BLOCK,
                BLOCKS,
                || (),
                |(), block, to| {
                    let [a, b] = [a, b].map(|of| &of[block * BLOCK..][..to.len()]);
                    level.run(Make { a, b, to, op });
                },
            );
        })
    }
}

struct Make<'a> {
    a: &'a [f32],
    b: &'a [f32],
    /// All of it is written.
    to: &'a mut [MaybeUninit<f32>],
    op: Op,
}

impl Kernel for Make<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { a, b, to, op } = self;
        assert_eq!((a.len(), b.len()), (to.len(), to.len()));
        let (a, b, len, to) = (a.as_ptr(), b.as_ptr(), to.len(), to.as_mut_ptr().cast::<f32>());
        // SAFETY: all three have the same length.
        unsafe {
            match op {
                Op::Sum => each(s, len, |at, lanes| {
                    lanes.store(s, to.add(at), s.add(lanes.load(s, a.add(at)), lanes.load(s, b.add(at))));
                }),
                Op::Relu => each(s, len, |at, lanes| {
                    lanes.store(s, to.add(at), s.relu(lanes.load(s, a.add(at))));
                }),
                Op::ReluGradient => each(s, len, |at, lanes| {
                    let (y, dy) = (lanes.load(s, a.add(at)), lanes.load(s, b.add(at)));
                    lanes.store(s, to.add(at), s.where_above(y, s.splat(0.0), dy, y));
                }),
            }
        }
    }
}

struct AddTo<'a> {
    a: &'a mut [f32],
    b: &'a [f32],
}

impl Kernel for AddTo<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { a, b } = self;
        assert_eq!(a.len(), b.len());
        let (len, a, b) = (a.len(), a.as_mut_ptr(), b.as_ptr());
        each(s, len, |at, lanes| {
            // SAFETY: both have the same length.
            unsafe {
                lanes.store(s, a.add(at), s.add(lanes.load(s, a.add(at)), lanes.load(s, b.add(at))));
            }
        });
    }
}

/// Calls `each` with the place of each vector of `len` floats and which of its lanes are floats of them.
#[inline(always)]
fn each<S: Simd>(s: S, len: usize, mut each: impl FnMut(usize, Lanes<S>)) {
    let whole = len / LANES * LANES;
    for at in (0..whole).step_by(LANES) {
        each(at, Lanes::All);
    }
    if whole < len {
        each(whole, Lanes::Some(s.mask(len - whole)));
    }
}
