"""A domain that was held for want of a file is judged again when the file comes; what is named must be known."""

import csv
import io

import pytest

from ingestion.configuration import load_collaborative
from ingestion.home import Home
from ingestion.ledger import open_ledger
from ingestion.selection import eligible_deliveries
from orchestration.intake import land_and_admit
from orchestration.steps import NightRefused, prepare
from orchestration.warehouse import Warehouse
from synthetic.generate import generate

YEAR = 2025


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("made"), count=1, years=(YEAR,))


class District:
    """A home without anything, and an inbox for one district's files."""

    def __init__(self, made, root):
        self.made, self.district = made, made.districts[0].district_id
        home = Home(root / "home").ensure()
        collaborative = load_collaborative(made.collaborative)
        self.warehouse = Warehouse(home, collaborative, open_ledger(home), root / "inbox")

    def send(self, *extracts, change=lambda row: row):
        for extract in extracts:
            name = f"{self.district}/{YEAR}/{extract}.csv"
            target = self.warehouse.inbox / name
            target.parent.mkdir(parents=True, exist_ok=True)
            rows = csv.DictReader(io.StringIO((self.made.nights[0] / name).read_text(encoding="utf-8")))
            with target.open("w", encoding="utf-8", newline="") as handle:
                writer = csv.DictWriter(handle, list(rows.fieldnames or ()))
                writer.writeheader()
                writer.writerows(change(row) for row in rows)

    def take(self):
        """Land and judge: the rules that hold a domain, and why."""
        verdicts = land_and_admit(self.warehouse).verdicts
        return {verdict.domain: (verdict.rule_id, verdict.reason) for verdict in verdicts if not verdict.admitted}

    def serving(self):
        """Rows of each extract that serve; surrogates differ from home to home, so contents cannot be compared."""
        rows = eligible_deliveries(self.warehouse.ledger)
        return {row["extract"]: row["n_rows"] for row in rows if row["is_current"]}


@pytest.fixture
def district(made, tmp_path):
    (tmp_path / "inbox").mkdir()
    district = District(made, tmp_path)
    yield district
    district.warehouse.ledger.close()


@pytest.fixture
def other(made, tmp_path):
    (tmp_path / "other" / "inbox").mkdir(parents=True)
    other = District(made, tmp_path / "other")
    yield other
    other.warehouse.ledger.close()


def test_what_was_held_for_want_of_a_file_is_admitted_with_it_as_if_both_had_come_together(district, other):
    district.send("calendar", "enrollments", "programs")
    held = district.take()
    assert held["student"][0] == "Q04"
    assert "enrollments.csv:2" in held["student"][1]
    assert district.serving() == {}
    district.send("students")
    assert district.take() == {}
    other.send("calendar", "enrollments", "programs", "students")
    assert other.take() == {}
    assert district.serving() == other.serving()
    assert len(other.serving()) == 4


def test_what_is_still_at_fault_stays_held_whatever_else_comes(district):
    district.send("staff_absences")
    assert district.take()["staff"][0] == "Q04"
    district.send("positions")
    assert district.take()["staff"][0] == "Q04"
    district.send("staff", change=lambda row: row | {"staff_local_id": "X" + row["staff_local_id"]})
    assert district.take()["staff"][0] == "Q04"
    assert district.serving() == {}
    district.send("staff")
    assert district.take() == {}
    assert set(district.serving()) == {"staff", "staff_absences", "positions"}


def test_what_another_domain_knows_is_compared_once_it_has_landed(district):
    district.send("chart_of_accounts", "payroll_benefits")
    assert district.take() == {}
    district.send("staff")
    assert district.take() == {}
    district.send("payroll_benefits", change=lambda row: row | {"staff_local_id": "X" + row["staff_local_id"]})
    rule, reason = district.take()["finance"]
    assert rule == "Q04"
    assert "payroll_benefits.csv:2" in reason
    assert "no staff in staff" in reason


def test_a_night_in_which_nothing_is_admitted_says_what_is_held(district):
    district.send("staff_absences")
    district.take()
    with pytest.raises(NightRefused, match=f"nothing is admitted, .* held are {district.district} staff {YEAR} by Q04"):
        prepare(district.warehouse)


def test_every_extract_of_the_generator_refers_to_what_is_known(district):
    names = [path.stem for path in (district.made.nights[0] / f"{district.district}/{YEAR}").glob("*.csv")]
    district.send(*names)
    assert district.take() == {}
    assert len(district.serving()) > len(names) - 5  # few are headings alone
