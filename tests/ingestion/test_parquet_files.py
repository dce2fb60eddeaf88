"""Parquet as a delivery: each value as its one exact text, and what refuses the file."""

import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.readers import read_sheet
from ingestion.sheet import ReadOptions, UnreadableFile
from tests.ingestion.read_forms import refuse, rows

# Parquet


NEW_YEAR = datetime.datetime(2020, 1, 1)  # noqa: DTZ001 - as a file without zones has it


def parquet(folder, wanted=None, **columns):
    table = pa.table(columns)
    pq.write_table(table, folder / "file.parquet", write_page_checksum=True)
    return read_sheet(folder / "file.parquet", ReadOptions(wanted or tuple(columns)))


def test_parquet__writes_each_value_as_its_one_exact_text(tmp_path):
    sheet = parquet(
        tmp_path,
        text=["0001", None],
        money=pa.array([Decimal("12345678901234567.10"), Decimal("-0.05")], pa.decimal128(19, 2)),
        fine=pa.array([Decimal("0.0000000001"), None], pa.decimal128(38, 10)),
        whole=pa.array([2**63 - 1, None], pa.int64()),
        binary=[0.1, 1e-7],
        day=pa.array([datetime.date(2028, 2, 29), None]),
        moment=pa.array([NEW_YEAR, NEW_YEAR + datetime.timedelta(days=1, seconds=3.6)]),
        truth=[True, None],
        choice=pa.array(["a", "b"]).dictionary_encode(),
        inner=pa.array([{"x": 1, "y": {"z": "q"}}, None]),
    )
    assert sheet.headings[-2:] == ("inner.x", "inner.y.z")
    assert [row[2:] for row in rows(sheet)] == [
        (
            *("0001", "12345678901234567.10", "0.0000000001", "9223372036854775807", "0.1", "2028-02-29"),
            *("2020-01-01T00:00:00", "true", "a", "1", "q"),
        ),
        ("", "-0.05", "", "", "0.0000001", "", "2020-01-02T00:00:03.6", "", "b", "", ""),
    ]
    assert [row[:2] for row in rows(sheet)] == [(1, 0), (2, 0)]


def test_parquet__a_binary_fraction_that_is_no_exact_number_stays_visible(tmp_path):
    values = [0.1 + 0.2, 2.0**53, float("nan"), float("inf"), -0.0, 9007199254740991.0]
    texts = [row[2] for row in rows(parquet(tmp_path, code=values))]
    assert texts == ["0.30000000000000004", "9.007199254740992E+15", "nan", "inf", "0", "9007199254740991"]


def test_parquet__a_list_refuses_only_who_wants_it(tmp_path):
    sheet = parquet(tmp_path, ("code",), code=["1"], tags=[["a", "b"]])
    assert (sheet.headings, rows(sheet)) == (("code", "tags"), [(1, 0, "1", "")])
    with pytest.raises(UnreadableFile, match="the column 'tags' holds lists"):
        _ = parquet(tmp_path, ("tags",), code=["1"], tags=[["a", "b"]]).table


@pytest.mark.parametrize("damage", [lambda text: text[:-20], lambda text: b"PAR1" + text[9:], lambda text: text[:4]])
def test_parquet__that_is_damaged_is_refused(tmp_path, damage):
    parquet(tmp_path, code=["1", "2"], amount=["3", "4"])
    content = (tmp_path / "file.parquet").read_bytes()
    assert "the Parquet file is damaged or cut off" in refuse(tmp_path, damage(content))[1]


def test_parquet__a_flipped_byte_is_told_by_its_checksum(tmp_path):
    parquet(tmp_path, code=["wxyz" * 50, "b" * 200], amount=["3", "4"])
    content = bytearray((tmp_path / "file.parquet").read_bytes())
    content[content.index(b"wxyz") + 1] ^= 1
    assert "damaged" in refuse(tmp_path, bytes(content))[1]
