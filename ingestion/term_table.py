"""One table of terms: how its file is read, and the rows and columns that dbt reads of it, all by its record.

Belongs here: what every table of terms goes through. Does not belong here: which tables there are (``terms.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from ingestion.configuration_table import read_optional, read_with_defaults

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.collaborative import Period

    WriteOut = Callable[[tuple[Any, ...], str, Mapping[int, Period]], Iterable[Any]]

Terms = Mapping[str, tuple[Any, ...]]
"""The rows of each table of terms, by its name."""


@dataclass(frozen=True)
class TermTable:
    """One CSV file of terms.

    Attributes:
        row_type: the record of a row.
        key: fields that together must not repeat.
        is_shipped: whether the product has rows of its own, which a collaborative's are laid over.
        left_out: fields that dbt does not read.
        write_out: makes the rows that dbt reads, of the rows, the collaborative's state and the school years; the
            file's own when left out.
        written_type: the record of a row that dbt reads, where it is another.
    """

    row_type: type
    key: tuple[str, ...]
    is_shipped: bool = True
    left_out: tuple[str, ...] = ("note",)
    write_out: WriteOut | None = None
    written_type: type | None = None

    def read(self, path: Path, faults: list[str]) -> tuple[Any, ...]:
        """The rows of a collaborative's file, over the product's own; every fault is appended with file and line."""
        read = read_with_defaults if self.is_shipped else read_optional
        return read(path, self.row_type, self.key, faults)

    def compile(self, rows: tuple[Any, ...], state: str, years: Mapping[int, Period]) -> list[dict[str, Any]]:
        """The rows that dbt reads."""
        written = self.write_out(rows, state, years) if self.write_out else rows
        return [{name: getattr(row, name) for name in self._names} for row in written]

    def columns(self) -> dict[str, pa.DataType]:
        """The columns that dbt reads."""
        hints = get_type_hints(self.written_type or self.row_type)
        return {name: _data_type(hints[name]) for name in self._names}

    @property
    def _names(self) -> list[str]:
        return [field.name for field in fields(self.written_type or self.row_type) if field.name not in self.left_out]


def _data_type(annotation: Any) -> pa.DataType:
    import pyarrow as pa

    if get_origin(annotation) is Literal:
        return pa.string()
    (kind,) = {*(get_args(annotation) or (annotation,))} - {NoneType}
    types = {str: pa.string(), int: pa.int32(), bool: pa.bool_(), date: pa.date32(), Decimal: pa.decimal128(18, 6)}
    return types[kind]
