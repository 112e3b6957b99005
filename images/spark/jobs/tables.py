"""Tables of the analytics: for each a folder, for each day an object in it, replaced as a whole. So a table of a day is
there or not, never half, and making it again changes nothing."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from . import store


def key(table, day):
    return f"analytics/{table}/date={day}/part-0.parquet"


def write(place, table, day, rows):
    """`rows`: a small table of Spark, in its order."""
    found = rows.toArrow()
    # Spark's own types as every reader takes them.
    columns = []
    for field in found.schema:
        kind = pa.timestamp("ms", tz="UTC") if pa.types.is_timestamp(field.type) else field.type
        columns.append((pa.field(field.name, kind, field.nullable), found.column(field.name).cast(kind, safe=False)))
    found = pa.table([column for _, column in columns], schema=pa.schema([field for field, _ in columns]))
    sink = io.BytesIO()
    pq.write_table(found, sink, compression="zstd", data_page_version="1.0")
    store.of(place).put(key(table, day), sink.getvalue())
    return found.num_rows
