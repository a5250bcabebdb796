//! Embeds the files that users copy from, so that the program carries them all and no list in code can drift from
//! the folders.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

/// Constant, folder beside this file, ending of the files.
const FOLDERS: [(&str, &str, &str); 6] = [
    ("SCENARIOS", ".", "toml"),
    ("TRACES", "traces", "csv"),
    ("DEVICES", "profiles/device", "toml"),
    ("LINKS", "profiles/link", "toml"),
    ("CLOUDS", "profiles/cloud", "toml"),
    ("PRICES", "prices", "toml"),
];

fn main() -> io::Result<()> {
    let here = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let mut code = String::new();
    for (constant, folder, ending) in FOLDERS {
        println!("cargo::rerun-if-changed={folder}");
        write_list(&mut code, constant, &Path::new(&here).join(folder), ending)?;
    }
    fs::write(Path::new(&out).join("embedded.rs"), code)
}

/// A sorted list of (name without ending, content).
fn write_list(code: &mut String, constant: &str, folder: &Path, ending: &str) -> io::Result<()> {
    let mut files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|e| e == ending) && !path.ends_with("Cargo.toml"));
    // By the name without its ending, so that `a` comes before `a-b`.
    files.sort_by_key(|path| path.with_extension(""));
    writeln!(code, "pub(crate) static {constant}: &[(&str, &[u8])] = &[").map_err(io::Error::other)?;
    for path in files {
        let name = path.file_stem().unwrap_or_default().display();
        writeln!(code, "    ({:?}, include_bytes!({path:?})),", name.to_string()).map_err(io::Error::other)?;
    }
    writeln!(code, "];").map_err(io::Error::other)
}
