//! Features as 8-bit JPEG images, the payload of BottleNet.

use super::error::PayloadError;
use crate::inference::Counts;
use crate::network::Shape;
// Baseline encoder and decoder in safe Rust: JPEG is not what CoSpike is about.
use jpeg_encoder::{ColorType, Encoder};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Second byte of the marker that starts the scan's header.
const START_OF_SCAN: u8 = 0xDA;
/// The marker that ends a JPEG stream.
const END_OF_IMAGE: [u8; 2] = [0xFF, 0xD9];

/// JPEG coding of features of one shape at one quality.
///
/// Values in [0, 1] become `round(255 x)`. The channels are tiled into one grey image, channel `c` in row
/// `c / columns` and column `c % columns` of a grid with `columns = ceil(sqrt(channels))` and just enough rows;
/// unused cells at the end of the last row are 0.
///
/// Both sides know shape and quality, and with the standard Huffman tables everything up to and including the
/// scan header follows from those. So only the entropy-coded scan is sent; the receiver puts the header before it
/// and the end marker behind it.
#[derive(Clone, Debug)]
pub struct Jpeg {
    shape: Shape,
    quality: u8,
    columns: usize,
    size: (u16, u16),
    header: Vec<u8>,
}

impl Jpeg {
    /// Prepares the coding of features of `shape` at `quality` (1 to 100, as in libjpeg).
    ///
    /// # Errors
    /// [`PayloadError::Quality`], or [`PayloadError::TooLargeForJpeg`] beyond 65,535 pixels a side.
    pub fn new(shape: Shape, quality: u8) -> Result<Self, PayloadError> {
        if !(1..=100).contains(&quality) {
            return Err(PayloadError::Quality { quality });
        }
        let columns = (1..=shape.channels).find(|c| c * c >= shape.channels).unwrap_or(1);
        let rows = shape.channels.div_ceil(columns);
        let side = |n: usize| u16::try_from(n).ok().filter(|&n| n > 0);
        let (Some(width), Some(height)) = (side(columns * shape.width), side(rows * shape.height)) else {
            return Err(PayloadError::TooLargeForJpeg { shape });
        };
        let mut jpeg = Self { shape, quality, columns, size: (width, height), header: vec![] };
        let blank = vec![0; usize::from(width) * usize::from(height)];
        let file = jpeg.compress(&blank)?;
        jpeg.header = file[..header_length(&file)?].to_vec();
        Ok(jpeg)
    }

    /// Encodes one feature to its scan; `at(channel, position)` is its value at a row-major position.
    pub(super) fn encode(&self, at: impl Fn(usize, usize) -> f32) -> Result<Vec<u8>, PayloadError> {
        let mut pixels = vec![0; usize::from(self.size.0) * usize::from(self.size.1)];
        for channel in 0..self.shape.channels {
            for position in 0..self.shape.area() {
                pixels[self.pixel(channel, position)] = quantise(at(channel, position))?;
            }
        }
        let mut scan = self.compress(&pixels)?.split_off(self.header.len());
        scan.truncate(scan.len() - END_OF_IMAGE.len());
        Ok(scan)
    }

    /// Operations of encoding one image to a scan of so many bytes, by what the encoder does with every block of 64 values:
    ///
    /// - 64 additions to make the values signed;
    /// - 16 cosine transforms of 8 values, 12 multiplications and 32 additions each: the variant without chained multiplications
    ///   of Loeffler, Ligtenberg and Moschytz (ICASSP 1989), which is the default of libjpeg-turbo (`jfdctint.c`) too;
    /// - 64 quantisations, one multiplication and one addition for rounding each;
    /// - 64 comparisons, counted as additions: is the coefficient 0, is the first one the last block's.
    ///
    /// Besides, one addition for every bit of the scan. A multiplication counts as a multiply-accumulate. Each value is read once, and
    /// with it a value of the table by which it is quantised; coefficients stay in registers, and looking codes up, moving and
    /// branching are not counted, so this is a lower bound: an ESP32-S2 takes 240 cycles a pixel in all
    /// (`docs/notes/measured-machines.md`).
    pub(super) fn operations(&self, scan_bytes: usize) -> Counts {
        let blocks = |side: u16| u64::from(side.div_ceil(8));
        let blocks = blocks(self.size.0) * blocks(self.size.1);
        Counts {
            mac: blocks * (16 * 12 + 64),
            ac: blocks * (64 + 16 * 32 + 64 + 64) + 8 * scan_bytes as u64,
            weight_reads: blocks * 64,
            activation_reads: blocks * 64,
            ..Counts::NONE
        }
    }

    /// Decodes a complete scan; `put(channel, position, value)` receives every value.
    pub(super) fn decode(&self, scan: &[u8], mut put: impl FnMut(usize, usize, f32)) -> Result<(), PayloadError> {
        let file = [&self.header, scan, &END_OF_IMAGE].concat();
        let options = DecoderOptions::default().set_strict_mode(true).jpeg_set_out_colorspace(ColorSpace::Luma);
        let pixels = JpegDecoder::new_with_options(ZCursor::new(file), options)
            .decode()
            .map_err(|e| PayloadError::Jpeg { reason: e.to_string() })?;
        if pixels.len() != usize::from(self.size.0) * usize::from(self.size.1) {
            let reason = format!("the scan says {} pixels, the feature has another number", pixels.len());
            return Err(PayloadError::Jpeg { reason });
        }
        for channel in 0..self.shape.channels {
            for position in 0..self.shape.area() {
                put(channel, position, dequantise(pixels[self.pixel(channel, position)]));
            }
        }
        Ok(())
    }

    /// Encodes `planes` and decodes the result: the feature that the receiver gets. For training through the codec.
    ///
    /// `planes` and the result have the order `[channel][row][column]`, as in training frameworks.
    ///
    /// # Errors
    /// A wrong number of values, or a value outside [0, 1].
    pub fn round_trip(&self, planes: &[f32]) -> Result<Vec<f32>, PayloadError> {
        if planes.len() != self.shape.len() {
            return Err(PayloadError::FeatureLength { found: planes.len(), shape: self.shape });
        }
        let area = self.shape.area();
        let scan = self.encode(|channel, position| planes[channel * area + position])?;
        let mut received = vec![0.0; planes.len()];
        self.decode(&scan, |channel, position, value| received[channel * area + position] = value)?;
        Ok(received)
    }

    /// Index of a value in the tiled image.
    fn pixel(&self, channel: usize, position: usize) -> usize {
        let (row, column) = (channel / self.columns, channel % self.columns);
        let (y, x) = (position / self.shape.width, position % self.shape.width);
        (row * self.shape.height + y) * usize::from(self.size.0) + column * self.shape.width + x
    }

    fn compress(&self, pixels: &[u8]) -> Result<Vec<u8>, PayloadError> {
        let mut file = Vec::new();
        Encoder::new(&mut file, self.quality)
            .encode(pixels, self.size.0, self.size.1, ColorType::Luma)
            .map_err(|e| PayloadError::Jpeg { reason: e.to_string() })?;
        Ok(file)
    }
}

/// Quantises a value in [0, 1] to 8 bits, `round(255 x)`.
pub(super) fn quantise(value: f32) -> Result<u8, PayloadError> {
    // Also false for NaN.
    if (0.0..=1.0).contains(&value) { Ok((255.0 * value).round() as u8) } else { Err(PayloadError::Value { value }) }
}

/// The value in [0, 1] of an 8-bit pixel, `pixel / 255`; how samples become a network's input, too.
pub(super) fn dequantise(pixel: u8) -> f32 {
    f32::from(pixel) / 255.0
}

/// Length of a JPEG file's part before the entropy-coded scan: the start marker, then segments of a marker and a
/// two-byte length, up to and including the scan header (ITU-T T.81, B.1.1.4).
fn header_length(file: &[u8]) -> Result<usize, PayloadError> {
    let mut at = 2;
    while let Some(&[0xFF, marker, high, low]) = file.get(at..at + 4) {
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
        if marker == START_OF_SCAN {
            return Ok(at);
        }
    }
    Err(PayloadError::Jpeg { reason: "no scan in the encoded image".into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_depends_on_shape_and_quality_only() {
        for (channels, quality) in [(1, 5), (3, 50), (12, 95)] {
            let jpeg = Jpeg::new(Shape::new(channels, 7, 5), quality).unwrap();
            for seed in 1..20_usize {
                let len = usize::from(jpeg.size.0) * usize::from(jpeg.size.1);
                let pixels: Vec<u8> = (0..len).map(|i| (i * i * seed) as u8).collect();
                let file = jpeg.compress(&pixels).unwrap();
                assert!(file.starts_with(&jpeg.header));
                assert_eq!(header_length(&file).unwrap(), jpeg.header.len());
                assert!(file.ends_with(&END_OF_IMAGE));
            }
        }
    }

    /// A baseline JPEG at quality 100 quantises every coefficient to a whole number, so a pixel is off by
    /// little more than the two transforms' rounding.
    #[test]
    fn round_trip_is_close_at_full_quality_and_coarser_below() {
        let shape = Shape::new(5, 6, 9);
        let planes: Vec<f32> = (0..shape.len()).map(|i| 0.5 + 0.5 * (i as f32 * 0.7).sin()).collect();
        let worst = |quality| {
            let received = Jpeg::new(shape, quality).unwrap().round_trip(&planes).unwrap();
            planes.iter().zip(&received).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
        };
        assert!(worst(100) < 3.0 / 255.0, "{}", worst(100));
        assert!(worst(10) > 10.0 / 255.0, "{}", worst(10));
    }

    #[test]
    fn values_that_do_not_fit_are_errors() {
        assert_eq!(Jpeg::new(Shape::new(1, 4, 4), 0).unwrap_err(), PayloadError::Quality { quality: 0 });
        let jpeg = Jpeg::new(Shape::new(1, 1, 2), 50).unwrap();
        assert_eq!(jpeg.round_trip(&[0.0, 1.5]).unwrap_err(), PayloadError::Value { value: 1.5 });
        assert!(matches!(jpeg.round_trip(&[0.0]).unwrap_err(), PayloadError::FeatureLength { found: 1, .. }));
        assert!(matches!(Jpeg::new(Shape::new(1, 70_000, 1), 50).unwrap_err(), PayloadError::TooLargeForJpeg { .. }));
    }
}
