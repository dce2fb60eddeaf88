"""Files of a few cells, read as a mapping of two columns reads them."""

import pytest

from ingestion.readers import read_sheet
from ingestion.sheet import ReadOptions, UnreadableFile

WANTED = ("code", "amount")


def read_text(folder, content, wanted=WANTED, **options):
    path = folder / "file.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_sheet(path, ReadOptions(wanted, **options))


def refuse(folder, content, wanted=WANTED, **options):
    with pytest.raises(UnreadableFile) as caught:
        _ = read_text(folder, content, wanted, **options).table
    assert caught.value.what_to_do
    return caught.value.line, caught.value.message


def rows(sheet):
    """Line, number of cells and cells of each row."""
    width = len([name for name in sheet.table.schema.names if name.startswith("c") and name != "cells"])
    return [
        (row["line"], row["cells"], *[row[f"c{number}"] for number in range(width)]) for row in sheet.table.to_pylist()
    ]
