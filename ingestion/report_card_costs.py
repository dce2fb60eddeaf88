"""What a fault costs, in words: which figures of how many schools are missing, old or short.

Belongs here: from an extract to its metrics, and the sentences. Does not belong here: finding faults.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from ingestion.contract import Contract, load_contracts
from ingestion.metric_dictionary import metric_definitions
from reporting.plain_text import count

if TYPE_CHECKING:
    from ingestion.collaborative import Collaborative
    from reporting.report_card.card import CardFile, ExpectedLine

NAMED = 4
"""Metrics named in a sentence before the rest is counted."""

WITHOUT_ROWS = ("missing", "refused", "header_only", "empty")


@cache
def metric_names() -> dict[str, str]:
    """Name of each metric that the product has figures of."""
    return {metric_id: row["name"] for metric_id, row in metric_definitions().items()}


def find_costs(
    collaborative: Collaborative,
    sender: str,
    expected: Sequence[ExpectedLine],
    files: Sequence[CardFile],
    held: Iterable[tuple[str, int | None]],
) -> tuple[str, ...]:
    """One sentence for each fault that costs figures.

    Args:
        collaborative: the schools.
        sender: whose card it is.
        expected: what was expected and what came.
        files: the files of the card.
        held: domains and years that are held.
    """
    is_held, found = set(held), []
    for line in expected:
        metrics = _names(_contract(line.extract).feeds)
        fault = line.arrival in WITHOUT_ROWS
        if metrics and (fault or (line.domain, line.school_year) in is_held):
            who = _schools(collaborative, sender, line.school_year)
            found.append(_loss(line, who, metrics, is_held=not fault))
    found += [_refused_rows(file) for file in files if file.arrival == "with_refused_rows" and _metrics(file)]
    return tuple(dict.fromkeys(found))


def find_missing_columns(file: CardFile, filled: Iterable[str]) -> tuple[str, ...]:
    """What optional columns that a file does not have would feed."""
    contract, has = _contract(file.extract), set(filled)
    missing = [c for c in contract.columns if not c.required and c.name not in has and _names(c.feeds)]
    return tuple(
        f"{file.file_name} has no column for {c.name}: without it there is no {_some(_names(c.feeds))}" for c in missing
    )


def _loss(line: ExpectedLine, who: str, metrics: Sequence[str], *, is_held: bool) -> str:
    names = _some(metrics)
    year = f" in {line.school_year}" if line.school_year else ""
    why = "held" if is_held else _WHY[line.arrival]
    if line.serves_through:
        before = f"only what was admitted before, through {line.serves_through}"
        return f"{line.title} ({why}): {who} will have {before}: {names}"
    return f"{line.title} ({why}): {who} will lack{year}: {names}"


_WHY = {"missing": "missing", "refused": "refused", "header_only": "headings without rows", "empty": "empty file"}


def _refused_rows(file: CardFile) -> str:
    rows = count(file.rows.rejected, "row")
    verb = "counts" if file.rows.rejected == 1 else "count"
    return f"{rows} of {file.file_name} refused: {verb} nothing in {_some(_metrics(file))}"


def _some(names: Sequence[str]) -> str:
    """The first names; a name may hold a comma."""
    left_out = len(names) - NAMED
    return "; ".join(names[:NAMED]) + (f"; and {left_out:,} more" if left_out > 0 else "")


def _metrics(file: CardFile) -> list[str]:
    return _names(_contract(file.extract).feeds) if file.extract else []


def _contract(extract: str) -> Contract:
    return load_contracts()[extract.split(".")[0]]


def _names(metric_ids: Iterable[str]) -> list[str]:
    known = metric_names()
    return list(dict.fromkeys(known[each] for each in metric_ids if each in known))


def _schools(collaborative: Collaborative, sender: str, school_year: int | None) -> str:
    """Who lacks it: the district's schools that are open in that year, else the district."""
    if collaborative.district(sender) is None:
        return "all its districts"
    schools = [school for school in collaborative.schools_open(school_year or 0) if school.district_id == sender]
    return count(len(schools), "school") if schools else "the district and its schools"
