//! Constants: weights, and sizes.

use super::proto::Tensor;
use half::{bf16, f16};

/// A constant, last axis fastest.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    pub(super) data: Data,
    /// Smallest and largest number of its type, if that is one of the whole numbers to which values are quantised.
    pub(super) range: Option<(i32, i32)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    /// Numbers of float32, or of a type whose numbers all are.
    Floats(Vec<f32>),
    /// Numbers of float64.
    Doubles(Vec<f64>),
    Whole(Vec<i64>),
}

/// Types of numbers in the format.
const FLOAT: i32 = 1;
const UINT8: i32 = 2;
const INT8: i32 = 3;
const UINT16: i32 = 4;
const INT16: i32 = 5;
const INT32: i32 = 6;
const INT64: i32 = 7;
const BOOL: i32 = 9;
const FLOAT16: i32 = 10;
const DOUBLE: i32 = 11;
const UINT32: i32 = 12;
const UINT64: i32 = 13;
const BFLOAT16: i32 = 16;

/// Smallest and largest number of uint8, to which values are quantised if no zero point says another type.
pub(super) const BYTES: (i32, i32) = (0, u8::MAX as i32);

/// Types of real numbers, which an input may have.
pub(super) const REAL: [i32; 4] = [FLOAT, FLOAT16, DOUBLE, BFLOAT16];
/// Type float32.
pub(super) const FLOAT32: i32 = FLOAT;

impl Array {
    /// The values of `tensor`; the reason if they cannot be read.
    pub(super) fn read(tensor: &Tensor) -> Result<Self, String> {
        if tensor.data_location != 0 || !tensor.external_data.is_empty() {
            let place = tensor.external_data.iter().find(|entry| entry.key == "location");
            let place = place.map_or("another file", |entry| &entry.value).escape_debug();
            return Err(format!(
                "its values are in `{place}`; save the network as one file: `onnx.save_model(onnx.load(OLD), NEW)`"
            ));
        }
        let size = |&size: &i64| usize::try_from(size).ok();
        let shape: Option<Vec<usize>> = tensor.dims.iter().map(size).collect();
        let shape = shape.ok_or_else(|| format!("it has the shape {:?}", tensor.dims))?;
        let len = shape.iter().try_fold(1_usize, |len, &size| len.checked_mul(size));
        let len = len.ok_or_else(|| format!("its shape {shape:?} is too large"))?;
        let data = data(tensor)?;
        match data.len() == len {
            true => Ok(Self { shape, data, range: range(tensor.data_type) }),
            false => Err(format!("its shape {shape:?} asks for {len} values, but it holds {}", data.len())),
        }
    }

    pub(super) fn vector(numbers: Vec<i64>) -> Self {
        Self { shape: vec![numbers.len()], data: Data::Whole(numbers), range: None }
    }

    /// The values as float32; the reason if they are not real numbers, or not finite.
    pub(super) fn finite(&self) -> Result<Vec<f32>, String> {
        let floats = self.floats()?;
        match floats.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(format!("holds {} at position {at}: weights must be finite numbers", floats[at])),
            None => Ok(floats),
        }
    }

    /// The values as float32; the reason if they are not real numbers.
    pub(super) fn floats(&self) -> Result<Vec<f32>, String> {
        match &self.data {
            Data::Floats(floats) => Ok(floats.clone()),
            Data::Doubles(doubles) => Ok(doubles.iter().map(|&value| value as f32).collect()),
            Data::Whole(_) => Err("holds whole numbers, not real ones".into()),
        }
    }

    /// Whether a value is changed by its way into float32.
    pub(super) fn is_rounded(&self) -> bool {
        matches!(&self.data, Data::Doubles(doubles) if doubles.iter().any(|&value| f64::from(value as f32) != value))
    }

    /// The whole numbers; the reason if it holds others.
    pub(super) fn whole(&self) -> Result<&[i64], String> {
        match &self.data {
            Data::Whole(numbers) => Ok(numbers),
            _ => Err("holds real numbers, not whole ones".into()),
        }
    }
}

impl Data {
    fn len(&self) -> usize {
        match self {
            Self::Floats(floats) => floats.len(),
            Self::Doubles(doubles) => doubles.len(),
            Self::Whole(numbers) => numbers.len(),
        }
    }
}

/// Smallest and largest number of a type of 8 or 16 bits.
fn range(kind: i32) -> Option<(i32, i32)> {
    match kind {
        UINT8 => Some(BYTES),
        INT8 => Some((i8::MIN.into(), i8::MAX.into())),
        UINT16 => Some((0, u16::MAX.into())),
        INT16 => Some((i16::MIN.into(), i16::MAX.into())),
        _ => None,
    }
}

fn data(tensor: &Tensor) -> Result<Data, String> {
    let raw = &tensor.raw_data;
    let numbers = &tensor.int32_data;
    Ok(match (tensor.data_type, raw.is_empty()) {
        (FLOAT, true) => Data::Floats(tensor.float_data.clone()),
        (FLOAT, false) => Data::Floats(decoded(raw, f32::from_le_bytes)?),
        (FLOAT16, true) => Data::Floats(numbers.iter().map(|&bits| f16::from_bits(bits as u16).to_f32()).collect()),
        (FLOAT16, false) => Data::Floats(decoded(raw, |bytes| f16::from_le_bytes(bytes).to_f32())?),
        (BFLOAT16, true) => Data::Floats(numbers.iter().map(|&bits| bf16::from_bits(bits as u16).to_f32()).collect()),
        (BFLOAT16, false) => Data::Floats(decoded(raw, |bytes| bf16::from_le_bytes(bytes).to_f32())?),
        (DOUBLE, true) => Data::Doubles(tensor.double_data.clone()),
        (DOUBLE, false) => Data::Doubles(decoded(raw, f64::from_le_bytes)?),
        (INT64, true) => Data::Whole(tensor.int64_data.clone()),
        (INT64, false) => Data::Whole(decoded(raw, i64::from_le_bytes)?),
        (INT32 | INT16 | INT8 | UINT16 | UINT8 | BOOL, true) => {
            Data::Whole(numbers.iter().map(|&number| number.into()).collect())
        }
        (INT32, false) => Data::Whole(decoded(raw, |bytes| i32::from_le_bytes(bytes).into())?),
        (INT16, false) => Data::Whole(decoded(raw, |bytes| i16::from_le_bytes(bytes).into())?),
        (UINT16, false) => Data::Whole(decoded(raw, |bytes| u16::from_le_bytes(bytes).into())?),
        (INT8, false) => Data::Whole(decoded(raw, |bytes| i8::from_le_bytes(bytes).into())?),
        (UINT8 | BOOL, false) => Data::Whole(decoded(raw, |[byte]: [u8; 1]| byte.into())?),
        (UINT32 | UINT64, true) => Data::Whole(tensor.uint64_data.iter().map(|&number| number as i64).collect()),
        (UINT32, false) => Data::Whole(decoded(raw, |bytes| u32::from_le_bytes(bytes).into())?),
        (UINT64, false) => Data::Whole(decoded(raw, |bytes| u64::from_le_bytes(bytes) as i64)?),
        (other, _) => return Err(format!("its values have the type of number {other}, which is not read")),
    })
}

fn decoded<T, const N: usize>(raw: &[u8], decode: impl Fn([u8; N]) -> T) -> Result<Vec<T>, String> {
    let (values, rest) = raw.as_chunks::<N>();
    match rest.is_empty() {
        true => Ok(values.iter().map(|&bytes| decode(bytes)).collect()),
        false => Err(format!("its {} bytes do not make values of {N} bytes", raw.len())),
    }
}
