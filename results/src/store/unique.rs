//! Files and folders under unique names, in which results are written before they are renamed.
//!
//! Temporary files are usually the user's alone. These become results, so others may read them as far as the user's file mode
//! mask allows.

use std::io;
use std::path::Path;
use tempfile::{Builder, NamedTempFile, TempDir};

/// A new file in `folder` whose name starts with `prefix`; it is removed when dropped.
pub(super) fn file(folder: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    shared(Builder::new().prefix(prefix), 0o666).tempfile_in(folder)
}

/// A new folder in `parent` whose name starts with `prefix`; it is removed with its content when dropped.
pub(super) fn folder(parent: &Path, prefix: &str) -> io::Result<TempDir> {
    shared(Builder::new().prefix(prefix), 0o777).tempdir_in(parent)
}

#[cfg(unix)]
fn shared<'b, 'p, 's>(builder: &'b mut Builder<'p, 's>, mode: u32) -> &'b Builder<'p, 's> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn shared<'b, 'p, 's>(builder: &'b mut Builder<'p, 's>, _mode: u32) -> &'b Builder<'p, 's> {
    builder
}
