"""What door 2 held of a district comes up again with a corrected file, and door 1 judges the two together."""

import csv
import io

import pytest

from ingestion.admission import admit_by_hand, hold
from ingestion.configuration import load_collaborative
from ingestion.home import Home
from ingestion.ledger import open_ledger
from ingestion.selection import current_selection
from orchestration.intake import land_and_admit
from orchestration.warehouse import Warehouse
from synthetic.generate import generate

CHART, LEDGER, BUDGET = "chart_of_accounts", "gl_actuals", "gl_budget"


class Finances:
    """A home in which door 2 held a district's chart and ledger of 2025, and its inbox."""

    def __init__(self, root):
        self.made = generate(root / "made", count=1, years=(2024, 2025))
        self.district = self.made.districts[0].district_id
        self.home = Home(root / "home").ensure()
        self.inbox = root / "inbox"
        self.warehouse = Warehouse(
            self.home, load_collaborative(self.made.collaborative), open_ledger(self.home), self.inbox
        )
        self.send(CHART)
        self.send(LEDGER)
        assert self.take() == {}
        hold(self.home, self.warehouse.ledger, {self.district}, "F11", "a cent is nowhere")
        assert self.serving() == set()

    def send(self, extract, year=2025, change=lambda row: row):
        """Deliver an extract, each row changed."""
        name = f"{self.district}/{year}/{extract}.csv"
        target = self.inbox / name
        target.parent.mkdir(parents=True, exist_ok=True)
        rows = list(csv.DictReader(io.StringIO((self.made.nights[0] / name).read_text(encoding="utf-8"))))
        with target.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(rows[0]))
            writer.writeheader()
            writer.writerows(change(row) for row in rows)

    def take(self):
        """Land and judge: the rules that hold a domain."""
        return {(v.domain, v.school_year): v.rule_id for v in land_and_admit(self.warehouse).verdicts if not v.admitted}

    def serving(self):
        """The extracts that something serves, with their years."""
        rows = current_selection(self.warehouse.ledger).to_pylist()
        return {(row["extract"], row["school_year"]) for row in rows if row["is_current"]}


@pytest.fixture
def finances(tmp_path):
    finances = Finances(tmp_path)
    yield finances
    finances.warehouse.ledger.close()


def unmap(row):
    return row | {"nces_function": ""}


def test_a_chart_that_does_not_map_the_ledger_that_comes_up_again_is_held(finances):
    finances.send(CHART, change=unmap)
    assert finances.take() == {("finance", 2025): "F03"}
    assert finances.serving() == set()


def test_a_corrected_chart_brings_back_the_ledger(finances):
    finances.send(CHART, change=lambda row: row | {"account_name": "another name"} if "account_name" in row else row)
    finances.send(BUDGET)
    assert finances.take() == {}
    assert finances.serving() == {(CHART, 2025), (LEDGER, 2025), (BUDGET, 2025)}


def test_a_ledger_does_not_come_up_again_beside_another_year_when_its_chart_was_held_since(finances):
    finances.send(CHART, change=unmap)
    finances.take()
    finances.send(CHART, year=2024)
    assert finances.take() == {("finance", 2025): "F03"}
    assert finances.serving() == {(CHART, 2024)}


def test_a_ledger_does_not_come_up_again_beside_another_year_where_somebody_admitted_a_chart_that_lacks_it(finances):
    finances.send(CHART, change=unmap)
    finances.take()
    ledger = finances.warehouse.ledger
    held = ledger.admissions()[-1]["delivery_id"]
    admit_by_hand(finances.home, ledger, held, "the auditor's chart", "clerk")
    assert finances.serving() == {(CHART, 2025)}
    finances.send(CHART, year=2024)
    assert finances.take() == {("finance", 2025): "F03"}
    assert finances.serving() == {(CHART, 2024), (CHART, 2025)}
