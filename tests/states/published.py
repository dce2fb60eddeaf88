"""What the published files print, read without any mapping: what `pages.py` compares ours with.

Belongs here: one reader for each publisher's file, in the plainest way there is. Does not belong here: our figures
(``ours.py``), comparing them (``comparing.py``).
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from tests.states.comparing import Printed

BENEFITS = (
    *("Retirement - State/Local", "Retirement - Police & Fire", "Retirement - Teacher", "LOSAP / Miscellaneous"),
    *("Social Security", "Medical Insurance", "Disability Insurance", "Life Insurance", "Worker's Compensation"),
    *("Unemployment Insurance", "Union Benefits Program", "Unclassified Employee Benefits"),
)
FIFTEEN = (
    *("TOP - Instruction", "TOP - Instructional Res Media", "TOP - Curriculum/Staff Develop"),
    *("Instructional Leadership", "School Leadership", "Guidance Counseling Svcs", "Social Work Services"),
    *("Health Services", "Transportation", "Food", "Extracurricular", "General Administration"),
    *("Plant Maint/Operation", "Security/Monitoring", "Data Processing Services"),
)
TEN = (
    *("administration", "instructional_leadership", "teachers", "other_teaching_services", "professional_development"),
    *("instructional_materials", "guidance_counseling_testing", "pupil_services", "operations_maintenance"),
    "insurance_retirement_other",
)
"""The functions of Massachusetts, in the order of the file's columns."""


def new_york(records: Path) -> Iterator[Printed]:
    """Every district of eleven years; the columns of the years without headings are those of 2015."""
    folder = records / "ny_osc_finance"
    with (folder / "leveltwo15.csv").open(encoding="utf-8", newline="") as handle:
        headings = [" ".join(heading.split()) for heading in next(csv.reader(handle))]
    for path in sorted(folder.glob("leveltwo*.csv")):
        year = 2000 + int(path.stem[-2:])
        with path.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.reader(handle))
        if year > 2014:
            headings = [" ".join(heading.split()) for heading in rows.pop(0)]
        for row in rows:
            if len(row) > 1 and row[0].isdigit():
                yield from _new_york_row(year, dict(zip(headings, row, strict=False)), row, headings)


def _new_york_row(year: int, cells: dict[str, str], row: list[str], headings: list[str]) -> Iterator[Printed]:
    if cells.get("Months in Fiscal Period") == "0":
        return
    code, pupils = cells["Muni Code"], _number(cells["Enrollment"])
    total = _number(row[headings.index("Interest on Debt") + 1])
    debt = [_number(cells[name]) for name in ("Debt Principal", "Interest on Debt")]
    benefits = _sum_of(_number(cells[name]) for name in BENEFITS)
    rest = None if total is None else total - sum(each or 0 for each in debt)
    yield Printed(year, "pupils", code, "PPE.N04", "value", pupils)
    yield Printed(year, "total expenditures", code, "PPE.D18", "numerator", total if pupils else None)
    yield Printed(year, "total per pupil", code, "PPE.D18", "value", _quotient(total, pupils), is_rate=True)
    for name, dollars in zip(("debt_principal", "interest_on_debt"), debt, strict=True):
        yield Printed(year, "debt service", code, "PPE.N05", "value", dollars, f"function={name}")
    yield Printed(year, "all but debt service", code, "PPE.F01", "numerator", rest if pupils else None)
    yield Printed(year, "twelve benefit lines", code, "PPE.D07", "numerator", benefits if rest else None)
    yield Printed(year, "benefits' share", code, "PPE.D07", "value", _quotient(benefits, rest), is_rate=True)
    for name in headings[headings.index("Operations") : headings.index("Interest on Debt")]:
        function = "_".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
        dollars = _number(cells[name]) if pupils else None
        if name not in ("Debt Principal", "Interest on Debt") and dollars:
            yield Printed(year, "lines but debt", code, "PPE.F01", "numerator", dollars, f"function={function}")


def texas(records: Path) -> Iterator[Printed]:
    """Every district of five years."""
    packed = records / "tx_tea_finance_2012_2016" / "yearly-fiscal-data-by-district.csv.gz"
    text = gzip.decompress(packed.read_bytes()).decode("utf-8-sig")
    rows = csv.reader(text.splitlines())
    headings = [heading.strip() for heading in next(rows)]
    for row in rows:
        cells = dict(zip(headings, row, strict=True))
        year, code, pupils = int(cells["Year"]), cells["State ID (CDN)"], _number(cells["Reported Enrollment"])
        total, debt, capital, operating = (
            _number(cells[name])
            for name in ("Total Expenditures", "Debt Service", "Capital Outlay", "Total Operating Expenditures (TOP)")
        )
        functions = sum(_number(cells[name]) or 0 for name in FIFTEEN)
        yield Printed(year, "pupils", code, "PPE.N04", "value", pupils)
        yield Printed(year, "total expenditures", code, "PPE.D18", "numerator", total)
        yield Printed(year, "total per pupil", code, "PPE.D18", "value", _quotient(total, pupils), is_rate=True)
        yield Printed(year, "fifteen functions", code, "PPE.F01", "numerator", Decimal(functions))
        yield Printed(year, "operating total as printed", code, "PPE.F01", "numerator", operating)
        yield Printed(year, "debt service", code, "PPE.N05", "value", debt, "function=debt_service")
        yield Printed(year, "capital outlay", code, "PPE.N05", "value", capital, "function=capital_outlay")


def oregon(records: Path) -> Iterator[Printed]:
    """Every school of the report that has a federal number, and every district of the state in the poverty file."""
    rows = _workbook(records / "or_nerds_school_ppe_2019" / "nerds_report_2019.xlsx")
    headings = next(rows)
    for row in rows:
        cells = dict(zip(headings, row, strict=True))
        if isinstance(cells["ncesid"], float):
            code = f"{cells['ncesid']:.0f}"
            per_pupil, total, pupils = (_float(cells[name]) for name in ("pp_total_raw", "schooltot_raw", "enroll_raw"))
            is_there = per_pupil is not None
            yield Printed(2019, "school total", code, "PPE.S05r", "numerator", total if is_there else None)
            yield Printed(2019, "school pupils", code, "PPE.S05r", "denominator", pupils if is_there else None)
            yield Printed(2019, "school total per pupil", code, "PPE.S05r", "value", per_pupil, is_rate=True)
    for state, fips, number, _, _, children, poor in list(_workbook(records / SAIPE))[3:]:
        if state == "OR" and number != "07880":
            code = fips + number
            share = _quotient(_float(poor), _float(children))
            yield Printed(2019, "children in poverty", code, "SS.D05", "numerator", _float(poor))
            yield Printed(2019, "children of school age", code, "SS.D05", "denominator", _float(children))
            yield Printed(2019, "share in poverty", code, "SS.D05", "value", share, is_rate=True)


SAIPE = "us_f33_saipe_edfacts/saipe.xlsx"


def federal(records: Path) -> Iterator[Printed]:
    """Every district of the federal file."""
    packed = records / "us_f33_saipe_edfacts" / "district_data_full.csv.gz"
    for cells in csv.DictReader(io.StringIO(gzip.decompress(packed.read_bytes()).decode())):
        code, per_pupil = cells["LEAID"], _six(Decimal(cells["per_pupil_exp"]))
        yield Printed(2019, "membership", code, "PPE.N04", "value", Decimal(cells["MEMBERSCH"]))
        yield Printed(2019, "total expenditures", code, "PPE.D18", "numerator", Decimal(cells["TOTALEXP"]))
        yield Printed(2019, "total per pupil", code, "PPE.D18", "value", per_pupil, is_rate=True)


def massachusetts(records: Path) -> Iterator[Printed]:
    """Every district and the state of three years of spending, the later publication of 2021, and of the functions."""
    folder = records / "ma_dese_profiles"
    for year, name in ((2016, "2016"), (2020, "2020"), (2021, "2021_vintage_B")):
        rows = _workbook(folder / f"fy{year}" / f"district_PerPupilExpenditures_{name}.xlsx")
        for row in rows:
            if len(str(row[1])) == 8 and str(row[1]).isdigit():
                yield from _massachusetts_row(year, row)
    text = (folder / "fy2017" / "district_expenditures_by_function_per_pupil_fy2017.csv").read_text("utf-8-sig")
    for cells in list(csv.reader(io.StringIO(text.replace("\r", "\n"))))[1:]:
        if cells[0].isdigit():
            yield from _massachusetts_functions(cells)


def _massachusetts_row(year: int, row: list[Any]) -> Iterator[Printed]:
    code = "MA" if str(row[1]) == "00000000" else str(row[1])
    numbers, whose = [_number(str(cell)) for cell in row[2:8]], _whose(code)
    for metric, name, (dollars, pupils, rate) in zip(
        ("PPE.D02", "PPE.D03"), ("in-district", "total"), (numbers[:3], numbers[3:]), strict=True
    ):
        yield Printed(year, f"{name} expenditures{whose}", code, metric, "numerator", dollars)
        yield Printed(year, f"{name} pupils{whose}", code, metric, "denominator", pupils)
        yield Printed(year, f"{name} per pupil{whose}", code, metric, "value", rate, is_rate=True)
        yield Printed(
            year, f"{name} dollars over pupils", code, metric, "value", _quotient(dollars, pupils), is_rate=True
        )


def _massachusetts_functions(cells: list[str]) -> Iterator[Printed]:
    code = "MA" if cells[0] == "0000" else f"{cells[0]}0000"
    in_district, whose = _number(cells[2]), _whose(code)
    rates = [_number(cell) for cell in cells[5:17]]
    yield Printed(2017, f"in-district pupils{whose}", code, "PPE.N01", "value", in_district)
    for function, rate in zip(TEN, rates[:10], strict=True):
        yield Printed(2017, "function per pupil", code, "PPE.D04", "value", rate, f"function={function}", is_rate=True)
    functions = sum((rate or Decimal(0) for rate in rates[:10]), Decimal(0)) if rates[10] is not None else None
    yield Printed(2017, "sum of the ten functions", code, "PPE.D02", "value", functions, is_rate=True)
    yield Printed(2017, "in-district per pupil", code, "PPE.D02", "value", rates[10], is_rate=True)
    yield Printed(2017, "total per pupil", code, "PPE.D03", "value", rates[11], is_rate=True)
    yield Printed(2017, "benefits' share", code, "PPE.D07", "value", _quotient(rates[9], rates[10]), is_rate=True)


def _whose(code: str) -> str:
    """What tells the state's own row from its districts', which it holds already."""
    return " of the state's row" if code == "MA" else ""


def _workbook(path: Path) -> Iterator[list[Any]]:
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
    yield from workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)


def _number(text: str) -> Decimal | None:
    plain = text.replace("$", "").replace(",", "").strip()
    return Decimal(plain) if plain.lstrip("-").replace(".", "", 1).isdigit() else None


def _float(cell: Any) -> Decimal | None:
    return _six(Decimal(repr(cell))) if isinstance(cell, float | int) else None


def _six(number: Decimal) -> Decimal:
    """The six decimals that our columns keep of a program's noise."""
    return number.quantize(Decimal("0.000001"), ROUND_HALF_UP)


def _quotient(numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    return numerator / denominator if numerator is not None and denominator else None


def _sum_of(numbers: Iterable[Decimal | None]) -> Decimal | None:
    there = [number for number in numbers if number is not None]
    return sum(there, Decimal(0)) if there else None
