//! One Parquet file per table: rows to columns and back.

// A columnar format that pandas, Polars, DuckDB and R read; the crate knows columns, the mapping of rows is ours.
use parquet::basic::{Compression, LogicalType, Repetition, ZstdLevel};
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, RowGroupReader};
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use std::fs::File;
use std::sync::Arc;

/// Rows of a row group: readers hold one in memory.
const ROWS_PER_GROUP: usize = 1 << 20;

/// A type of row with its table.
pub(super) trait Table: Sized {
    /// Name of the file, without ending.
    const NAME: &'static str;

    /// Its columns.
    fn columns() -> Result<Vec<Type>>;
    /// Writes the columns of some rows.
    fn write_columns(rows: &[Self], group: &mut SerializedRowGroupWriter<'_, File>) -> Result<()>;
    /// Reads the rows of a row group.
    fn read_rows(group: &dyn RowGroupReader) -> Result<Vec<Self>>;
}

/// Declares the table of a row type; the types of its columns are those of its fields.
macro_rules! table {
    ($row:ident, $name:literal: $($column:ident),*) => {
        impl Table for $row {
            const NAME: &'static str = $name;

            fn columns() -> ParquetResult<Vec<Type>> {
                Ok(vec![$(column(stringify!($column), |row: &Self| &row.$column)?),*])
            }

            fn write_columns(rows: &[Self], group: &mut SerializedRowGroupWriter<'_, File>) -> ParquetResult<()> {
                $(write_column(rows.iter().map(|row| &row.$column), group)?;)*
                Ok(())
            }

            fn read_rows(group: &dyn RowGroupReader) -> ParquetResult<Vec<Self>> {
                let mut columns = 0..;
                $(let mut $column = read_column(group, &mut columns)?.into_iter();)*
                let rows = group.metadata().num_rows();
                (0..rows).map(|_| Ok(Self { $($column: $column.next().ok_or_else(too_short)?),* })).collect()
            }
        }
    };
}
pub(super) use table;

/// A value that fits a column.
pub(super) trait Cell: Sized {
    /// How Parquet stores it.
    type Stored: DataType;
    /// Whether it may be missing.
    const OPTIONAL: bool = false;

    /// What the stored value means, if that is not plain.
    fn meaning() -> Option<LogicalType>;
    /// `None` is a missing value.
    fn store(&self) -> Option<<Self::Stored as DataType>::T>;
    /// `None` if there can be no such value.
    fn load(stored: Option<<Self::Stored as DataType>::T>) -> Option<Self>;
}

impl Cell for u32 {
    type Stored = Int32Type;

    fn meaning() -> Option<LogicalType> {
        Some(LogicalType::integer(32, false))
    }

    fn store(&self) -> Option<i32> {
        Some(self.cast_signed())
    }

    fn load(stored: Option<i32>) -> Option<Self> {
        stored.map(i32::cast_unsigned)
    }
}

impl<C: Cell> Cell for Option<C> {
    type Stored = C::Stored;
    const OPTIONAL: bool = true;

    fn meaning() -> Option<LogicalType> {
        C::meaning()
    }

    fn store(&self) -> Option<<C::Stored as DataType>::T> {
        self.as_ref().and_then(C::store)
    }

    fn load(stored: Option<<C::Stored as DataType>::T>) -> Option<Self> {
        match stored {
            Some(value) => C::load(Some(value)).map(Some),
            None => Some(None),
        }
    }
}

impl Cell for u64 {
    type Stored = Int64Type;

    fn meaning() -> Option<LogicalType> {
        Some(LogicalType::integer(64, false))
    }

    fn store(&self) -> Option<i64> {
        Some(self.cast_signed())
    }

    fn load(stored: Option<i64>) -> Option<Self> {
        stored.map(i64::cast_unsigned)
    }
}

impl Cell for f64 {
    type Stored = DoubleType;

    fn meaning() -> Option<LogicalType> {
        None
    }

    fn store(&self) -> Option<f64> {
        Some(*self)
    }

    fn load(stored: Option<f64>) -> Option<Self> {
        stored
    }
}

impl Cell for String {
    type Stored = ByteArrayType;

    fn meaning() -> Option<LogicalType> {
        Some(LogicalType::String)
    }

    fn store(&self) -> Option<ByteArray> {
        Some(self.as_str().into())
    }

    fn load(stored: Option<ByteArray>) -> Option<Self> {
        stored.and_then(|bytes| Self::from_utf8(bytes.data().to_vec()).ok())
    }
}

/// The column of a field; `_of` only names its type.
pub(super) fn column<R, C: Cell>(name: &str, _of: fn(&R) -> &C) -> Result<Type> {
    let repetition = if C::OPTIONAL { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    let column = Type::primitive_type_builder(name, C::Stored::get_physical_type());
    column.with_logical_type(C::meaning()).with_repetition(repetition).build()
}

pub(super) fn write_column<'a, C: Cell + 'a>(
    cells: impl Iterator<Item = &'a C>,
    group: &mut SerializedRowGroupWriter<'_, File>,
) -> Result<()> {
    let stored: Vec<_> = cells.map(C::store).collect();
    let present: Vec<i16> = stored.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<_> = stored.into_iter().flatten().collect();
    let Some(mut column) = group.next_column()? else { return Err(too_short()) };
    let levels = C::OPTIONAL.then_some(present.as_slice());
    column.typed::<C::Stored>().write_batch(&values, levels, None)?;
    column.close()
}

pub(super) fn read_column<C: Cell>(
    group: &dyn RowGroupReader,
    columns: &mut impl Iterator<Item = usize>,
) -> Result<Vec<C>> {
    let column = columns.next().ok_or_else(too_short)?;
    let mut reader = get_typed_column_reader::<C::Stored>(group.get_column_reader(column)?);
    let rows = usize::try_from(group.metadata().num_rows()).map_err(|_| too_short())?;
    let (mut present, mut values) = (vec![], vec![]);
    let mut read = 0;
    while read < rows {
        let (records, ..) = reader.read_records(rows - read, Some(&mut present), None, &mut values)?;
        if records == 0 {
            return Err(too_short());
        }
        read += records;
    }
    let mut values = values.into_iter();
    let cell = |row: usize| if C::OPTIONAL && present[row] == 0 { None } else { values.next() };
    (0..rows).map(cell).map(|cell| C::load(cell).ok_or_else(too_short)).collect()
}

pub(super) fn too_short() -> ParquetError {
    ParquetError::General("a column ends before the table does, or holds a value that it cannot".into())
}

fn schema<T: Table>() -> Result<Type> {
    let columns = T::columns()?.into_iter().map(Arc::new).collect();
    Type::group_type_builder(T::NAME).with_fields(columns).build()
}

pub(super) fn write<T: Table>(rows: &[T], file: File) -> Result<()> {
    // Nothing here depends on the machine or the time, so equal rows give equal bytes.
    let properties = WriterProperties::builder()
        .set_created_by("CoSpike".into())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .build();
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema::<T>()?), Arc::new(properties))?;
    for rows in rows.chunks(ROWS_PER_GROUP) {
        let mut group = writer.next_row_group()?;
        T::write_columns(rows, &mut group)?;
        group.close()?;
    }
    writer.close()?;
    Ok(())
}

pub(super) fn read<T: Table>(file: File) -> Result<Vec<T>> {
    let reader = SerializedFileReader::new(file)?;
    let found = reader.metadata().file_metadata().schema();
    let needed = schema::<T>()?;
    if *found != needed {
        let names =
            |table: &Type| table.get_fields().iter().map(|c| c.name().to_string()).collect::<Vec<_>>().join(", ");
        let message = format!("columns {}, but this version of CoSpike reads {}", names(found), names(&needed));
        return Err(ParquetError::General(message));
    }
    let mut rows = vec![];
    for group in 0..reader.num_row_groups() {
        rows.extend(T::read_rows(&*reader.get_row_group(group)?)?);
    }
    Ok(rows)
}
