"""Rows that come as one text each: what cannot be one is told, and never a value of it."""

import pyarrow as pa
import pytest
import sqlalchemy as sa

from ingestion.sources.outcomes import FileFault
from ingestion.sources.sql_columns import PlannedColumn
from ingestion.sources.sql_lines import Lines


def lines(type_):
    column = PlannedColumn("n", type_, sa.column("n"), sa.column("n"), sa.column("n"), comes_as_text=False)
    return Lines({"0": column})


def test_lines__are_read_as_numbers_and_texts():
    assert lines(pa.string()).read([('{"0": "x"}',), ('{"0": null}',), ('{"0": ""}',)])[0].to_pylist() == [
        "x", None, ""
    ]  # fmt: skip
    assert lines(pa.int64()).read([('{"0": 9007199254740993}',)])[0].to_pylist() == [9007199254740993]


def test_lines__a_row_that_the_database_could_not_write_is_told():
    with pytest.raises(FileFault, match="longer than the database may send"):
        lines(pa.string()).read([('{"0": "x"}',), (None,)])


@pytest.mark.parametrize(("type_", "cell"), [(pa.int64(), '"secret"'), (pa.int64(), "1.5"), (pa.string(), "12")])
def test_lines__a_cell_of_another_type_names_its_column(type_, cell):
    with pytest.raises(FileFault, match=f"column 'n' holds something that is not a {type_}") as fault:
        lines(type_).read([(f'{{"0": {cell}}}',)])
    assert "secret" not in str(fault.value)
