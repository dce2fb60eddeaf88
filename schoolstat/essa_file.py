"""The file of school spending that a state asks for under ESSA, from the current release.

Belongs here: the layout, and what is left out of it. Does not belong here: the figures (``mart_school_spending_wide``).
Every amount is dollars per pupil, each rounded by itself from the exact quotient, so that printed parts may miss a
printed total by a cent or two; whose pupils the enrolment counts stands beside it.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ingestion.home import Home
from reporting.plain_text import spreadsheet_cell
from schoolstat.errors import Unanswerable
from schoolstat.query import run_query

COLUMNS = {
    "DISTRICT CODE": "district_id",
    "SITE CODE": "school_id",
    "DESCRIPTION": "school_name",
    "ENROLL": "adm",
    "ENROLL BASIS": "denominator_basis",
    "SITE FEDERAL": "site_federal_ppe_usd",
    "SITE NON-FEDERAL": "site_state_local_ppe_usd",
    "SITE TOTAL": "site_ppe_usd",
    "CENTRAL FEDERAL": "central_federal_ppe_usd",
    "CENTRAL NON-FEDERAL": "central_state_local_ppe_usd",
    "CENTRAL TOTAL": "central_ppe_usd",
    "TOTAL FEDERAL": "federal_ppe_usd",
    "TOTAL NON-FEDERAL": "state_local_ppe_usd",
    "GRAND TOTAL": "total_ppe_usd",
    "PERSONNEL FEDERAL": "personnel_federal_ppe_usd",
    "PERSONNEL NON-FEDERAL": "personnel_state_local_ppe_usd",
    "NON-PERSONNEL FEDERAL": "nonpersonnel_federal_ppe_usd",
    "NON-PERSONNEL NON-FEDERAL": "nonpersonnel_state_local_ppe_usd",
    "DISTRICT EXCLUDED DOLLARS": "district_excluded_usd",
}
"""Heading and column: the published layout, then what the statute names besides, then dollars that are in no figure."""
TOO_FEW = "n<{least}"
NOT_REPORTED = "DNR"
_CENT = Decimal("0.01")
_PER_PUPIL = tuple(name for name, column in COLUMNS.items() if column.endswith("_ppe_usd"))


@dataclass(frozen=True)
class EssaFile:
    """One year's file.

    Attributes:
        fiscal_year: of the spending.
        rows: one row a school, cells by heading.
        n_hidden: schools of too few pupils to be shown.
        n_unknown: schools of which some amount is not known.
    """

    fiscal_year: int
    rows: tuple[dict[str, str], ...]
    n_hidden: int
    n_unknown: int

    def to_csv(self) -> str:
        """The file's text."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue()


def make_essa_file(home: Home, fiscal_year: int, district_id: str | None, least_pupils: Decimal) -> EssaFile:
    """Read one fiscal year of the current release.

    Args:
        home: whose current release is read.
        fiscal_year: by the year in which it ends.
        district_id: one district; all of the collaborative when None.
        least_pupils: a school with fewer is shown without amounts.

    Raises:
        Unanswerable: there is no release, or it has no school's spending of that year.
    """
    audience = f"district:{district_id}" if district_id else "collaborative"
    columns = ", ".join(COLUMNS.values())
    sql = f"select {columns} from mart_school_spending_wide where fiscal_year = {fiscal_year:d} order by 1, 2"
    found = run_query(home, sql, audience).rows
    if not found:
        raise Unanswerable(f"the current release has no school's spending of fiscal year {fiscal_year}")
    schools = [dict(zip(COLUMNS, row, strict=True)) for row in found]
    hidden = [school["ENROLL"] is not None and school["ENROLL"] < least_pupils for school in schools]
    rows = [_print(school, least_pupils if few else None) for school, few in zip(schools, hidden, strict=True)]
    n_unknown = sum(
        not few and any(school[name] is None for name in _PER_PUPIL)
        for school, few in zip(schools, hidden, strict=True)
    )
    return EssaFile(fiscal_year, tuple(rows), sum(hidden), n_unknown)


def _print(school: dict[str, Any], fewer_than: Decimal | None) -> dict[str, str]:
    """A row of the file; what is not known is ``DNR``, never zero."""
    row = {name: _cell(value) for name, value in school.items()}
    if fewer_than is not None:
        row |= dict.fromkeys(("ENROLL", *_PER_PUPIL), TOO_FEW.format(least=f"{fewer_than:.0f}"))
    return row


def _cell(value: Any) -> str:
    if value is None:
        return NOT_REPORTED
    if isinstance(value, Decimal):
        return str(value.quantize(_CENT, ROUND_HALF_UP))
    return spreadsheet_cell(str(value))
