"""Crosswalks: what each text of a closed list means, kept as a CSV beside the mappings (``codes_from``).

Belongs here: taking them into the mapping's ``codes``, so that what a mapping says holds them. Does not belong here:
reading a sender's cells by them (``cell_forms.py``).
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from ingestion.yaml_document import ConfigurationError, Document

_KEYS = {"file", "text", "code"}


def take_in_crosswalks(document: Document) -> Document:
    """A mapping's file with each ``codes_from`` written out as ``codes``; a code of its own goes before.

    Raises:
        ConfigurationError: a crosswalk cannot be read, or says two things of one text.
    """
    columns = document.data.get("columns")
    if not isinstance(columns, dict):
        return document
    resolved = {name: _resolved(document, name, column) for name, column in columns.items()}
    return Document(document.path, {**document.data, "columns": resolved}, document.places)


def _resolved(document: Document, name: str, column: Any) -> Any:
    if not isinstance(column, dict) or "codes_from" not in column:
        return column
    said, where = column["codes_from"], document.place(("columns", name, "codes_from"))
    if not isinstance(said, dict) or set(said) != _KEYS or not all(isinstance(each, str) for each in said.values()):
        raise ConfigurationError([f"{where}: codes_from: needs file, text and code (two of its columns)"])
    codes = _read(document.path.parent / said["file"], said["text"], said["code"], where)
    rest = {key: value for key, value in column.items() if key != "codes_from"}
    return rest | {"codes": {**codes, **(column.get("codes") or {})}}


def _read(path: Path, text: str, code: str, where: str) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = list(csv.DictReader(handle))
    except (OSError, UnicodeError, csv.Error) as error:
        raise ConfigurationError(
            [f"{where}: codes_from: {path.name} cannot be read ({type(error).__name__})"]
        ) from None
    codes: dict[str, str] = {}
    for line, row in enumerate(rows, start=2):
        if row.get(text) is None or not row.get(code):
            raise ConfigurationError([f"{path}:{line}:1: needs a text in '{text}' and its meaning in '{code}'"])
        if codes.setdefault(row[text].strip(), row[code].strip()) != row[code].strip():
            raise ConfigurationError([f"{path}:{line}:{text}: the text has another meaning on a line before"])
    if not codes:
        raise ConfigurationError([f"{where}: codes_from: {path.name} has no rows"])
    return codes
