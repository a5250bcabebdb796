//! Embeds the weight files and images, so that the program carries them and no list in code can drift from the folder.

use flate2::read::GzDecoder;
use std::fmt::Write;
use std::fs::File;
use std::path::Path;
use std::{env, fs, io};

/// Folder of the weight files, beside this build script.
const FOLDER: &str = "zoo";

/// Images and labels that ship, without the ending of their packed files. They are unpacked once, here, and not by every command.
const IMAGES: [&str; 2] = ["data/fashion-mnist/t10k-images-idx3-ubyte", "data/fashion-mnist/t10k-labels-idx1-ubyte"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={FOLDER}");
    println!("cargo::rerun-if-changed=data");
    let here = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let entries = fs::read_dir(Path::new(&here).join(FOLDER))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|ending| ending == "safetensors"));
    files.sort();
    let mut code = String::from("pub(crate) static ZOO: &[(&str, &str, &[u8])] = &[\n");
    for path in files {
        let name = path.file_stem().unwrap_or_default().display().to_string();
        // Hashed once, here, and not by every command.
        let blake3 = blake3::hash(&fs::read(&path)?).to_hex();
        writeln!(code, "    ({name:?}, \"{blake3}\", include_bytes!({path:?})),").map_err(io::Error::other)?;
    }
    code.push_str("];\n");
    for file in IMAGES {
        let packed = File::open(Path::new(&here).join(file).with_extension("gz"))?;
        let name = Path::new(file).file_name().unwrap_or_default();
        io::copy(&mut GzDecoder::new(packed), &mut File::create(Path::new(&out).join(name))?)?;
    }
    fs::write(Path::new(&out).join("embedded.rs"), code)
}
