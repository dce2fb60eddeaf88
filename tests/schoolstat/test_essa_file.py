"""The file of school spending for a state: its layout, and what it does not show."""

import csv
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from ingestion.home import Home
from schoolstat.cli import app
from schoolstat.errors import Unanswerable
from schoolstat.essa_file import COLUMNS, make_essa_file

ES1 = (
    *("00010000", "ES1", "=First School", "300", "adm"),
    *("800", "9000", "9800", "100", "2900", "3000", "900", "11900", "12800"),
    *("716.666667", "9433.335", "183.3333333333", "2466.6649999999", "7400000.00"),
)
"""Example A1's first school; the name begins like a formula."""
SMALL = ("00010000", "ES2", "Second", "9.999999", "adm", *["5"] * 13, "7400000.00")
UNKNOWN = ("00010000", "HS1", None, "1200", "adm", "133.3333333333", *["1"] * 2, *[None] * 10, "7400000.00")
OTHER_YEAR = ("00010000", "ES1", "First School", "300", "adm", *["1"] * 13, "0.00")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose current release holds three schools of 2025, and one of 2024."""
    path = tmp_path / "release.duckdb"
    text = ("DISTRICT CODE", "SITE CODE", "DESCRIPTION", "ENROLL BASIS")
    columns = ", ".join(
        f"{column} {'varchar' if name in text else 'decimal(38, 10)'}" for name, column in COLUMNS.items()
    )
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create table mart_school_spending_wide ({columns}, fiscal_year integer)")
        for row, year in ((UNKNOWN, 2025), (SMALL, 2025), (ES1, 2025), (OTHER_YEAR, 2024)):
            places = ", ".join("?" for _ in (*row, year))
            connection.execute(f"insert into mart_school_spending_wide values ({places})", [*row, year])
    monkeypatch.setattr("schoolstat.query.open_release", lambda *_: path)
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home")


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def test_essa_file__has_the_published_layout_and_the_statutes_columns(home):
    made = make_essa_file(home, 2025, None, Decimal(10))
    heading = made.to_csv().splitlines()[0].split(",")
    assert heading[1:14] == [
        *("SITE CODE", "DESCRIPTION", "ENROLL", "ENROLL BASIS", "SITE FEDERAL", "SITE NON-FEDERAL", "SITE TOTAL"),
        *("CENTRAL FEDERAL", "CENTRAL NON-FEDERAL", "CENTRAL TOTAL"),
        *("TOTAL FEDERAL", "TOTAL NON-FEDERAL", "GRAND TOTAL"),
    ]
    assert len(heading) == 19
    assert {row["ENROLL BASIS"] for row in read(made.to_csv())} == {"adm"}
    assert [row["SITE CODE"] for row in read(made.to_csv())] == ["ES1", "ES2", "HS1"]


def test_essa_file__rounds_each_amount_half_up_and_escapes_a_formula(home):
    first = read(make_essa_file(home, 2025, None, Decimal(10)).to_csv())[0]
    assert first["DESCRIPTION"] == "'=First School"
    assert (first["ENROLL"], first["GRAND TOTAL"], first["CENTRAL NON-FEDERAL"]) == ("300.00", "12800.00", "2900.00")
    assert (first["PERSONNEL FEDERAL"], first["PERSONNEL NON-FEDERAL"]) == ("716.67", "9433.34")
    assert (first["NON-PERSONNEL FEDERAL"], first["NON-PERSONNEL NON-FEDERAL"]) == ("183.33", "2466.66")
    assert first["DISTRICT EXCLUDED DOLLARS"] == "7400000.00"


def test_essa_file__shows_no_amount_of_a_school_of_few_pupils(home):
    made = make_essa_file(home, 2025, None, Decimal(10))
    small = read(made.to_csv())[1]
    assert made.n_hidden == 1
    amounts = {small[name] for name, column in COLUMNS.items() if column.endswith("_ppe_usd")}
    assert amounts == {"n<10"} == {small["ENROLL"]}
    assert make_essa_file(home, 2025, None, Decimal("9.999999")).n_hidden == 0


def test_essa_file__says_what_is_not_known_and_never_zero(home):
    made = make_essa_file(home, 2025, None, Decimal(10))
    unknown = read(made.to_csv())[2]
    assert made.n_unknown == 1
    assert (unknown["SITE FEDERAL"], unknown["GRAND TOTAL"], unknown["DESCRIPTION"]) == ("133.33", "DNR", "DNR")


def test_essa_file__of_a_year_without_spending_is_refused(home):
    with pytest.raises(Unanswerable, match="no school's spending of fiscal year 2030"):
        make_essa_file(home, 2030, None, Decimal(10))


def test_export_essa__writes_the_file_and_says_what_is_missing(home, tmp_path, monkeypatch):
    monkeypatch.setenv("SCHOOLSTAT_HOME", str(home.path))
    monkeypatch.setattr("schoolstat.commands.exports.existing_home", lambda: home)
    output = tmp_path / "essa.csv"
    result = CliRunner().invoke(app, ["export", "essa", "--fiscal-year", "2025", "-o", str(output)])
    assert result.exit_code == 0, result.output
    assert len(read(output.read_text())) == 3
    said = " ".join(result.output.split())
    assert "3 schools written" in said and "1 of fewer than 10 pupils" in said and "1 with amounts" in said
