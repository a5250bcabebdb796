//! One array in NumPy's own format (`.npy`), versions 1 to 3 (description:
//! <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).
//!
//! Read by code of its own: the header is a line of text, and the library for it (`npyz`) multiplies the sizes of a shape unchecked
//! and makes room for a header of any length.

use std::io::{self, Read};

/// Longest header that is read, in bytes. NumPy's own limit for headers from strangers is 10,000.
const HEADER_LIMIT: u64 = 10_000;
/// Most dimensions of an array; NumPy allows 64.
const MOST_DIMENSIONS: usize = 64;
const MAGIC: &[u8] = b"\x93NUMPY";

/// An array: type, shape and values as they are stored, in C order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Array {
    /// Type in NumPy's words, such as `<f4`.
    kind: String,
    /// Sizes of the dimensions, the last one fastest.
    pub(crate) shape: Vec<usize>,
    /// Whether values have their highest byte first.
    big_endian: bool,
    /// Letter of the type: `f`, `i`, `u`, ...
    letter: char,
    /// Bytes of one value.
    width: usize,
    bytes: Vec<u8>,
}

/// Failure to read an array.
#[derive(Debug, thiserror::Error)]
pub enum NpyError {
    /// The array cannot be read, or its checksum is wrong.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// The bytes do not begin with a header of NumPy's format.
    #[error("this is not an array in NumPy's format: {0}")]
    Header(&'static str),
    /// Values of a type that cannot be read as numbers or text.
    #[error("values of type `{0}` are not read; save them as plain numbers, or as text (str)")]
    Kind(String),
    /// The shape promises more than is read.
    #[error("its shape {shape} promises {size} bytes, more than the {limit} that are read of one file")]
    TooLarge {
        /// Shape in the header.
        shape: String,
        /// Size in bytes, or `too many`.
        size: String,
        /// Bytes that may be read.
        limit: u64,
    },
    /// There are fewer or more values than the shape promises.
    #[error("its shape promises {promised} bytes, but it holds {held}")]
    Length {
        /// Bytes promised by the shape.
        promised: u64,
        /// Bytes held, or `more`.
        held: String,
    },
}

impl Array {
    /// Reads an array of at most `room` bytes; nothing may follow it.
    pub(crate) fn read(reader: &mut impl Read, room: u64) -> Result<Self, NpyError> {
        let (kind, fortran_order, shape) = Header::read(reader)?.check()?;
        let (big_endian, letter, width) = layout(&kind).ok_or_else(|| NpyError::Kind(kind.clone()))?;
        let size = shape.iter().try_fold(width as u64, |size, &n| size.checked_mul(n as u64));
        let promised = size.filter(|&size| size <= room).ok_or_else(|| NpyError::TooLarge {
            shape: format!("{shape:?}"),
            size: size.map_or_else(|| "too many".into(), |size| size.to_string()),
            limit: room,
        })?;
        let mut bytes = vec![];
        reader.by_ref().take(promised).read_to_end(&mut bytes)?;
        let held = bytes.len() as u64;
        if held < promised {
            return Err(NpyError::Length { promised, held: held.to_string() });
        }
        if reader.by_ref().take(1).read_to_end(&mut vec![])? > 0 {
            return Err(NpyError::Length { promised, held: "more".into() });
        }
        let bytes = if fortran_order { in_c_order(&bytes, &shape, width) } else { bytes };
        Ok(Self { kind, shape, big_endian, letter, width, bytes })
    }

    /// Size of the values in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Type in NumPy's words, such as `float32 (<f4)`.
    pub(crate) fn kind(&self) -> String {
        let name = match self.letter {
            'f' => "float",
            'i' => "int",
            'u' => "uint",
            'b' => return format!("bool ({})", self.kind),
            _ => return format!("text ({})", self.kind),
        };
        format!("{name}{} ({})", 8 * self.width, self.kind)
    }

    /// Values of an array of single bytes without sign; `None` for any other type.
    pub(crate) fn into_bytes(self) -> Option<Vec<u8>> {
        (self.letter == 'u' && self.width == 1).then_some(self.bytes)
    }

    /// Values of an array of whole numbers; `None` for any other type.
    pub(crate) fn whole_numbers(&self) -> Option<impl Iterator<Item = i128> + '_> {
        let signed = self.letter == 'i';
        matches!(self.letter, 'i' | 'u').then(|| self.bits().map(move |bits| self.whole_number(bits, signed)))
    }

    /// Values of an array of truth values, as 0 and 1; `None` for any other type.
    pub(crate) fn truths(&self) -> Option<Vec<u8>> {
        (self.letter == 'b').then(|| self.bytes.iter().map(|&byte| u8::from(byte != 0)).collect())
    }

    /// Values of an array of float32 or float64, rounded to float32; `None` for any other type.
    pub(crate) fn floats(&self) -> Option<Vec<f32>> {
        match (self.letter, self.width) {
            ('f', 4) => Some(self.bits().map(|bits| f32::from_bits(bits as u32)).collect()),
            ('f', 8) => Some(self.bits().map(|bits| f64::from_bits(bits) as f32).collect()),
            _ => None,
        }
    }

    /// The text in an array of one string; `None` for any other array.
    pub(crate) fn text(&self) -> Option<String> {
        if self.letter != 'U' || self.shape.iter().any(|&n| n != 1) {
            return None;
        }
        let order =
            |four: &[u8; 4]| if self.big_endian { u32::from_be_bytes(*four) } else { u32::from_le_bytes(*four) };
        let text: Option<String> = self.bytes.as_chunks().0.iter().map(|four| char::from_u32(order(four))).collect();
        text.map(|text| text.trim_end_matches('\0').to_owned())
    }

    /// Bits of each value, as a number without sign.
    fn bits(&self) -> impl Iterator<Item = u64> + '_ {
        let append = |bits: u64, &byte: &u8| bits << 8 | u64::from(byte);
        self.bytes.chunks_exact(self.width).map(move |value| match self.big_endian {
            true => value.iter().fold(0, append),
            false => value.iter().rev().fold(0, append),
        })
    }

    /// The number that the bits of a value stand for.
    fn whole_number(&self, bits: u64, signed: bool) -> i128 {
        let unused = 64 - 8 * self.width as u32;
        if signed { i128::from((bits << unused) as i64 >> unused) } else { i128::from(bits) }
    }
}

/// The values of an array that is stored with its first dimension fastest, in the order with the last one fastest.
fn in_c_order(stored: &[u8], shape: &[usize], width: usize) -> Vec<u8> {
    // Distances between neighbours along each axis in `stored`, the last axis first.
    let mut strides: Vec<(usize, usize)> =
        shape.iter().scan(1, |stride, &size| Some((size, std::mem::replace(stride, *stride * size)))).collect();
    strides.reverse();
    let mut bytes = Vec::with_capacity(stored.len());
    for index in 0..stored.len() / width {
        let place = |(rest, at), &(size, stride): &(usize, usize)| (rest / size, at + rest % size * stride);
        let (_, at) = strides.iter().fold((index, 0), place);
        bytes.extend_from_slice(&stored[at * width..][..width]);
    }
    bytes
}

/// Byte order, letter and bytes of one value of the type `kind`; `None` if such values are not read.
fn layout(kind: &str) -> Option<(bool, char, usize)> {
    let mut letters = kind.chars();
    let (order, letter) = (letters.next()?, letters.next()?);
    let size: usize = letters.as_str().parse().ok()?;
    let width = match letter {
        'U' => size.checked_mul(4)?,
        _ => size,
    };
    let known = match letter {
        'f' => matches!(size, 2 | 4 | 8),
        'i' | 'u' => matches!(size, 1 | 2 | 4 | 8),
        'b' => size == 1,
        'U' => size > 0,
        _ => false,
    };
    (known && matches!(order, '<' | '>' | '|')).then_some((order == '>', letter, width))
}

/// What the header says of an array.
#[derive(Default)]
struct Header {
    kind: Option<String>,
    fortran_order: Option<bool>,
    shape: Option<Vec<usize>>,
}

/// The header's text is not a dictionary of the three keys.
const NOT_A_HEADER: NpyError = NpyError::Header("its header is not {'descr': ..., 'fortran_order': ..., 'shape': ...}");

impl Header {
    fn read(reader: &mut impl Read) -> Result<Self, NpyError> {
        let mut start = [0; 8];
        let mut bytes = |place: &mut [u8]| {
            reader.read_exact(place).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => NpyError::Header("it ends within its header"),
                _ => NpyError::Read(error),
            })
        };
        bytes(&mut start)?;
        if !start.starts_with(MAGIC) {
            return Err(NpyError::Header("it does not begin with \\x93NUMPY"));
        }
        let mut length = [0; 4];
        match start[6] {
            1 => bytes(&mut length[..2])?,
            2 | 3 => bytes(&mut length)?,
            _ => return Err(NpyError::Header("it is of a version that is not known, above 3")),
        }
        let length = u32::from_le_bytes(length);
        if u64::from(length) > HEADER_LIMIT {
            return Err(NpyError::Header("its header is longer than 10,000 bytes"));
        }
        let mut text = vec![0; length as usize];
        bytes(&mut text)?;
        let text = std::str::from_utf8(&text).map_err(|_| NpyError::Header("its header is not text"))?;
        Self::parse(text).ok_or(NOT_A_HEADER)
    }

    /// Decodes a Python dictionary, each key once.
    fn parse(text: &str) -> Option<Self> {
        let mut rest = Text(text.trim()).after('{')?;
        let mut header = Self::default();
        while let Some((key, value)) = rest.quoted() {
            let value = value.after(':')?;
            let is_new;
            (is_new, rest) = match key {
                "descr" => {
                    let (kind, rest) = value.kind()?;
                    (header.kind.replace(kind.into()).is_none(), rest)
                }
                "fortran_order" => {
                    let (order, rest) = value.boolean()?;
                    (header.fortran_order.replace(order).is_none(), rest)
                }
                "shape" => {
                    let (shape, rest) = value.shape()?;
                    (header.shape.replace(shape).is_none(), rest)
                }
                _ => return None,
            };
            if !is_new {
                return None;
            }
            match rest.after(',') {
                Some(more) => rest = more,
                None => break,
            }
        }
        rest.after('}')?.0.is_empty().then_some(header)
    }

    /// Type, whether the first dimension is fastest, and shape.
    fn check(self) -> Result<(String, bool, Vec<usize>), NpyError> {
        let (Some(kind), Some(fortran_order), Some(shape)) = (self.kind, self.fortran_order, self.shape) else {
            return Err(NOT_A_HEADER);
        };
        Ok((kind, fortran_order && shape.len() > 1, shape))
    }
}

/// What is left of a header's text.
#[derive(Clone, Copy)]
struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    /// The text behind `mark`, which must come next.
    fn after(self, mark: char) -> Option<Self> {
        Some(Self(self.0.strip_prefix(mark)?.trim_start()))
    }

    /// A quoted word, and what follows it.
    fn quoted(self) -> Option<(&'a str, Self)> {
        let quote = self.0.chars().next().filter(|mark| matches!(mark, '\'' | '"'))?;
        let (word, rest) = self.0[1..].split_once(quote)?;
        Some((word, Self(rest.trim_start())))
    }

    /// A type: a quoted word, or the list of a structured type, which is taken as it stands.
    fn kind(self) -> Option<(&'a str, Self)> {
        self.quoted().or_else(|| {
            let end = self.0.strip_prefix('[')?.find("], '").or_else(|| self.0.rfind(']').map(|at| at - 1))? + 2;
            Some((&self.0[..end], Self(self.0[end..].trim_start())))
        })
    }

    fn boolean(self) -> Option<(bool, Self)> {
        let word = |word, value| Some((value, Self(self.0.strip_prefix(word)?.trim_start())));
        word("True", true).or_else(|| word("False", false))
    }

    /// A tuple of sizes, each a number.
    fn shape(self) -> Option<(Vec<usize>, Self)> {
        let (sizes, rest) = self.after('(')?.0.split_once(')')?;
        let sizes = sizes.trim().strip_suffix(',').unwrap_or(sizes.trim());
        let size = |size: &str| size.trim().trim_end_matches('L').parse().ok();
        let shape: Option<Vec<usize>> =
            if sizes.is_empty() { Some(vec![]) } else { sizes.split(',').map(size).collect() };
        shape.filter(|shape| shape.len() <= MOST_DIMENSIONS).map(|shape| (shape, Self(rest.trim_start())))
    }
}
