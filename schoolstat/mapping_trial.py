"""One mapping tried on one file: a sample in, rows out. No home, no configuration and no collaborative is needed.

Belongs here: which mapping is meant, and what of the rows may be shown. Does not belong here: reading the file
(``ingestion.reading``), judging across files (``district_check.py``).

Of a column that tells of a person nothing is shown but what kind of value stands there; an id is shown as the number of
its surrogate, counted from 1 in the order of the rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ingestion.contract import Column, Contract, load_contracts
from ingestion.findings import Reading
from ingestion.known_names import all_mapping_paths
from ingestion.mapping import Mapping
from ingestion.mapping_checks import check_mapping
from ingestion.mapping_files import find_shipped, load_mapping, own_mappings
from ingestion.sheet import UnreadableFile
from ingestion.trial_collaborative import SAMPLE, districts_in, make_trial_collaborative
from ingestion.yaml_document import ConfigurationError
from reporting.check_report import build_record, build_renderable, describe_reading

ROWS_SHOWN = 5
VALID, REFUSED = 0, 3


@dataclass(frozen=True)
class Trial:
    """What a mapping made of a file.

    Attributes:
        reading: what was read.
        columns: landed columns that the mapping fills.
        rows: the first rows, personal columns without their values.
    """

    reading: Reading
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def code(self) -> int:
        """The exit code: 3 when the file is refused as a whole."""
        return REFUSED if self.reading.state == "quarantined" else VALID

    def to_dict(self) -> dict[str, Any]:
        """As values for JSON."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        checked = build_record([describe_reading(self.reading)])["files"][0]
        return {
            "contract": self.reading.contract.name,
            "n_rows_out": self.reading.table.num_rows,
            "rows": rows,
        } | checked

    def render(self) -> RenderableType:
        """The report of the file, then the first rows: a landed row is a column, as there are many names."""
        table = Table(show_header=True, title=f"{self.reading.table.num_rows:,} rows out; the first {len(self.rows)}")
        table.add_column(self.reading.contract.name, style="bold", no_wrap=True)
        for number in range(1, len(self.rows) + 1):
            table.add_column(f"row {number}", overflow="fold")
        for place, name in enumerate(self.columns):
            table.add_row(Text(name), *(Text(row[place]) for row in self.rows))
        report = build_renderable([describe_reading(self.reading)])
        return Group(report, table) if self.rows else report


def find_named_mapping(name: str, collaborative: Path | None = None) -> Mapping:
    """The mapping of a file, or of that name: a collaborative's own, or a shipped one.

    Raises:
        ConfigurationError: there is none, or it does not fit its contract.
    """
    own = list(own_mappings(collaborative / "mappings")) if collaborative else []
    paths = [Path(name)] if name.endswith((".yaml", ".yml")) else [*own, *find_shipped(name), *all_mapping_paths()]
    for path in paths:
        if not name.endswith((".yaml", ".yml")) and name not in (path.stem, f"{path.parent.name}/{path.stem}"):
            continue
        mapping, document = load_mapping(path)
        faults = [
            f"{document.place(at)}: {'.'.join(map(str, at))}: {words}"
            for at, words in check_mapping(mapping, load_contracts())
        ]
        if faults:
            raise ConfigurationError(faults)
        return mapping
    raise ConfigurationError([f"no mapping is named '{name}'; give its file, or a name such as nwea/map_growth"])


def try_mapping(mapping: Mapping, path: Path, year: int | None = None) -> Trial:
    """Read a file by a mapping, whether or not the file has a name that the mapping is meant for.

    Args:
        mapping: the mapping.
        path: the file.
        year: school year of the rows, where neither name, title nor rows say it.

    Raises:
        ConfigurationError: nothing says the school year, or the file is no table.
    """
    from ingestion.reading import read_delivery

    relative_path, mapping = _place(mapping, path, year)
    match = mapping.match(relative_path)
    sender = mapping.sender or (match["district_id"] if match else SAMPLE)
    try:
        districts = districts_in(path, mapping, sender)
    except UnreadableFile:
        districts = {SAMPLE}  # reading it says what is wrong
    contract = load_contracts()[mapping.contract]
    reading = read_delivery(path, relative_path, mapping, contract, make_trial_collaborative(mapping, districts))
    columns = _filled(mapping, contract)
    return Trial(reading, columns, tuple(_show_rows(reading, columns)))


def _place(mapping: Mapping, path: Path, year: int | None) -> tuple[str, Mapping]:
    """The path under which the mapping knows the file; any name is as good as another for a trial."""
    parts = path.resolve().parts[1:]
    for number in range(1, len(parts) + 1):
        relative_path = "/".join(parts[-number:])
        if year is None and mapping.match(relative_path):
            return relative_path, mapping
    said = re.findall(r"(?<!\d)(20\d\d)(?!\d)", path.name)
    year = year or (int(said[0]) if len(said) == 1 else None)
    tells_year = mapping.school_year is not None or mapping.title_row is not None
    if year is None and not tells_year:
        raise ConfigurationError([f"{path.name}: nothing says the school year of its rows: add --year"])
    changed: dict[str, Any] = {"file": ".*", "sender": mapping.sender or SAMPLE}
    if not tells_year:
        changed["school_year"] = year
    return path.name, mapping.model_copy(update=changed)


def _filled(mapping: Mapping, contract: Contract) -> tuple[str, ...]:
    own = [
        column.name
        for column in contract.columns
        if any(mapping.source(number, column.name) is not None for number in range(len(mapping.rows)))
    ]
    given = [name for name in ("entity_type", "entity_id", "value_status") if contract.column(name) and name not in own]
    return ("source_line", "district_id", "school_year", *given, *own)


def _show_rows(reading: Reading, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    numbers: dict[tuple[str, object], int] = {}
    shown = []
    for row in reading.table.slice(0, ROWS_SHOWN).to_pylist():
        cells = [_show_cell(reading.contract.column(name), name, row[name], numbers) for name in columns]
        shown.append(tuple(cells))
    return shown


def _show_cell(column: Column | None, name: str, value: object, numbers: dict[tuple[str, object], int]) -> str:
    if value is None:
        return ""
    if column is None or column.personal == "none":
        return str(value)
    if column.personal == "id" and column.type == "surrogate":
        return f"surrogate {numbers.setdefault((column.pseudonym or name, value), len(numbers) + 1)}"
    kinds = {"date": "a date", "boolean": "yes or no", "text": "a text"}
    return f"({'a number' if column.is_number else kinds.get(column.type, 'a value')})"
