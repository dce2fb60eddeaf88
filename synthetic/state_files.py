"""Writes a small statewide delivery in the three shapes of a state's own files, from made-up records.

Belongs here: how the state prints what it publishes, with every oddity that readers must survive (CR-only line ends,
a line break inside a heading, "less than 6", padded money as text, a title row, a trailing column without a name, a
row of totals). Does not belong here: what the districts spent, or faults that a file should be refused for.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Context, Decimal
from pathlib import Path

import xlsxwriter

from synthetic.made_up_spending import (
    CENT,
    DETAILED_DISTRICT,
    DISTRICTS,
    FUNCTIONS,
    Draw,
    SpendingYear,
    SyntheticDistrict,
    add_up,
    make_fy2017,
    make_fy2020,
    make_line_items,
)

FUNCTIONS_FILE = "synthetic_expenditures_by_function_per_pupil_fy2017.csv"
LINE_ITEMS_FILE = f"synthetic_{DETAILED_DISTRICT.code}_fy2017_function_detail.csv"
SPENDING_FILE = "synthetic_PerPupilExpenditures_2020.xlsx"

FEWER_THAN = Decimal(6)
"""Counts of pupils below this, and not zero, are printed as words."""
_TEN_DIGITS = Context(prec=10)
_CREATED = datetime(2021, 1, 1, tzinfo=UTC)
_SPENDING_TITLE = "2020 Per Pupil Expenditures, All Funds "
_SPENDING_HEADINGS = (
    "District Name",
    "District Code",
    "In-District Expenditures",
    "Total In-district FTEs",
    "In-District Expenditures per Pupil",
    "Total Expenditures",
    "Total Pupil FTEs",
    "Total Expenditures per Pupil",
    "",
)


def write_state_files(folder: Path, seed: int = 2017) -> list[Path]:
    """Write the delivery; the same seed writes the same bytes.

    Args:
        folder: where to write; made when it is not there.
        seed: what the made-up records are drawn from.

    Returns:
        The files written: ten functions FY2017, one district's line items FY2017, per-pupil spending FY2020.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draw = Draw(seed)
    fy2017 = make_fy2017(draw)
    fy2020 = make_fy2020(fy2017, draw)
    lines = make_line_items(fy2017[DETAILED_DISTRICT.code], draw)
    paths = [folder / name for name in (FUNCTIONS_FILE, LINE_ITEMS_FILE, SPENDING_FILE)]
    contents = (_print_functions(fy2017), _print_line_items(lines), _print_spending(fy2020))
    for path, content in zip(paths, contents, strict=True):
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
    return paths


def _print_functions(years: dict[str, SpendingYear]) -> bytes:
    pupils = ["In-District FTE Pupils", "Out-of-District FTE Pupils", "Total FTE Pupils"]
    headings = ["LEA", "District", *pupils, *(heading for heading, _, _ in FUNCTIONS)]
    rows = [[*headings, "Total\rIn-District Expenditures", "Total Expenditures"]]
    for district in DISTRICTS:
        year = years.get(district.code)
        cells = _function_cells(year) if year else [""] * (len(rows[0]) - 2)
        rows.append([district.code, district.name, *cells])
    rows.append(["0000", "STATE TOTALS", *_function_cells(add_up(years))])
    # The state's file has no line end after its last row.
    return _print_csv(rows, line_end="\r").removesuffix(b"\r")


def _function_cells(year: SpendingYear) -> list[str]:
    is_hidden = 0 < year.out_of_district_fte < FEWER_THAN
    away = "less than 6" if is_hidden else _plain(year.out_of_district_fte)
    amounts = [_per_pupil(amount, year.in_district_fte) for amount in (*year.functions, year.in_district)]
    return [
        _plain(year.in_district_fte),
        away,
        _plain(year.total_fte),
        *amounts,
        _per_pupil(year.total, year.total_fte),
    ]


def _print_line_items(lines: list[tuple[str, str, Decimal]]) -> bytes:
    return _print_csv(
        [["category", "item", "amount"], *([group, item, _plain(amount)] for group, item, amount in lines)],
        line_end="\n",
    )


def _print_spending(years: dict[str, SpendingYear]) -> bytes:
    operating = sorted((d for d in DISTRICTS if d.code in years), key=lambda district: district.name)
    rows = [_spending_cells(district, years[district.code]) for district in operating]
    rows.append(_spending_cells(SyntheticDistrict("0000", "State Totals", 0), add_up(years)))
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        book.set_properties({"title": "Synthetic records", "created": _CREATED})
        sheet = book.add_worksheet("Per Pupil Expenditures")
        for line, cells in enumerate([[_SPENDING_TITLE], list(_SPENDING_HEADINGS), *rows]):
            for column, text in enumerate(cells):
                sheet.write_string(line, column, text)
    return target.getvalue()


def _spending_cells(district: SyntheticDistrict, year: SpendingYear) -> list[str]:
    return [
        district.name,
        district.code + "0000",
        _money(year.in_district),
        f"{year.in_district_fte:,.1f}".rjust(18),
        _money(year.in_district / year.in_district_fte),
        _money(year.total),
        f"{year.total_fte:,.1f}".rjust(18),
        _money(year.total / year.total_fte),
        "",
    ]


def _print_csv(rows: list[list[str]], line_end: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=line_end).writerows(rows)
    return text.getvalue().encode("ascii")


def _per_pupil(amount: Decimal, fte: Decimal) -> str:
    """Dollars for each pupil with ten digits, as a spreadsheet shows them."""
    return _plain(_TEN_DIGITS.divide(amount, fte))


def _plain(number: Decimal) -> str:
    """The number without zeros at the end, never in powers of ten."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _money(amount: Decimal) -> str:
    return f"${amount.quantize(CENT):,}".rjust(24)
