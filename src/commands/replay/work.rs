//! Many independent pieces of work on all cores; the results don't depend on how many there are.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The cores of this machine.
pub(super) fn cores() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The result of `work` on each number below `pieces`, in their order.
pub(super) fn each<T: Send>(
    pieces: usize,
    threads: NonZeroUsize,
    work: &(dyn Fn(usize) -> T + Sync),
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        loop {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            if piece >= pieces {
                return done;
            }
            done.push((piece, work(piece)));
        }
    };
    let mut done: Vec<(usize, T)> = thread::scope(|scope| {
        let hired: Vec<_> = (1..threads.get().min(pieces)).map(|_| scope.spawn(take)).collect();
        let mut done = take();
        for thread in hired {
            done.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(piece, _)| *piece);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_on_any_number_of_threads() {
        for threads in [1, 2, 7] {
            let threads = NonZeroUsize::new(threads).unwrap();
            assert_eq!(
                each(100, threads, &|piece| piece * piece),
                (0..100).map(|p| p * p).collect::<Vec<_>>()
            );
            assert_eq!(each(0, threads, &|piece| piece), Vec::<usize>::new());
        }
    }
}
