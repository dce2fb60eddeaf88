"""Files about pupils of two districts, and a collaborative that takes them: for the tests of pseudonyms.

Every id, name and birth date is a canary: it may stand in the inbox, the archive and nowhere else.
"""

import shutil
from pathlib import Path

from ingestion.collaborative import Collaborative
from ingestion.configuration import load_collaborative

REPOSITORY = Path(__file__).resolve().parent.parent.parent
A, B = "90010000", "90020000"
STUDENTS = ("student_local_id", "state_student_id", "first_name", "last_name", "birth_date", "sex", "race_eth")
STUDENTS += ("hispanic", "first_lang")
ADA = ("LOCALADA1", "7777000001", "Adacanary", "Lovecanary", "2011-12-13", "F", "WH", "false", "eng")
BEN = ("LOCALBEN2", "7777000002", "Bencanary", "Bookcanary", "2012-02-29", "M", "AS", "false", "eng")
CYD = ("LOCALCYD3", "", "Cydcanary", "Charcanary", "2010-10-11", "F", "WH", "true", "spa")
CANARIES = ("LOCALADA1", "LOCALBEN2", "LOCALCYD3", "7777000001", "7777000002", "2011-12-13", "2012-02-29", "2010-10-11")
CANARIES += ("Adacanary", "Lovecanary", "Bencanary", "Bookcanary", "Cydcanary", "Charcanary")
ATTENDANCE = ("student_local_id", "school_id", "date", "code", "category", "absent_minutes", "day_minutes")
SCHOOLS = f"""\
school_id,district_id,name,school_type,open_from,open_to
90010010,{A},Synthetic first school,elementary,,
90020010,{B},Synthetic second school,elementary,,
"""


def write_collaborative(folder: Path) -> Collaborative:
    """Two districts with a school each, and the template's mappings of records."""
    template = REPOSITORY / "collaboratives" / "template"
    mappings = folder / "mappings"
    mappings.mkdir(parents=True)
    for path in template.glob("mappings/records_*.yaml"):
        shutil.copy(path, mappings)
    (folder / "collaborative.yaml").write_text(
        "collaborative: pupils\nname: Synthetic\nstate: XX\ntime_zone: America/New_York\nnightly_hour: 4\n"
        "releases_kept: 3\nowners: [team:data]\nsenders: []\nmappings: [mappings]\n"
    )
    districts = "".join(f"{district},Synthetic {district},public_school_district,,\n" for district in (A, B))
    (folder / "districts.csv").write_text(f"district_id,name,district_type,member_from,member_to\n{districts}")
    years = "".join(f"year,{year},{year},{year - 1}-07-01,{year}-06-30\n" for year in (2025, 2026))
    (folder / "periods.csv").write_text(f"period,school_year,fiscal_year,starts_on,ends_on\n{years}")
    functions = "state_function,label,is_in_district,display_order\nteachers,Teachers,true,1\n"
    (folder / "state_functions.csv").write_text(functions)
    (folder / "schools.csv").write_text(SCHOOLS)
    return load_collaborative(folder)


def write_file(inbox: Path, district: str, extract: str, headings, rows, school_year: int = 2026) -> Path:
    """One file of a district, as comma-separated text."""
    path = inbox / district / str(school_year) / f"{extract}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(",".join(cells) + "\n" for cells in (headings, *rows)), encoding="utf-8")
    return path


def write_students(inbox: Path, district: str, *rows, school_year: int = 2026) -> Path:
    """A district's file of pupils."""
    return write_file(inbox, district, "students", STUDENTS, rows, school_year)


def write_attendance(inbox: Path, district: str, *local_ids: str, school: str | None = None) -> Path:
    """A district's absences: one for each of the ids, on days in September."""
    rows = [
        (local_id, school or f"{district[:4]}0010", f"2025-09-{day:02}", "E", "excused", "390", "390")
        for day, local_id in enumerate(local_ids, start=1)
    ]
    return write_file(inbox, district, "attendance", ATTENDANCE, rows)


def change(row, **cells):
    """A row with other cells under some headings."""
    return tuple(cells.get(heading, cell) for heading, cell in zip(STUDENTS, row, strict=True))
