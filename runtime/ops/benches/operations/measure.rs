//! Seconds of the processor, and how much it can multiply in one.

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Instant;

/// Median seconds of a run of each of `what`, which take turns.
pub(crate) fn seconds(rounds: usize, what: &mut [&mut dyn FnMut()]) -> Vec<f64> {
    // The clock moves in steps of some milliseconds.
    const LEAST: f64 = 0.05;
    let mut runs = vec![1_u32; what.len()];
    for (runs, what) in runs.iter_mut().zip(what.iter_mut()) {
        what();
        loop {
            let start = used();
            (0..*runs).for_each(|_| what());
            if used() - start > LEAST {
                break;
            }
            *runs *= 2;
        }
    }
    let mut found = vec![Vec::new(); what.len()];
    for _ in 0..rounds {
        for ((runs, found), what) in runs.iter().zip(&mut found).zip(what.iter_mut()) {
            let start = used();
            (0..*runs).for_each(|_| what());
            found.push((used() - start) / f64::from(*runs));
        }
    }
    found.iter_mut().map(|seconds| median(seconds)).collect()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Multiplications with addition of floats that a core does in a second, measured; NaN where it is not known how.
pub(crate) fn peak() -> f64 {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
        const TIMES: usize = 10_000_000;
        let mut run = || {
            // SAFETY: the processor has just said that it has both.
            black_box(unsafe { multiply(TIMES, black_box(1e-9)) });
        };
        return (TIMES * 12 * 8) as f64 / seconds(5, &mut [&mut run])[0];
    }
    f64::NAN
}

/// Twelve sums of eight floats each, `times` times.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn multiply(times: usize, by: f32) -> f32 {
    use std::arch::x86_64::{_mm256_cvtss_f32, _mm256_fmadd_ps, _mm256_set1_ps};
    let (a, b) = (_mm256_set1_ps(by), _mm256_set1_ps(by * 0.5));
    let mut sums = [a; 12];
    for _ in 0..times {
        for sum in &mut sums {
            *sum = _mm256_fmadd_ps(a, *sum, b);
        }
    }
    sums.iter().map(|&sum| _mm256_cvtss_f32(sum)).sum()
}

/// Seconds that all threads of this process were on a processor; elsewhere than on Linux seconds that passed.
pub(crate) fn used() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let used = || -> Option<u64> {
        std::fs::read_dir("/proc/self/task")
            .ok()?
            .map(|thread| {
                let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
                text.split(' ').next()?.parse::<u64>().ok()
            })
            .sum()
    };
    used().map_or_else(|| START.get_or_init(Instant::now).elapsed().as_secs_f64(), |nanos| nanos as f64 / 1e9)
}
