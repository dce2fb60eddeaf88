"""A district's own lines against the state's total: thousands for dollars hold it at door 2 (rule F02)."""

import csv
import io
import shutil
from decimal import Decimal

import pytest

from ingestion.home import Home
from tests.end_to_end.house import House

pytestmark = [pytest.mark.real_records, pytest.mark.xdist_group("own_lines")]

CAMBRIDGE = "00490000"
BY_FUNCTION = "district_expenditures_by_function_per_pupil_fy2017.csv"
OWN_LINES = "cambridge_fy2017_function_detail.csv"
FIGURES = f"select distinct basis from mart_per_pupil_spending where district_id = '{CAMBRIDGE}'"
HELD = "select district_id, held_rule from dim_delivery_status where is_held"


@pytest.fixture
def house(repository, tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    return House(Home(tmp_path / "home"), inbox, repository / "collaboratives" / "massachusetts")


def in_thousands(path) -> str:
    """Cambridge's file with each amount divided by a thousand, to two digits as an export would."""
    head, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
    text = io.StringIO()
    rows = [[category, item, f"{Decimal(amount) / 1000:.2f}"] for category, item, amount in rows]
    csv.writer(text).writerows([head, *rows])
    return text.getvalue()


def test_thousands_for_dollars_hold_the_district_until_the_file_is_right(house, real_records):
    originals = real_records / "ma_dese_profiles" / "fy2017"
    shutil.copy(originals / BY_FUNCTION, house.inbox)
    (house.inbox / OWN_LINES).write_text(in_thousands(originals / OWN_LINES), encoding="utf-8")
    summary, code = house.refresh()
    assert (summary.outcome, code) == ("released", 0)
    assert house.builds() == [("refused", 2), ("released", None)]
    assert house.served(HELD) == [(CAMBRIDGE, "F02")]
    assert house.served(FIGURES) == []

    shutil.copy(originals / OWN_LINES, house.inbox)
    summary, code = house.refresh()
    assert (summary.outcome, code) == ("released", 0)
    assert house.served(FIGURES + " order by basis") == [("computed",), ("implied",), ("reported",)]
    assert house.served(HELD) == []
