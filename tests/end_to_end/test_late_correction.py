"""Last year's attendance and ledger are corrected late: its figures change, this year's stay, and it is told."""

import csv
import io
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from ingestion.ledger import open_ledger
from ingestion.report_card_shelf import latest_card
from publishing.release import open_release, rollback
from synthetic.generate import generate
from tests.end_to_end.house import House

pytestmark = pytest.mark.xdist_group("nights")

ALDER, LAST_YEAR, THIS_YEAR = "90010000", 2025, 2026
EXTRACTS = ("students", "calendar", "enrollments", "programs", "attendance", "chart_of_accounts", "gl_actuals")
WHOLE_DAYS = ("excused", "unexcused")
FIGURES = f"""
select * exclude (freshness) from mart_student_support
where basis = 'computed' and district_id = '{ALDER}' and school_year = {{}} order by all
"""
METRIC = 9
"""Where the metric's id stands in a row of these."""
DAYS = f"""
select sum(numerator), sum(denominator) from mart_student_support
where metric_id = 'SS.A03' and entity_type = 'school' and subgroup = 'all' and basis = 'computed' and breakdown = 'all'
    and district_id = '{ALDER}' and school_year = {{}}
"""
FIRST_LINE = "T0000000"
SCHOOL = "90010005"
RESTATED = f"""
select {{}} from mart_restated_figure
where metric_id = 'PPE.S02' and variant = 'essa' and entity_id = '{SCHOOL}' and breakdown = 'all'
"""
WHY = """
select metric_id[:2] as family, reason, changed_extracts, release_id_before, delivery_ids_before, delivery_ids_after
from mart_restated_figure where entity_type <> 'collaborative' group by all order by all
"""
RATES = f"""
select entity_id, {{}} from {{}}
where metric_id = 'SS.A03' and entity_type = 'school' and subgroup = 'all' and basis = 'computed' and breakdown = 'all'
    and district_id = '{ALDER}' and school_year = {{}} order by 1
"""


@dataclass(frozen=True)
class District:
    """The files of one district, and the inbox that they go to."""

    folder: Path
    house: House

    def send(self, extract: str, year: int, keep=lambda row: bool(row), change=lambda row: row) -> int:
        """Deliver the rows of an extract that are kept, changed; how many were left out."""
        name = f"{ALDER}/{year}/{extract}.csv"
        rows = list(csv.DictReader(io.StringIO((self.folder / name).read_text(encoding="utf-8"))))
        kept = [change(row) for row in rows if keep(row)]
        target = self.house.inbox / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(rows[0]))
            writer.writeheader()
            writer.writerows(kept)
        return len(rows) - len(kept)


def costs_a_hundred_more(row: dict[str, str]) -> dict[str, str]:
    """The first line of the ledger, as it was booked in the end."""
    return row | {"amount": "22234.70"} if row["txn_id"] == FIRST_LINE else row


def was_there_after_all(row: dict[str, str]) -> bool:
    """Absences of whole days early in December: more than a twentieth of the rows would be half a file (Q02)."""
    is_whole = row["category"] in WHOLE_DAYS and row["absent_minutes"] == row["day_minutes"]
    return is_whole and "12-01" <= row["date"][5:] <= "12-12"


def test_a_late_correction_of_last_year_changes_its_figures_alone_and_is_told(house, tmp_path):
    district = District(generate(tmp_path / "made", count=1, years=(LAST_YEAR, THIS_YEAR)).nights[0], house)
    for year in (LAST_YEAR, THIS_YEAR):
        for extract in EXTRACTS:
            district.send(extract, year)
    assert house.refresh()[1] == 0
    first, this_year, last_year = (
        house.current(),
        house.served(FIGURES.format(THIS_YEAR)),
        house.served(FIGURES.format(LAST_YEAR)),
    )
    ((present, enrolled),) = house.served(DAYS.format(LAST_YEAR))
    n_removed = district.send("attendance", LAST_YEAR, keep=lambda row: not was_there_after_all(row))
    assert n_removed > 100
    assert district.send("gl_actuals", LAST_YEAR, change=costs_a_hundred_more) == 0
    assert house.served(RESTATED.format("count(*)")) == [(0,)]

    summary, code = house.refresh()
    assert (summary.outcome, code, summary.held) == ("released", 0, ())
    assert house.current() == summary.release_id != first
    with duckdb.connect(str(house.home.build_folder(house.build_id()) / "warehouse.duckdb"), read_only=True) as build:
        assert build.execute("from build.build_scope").fetchall() == [(ALDER, LAST_YEAR, 1)]
    assert house.served(FIGURES.format(THIS_YEAR)) == this_year
    assert house.served(FIGURES.format(LAST_YEAR)) != last_year
    assert house.served(DAYS.format(LAST_YEAR)) == [(present + n_removed, enrolled)]
    changed = set(last_year) - set(house.served(FIGURES.format(LAST_YEAR)))
    pooled = {"SS.A08": 2}
    (restated,) = summary.restated
    of_pupils = {name: n for name, n in restated.n_figures.items() if name.startswith("SS.")}
    assert (restated.school_year, of_pupils) == (
        LAST_YEAR,
        Counter(row[METRIC] for row in changed) + Counter(pooled),
    )
    now = house.served(RATES.format("value", "mart_student_support", LAST_YEAR))
    assert now == house.served(RATES.format("earlier_value", "mart_metric_trend", THIS_YEAR))

    sent = [file.relative_path for file in summary.files if file.outcome == "landed"]
    assert sent == [f"{ALDER}/{LAST_YEAR}/{extract}.csv" for extract in ("attendance", "gl_actuals")]
    card = latest_card(house.home, ALDER)
    assert card is not None
    (told,) = [file for file in card.files if (file.extract, file.school_year) == ("attendance", LAST_YEAR)]
    assert told.difference is not None and told.difference.earlier_delivery_id != told.delivery_id
    assert (told.difference.rows_added, told.difference.rows_changed, told.difference.rows_removed) == (0, 0, n_removed)

    ledger = next(file for file in card.files if (file.extract, file.school_year) == ("gl_actuals", LAST_YEAR))
    assert ledger.difference is not None
    before = f"{told.difference.earlier_delivery_id}, {ledger.difference.earlier_delivery_id}"
    after = f"{told.delivery_id}, {ledger.delivery_id}"
    both = ("attendance, gl_actuals", first, before, after)
    assert [row for row in house.served(WHY) if row[0] != "EQ"] == [
        ("OP", "ledger_restated", *both),
        ("PP", "ledger_restated", *both),
        ("SS", "input_restated", *both),
    ]
    ((dollars, pupils, value),) = house.served(
        RESTATED.format("numerator_after - numerator_before, denominator_after, value_after - value_before")
    )
    assert (dollars, pupils > 0, round(value - 100 / pupils, 6)) == (100, True, 0)

    told_of = house.served("from mart_restated_figure order by all")
    with duckdb.connect(str(open_release(house.home, f"district:{ALDER}")), read_only=True) as private:
        own = private.execute("from mart_restated_figure order by all").fetchall()
    assert own == [row for row in told_of if row[0] == ALDER] != []
    summary, code = house.refresh()
    assert (summary.outcome, code) == ("nothing_to_build", 0)
    assert house.served("from mart_restated_figure order by all") == told_of
    with closing(open_ledger(house.home)) as rows:
        rollback(house.home, rows)
    assert house.served("from mart_restated_figure") == []
