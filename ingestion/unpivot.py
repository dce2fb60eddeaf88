"""The short form of a wide report: many columns and rows that differ by a part of their heading.

Belongs here: writing it out as the columns and rows that it stands for, before a mapping is looked at. Does not belong
here: whether these fit the contract (``mapping_checks.py``).

An entry of ``unpivot`` has ``each`` (by name, the texts in the headings and what each means; a list where a text means
itself), ``columns`` (as of a mapping, with ``{name}`` where the text stands in the heading) and ``rows`` (as of a
mapping, with ``{name}`` where the meaning stands). It is written out for every combination of texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

_KEYS = {"each", "columns", "rows"}
_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def expand_unpivot(said: dict[str, Any]) -> dict[str, Any]:
    """What a mapping says, with ``unpivot`` written out.

    Raises:
        ValueError: an entry is not written as the form asks, or two columns would have one name.
    """
    entries = said["unpivot"]
    if not isinstance(entries, list):
        raise ValueError("unpivot must be a list of entries with each, columns and rows")
    columns, rows = dict(said.get("columns") or {}), list(said.get("rows") or [])
    for number, entry in enumerate(entries):
        for more_columns, more_rows in _written_out(entry, number):
            doubled = set(columns) & set(more_columns)
            if doubled:
                raise ValueError(f"unpivot.{number}: two columns would be named {', '.join(sorted(doubled))}")
            columns |= more_columns
            rows += more_rows
    return {key: value for key, value in said.items() if key != "unpivot"} | {"columns": columns, "rows": rows}


def _written_out(entry: Any, number: int) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Columns and rows of each combination."""
    if not isinstance(entry, dict) or set(entry) != _KEYS:
        raise ValueError(f"unpivot.{number} must say each, columns and rows, and nothing else")
    if not isinstance(entry["each"], dict) or not isinstance(entry["columns"], dict):
        raise ValueError(f"unpivot.{number}: each and columns hold names and what they stand for")
    parts = {name: _meanings(texts, number) for name, texts in entry["each"].items()}
    unknown = set(_PLACE.findall(repr((entry["columns"], entry["rows"])))) - set(parts)
    if unknown:
        raise ValueError(f"unpivot.{number}: {', '.join(sorted(unknown))} is not one of the names of each")
    for combination in product(*(meanings.items() for meanings in parts.values())):
        texts = {name: text for name, (text, _) in zip(parts, combination, strict=True)}
        meanings = {name: meaning for name, (_, meaning) in zip(parts, combination, strict=True)}
        names = {name: _name(name, texts) for name in entry["columns"]}
        yield (
            {names[name]: _filled(column, texts) for name, column in entry["columns"].items()},
            [_renamed(_filled(row, meanings), names) for row in entry["rows"]],
        )


def _meanings(texts: Any, number: int) -> dict[str, str]:
    if isinstance(texts, list):
        texts = {text: text for text in texts}
    if not isinstance(texts, dict) or not all(isinstance(each, str) for pair in texts.items() for each in pair):
        raise ValueError(f"unpivot.{number}: each needs texts in quotes, and what each of them means")
    return texts


def _name(column: str, texts: dict[str, str]) -> str:
    """A name for the column of one combination."""
    return "_".join([column, *(re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") for text in texts.values())])


def _filled(value: Any, words: dict[str, str]) -> Any:
    """A value with the words in their places, however deep they stand."""
    if isinstance(value, str):
        return _PLACE.sub(lambda place: words[place[1]], value)
    if isinstance(value, dict):
        return {key: _filled(each, words) for key, each in value.items()}
    return [_filled(each, words) for each in value] if isinstance(value, list) else value


def _renamed(row: Any, names: dict[str, str]) -> Any:
    """A row whose sources name the columns of its own combination."""
    if not isinstance(row, dict):
        return row
    keys = ("column", "divide", "by")
    return {
        name: {key: names.get(each, each) if key in keys else each for key, each in source.items()}
        if isinstance(source, dict)
        else source
        for name, source in row.items()
    }
