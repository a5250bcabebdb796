//! One Parquet file per table: rows to columns and back, as the declarations of the row's fields say.

use super::description::describe;
use crate::rows::Table;
use cospike_sim_core::record::{Field, Kind, Value};
// A columnar format that pandas, Polars, DuckDB and R read. `parquet_derive` is not used: it knows neither nested records in
// place of columns, as `record!` has them, nor a column's unit and meaning, so every column would be declared twice.
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, RowGroupReader};
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use std::cell::Cell;
use std::fs::File;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Cells of a row group, the unit that readers and writers hold in memory: some ten to forty megabytes.
const CELLS_PER_GROUP: usize = 1 << 20;

/// A table that is being written, some rows at a time. The bytes depend on the rows alone, not on how they came.
pub(super) struct TableWriter {
    writer: SerializedFileWriter<File>,
    /// Rows of the group that is not written yet.
    columns: Vec<Column>,
    rows: usize,
}

impl TableWriter {
    /// Begins the table `name` with the columns `fields` in `file`.
    pub(super) fn new(file: File, name: &str, fields: &[Field]) -> Result<Self> {
        // Nothing here depends on the machine or the time.
        let properties = WriterProperties::builder()
            .set_created_by("CoSpike".into())
            // What every reader has. Zstandard's files are somewhat smaller, and its C code takes long to build.
            .set_compression(Compression::SNAPPY)
            .set_key_value_metadata(Some(vec![describe(fields)]))
            .build();
        let writer = SerializedFileWriter::new(file, Arc::new(schema(name, fields)?), Arc::new(properties))?;
        Ok(Self { writer, columns: fields.iter().map(Column::new).collect(), rows: 0 })
    }

    /// Adds a row, and takes its `values`.
    pub(super) fn add(&mut self, values: &mut Vec<Value>) -> Result<()> {
        if values.len() != self.columns.len() {
            return Err(too_short());
        }
        self.columns.iter_mut().zip(values.drain(..)).try_for_each(|(column, value)| column.push(value))?;
        self.rows += 1;
        if self.rows == CELLS_PER_GROUP / self.columns.len() {
            self.write_group()?;
        }
        Ok(())
    }

    /// Writes what is left. The file is whole then.
    pub(super) fn finish(mut self) -> Result<()> {
        if self.rows > 0 {
            self.write_group()?;
        }
        self.writer.close().map(|_| ())
    }

    fn write_group(&mut self) -> Result<()> {
        let mut group = self.writer.next_row_group()?;
        self.columns.iter().try_for_each(|column| column.write(&mut group))?;
        group.close()?;
        self.columns.iter_mut().for_each(Column::clear);
        self.rows = 0;
        Ok(())
    }
}

thread_local! {
    /// Whether this thread is reading a table.
    static IS_READING: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread, now, becomes an error that says what is wrong. A program that prints the words of panics may
/// leave them out then.
pub fn catches_panics() -> bool {
    IS_READING.get()
}

/// Reads the table in `file`, which must have exactly the columns of `T`: gives its rows to `take`, one after the other, until that
/// wants no more.
pub(super) fn read<T: Table>(file: File, mut take: impl FnMut(T) -> ControlFlow<()>) -> Result<()> {
    guarded(|| {
        let mut rows = TableReader::new(file)?;
        while let Some(row) = rows.next_row()? {
            if take(row).is_break() {
                break;
            }
        }
        Ok(())
    })
}

/// What `read` gives, which reads tables. The library panics at some metadata that no writer makes, which the fuzzer does; that becomes an
/// error.
pub(super) fn guarded<R>(read: impl FnOnce() -> Result<R>) -> Result<R> {
    IS_READING.set(true);
    let found = catch_unwind(AssertUnwindSafe(read));
    IS_READING.set(false);
    found.unwrap_or_else(|_| Err(ParquetError::General("its metadata contradict themselves".into())))
}

/// A table that is being read row by row. What reads it has to be [`guarded`].
pub(super) struct TableReader<T> {
    reader: SerializedFileReader<File>,
    fields: Vec<Field>,
    /// Number of the next row group.
    next: usize,
    /// Columns of the present row group, and how many of its rows are left.
    columns: Vec<Box<dyn Iterator<Item = Value>>>,
    left: i64,
    of: PhantomData<T>,
}

impl<T: Table> TableReader<T> {
    /// The table in `file`, which must have exactly the columns of `T`.
    pub(super) fn new(file: File) -> Result<Self> {
        let reader = SerializedFileReader::new(file)?;
        let fields = T::fields();
        let found = reader.metadata().file_metadata().schema();
        let needed = schema(T::NAME, &fields)?;
        if *found != needed {
            let names =
                |table: &Type| table.get_fields().iter().map(|c| c.name().to_string()).collect::<Vec<_>>().join(", ");
            let message = format!("columns {}, but this version of CoSpike reads {}", names(found), names(&needed));
            return Err(ParquetError::General(message));
        }
        Ok(Self { reader, fields, next: 0, columns: vec![], left: 0, of: PhantomData })
    }

    /// The next row; `None` behind the last one.
    pub(super) fn next_row(&mut self) -> Result<Option<T>> {
        while self.left == 0 {
            if self.next == self.reader.num_row_groups() {
                return Ok(None);
            }
            let group = self.reader.get_row_group(self.next)?;
            let columns = self.fields.iter().enumerate().map(|(index, field)| Column::read(&*group, index, field));
            self.columns = columns.collect::<Result<Vec<_>>>()?.into_iter().map(Column::into_values).collect();
            (self.next, self.left) = (self.next + 1, group.metadata().num_rows());
        }
        self.left -= 1;
        let mut values = self.columns.iter_mut().map_while(Iterator::next);
        T::from_values(&mut values).map(Some).ok_or_else(too_short)
    }
}

fn schema(name: &str, fields: &[Field]) -> Result<Type> {
    let columns = fields.iter().map(|field| declare(field).map(Arc::new)).collect::<Result<_>>()?;
    Type::group_type_builder(name).with_fields(columns).build()
}

/// The Parquet column of a field.
fn declare(field: &Field) -> Result<Type> {
    let (physical, logical) = match field.kind {
        Kind::Whole32 => (Physical::INT32, Some(LogicalType::integer(32, false))),
        Kind::Whole64 => (Physical::INT64, Some(LogicalType::integer(64, false))),
        Kind::Real => (Physical::DOUBLE, None),
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Truth => (Physical::BOOLEAN, None),
    };
    let repetition = if field.is_optional { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    let column = Type::primitive_type_builder(&field.name, physical);
    column.with_logical_type(logical).with_repetition(repetition).build()
}

/// The cells of one column in a row group.
struct Column {
    cells: Cells,
    /// For a column with optional values, 1 where a row has one and 0 where it is missing.
    present: Option<Vec<i16>>,
}

/// Values as Parquet stores them, without the missing ones.
enum Cells {
    Whole32(Vec<i32>),
    Whole64(Vec<i64>),
    Real(Vec<f64>),
    Text(Vec<ByteArray>),
    Truth(Vec<bool>),
}

impl Column {
    fn new(field: &Field) -> Self {
        let cells = match field.kind {
            Kind::Whole32 => Cells::Whole32(vec![]),
            Kind::Whole64 => Cells::Whole64(vec![]),
            Kind::Real => Cells::Real(vec![]),
            Kind::Text => Cells::Text(vec![]),
            Kind::Truth => Cells::Truth(vec![]),
        };
        Self { cells, present: field.is_optional.then(Vec::new) }
    }

    fn clear(&mut self) {
        match &mut self.cells {
            Cells::Whole32(cells) => cells.clear(),
            Cells::Whole64(cells) => cells.clear(),
            Cells::Real(cells) => cells.clear(),
            Cells::Text(cells) => cells.clear(),
            Cells::Truth(cells) => cells.clear(),
        }
        self.present.iter_mut().for_each(Vec::clear);
    }

    fn push(&mut self, value: Value) -> Result<()> {
        if let Some(present) = &mut self.present {
            present.push((value != Value::Missing).into());
        }
        match (&mut self.cells, value) {
            (Cells::Whole32(cells), Value::Whole(number)) => {
                cells.push(u32::try_from(number).map_err(|_| too_short())?.cast_signed());
            }
            (Cells::Whole64(cells), Value::Whole(number)) => cells.push(number.cast_signed()),
            (Cells::Real(cells), Value::Real(number)) => cells.push(number),
            (Cells::Truth(cells), Value::Truth(truth)) => cells.push(truth),
            // Many texts say what the row before says, and share its memory.
            (Cells::Text(cells), Value::Text(text)) => match cells.last() {
                Some(last) if last.data() == text.as_bytes() => cells.push(last.clone()),
                _ => cells.push(text.into_bytes().into()),
            },
            (_, Value::Missing) if self.present.is_some() => {}
            _ => return Err(too_short()),
        }
        Ok(())
    }

    fn write(&self, group: &mut SerializedRowGroupWriter<'_, File>) -> Result<()> {
        let Some(mut column) = group.next_column()? else { return Err(too_short()) };
        let present = self.present.as_deref();
        match &self.cells {
            Cells::Whole32(cells) => column.typed::<Int32Type>().write_batch(cells, present, None)?,
            Cells::Whole64(cells) => column.typed::<Int64Type>().write_batch(cells, present, None)?,
            Cells::Real(cells) => column.typed::<DoubleType>().write_batch(cells, present, None)?,
            Cells::Text(cells) => column.typed::<ByteArrayType>().write_batch(cells, present, None)?,
            Cells::Truth(cells) => column.typed::<BoolType>().write_batch(cells, present, None)?,
        };
        column.close()
    }

    fn read(group: &dyn RowGroupReader, index: usize, field: &Field) -> Result<Self> {
        let mut column = Self::new(field);
        let present = &mut column.present;
        match &mut column.cells {
            Cells::Whole32(cells) => read_cells::<Int32Type>(group, index, cells, present)?,
            Cells::Whole64(cells) => read_cells::<Int64Type>(group, index, cells, present)?,
            Cells::Real(cells) => read_cells::<DoubleType>(group, index, cells, present)?,
            Cells::Text(cells) => read_cells::<ByteArrayType>(group, index, cells, present)?,
            Cells::Truth(cells) => read_cells::<BoolType>(group, index, cells, present)?,
        }
        Ok(column)
    }

    /// The values row by row; ends early at a text that is not UTF-8.
    fn into_values(self) -> Box<dyn Iterator<Item = Value>> {
        let values: Box<dyn Iterator<Item = Value>> = match self.cells {
            Cells::Whole32(cells) => Box::new(cells.into_iter().map(|cell| Value::Whole(cell.cast_unsigned().into()))),
            Cells::Whole64(cells) => Box::new(cells.into_iter().map(|cell| Value::Whole(cell.cast_unsigned()))),
            Cells::Real(cells) => Box::new(cells.into_iter().map(Value::Real)),
            Cells::Truth(cells) => Box::new(cells.into_iter().map(Value::Truth)),
            Cells::Text(cells) => {
                let text = |cell: ByteArray| String::from_utf8(cell.data().to_vec()).ok().map(Value::Text);
                Box::new(cells.into_iter().map_while(text))
            }
        };
        match self.present {
            None => values,
            Some(present) => {
                let mut values = values;
                Box::new(present.into_iter().map_while(move |here| match here {
                    0 => Some(Value::Missing),
                    _ => values.next(),
                }))
            }
        }
    }
}

fn read_cells<D: DataType>(
    group: &dyn RowGroupReader,
    index: usize,
    cells: &mut Vec<D::T>,
    present: &mut Option<Vec<i16>>,
) -> Result<()> {
    let mut reader = get_typed_column_reader::<D>(group.get_column_reader(index)?);
    let rows = usize::try_from(group.metadata().num_rows()).map_err(|_| too_short())?;
    let mut read = 0;
    while read < rows {
        let (records, ..) = reader.read_records(rows - read, present.as_mut(), None, cells)?;
        if records == 0 {
            return Err(too_short());
        }
        read += records;
    }
    Ok(())
}

fn too_short() -> ParquetError {
    ParquetError::General("a column ends before the table does, or holds a value that it cannot".into())
}
