"""Inputs that the search begins with: a good and some strange files of each form.

Belongs here: small files made by the libraries that usually make them. Does not belong here: what was found
(``found/``).
"""

import datetime
import gzip
import io
import json
import tempfile
import zipfile
from decimal import Decimal
from pathlib import Path

from tests.ingestion.old_workbooks import Day, Failed, write_old_workbook


def make_seeds(target: str) -> list[bytes]:
    """The seeds of one target."""
    return [b"", *SEEDS[target]()]


def _texts() -> list[bytes]:
    good = 'code,amount\n1,2\n3,"4 ""x"""\n'
    texts = [good, "Title\n,\ncode,amount\r\n1,2\r\n\r\nNote 1\r\n", "a,b\ncode,amount\n1,2\ncode,amount\n3,4\n"]
    texts += ["CODE;Amount\n1;2\n", "code\tamount\r1\t2\r", "code|amount\n|\n", "code,amount,x\n1\n1,2,3,4\n"]
    return [bytes([number]) + text.encode() for number, text in enumerate(texts)] + [
        b"\x02" + good.encode("utf-16"),
        b"\x01" + "code,amount\ncaf\xe9,1\n".encode("cp1252"),
        b"\x04\xef\xbb\xbf" + good.encode(),
        b"\x00<!DOCTYPE html>",
        b"\x00%PDF-1.7",
    ]


def _fixed() -> list[bytes]:
    return [b"\x00001 12.5\n002    1\n", b"\x00001\r\n00\r\n\r\n003 1234 x\r\n", b"\x01\xe9\xe9\xe9 1\n"]


def _json() -> list[bytes]:
    records = [{"code": "1", "amount": 1.5, "l": [{"m": [1, {"n": None}]}]}, {"code": True}]
    lines = "".join(json.dumps(record) + "\n" for record in records).encode()
    document = json.dumps({"d": records, "e": {"f": [1e5]}}).encode()
    return [
        b"\x00" + lines,
        b"\x02" + lines,
        b"\x00" + json.dumps(records).encode(),
        b"\x01" + document,
        b"\x03" + document,
    ]


def _parquet() -> list[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [
        pa.table({"code": ["1", None], "amount": [Decimal("1.50"), Decimal("-2")]}),
        pa.table({"code": [1.5, float("nan")], "amount": [{"x": 1, "y": [2]}, None]}),
        pa.table({"code": [datetime.date(2020, 1, 1)], "amount": [b"x"]}),
    ]
    found = []
    for table in tables:
        for compression in ("none", "snappy", "zstd"):
            out = io.BytesIO()
            pq.write_table(table, out, compression=compression, write_page_checksum=compression == "none")
            found.append(out.getvalue()[4:])
    return found


def _workbooks() -> list[bytes]:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate([["Title"], ["code", "amount"], ["1", 2.5], [True, datetime.date(2020, 1, 1)]]):
            sheet.write_row(number, 0, row)
    stored = io.BytesIO()
    with zipfile.ZipFile(out) as packed, zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as plain:
        for name in packed.namelist():
            plain.writestr(name, packed.read(name))
    broken = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    with tempfile.TemporaryDirectory() as folder:
        rows = [["code", "amount"], ["1", 2.5], [True, Day(43890)], ["é", Failed(7)]]
        old = write_old_workbook(Path(folder) / "old.xls", rows).read_bytes()
    return [out.getvalue(), stored.getvalue(), old, broken, b"PK\x03\x04"]


def _archives() -> list[bytes]:
    found = [gzip.compress(b"code,amount\n1,2\n"), gzip.compress(b"")]
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            archive.writestr("a.csv", b"code,amount\n1,2\n")
            archive.writestr("d/b.csv", b"0" * 500)
        found.append(out.getvalue())
    return found


SEEDS = {
    "text": _texts,
    "fixed": _fixed,
    "json": _json,
    "parquet": _parquet,
    "workbook": _workbooks,
    "archive": _archives,
}
