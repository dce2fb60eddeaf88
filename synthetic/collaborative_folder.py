"""The made-up collaborative's configuration, as a folder that ``schoolstat refresh -c`` takes.

Belongs here: rosters and calendar of the made-up districts. Does not belong here: mappings, which are the template's.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from synthetic.places import MadeUpDistrict

_COLLABORATIVES = Path(__file__).resolve().parent.parent / "collaboratives"
DEMO, TEMPLATE = _COLLABORATIVES / "demo", _COLLABORATIVES / "template"
_SETTINGS = """# {n} made-up districts, written by `schoolstat generate`; every figure is synthetic.
collaborative: {name}
name: Synthetic collaborative of {n} districts
state: XX
time_zone: America/New_York
nightly_hour: 4
releases_kept: 3
owners: [team:data]
mappings: [mappings]
"""


def write_collaborative(folder: Path, districts: Sequence[MadeUpDistrict], years: Sequence[int]) -> None:
    """Write the folder; mappings are the template's; tables of figures, functions and drivers the demo's."""
    (folder / "mappings").mkdir(parents=True, exist_ok=True)
    settings = _SETTINGS.format(n=len(districts), name=f"synthetic_{len(districts)}")
    (folder / "collaborative.yaml").write_text(settings, encoding="utf-8")
    for name in ("thresholds.csv", "state_functions.csv", "meal_rates.csv", "procurement_threshold.csv"):
        shutil.copyfile(DEMO / name, folder / name)
    districts_here = {district.district_id for district in districts}
    tables = ["allocation_drivers.csv", *(["account_crosswalk.csv"] if any(d.leaves_codes for d in districts) else [])]
    for name in tables:
        (folder / name).write_text(print_csv(_rows_of(name, districts_here)), encoding="utf-8")
    for path in sorted((TEMPLATE / "mappings").glob("records_*.yaml")):
        shutil.copyfile(path, folder / "mappings" / path.name)
    rows = [(d.district_id, d.name, "public_school_district", "", "") for d in districts]
    heading = ("district_id", "name", "district_type", "member_from", "member_to")
    (folder / "districts.csv").write_text(print_csv([heading, *rows]), encoding="utf-8")
    (folder / "schools.csv").write_text(print_schools(districts), encoding="utf-8")
    (folder / "periods.csv").write_text(print_periods(years), encoding="utf-8")


def _rows_of(name: str, district_ids: set[str]) -> list[list[str]]:
    """A table of the demo's, as far as it is of these districts or of every district."""
    with (DEMO / name).open(encoding="utf-8", newline="") as file:
        heading, *rows = csv.reader(file)
    return [heading, *(row for row in rows if row[heading.index("district_id")] in {"", *district_ids})]


def print_schools(districts: Sequence[MadeUpDistrict]) -> str:
    """``schools.csv`` of the districts."""
    heading = ("school_id", "district_id", "name", "school_type", "open_from", "open_to")
    rows = [
        (school.school_id, district.district_id, school.name, school.level, "", "")
        for district in districts
        for school in district.schools
    ]
    return print_csv([heading, *rows])


def print_periods(years: Sequence[int]) -> str:
    """``periods.csv`` of the school years: July to June."""
    heading = ("period", "school_year", "fiscal_year", "starts_on", "ends_on")
    return print_csv([heading, *(("year", year, year, f"{year - 1}-07-01", f"{year}-06-30") for year in sorted(years))])


def print_csv(rows: Iterable[Sequence[object]]) -> str:
    """Rows as text, with the same line ends everywhere."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
