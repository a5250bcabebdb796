//! Images in files: PNG and JPEG, grey or coloured, of 8 bits a channel.

use super::DatasetError;
use crate::file::{self, DATA_LIMIT};
use png::{BitDepth, ColorType, Transformations}; // decoding images is not what CoSpike is for
use std::io::Cursor;
use std::path::{Path, PathBuf};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// First bytes of every PNG file.
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// First bytes of every JPEG file.
const JPEG_SIGNATURE: &[u8] = b"\xff\xd8\xff";
/// Largest number of bytes that one decoded image may have.
const IMAGE_LIMIT: usize = 1 << 30;

/// An image as its file has it.
pub(super) struct Picture {
    pub(super) path: PathBuf,
    pub(super) height: usize,
    pub(super) width: usize,
    /// 1 or 3.
    pub(super) channels: usize,
    /// Channel by channel at each position, row by row.
    values: Vec<u8>,
}

impl Picture {
    /// Whether the name of the file is that of an image.
    pub(super) fn is_named(path: &Path) -> bool {
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        matches!(ending.as_deref(), Some("png" | "jpg" | "jpeg"))
    }

    /// Reads the image at `path`. Its format is told by its content: many images have the ending of the other one.
    pub(super) fn read(path: &Path) -> Result<Self, DatasetError> {
        let decoded = match file::read(path, DATA_LIMIT)? {
            bytes if bytes.starts_with(PNG_SIGNATURE) => decode_png(&bytes),
            bytes if bytes.starts_with(JPEG_SIGNATURE) => decode_jpeg(&bytes),
            _ => Err(DatasetError::Picture("it begins like neither of them".into())),
        };
        let named = |error| DatasetError::File { path: path.display().to_string(), error: Box::new(error) };
        let ([height, width], channels, values) = decoded.map_err(named)?;
        Ok(Self { path: path.into(), height, width, channels, values })
    }

    /// The values of `channels` channels, channel by channel; a grey image has the same in all of them.
    pub(super) fn planes(&self, channels: usize) -> impl Iterator<Item = u8> {
        let of = move |channel: usize| self.values.iter().skip(channel.min(self.channels - 1)).step_by(self.channels);
        (0..channels).flat_map(of).copied()
    }
}

/// Rows and columns, number of channels, and values of an image.
type Decoded = ([usize; 2], usize, Vec<u8>);

/// Palettes, and fewer bits than 8, become values of 8 bits; an alpha channel that is opaque everywhere is dropped.
fn decode_png(bytes: &[u8]) -> Result<Decoded, DatasetError> {
    let damaged = |error: png::DecodingError| DatasetError::Picture(error.to_string());
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: IMAGE_LIMIT });
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(damaged)?;
    let size = [reader.info().height as usize, reader.info().width as usize];
    let (colour, depth) = reader.output_color_type();
    check_size(size, colour.samples() * depth as usize / 8)?;
    let (form, channels, has_alpha) = match colour {
        ColorType::Grayscale => ("grey", 1, false),
        ColorType::GrayscaleAlpha => ("grey and alpha", 1, true),
        ColorType::Rgb => ("RGB", 3, false),
        ColorType::Rgba => ("RGB and alpha", 3, true),
        ColorType::Indexed => return Err(DatasetError::Picture("it has no palette".into())),
    };
    if depth != BitDepth::Eight {
        return Err(DatasetError::PictureForm { found: format!("{form} of {} bits", depth as u8) });
    }
    let mut values = vec![0; reader.output_buffer_size()];
    reader.next_frame(&mut values).map_err(damaged)?;
    if has_alpha {
        let is_opaque = values.iter().skip(channels).step_by(channels + 1).all(|&alpha| alpha == u8::MAX);
        if !is_opaque {
            return Err(DatasetError::PictureForm { found: format!("{form}, transparent in places") });
        }
        values = values.chunks_exact(channels + 1).flat_map(|pixel| &pixel[..channels]).copied().collect();
    }
    Ok((size, channels, values))
}

/// Whatever is not grey becomes red, green and blue.
fn decode_jpeg(bytes: &[u8]) -> Result<Decoded, DatasetError> {
    // Like other decoders, this one reads images in spite of small faults.
    let options = DecoderOptions::default().set_strict_mode(false);
    let options = options.set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let damaged = |error: DecodeErrors| DatasetError::Picture(error.to_string());
    decoder.decode_headers().map_err(damaged)?;
    let (width, height) = decoder.dimensions().ok_or(DecodeErrors::ZeroError).map_err(damaged)?;
    let (channels, colours) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (1, ColorSpace::Luma),
        _ => (3, ColorSpace::RGB),
    };
    check_size([height, width], channels)?;
    decoder.set_options(options.jpeg_set_out_colorspace(colours));
    let values = decoder.decode().map_err(damaged)?;
    Ok(([height, width], channels, values))
}

/// Checks that an image with so many bytes a pixel is none that fills the memory.
fn check_size([height, width]: [usize; 2], bytes: usize) -> Result<(), DatasetError> {
    match height.checked_mul(width).and_then(|pixels| pixels.checked_mul(bytes)) {
        Some(all) if all <= IMAGE_LIMIT => Ok(()),
        _ => {
            let too_many =
                format!("its {height}x{width} pixels are more than the {IMAGE_LIMIT} bytes that one may have");
            Err(DatasetError::Picture(too_many))
        }
    }
}
