//! Where files of ours come into being: for the owner alone, their names safe from a power cut, and belonging to whom their
//! folder belongs.
//!
//! The superuser's commands work on the data of a service that runs as somebody else. What they left behind as their own, that
//! service could never open again.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The folder that `path` lies in.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes a folder for the owner alone, and those that it lies in; one that is there is fine.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    let missing: Vec<PathBuf> = path
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        .map(Path::to_owned)
        .collect();
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    missing.iter().rev().try_for_each(|made| hand_over_folder(made))
}

/// An empty file for the owner alone, whose name survives a power cut. One that another process just made is fine.
pub(super) fn new_file(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => hand_over(&file, folder(path))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    sync_folder(folder(path))
}

/// Gives what the superuser has just made to the owner of the folder that it was made in. By the open file, for the name may
/// lead elsewhere by now.
#[cfg(unix)]
pub(super) fn hand_over(made: &fs::File, folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let owner = fs::metadata(folder)?;
    if made.metadata()?.uid() == 0 && owner.uid() != 0 {
        match fchown(made, Some(owner.uid()), Some(owner.gid())) {
            // In a container, say, whose root may not. What was made can be used by us at least.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                tracing::warn!(folder = %folder.display(), "what was made here could not be given to the folder's owner");
            }
            given => given?,
        }
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn hand_over(_: &fs::File, _: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn hand_over_folder(made: &Path) -> io::Result<()> {
    use rustix::fs::{Mode, OFlags, open};
    let itself = open(made, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    hand_over(&fs::File::from(itself), folder(made))
}

#[cfg(not(unix))]
fn hand_over_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Has the names in a folder survive a power cut.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Sees to it that there is a file for the owner alone, such as one that another library writes to.
///
/// # Errors
/// When it cannot be made, or its rights cannot be taken from others.
pub fn private_file(path: &Path) -> io::Result<()> {
    new_file(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let found = fs::symlink_metadata(path)?;
        if found.is_file() && found.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(())
}
