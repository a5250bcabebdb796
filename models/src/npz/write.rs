//! Writing of archives.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// An array: name, type in NumPy's words, shape, and values, little-endian in C order.
pub(crate) type Member<'a> = (&'a str, &'a str, &'a [usize], Vec<u8>);

/// Writes `arrays` as an archive.
pub(crate) fn write(file: &File, arrays: &[Member<'_>]) -> io::Result<()> {
    let mut archive = ZipWriter::new(BufWriter::new(file));
    for (name, kind, shape, values) in arrays {
        archive.start_file(format!("{name}.npy"), SimpleFileOptions::default())?;
        archive.write_all(&header(kind, shape))?;
        archive.write_all(values)?;
    }
    archive.finish()?.flush()
}

/// Header of an array in version 1 of NumPy's format, whose length is a multiple of 64.
fn header(kind: &str, shape: &[usize]) -> Vec<u8> {
    let sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    let mut text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sizes}), }}");
    let before = 10;
    while !(before + text.len() + 1).is_multiple_of(64) {
        text.push(' ');
    }
    text.push('\n');
    [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes()].concat()
}
