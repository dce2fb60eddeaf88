"""The tables of ``docs/states/*.md``: every published figure beside ours.

Belongs here: which page compares what, and writing it between its marks. Does not belong here: the words around the
table, which people write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from tests.states import published
from tests.states.attendance import cells_by_sheet, new_york_city
from tests.states.closer_looks import cambridge, poverty_quarters
from tests.states.comparing import Compared, Key, Printed, compare, table
from tests.states.ours import SPENDING, landed

BEGIN, END = "<!-- compared: written by python -m tests.states -->", "<!-- end -->"


@dataclass(frozen=True)
class Page:
    """One page, the collaborative that reads its files, their folders, and what was published."""

    name: str
    collaborative: str
    folders: tuple[str, ...]
    published: Callable[[Path], Iterable[Printed]]
    closer_look: Callable[[Path, Path, Mapping[Key, Decimal]], list[str]] = lambda *_: []
    metrics: tuple[str, ...] = SPENDING


PAGES = {
    page.name: page
    for page in (
        Page("massachusetts", "massachusetts", ("ma_dese_profiles",), published.massachusetts, cambridge),
        Page("new_york", "new_york", ("ny_osc_finance",), published.new_york),
        Page("texas", "texas", ("tx_tea_finance_2012_2016",), published.texas),
        Page(
            "oregon",
            "oregon",
            ("or_nerds_school_ppe_2019", "us_f33_saipe_edfacts"),
            published.oregon,
            poverty_quarters,
        ),
        Page(
            "new_york_city",
            "new_york_city",
            ("nyc_community_districts",),
            new_york_city,
            cells_by_sheet,
            metrics=("SS.A",),
        ),
        Page("federal", "", ("us_f33_saipe_edfacts",), published.federal),
    )
}


@cache
def our_figures(name: str, repository: Path, records: Path) -> Mapping[Key, Decimal]:
    """A page's figures as the mappings land them."""
    page = PAGES[name]
    return landed(repository, records, page.collaborative, page.folders, page.metrics)


@cache
def compared(name: str, repository: Path, records: Path) -> tuple[Compared, ...]:
    """A page's published figures beside ours."""
    return compared_with(name, records, our_figures(name, repository, records))


def compared_with(name: str, records: Path, ours: Mapping[Key, Decimal]) -> tuple[Compared, ...]:
    """A page's published figures beside the given ones."""
    return tuple(compare(PAGES[name].published(records), ours))


def written(name: str, text: str, repository: Path, records: Path) -> str:
    """A page with its tables written anew."""
    before, _, rest = text.partition(BEGIN)
    more = PAGES[name].closer_look(repository, records, our_figures(name, repository, records))
    tables = [*table(compared(name, repository, records)), *(["", *more] if more else [])]
    return "\n".join([f"{before}{BEGIN}", "", *tables, "", f"{END}{rest.partition(END)[2]}"])
