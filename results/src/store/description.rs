//! What a table says of its columns: Arrow's schema, in the metadata of a Parquet file.
//!
//! Parquet itself has no place for units and meanings; pandas, Polars, DuckDB and R look for them there. The message is written field by
//! field here, because Arrow's own crates (the tests read it with them) take longer to build than the rest of the tables' library
//! (`docs/performance.md`). Slots and numbers are those of `Message.fbs` and `Schema.fbs` in
//! <https://github.com/apache/arrow/tree/main/format>.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cospike_sim_core::record::{Field, Kind};
// The format of Arrow's metadata, without a compiler of its schemas.
use flatbuffers::{FlatBufferBuilder, TableFinishedWIPOffset, UnionWIPOffset, WIPOffset};
use parquet::file::metadata::KeyValue;

/// Key of the description in the metadata of a Parquet file.
const KEY: &str = "ARROW:schema";

/// A finished table of the message.
type Table = WIPOffset<TableFinishedWIPOffset>;

/// What a Parquet file with the columns `fields` says of them.
pub(super) fn describe(fields: &[Field]) -> KeyValue {
    let metadata = message(fields);
    let length = u32::try_from(metadata.len()).expect("a column takes some hundred bytes").to_le_bytes();
    // <https://arrow.apache.org/docs/format/Columnar.html>, "Encapsulated message format": a mark, the length, the metadata.
    KeyValue::new(KEY.into(), BASE64_STANDARD.encode([&[0xff; 4], &length[..], &metadata].concat()))
}

/// `Message` of version 5 with a `Schema` as its header and without a body.
fn message(fields: &[Field]) -> Vec<u8> {
    const VERSION_5: i16 = 4;
    const SCHEMA: u8 = 1;
    let mut builder = FlatBufferBuilder::new();
    let columns: Vec<_> = fields.iter().map(|field| column(&mut builder, field)).collect();
    let columns = builder.create_vector(&columns);
    let schema = table(&mut builder, |schema| schema.push_slot_always(slot(1), columns));
    let message = table(&mut builder, |message| {
        message.push_slot_always(slot(0), VERSION_5);
        message.push_slot_always(slot(1), SCHEMA);
        message.push_slot_always(slot(2), schema);
    });
    builder.finish_minimal(message);
    builder.finished_data().to_vec()
}

/// `Field`: name, whether values may be missing, type, children (none), and what else is known as pairs of texts.
fn column(builder: &mut FlatBufferBuilder<'_>, field: &Field) -> Table {
    let said = [("label", field.label.to_string()), ("meaning", field.meaning()), ("unit", field.unit.to_string())];
    let said = said.iter().filter(|(_, text)| !text.is_empty());
    let said: Vec<_> = said.map(|(key, text)| pair(builder, key, text)).collect();
    let said = builder.create_vector(&said);
    let name = builder.create_string(&field.name);
    let (number, kind) = kind(builder, field.kind);
    let children = builder.create_vector::<Table>(&[]);
    table(builder, |column| {
        column.push_slot_always(slot(0), name);
        column.push_slot_always(slot(1), field.is_optional);
        column.push_slot_always(slot(2), number);
        column.push_slot_always(slot(3), WIPOffset::<UnionWIPOffset>::new(kind.value()));
        column.push_slot_always(slot(5), children);
        column.push_slot_always(slot(6), said);
    })
}

/// The number of a type in the union `Type`, and its table.
fn kind(builder: &mut FlatBufferBuilder<'_>, kind: Kind) -> (u8, Table) {
    const INT: u8 = 2;
    const FLOATING_POINT: u8 = 3;
    const UTF8: u8 = 5;
    const BOOL: u8 = 6;
    const DOUBLE: i16 = 2;
    let unsigned = |builder: &mut _, bits: i32| (INT, table(builder, |int| int.push_slot_always(slot(0), bits)));
    match kind {
        Kind::Whole32 => unsigned(builder, 32),
        Kind::Whole64 => unsigned(builder, 64),
        Kind::Real => (FLOATING_POINT, table(builder, |real| real.push_slot_always(slot(0), DOUBLE))),
        Kind::Text => (UTF8, table(builder, |_| {})),
        Kind::Truth => (BOOL, table(builder, |_| {})),
    }
}

/// `KeyValue`.
fn pair(builder: &mut FlatBufferBuilder<'_>, key: &str, value: &str) -> Table {
    let (key, value) = (builder.create_string(key), builder.create_string(value));
    table(builder, |pair| {
        pair.push_slot_always(slot(0), key);
        pair.push_slot_always(slot(1), value);
    })
}

fn table(builder: &mut FlatBufferBuilder<'_>, fill: impl FnOnce(&mut FlatBufferBuilder<'_>)) -> Table {
    let start = builder.start_table();
    fill(builder);
    builder.end_table(start)
}

/// Where a table's directory keeps the position of its field `number`.
fn slot(number: u16) -> u16 {
    4 + 2 * number
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{LayerRow, PointRow, ReplicationRow};
    use arrow_ipc::convert::try_schema_from_ipc_buffer;
    use arrow_schema::{DataType, Field as Column, Schema};
    use cospike_sim_core::record::Record;
    use std::collections::BTreeMap;

    /// Arrow's own reader finds every column: its name, type, whether it may be missing, unit, label and meaning.
    #[test]
    fn arrow_reads_what_is_said_of_columns() {
        let tables = [PointRow::fields(), ReplicationRow::fields(), LayerRow::fields()];
        for kind in [Kind::Whole32, Kind::Whole64, Kind::Real, Kind::Text, Kind::Truth] {
            assert!(tables.iter().flatten().any(|field| field.kind == kind), "no column of kind {kind:?}");
        }
        for fields in tables {
            let encoded = BASE64_STANDARD.decode(describe(&fields).value.unwrap()).unwrap();
            let columns: Vec<_> = fields.iter().map(column_of_arrow).collect();
            assert_eq!(try_schema_from_ipc_buffer(&encoded).unwrap(), Schema::new(columns));
        }
    }

    fn column_of_arrow(field: &Field) -> Column {
        let kind = match field.kind {
            Kind::Whole32 => DataType::UInt32,
            Kind::Whole64 => DataType::UInt64,
            Kind::Real => DataType::Float64,
            Kind::Text => DataType::Utf8,
            Kind::Truth => DataType::Boolean,
        };
        let said = [("unit", field.unit.to_string()), ("label", field.label.into()), ("meaning", field.meaning())];
        let said = said.into_iter().filter(|(_, text)| !text.is_empty()).map(|(key, text)| (key.to_string(), text));
        Column::new(field.name.as_ref(), kind, field.is_optional).with_metadata(said.collect::<BTreeMap<_, _>>())
    }
}
