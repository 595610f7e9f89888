//! What of the memory of this process the system may have back, and how much it may hold at the most.

/// Gives freed memory back to the system, where the C library is glibc; elsewhere does nothing.
///
/// After it, what the process holds is what is in use, so that one training after another can be measured.
pub fn give_back_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `malloc_trim` locks the allocator itself and touches what is free alone.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Lets allocations fail with which this process would hold more than `bytes` of data: heap and private mappings, `VmData`
/// of `/proc/self/status`. `None`: as many as the system allows. Whether the system has such a limit.
///
/// An allocation that fails ends a Rust process, with the message `memory allocation of N bytes failed`.
pub fn limit_data(bytes: Option<u64>) -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: both calls get a valid `rlimit`, and lower or raise the soft limit of this process within its hard one.
        unsafe {
            if libc::getrlimit(libc::RLIMIT_DATA, &raw mut limit) != 0 {
                return false;
            }
            limit.rlim_cur = bytes.map_or(limit.rlim_max, |bytes| bytes.min(limit.rlim_max));
            libc::setrlimit(libc::RLIMIT_DATA, &raw const limit) == 0
        }
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    {
        let _ = bytes;
        false
    }
}
