//! Eight floats at a time, and the choice between the instructions for them.
//!
//! A kernel is written once, generic over [`Simd`], and compiled twice: with AVX2 and FMA, and with what every processor of
//! the architecture has. Which of them runs is chosen once, by what the processor says. Sums differ in their last bits
//! between the two, since only the first rounds once for a product and a sum.

use std::sync::OnceLock;

/// Floats of a vector.
pub(crate) const LANES: usize = 8;

/// Vectors of [`LANES`] floats. A value is proof that the processor has the instructions.
pub(crate) trait Simd: Copy {
    /// Floats.
    type V: Copy;
    /// Which lanes are read and written.
    type Mask: Copy;

    /// The same float in each lane.
    fn splat(self, value: f32) -> Self::V;
    /// The first `count` lanes, at most [`LANES`].
    fn mask(self, count: usize) -> Self::Mask;
    /// The floats at `from`.
    ///
    /// # Safety
    /// [`LANES`] floats can be read there.
    unsafe fn load(self, from: *const f32) -> Self::V;
    /// Writes to `to`.
    ///
    /// # Safety
    /// [`LANES`] floats can be written there.
    unsafe fn store(self, to: *mut f32, value: Self::V);
    /// The floats at `from` in the lanes of a mask, 0 in the others.
    ///
    /// # Safety
    /// The floats of the lanes can be read.
    unsafe fn load_some(self, from: *const f32, mask: Self::Mask) -> Self::V;
    /// Writes the lanes of a mask to `to`.
    ///
    /// # Safety
    /// The floats of the lanes can be written.
    unsafe fn store_some(self, to: *mut f32, mask: Self::Mask, value: Self::V);
    /// `a + b`
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a - b`
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a * b`
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a * b + c`
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// 0 where `a` is not above 0, else `a`; NaN stays.
    fn relu(self, a: Self::V) -> Self::V;
    /// `a` where `a > b`, else `b`.
    fn greater(self, a: Self::V, b: Self::V) -> Self::V;
    /// `value` where `a > b`, else `other`.
    fn where_above(self, a: Self::V, b: Self::V, value: Self::V, other: Self::V) -> Self::V;
}

/// Which lanes of a vector are channels.
#[derive(Clone, Copy)]
pub(crate) enum Lanes<S: Simd> {
    /// Each of them.
    All,
    /// Those of a mask; slow to write on some processors.
    Some(S::Mask),
}

impl<S: Simd> Lanes<S> {
    /// The first `count` lanes, or all if there are fewer.
    #[inline(always)]
    pub(crate) fn first(s: S, count: usize) -> Self {
        if count >= LANES { Self::All } else { Self::Some(s.mask(count)) }
    }

    /// The floats at `from`, 0 in other lanes.
    ///
    /// # Safety
    /// The floats of the lanes can be read.
    #[inline(always)]
    pub(crate) unsafe fn load(self, s: S, from: *const f32) -> S::V {
        // SAFETY: the caller says so.
        unsafe {
            match self {
                Self::All => s.load(from),
                Self::Some(mask) => s.load_some(from, mask),
            }
        }
    }

    /// Writes to `to`.
    ///
    /// # Safety
    /// The floats of the lanes can be written.
    #[inline(always)]
    pub(crate) unsafe fn store(self, s: S, to: *mut f32, value: S::V) {
        // SAFETY: the caller says so.
        unsafe {
            match self {
                Self::All => s.store(to, value),
                Self::Some(mask) => s.store_some(to, mask, value),
            }
        }
    }
}

/// A computation that can be compiled for any [`Simd`].
pub(crate) trait Kernel {
    /// What is computed.
    type Out;
    /// Computes it; implementations are `#[inline(always)]`, so that they are compiled with the caller's instructions.
    fn run<S: Simd>(self, simd: S) -> Self::Out;
}

/// Which instructions kernels use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level(Choice);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Portable,
    /// Only where the processor has said that it has both.
    #[cfg(target_arch = "x86_64")]
    Avx2Fma,
}

impl Level {
    /// The best that this processor has.
    pub fn detected() -> Self {
        static DETECTED: OnceLock<Level> = OnceLock::new();
        *DETECTED.get_or_init(|| {
            #[cfg(target_arch = "x86_64")]
            if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
                return Self(Choice::Avx2Fma);
            }
            Self::portable()
        })
    }

    /// What every processor has.
    pub fn portable() -> Self {
        Self(Choice::Portable)
    }

    /// The instructions by name; equal computations of equal names have equal results.
    pub fn name(self) -> &'static str {
        match self.0 {
            Choice::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Choice::Avx2Fma => "avx2+fma",
        }
    }

    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Out {
        match self.0 {
            Choice::Portable => kernel.run(Portable),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this variant is made only after the processor has said that it has AVX2 and FMA.
            Choice::Avx2Fma => unsafe { x86::run(kernel) },
        }
    }
}

/// Arrays, left to the compiler.
#[derive(Clone, Copy)]
struct Portable;

impl Simd for Portable {
    type V = [f32; LANES];
    type Mask = usize;

    #[inline(always)]
    fn splat(self, value: f32) -> Self::V {
        [value; LANES]
    }
    #[inline(always)]
    fn mask(self, count: usize) -> Self::Mask {
        count.min(LANES)
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Self::V {
        // SAFETY: the caller says that the floats can be read; an array of floats may lie at any address here.
        unsafe { from.cast::<[f32; LANES]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, value: Self::V) {
        // SAFETY: as for `load`.
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(value) }
    }
    #[inline(always)]
    unsafe fn load_some(self, from: *const f32, mask: Self::Mask) -> Self::V {
        let mut value = [0.0; LANES];
        for (lane, value) in value.iter_mut().enumerate().take(mask) {
            // SAFETY: the caller says that the floats of the lanes can be read.
            *value = unsafe { *from.add(lane) };
        }
        value
    }
    #[inline(always)]
    unsafe fn store_some(self, to: *mut f32, mask: Self::Mask, value: Self::V) {
        for (lane, value) in value.iter().enumerate().take(mask) {
            // SAFETY: the caller says that the floats of the lanes can be written.
            unsafe { *to.add(lane) = *value }
        }
    }
    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|lane| a[lane] + b[lane])
    }
    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|lane| a[lane] - b[lane])
    }
    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|lane| a[lane] * b[lane])
    }
    #[inline(always)]
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        std::array::from_fn(|lane| a[lane] * b[lane] + c[lane])
    }
    #[inline(always)]
    fn relu(self, a: Self::V) -> Self::V {
        std::array::from_fn(|lane| if 0.0 > a[lane] { 0.0 } else { a[lane] })
    }
    #[inline(always)]
    fn greater(self, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|lane| if a[lane] > b[lane] { a[lane] } else { b[lane] })
    }
    #[inline(always)]
    fn where_above(self, a: Self::V, b: Self::V, value: Self::V, other: Self::V) -> Self::V {
        std::array::from_fn(|lane| if a[lane] > b[lane] { value[lane] } else { other[lane] })
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256, __m256i, _CMP_GT_OQ, _mm256_add_ps, _mm256_blendv_ps, _mm256_cmp_ps, _mm256_fmadd_ps,
        _mm256_loadu_ps, _mm256_loadu_si256, _mm256_maskload_ps, _mm256_maskstore_ps, _mm256_max_ps,
        _mm256_mul_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps, _mm256_sub_ps,
    };

    use super::{Kernel, LANES, Simd};

    /// Runs a kernel with AVX2 and FMA.
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn run<K: Kernel>(kernel: K) -> K::Out {
        kernel.run(Avx2Fma(()))
    }

    /// Made by [`run`] alone.
    #[derive(Clone, Copy)]
    struct Avx2Fma(());

    // Eight lanes on, then eight off: a window of it is a mask.
    static MASKS: [i32; 2 * LANES] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

    impl Simd for Avx2Fma {
        type V = __m256;
        type Mask = __m256i;

        #[inline(always)]
        fn splat(self, value: f32) -> Self::V {
            // SAFETY: a value of this type is made where the processor has AVX2 and FMA.
            unsafe { _mm256_set1_ps(value) }
        }
        #[inline(always)]
        fn mask(self, count: usize) -> Self::Mask {
            let window = &MASKS[LANES - count.min(LANES)..][..LANES];
            // SAFETY: as above; the window has eight integers.
            unsafe { _mm256_loadu_si256(window.as_ptr().cast()) }
        }
        #[inline(always)]
        unsafe fn load(self, from: *const f32) -> Self::V {
            // SAFETY: as above; the caller says that the floats can be read.
            unsafe { _mm256_loadu_ps(from) }
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut f32, value: Self::V) {
            // SAFETY: as above; the caller says that the floats can be written.
            unsafe { _mm256_storeu_ps(to, value) }
        }
        #[inline(always)]
        unsafe fn load_some(self, from: *const f32, mask: Self::Mask) -> Self::V {
            // SAFETY: as above; the caller says that the floats of the lanes can be read.
            unsafe { _mm256_maskload_ps(from, mask) }
        }
        #[inline(always)]
        unsafe fn store_some(self, to: *mut f32, mask: Self::Mask, value: Self::V) {
            // SAFETY: as above; the caller says that the floats of the lanes can be written.
            unsafe { _mm256_maskstore_ps(to, mask, value) }
        }
        #[inline(always)]
        fn add(self, a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: as above.
            unsafe { _mm256_add_ps(a, b) }
        }
        #[inline(always)]
        fn sub(self, a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: as above.
            unsafe { _mm256_sub_ps(a, b) }
        }
        #[inline(always)]
        fn mul(self, a: Self::V, b: Self::V) -> Self::V {
            // SAFETY: as above.
            unsafe { _mm256_mul_ps(a, b) }
        }
        #[inline(always)]
        fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
            // SAFETY: as above.
            unsafe { _mm256_fmadd_ps(a, b, c) }
        }
        #[inline(always)]
        fn relu(self, a: Self::V) -> Self::V {
            // The second operand is what comes of a NaN.
            // SAFETY: as above.
            unsafe { _mm256_max_ps(_mm256_setzero_ps(), a) }
        }
        #[inline(always)]
        fn greater(self, a: Self::V, b: Self::V) -> Self::V {
            // The second operand is what comes of a NaN and of equal zeros.
            // SAFETY: as above.
            unsafe { _mm256_max_ps(a, b) }
        }
        #[inline(always)]
        fn where_above(self, a: Self::V, b: Self::V, value: Self::V, other: Self::V) -> Self::V {
            // SAFETY: as above.
            unsafe { _mm256_blendv_ps(other, value, _mm256_cmp_ps::<_CMP_GT_OQ>(a, b)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct All;

    impl Kernel for All {
        type Out = Vec<[f32; LANES]>;

        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> Self::Out {
            let a = [1.0, -2.0, 3.5, f32::NAN, 0.0, -0.5, 8.0, 1e30];
            let b = [2.0, 5.0, -1.0, 1.0, 0.0, -0.25, 0.5, -1e30];
            let mut out = Vec::new();
            // SAFETY: all arrays have eight floats, and masks are of at most eight.
            unsafe {
                let (x, y) = (s.load(a.as_ptr()), s.load(b.as_ptr()));
                let some = s.load_some(a.as_ptr(), s.mask(3));
                for value in [
                    s.splat(4.0),
                    s.add(x, y),
                    s.sub(x, y),
                    s.mul(x, y),
                    s.fma(x, y, s.splat(1.0)),
                    s.relu(x),
                    s.greater(x, y),
                    s.where_above(x, y, s.splat(7.0), y),
                    some,
                ] {
                    let mut row = [9.0; LANES];
                    s.store(row.as_mut_ptr(), value);
                    out.push(row);
                    let mut row = [9.0; LANES];
                    s.store_some(row.as_mut_ptr(), s.mask(5), value);
                    out.push(row);
                }
            }
            out
        }
    }

    #[test]
    fn all_instructions_do_the_same() {
        let bits =
            |rows: Vec<[f32; LANES]>| rows.concat().into_iter().map(f32::to_bits).collect::<Vec<u32>>();
        assert_eq!(bits(Level::portable().run(All)), bits(Level::detected().run(All)));
    }
}
