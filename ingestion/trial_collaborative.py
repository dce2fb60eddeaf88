"""A collaborative that knows just enough to try one mapping on one file.

Belongs here: making up its roster and calendar. Does not belong here: reading the file (``reading.py``).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ingestion.collaborative import Collaborative, District, Period, Sender
from ingestion.mapping import Mapping
from ingestion.sheet import ReadOptions

SAMPLE = "sample"
"""The district that sends the file, where its name does not say one."""
_YEARS = range(1990, 2100)


def make_trial_collaborative(mapping: Mapping, districts: set[str]) -> Collaborative:
    """A calendar of all years, and a roster of these districts."""
    statewide = mapping.districts is not None
    sender = mapping.sender or SAMPLE
    return Collaborative(
        id="trial",
        name="Trial",
        state="XX",
        folder=Path(),
        time_zone="UTC",
        nightly_hour=4,
        docs_url="",
        owners=(),
        releases_kept=1,
        senders=(Sender(sender, sender, statewide=True),) if statewide else (),
        districts=tuple(District(district, district, "trial") for district in sorted(districts)),
        periods=tuple(Period("year", year, year, date(year - 1, 7, 1), date(year, 6, 30)) for year in _YEARS),
        threshold_rows=(),
        value_ranges=(),
        state_functions=(),
        mappings=(mapping,),
    )


def districts_in(path: Path, mapping: Mapping, sender: str) -> set[str]:
    """The districts that a file is about: its sender, or those whose codes stand in it.

    Raises:
        UnreadableFile: the file is no table that the mapping could read.
    """
    if mapping.districts is None:
        return {sender}
    rule = mapping.districts
    codes = cells_of(path, mapping, mapping.columns[rule.column].heading)
    own = {code[: rule.district_digits] for code in codes - set(rule.totals) if len(code) == rule.width}
    return {f"{code}{rule.suffix}" for code in own if f"{code}{rule.suffix}".isalnum()}


def cells_of(path: Path, mapping: Mapping, heading: str) -> set[str]:
    """The different filled cells of one column.

    Raises:
        UnreadableFile: the file is no table that the mapping could read.
    """
    from ingestion.readers import read_sheet

    sheet = read_sheet(path, ReadOptions.of(mapping))
    if heading not in sheet.headings:
        return set()
    place = f"c{sheet.headings.index(heading)}"
    found = (cell for batch in sheet.batches for cell in batch.column(place).unique().to_pylist())
    return {str(cell).strip() for cell in found if cell and str(cell).strip()}
