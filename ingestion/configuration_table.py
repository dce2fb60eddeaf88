"""One CSV file of a collaborative's configuration, read into records.

Belongs here: reading such a file with the line and column of every fault, and laying it over the product's
defaults. Does not belong here: which files there are, or what their values mean together.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from ingestion.yaml_document import plain_words

DEFAULTS = Path(__file__).parent / "defaults"
Row = TypeVar("Row")


def read_table(path: Path, row_type: type[Row], key: Sequence[str], faults: list[str]) -> tuple[Row, ...]:
    """Read a configuration file into ``row_type`` (a dataclass whose fields are the headings).

    Args:
        path: the CSV file.
        row_type: dataclass of one row; an empty cell takes the field's default.
        key: fields that together must not repeat.
        faults: every fault is appended here as ``file:line:column: message``.
    """
    if not path.is_file():
        faults.append(f"{path}:1:1: is missing; add it with the headings {', '.join(_headings(row_type))}")
        return ()
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            return _read_rows(csv.reader(handle, strict=True), path, row_type, key, faults)
    except (UnicodeDecodeError, csv.Error) as error:
        faults.append(f"{path}:1:1: cannot be read as UTF-8 CSV: {error}")
        return ()


def read_optional(path: Path, row_type: type[Row], key: Sequence[str], faults: list[str]) -> tuple[Row, ...]:
    """Read a configuration file that a collaborative may do without."""
    return read_table(path, row_type, key, faults) if path.is_file() else ()


def read_with_defaults(path: Path, row_type: type[Row], key: Sequence[str], faults: list[str]) -> tuple[Row, ...]:
    """Read a configuration file over the product's default of the same name; a row replaces the default's by key."""
    defaults = read_table(DEFAULTS / path.name, row_type, key, faults)
    own = read_optional(path, row_type, key, faults)
    merged = {_key(row, key): row for row in (*defaults, *own)}
    return tuple(merged[each] for each in sorted(merged))


def _read_rows(reader: Any, path: Path, row_type: type[Row], key: Sequence[str], faults: list[str]) -> tuple[Row, ...]:
    headings = next(reader, [])
    if not _headings_are_right(headings, path, row_type, faults):
        return ()
    adapter, rows, seen = TypeAdapter(row_type), [], {}
    line = reader.line_num + 1
    for cells in reader:
        row = _read_row(cells, headings, f"{path}:{line}", adapter, faults) if any(cells) else None
        if row is not None:
            first = seen.setdefault(_key(row, key), line)
            if first != line:
                faults.append(f"{path}:{line}:{key[0]}: repeats the {', '.join(key)} of line {first}; keep one")
            rows.append(row)
        line = reader.line_num + 1
    return tuple(rows)


def _read_row(cells: list[str], headings: list[str], place: str, adapter: TypeAdapter, faults: list[str]) -> Any:
    if len(cells) != len(headings):
        faults.append(f"{place}:1: has {len(cells)} cells where the headings are {len(headings)}")
        return None
    try:
        return adapter.validate_python({name: cell for name, cell in zip(headings, cells, strict=True) if cell != ""})
    except ValidationError as error:
        faults.extend(f"{place}:{(*fault['loc'], 1)[0]}: {plain_words(fault)}" for fault in error.errors())
        return None


def _headings_are_right(headings: list[str], path: Path, row_type: type, faults: list[str]) -> bool:
    allowed = _headings(row_type)
    required = [field.name for field in dataclasses.fields(row_type) if field.default is dataclasses.MISSING]
    problems = [f"the heading '{name}' is not known" for name in headings if name not in allowed]
    problems += [f"the heading '{name}' is missing" for name in required if name not in headings]
    problems += [f"the heading '{name}' stands twice" for name in allowed if headings.count(name) > 1]
    faults.extend(f"{path}:1:1: {problem}; the headings are {', '.join(allowed)}" for problem in problems)
    return not problems


def _headings(row_type: type) -> list[str]:
    return [field.name for field in dataclasses.fields(row_type)]


def _key(row: Any, key: Sequence[str]) -> tuple:
    return tuple(getattr(row, name) for name in key)
