"""The synthetic delivery is the same each time, and its figures agree with each other as a real state's do."""

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from synthetic.__main__ import main
from synthetic.made_up_spending import DETAILED_DISTRICT, DISTRICTS, FUNCTIONS, OUT_OF_DISTRICT, split_exactly
from synthetic.state_files import FUNCTIONS_FILE, LINE_ITEMS_FILE, SPENDING_FILE, write_state_files

HALF_OF_THE_LAST_DIGIT = Decimal("0.00001")
IN_DISTRICT = "Total\rIn-District Expenditures"


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("delivery")
    write_state_files(folder)
    return folder


@pytest.fixture(scope="module")
def functions(delivery: Path) -> dict[str, dict[str, str]]:
    text = (delivery / FUNCTIONS_FILE).read_bytes().decode("ascii")
    return {row["LEA"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}


@pytest.fixture(scope="module")
def line_items(delivery: Path) -> list[dict[str, str]]:
    with (delivery / LINE_ITEMS_FILE).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def spending(delivery: Path) -> list[list[str]]:
    book = CalamineWorkbook.from_path(delivery / SPENDING_FILE)
    return book.get_sheet_by_name("Per Pupil Expenditures").to_python(skip_empty_area=False)


def number(cell: str) -> Decimal:
    return Decimal(cell.strip().lstrip("$").replace(",", ""))


def with_figures(functions: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {code: row for code, row in functions.items() if row["Total FTE Pupils"]}


def test_write_state_files__same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    first, again = write_state_files(tmp_path / "one"), write_state_files(tmp_path / "two")
    assert [path.name for path in first] == [FUNCTIONS_FILE, LINE_ITEMS_FILE, SPENDING_FILE]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]


def test_write_state_files__another_seed_writes_other_figures(tmp_path: Path) -> None:
    first, other = write_state_files(tmp_path / "one"), write_state_files(tmp_path / "two", seed=2018)
    assert all(one.read_bytes() != two.read_bytes() for one, two in zip(first, other, strict=True))


def test_command__writes_and_names_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "new")]) == 0
    assert [Path(line).name for line in capsys.readouterr().out.splitlines()] == [
        FUNCTIONS_FILE,
        LINE_ITEMS_FILE,
        SPENDING_FILE,
    ]


def test_functions__have_the_oddities_of_the_state_s_file(delivery: Path, functions: dict[str, dict[str, str]]) -> None:
    content = (delivery / FUNCTIONS_FILE).read_bytes()
    assert b"\n" not in content
    assert not content.endswith(b"\r")
    assert content.count(b"\r") == len(functions) + 1  # one of them inside a heading
    assert list(functions) == [*(district.code for district in DISTRICTS), "0000"]
    assert [code for code, row in functions.items() if row["Out-of-District FTE Pupils"] == "less than 6"] == [
        "9005",
        "9011",
    ]
    assert set(list(functions["9012"].values())[2:]) == {""}


def test_functions__ten_functions_add_up_to_in_district_spending(functions: dict[str, dict[str, str]]) -> None:
    rows = with_figures(functions)
    assert len(rows) == 12  # eleven districts and the state
    for row in rows.values():
        parts = sum((number(row[heading]) for heading, _, _ in FUNCTIONS), Decimal(0))
        assert abs(parts - number(row[IN_DISTRICT])) <= HALF_OF_THE_LAST_DIGIT


def test_functions__state_row_is_the_districts_weighted_mean(functions: dict[str, dict[str, str]]) -> None:
    state = functions["0000"]
    districts = [row for code, row in with_figures(functions).items() if code != "0000"]
    for pupils, headings in (
        ("In-District FTE Pupils", [*(heading for heading, _, _ in FUNCTIONS), IN_DISTRICT]),
        ("Total FTE Pupils", ["Total Expenditures"]),
    ):
        weights = [number(row[pupils]) for row in districts]
        assert sum(weights) == number(state[pupils])
        for heading in headings:
            weighted = sum(number(row[heading]) * weight for row, weight in zip(districts, weights, strict=True))
            assert abs(weighted / sum(weights) - number(state[heading])) <= HALF_OF_THE_LAST_DIGIT


def test_functions__pupils_here_and_elsewhere_are_all_pupils(functions: dict[str, dict[str, str]]) -> None:
    printed = [row for row in with_figures(functions).values() if row["Out-of-District FTE Pupils"] != "less than 6"]
    assert len(printed) == 10
    for row in printed:
        here, elsewhere = number(row["In-District FTE Pupils"]), number(row["Out-of-District FTE Pupils"])
        assert here + elsewhere == number(row["Total FTE Pupils"])


def test_line_items__agree_with_the_district_s_printed_figures(
    line_items: list[dict[str, str]], functions: dict[str, dict[str, str]]
) -> None:
    row = functions[DETAILED_DISTRICT.code]
    fte = number(row["In-District FTE Pupils"])
    dollars: dict[str, Decimal] = {}
    for line in line_items:
        dollars[line["category"]] = dollars.get(line["category"], Decimal(0)) + Decimal(line["amount"])
    for heading, category, _ in FUNCTIONS:
        assert abs(dollars[category] / fte - number(row[heading])) <= HALF_OF_THE_LAST_DIGIT
    in_district = sum(amount for category, amount in dollars.items() if category != OUT_OF_DISTRICT)
    assert abs(in_district / fte - number(row[IN_DISTRICT])) <= HALF_OF_THE_LAST_DIGIT
    total = sum(dollars.values()) / number(row["Total FTE Pupils"])
    assert abs(total - number(row["Total Expenditures"])) <= HALF_OF_THE_LAST_DIGIT


def test_line_items__are_cents_with_unused_lines_at_zero(line_items: list[dict[str, str]]) -> None:
    amounts = [Decimal(line["amount"]) for line in line_items]
    assert len(amounts) == 71
    assert all(amount == amount.quantize(Decimal("0.01")) and amount >= 0 for amount in amounts)
    assert 0 < amounts.count(Decimal(0)) < 10


def test_spending__looks_like_the_state_s_workbook(spending: list[list[str]]) -> None:
    assert spending[0][0].startswith("2020 Per Pupil Expenditures")
    assert spending[1][:2] == ["District Name", "District Code"]
    assert all(len(row) == 9 and row[8] == "" for row in spending)
    assert all(isinstance(cell, str) for row in spending for cell in row)
    assert spending[2][2].startswith("   ") and "$" in spending[2][2]
    assert spending[-1][:2] == ["State Totals", "00000000"]
    assert {row[1] for row in spending[2:-1]} == {d.code + "0000" for d in DISTRICTS if not d.is_defunct}


def test_spending__state_row_is_the_sum_of_the_districts(spending: list[list[str]]) -> None:
    *districts, state = spending[2:]
    for column in (2, 3, 5, 6):
        assert sum(number(row[column]) for row in districts) == number(state[column])
    for dollars, pupils, per_pupil in ((2, 3, 4), (5, 6, 7)):
        for row in (*districts, state):
            assert abs(number(row[dollars]) / number(row[pupils]) - number(row[per_pupil])) <= Decimal("0.005")


def test_split_exactly__gives_the_cents_left_over_to_the_largest_remainders() -> None:
    assert split_exactly(Decimal("1.00"), [1, 1, 1]) == [Decimal("0.34"), Decimal("0.33"), Decimal("0.33")]
    assert split_exactly(Decimal("0.05"), [1, 0, 2]) == [Decimal("0.02"), Decimal("0.00"), Decimal("0.03")]


def test_names__say_that_they_are_synthetic(functions: dict[str, dict[str, str]]) -> None:
    assert all(row["District"].startswith("Synthetic ") for code, row in functions.items() if code != "0000")
