//! Memory that is freed is kept for the next buffer. A training step makes and frees the same buffers of megabytes again and
//! again; the C library gives them back to the system, which clears their pages one by one when they are next touched.

/// Makes the C library keep freed memory in this process, where it is glibc; elsewhere does nothing.
///
/// The process then never shrinks below the most that it has used at once, which suits one that trains all its life.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            // A setting that is refused changes nothing, and trainings are slower.
            // SAFETY: `mallopt` locks the allocator itself, and takes any number for both of these settings.
            unsafe {
                libc::mallopt(libc::M_MMAP_THRESHOLD, 1 << 30);
                libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 30);
            }
        });
    }
}
