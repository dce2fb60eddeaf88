"""Networks: districts of a collaborative that look at their figures together, under one name.

Belongs here: reading ``networks.csv`` and saying who is in a network in a school year. Does not belong here: comparing
the members, which is a matter of marts.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingestion.collaborative import Collaborative
from ingestion.configuration_table import read_table
from ingestion.yaml_document import ConfigurationError


@dataclass(frozen=True)
class Membership:
    """One row of ``networks.csv``; a year left out means without limit.

    Attributes:
        network_id: short name.
        name: name for people, the same in every row of the network.
        district_id: a district of the roster.
        from_year: first school year (ending year) in the network.
        to_year: last school year in the network.
    """

    network_id: str
    name: str
    district_id: str
    from_year: int | None = None
    to_year: int | None = None

    def covers(self, school_year: int) -> bool:
        """Whether the district is in the network in that school year."""
        return (self.from_year or 0) <= school_year <= (self.to_year or 9999)

    def overlaps(self, other: Membership) -> bool:
        """Whether both say that the same district is in the same network in some year."""
        same = (self.network_id, self.district_id) == (other.network_id, other.district_id)
        starts, ends = max(self.from_year or 0, other.from_year or 0), min(self.to_year or 9999, other.to_year or 9999)
        return same and starts <= ends


@dataclass(frozen=True)
class Networks:
    """A collaborative's networks.

    Attributes:
        collaborative: the collaborative whose roster bounds every network.
        memberships: who belongs to what, and when.
    """

    collaborative: Collaborative
    memberships: tuple[Membership, ...]

    @property
    def names(self) -> dict[str, str]:
        """Name of each network by its id."""
        return {row.network_id: row.name for row in self.memberships}

    def members(self, network_id: str, school_year: int) -> tuple[str, ...]:
        """Ids of the districts that are in the network and on the roster in that school year, in order.

        Raises:
            ConfigurationError: the collaborative has no such network.
        """
        rows = self._of(network_id)
        roster = {district.district_id for district in self.collaborative.roster(school_year)}
        return tuple(sorted({row.district_id for row in rows if row.covers(school_year)} & roster))

    def all_members(self, network_id: str) -> tuple[str, ...]:
        """Ids of the districts that are in the network in any year, in order.

        Raises:
            ConfigurationError: the collaborative has no such network.
        """
        return tuple(sorted({row.district_id for row in self._of(network_id)}))

    def _of(self, network_id: str) -> list[Membership]:
        rows = [row for row in self.memberships if row.network_id == network_id]
        if not rows:
            known = ", ".join(sorted(self.names)) or "none"
            message = f"'{network_id}' is not a network of {self.collaborative.name}; known: {known}"
            raise ConfigurationError([message])
        return rows


def load_networks(collaborative: Collaborative) -> Networks:
    """Load ``networks.csv`` of a collaborative; without that file it has no networks.

    Raises:
        ConfigurationError: with every fault found, each ``file:line:column: message``.
    """
    path = collaborative.folder / "networks.csv"
    if not path.is_file():
        return Networks(collaborative, ())
    faults: list[str] = []
    rows = read_table(path, Membership, ["network_id", "district_id", "from_year"], faults)
    if not faults:
        faults.extend(_check(path, rows, collaborative))
    if faults:
        raise ConfigurationError(faults)
    return Networks(collaborative, rows)


def _check(path: Path, rows: Sequence[Membership], collaborative: Collaborative) -> Iterator[str]:
    names: dict[str, str] = {}
    for number, (line, row) in enumerate(zip(_lines(path), rows, strict=True)):
        if collaborative.district(row.district_id) is None:
            yield f"{path}:{line}:district_id: '{row.district_id}' is not on the roster; correct it in one of the files"
        if names.setdefault(row.network_id, row.name) != row.name:
            yield f"{path}:{line}:name: must be '{names[row.network_id]}', as in the network's first row"
        if (row.from_year or 0) > (row.to_year or 9999):
            yield f"{path}:{line}:to_year: the district leaves before it joins; correct one of the years"
        elif any(row.overlaps(earlier) for earlier in rows[:number]):
            yield f"{path}:{line}:from_year: overlaps another row of the same district and network; keep one"


def _lines(path: Path) -> list[int]:
    """The line on which each row begins; empty rows do not count as rows."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle)
        next(reader, None)
        lines, line = [], reader.line_num + 1
        for cells in reader:
            if any(cells):
                lines.append(line)
            line = reader.line_num + 1
    return lines
