//! Hashes the sources of the program, so that it can tell what it wrote itself from what another version wrote, also while it is being
//! changed.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The crates that the program is made of.
const CRATES: [&str; 9] = [".", "sim-core", "models", "results", "studies", "cluster", "scenarios", "reports", "bench"];

fn main() -> io::Result<()> {
    // The lock file has the versions of all libraries.
    let mut files = vec![PathBuf::from("Cargo.lock")];
    for folder in CRATES {
        let folder = Path::new(folder);
        files.push(folder.join("Cargo.toml"));
        collect(&folder.join("src"), &mut files)?;
    }
    files.sort();
    let mut hasher = blake3::Hasher::new();
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let mut content = fs::read(&file)?;
        // Some systems end lines otherwise when they check sources out.
        content.retain(|byte| *byte != b'\r');
        hasher.update(&(content.len() as u64).to_le_bytes()).update(&content);
    }
    println!("cargo::rustc-env=COSPIKE_SOURCES={}", hasher.finalize());
    Ok(())
}

/// Adds all files in `folder`. Whether files come or go shows when the folder changes.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
