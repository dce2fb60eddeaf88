"""Through which day the rows of a delivery go, where its sender does not say it.

Belongs here: the manifest's word, else the rows' own dates, else the file's day. Does not belong here: how old is too
old (``dim_delivery_status``).

Nothing of it is the clock's: a file's day is the one on which it was last written, in the collaborative's time zone, so
the same file says the same whenever it is read. Rows dated after that day (an absence excused in advance, a wrong year)
do not move it ahead: rule Q19 tells them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ingestion.rows_to_land import NAME
from ingestion.sql_text import quote

if TYPE_CHECKING:
    from ingestion.collaborative import Collaborative
    from ingestion.contract import Contract
    from ingestion.delivery_facts import FileFacts, Manifest
    from ingestion.rows_to_land import RowsToLand


def find_data_through(
    facts: FileFacts,
    manifest: Manifest,
    contract: Contract,
    rows: RowsToLand,
    collaborative: Collaborative,
    school_year: int | None,
) -> date | None:
    """The manifest's ``as_of``; else the greatest date of the rows, no later than the file; else the file's day.

    Args:
        facts: the file.
        manifest: what its sender promised.
        contract: the contract, which says whether a column dates the rows.
        rows: the rows that land.
        collaborative: the calendar, by which the day is bounded, and the time zone.
        school_year: whose rows they are; None when that is not known, and then nothing is said.
    """
    period = collaborative.whole_year(school_year) if school_year is not None else None
    if manifest.as_of is not None or period is None:
        return manifest.as_of
    written = datetime.fromtimestamp(facts.mtime_ns / 1e9, UTC).astimezone(ZoneInfo(collaborative.time_zone)).date()
    latest = _greatest(rows, contract.dated_by) if contract.dated_by else None
    day = min(latest, written) if latest else written
    return max(period.starts_on, min(day, period.ends_on))


def _greatest(rows: RowsToLand, column: str) -> date | None:
    return rows.query(f"SELECT max({quote(column)}) FROM {NAME}")[0][0]
