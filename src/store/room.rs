//! How much room is left on a disk, and whether it takes anything at all.
//!
//! Only looks. What follows from it is decided elsewhere.

use std::path::Path;

/// With less bytes left than this, the database of a year may not fit any more.
pub const LITTLE_ROOM: u64 = 500_000_000;

/// With less bytes left than this, the next migration or backup may fail.
pub const NO_ROOM: u64 = 50_000_000;

/// Bytes that are free where `path` lies or will lie; none where the system does not tell.
#[cfg(unix)]
pub fn room(path: &Path) -> Option<u64> {
    let there = path.ancestors().find(|folder| folder.exists())?;
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    let found = rustix::fs::statvfs(there).ok()?;
    // What is no disk, such as /proc, has no size at all.
    if found.f_blocks == 0 { None } else { found.f_bavail.checked_mul(found.f_frsize) }
}

/// Bytes that are free where `path` lies or will lie; none where the system does not tell.
#[cfg(not(unix))]
pub fn room(_: &Path) -> Option<u64> {
    None
}

/// Whether the disk that `path` lies on, or will lie on, can only be read.
#[cfg(unix)]
pub fn read_only(path: &Path) -> bool {
    use rustix::fs::{StatVfsMountFlags, statvfs};
    let there = path.ancestors().find(|folder| folder.exists());
    let there = there.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    statvfs(there).is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// Whether the disk that `path` lies on, or will lie on, can only be read.
#[cfg(not(unix))]
pub fn read_only(_: &Path) -> bool {
    false
}
