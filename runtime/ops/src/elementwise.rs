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

/// A computation on one vector after another.
trait OnVectors {
    /// Computes the lanes of the vector at a place.
    ///
    /// # Safety
    /// The floats of the lanes exist wherever they are read or written.
    unsafe fn vector<S: Simd>(&mut self, s: S, at: usize, lanes: Lanes<S>);
}

/// # Safety
/// All `len` floats exist wherever they are read or written.
#[inline(always)]
unsafe fn on_vectors<S: Simd>(s: S, len: usize, mut on: impl OnVectors) {
    let whole = len / LANES * LANES;
    // SAFETY: as the caller says.
    unsafe {
        for at in (0..whole).step_by(LANES) {
            on.vector(s, at, Lanes::All);
        }
        if whole < len {
            on.vector(s, whole, Lanes::Some(s.mask(len - whole)));
        }
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
        let len = self.to.len();
        assert_eq!((self.a.len(), self.b.len()), (len, len));
        // SAFETY: all three have the same length.
        unsafe { on_vectors(s, len, self) }
    }
}

impl OnVectors for Make<'_> {
    #[inline(always)]
    unsafe fn vector<S: Simd>(&mut self, s: S, at: usize, lanes: Lanes<S>) {
        // SAFETY: as the caller says.
        unsafe {
            let (a, b) = (lanes.load(s, self.a.as_ptr().add(at)), lanes.load(s, self.b.as_ptr().add(at)));
            let made = match self.op {
                Op::Sum => s.add(a, b),
                Op::Relu => s.relu(a),
                Op::ReluGradient => s.where_above(a, s.splat(0.0), b, a),
            };
            lanes.store(s, self.to.as_mut_ptr().cast::<f32>().add(at), made);
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
        let len = self.a.len();
        assert_eq!(len, self.b.len());
        // SAFETY: both have the same length.
        unsafe { on_vectors(s, len, self) }
    }
}

impl OnVectors for AddTo<'_> {
    #[inline(always)]
    unsafe fn vector<S: Simd>(&mut self, s: S, at: usize, lanes: Lanes<S>) {
        // SAFETY: as the caller says.
        unsafe {
            let to = self.a.as_mut_ptr().add(at);
            lanes.store(s, to, s.add(lanes.load(s, to), lanes.load(s, self.b.as_ptr().add(at))));
        }
    }
}
