"""``schoolstat district``: what is written, what is shown, and that nothing is kept or half done."""

import json
import os
import shutil
import tempfile
import zipfile

import pytest

from ingestion.configuration import load_collaborative
from ingestion.ledger_database import URL_VARIABLE
from ingestion.yaml_document import ConfigurationError
from schoolstat.district_add import add_district
from schoolstat.district_check import check_district
from schoolstat.roster_change import FolderChange
from tests.schoolstat.bare_command import bare

__all__ = ["bare"]

NEW, YEAR = "99030000", "2026"
CALENDAR = "school_id,calendar_code,date,is_instructional,day_minutes,event\n99030005,STD,2025-09-01,true,360,\n"
STUDENTS = (
    "student_local_id,state_student_id,first_name,last_name,birth_date,sex,race_eth,hispanic,first_lang\n"
    "700001,9000000001,Ann,Zuniga,2012-01-15,F,WH,false,English\n"
)
ATTENDANCE = (
    "Stu ID,Bldg,Absence Date,Absence Type,Mins Absent,Mins In Day\n"
    "700001,99030005,9/1/2025,unexcused,360,360\n700001,99030005,9/2/2025,excused,90,360\n"
)


@pytest.fixture
def ours(repository, tmp_path):
    return shutil.copytree(repository / "collaboratives" / "template", tmp_path / "ours")


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files" / YEAR
    folder.mkdir(parents=True)
    (folder / "Calendar of days.csv").write_text(CALENDAR, encoding="utf-8")
    (folder / "attendance_0901.csv").write_text(ATTENDANCE, encoding="utf-8")
    return folder.parent


def contents(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_add__writes_a_row_in_its_order_schools_and_mappings(bare, ours, files):
    said = bare("district", "add", NEW, "Third", "-c", str(ours), "--folder", str(files))
    assert said.code == 0, said.err
    collaborative = load_collaborative(ours)
    district = collaborative.district(NEW)
    assert (district.name, district.district_type, district.member_from) == ("Third", "public_school_district", 2026)
    assert [row.district_id for row in collaborative.districts] == sorted(collaborative.district_ids)
    assert collaborative.school("99030005").open_from == 2026
    assert "extends: records_calendar.yaml" in (ours / "mappings/d99030000_calendar_of_days.yaml").read_text()
    assert (ours / "drafts/d99030000_attendance.yaml").is_file()
    for words in ("1 school found in the files", "district check 99030000", "move it to mappings/"):
        assert words in said.out
    assert "700001" not in said.out + (ours / "drafts/d99030000_attendance.yaml").read_text()


def test_add__a_dry_run_shows_the_difference_and_writes_nothing(bare, ours, files, tmp_path):
    before = contents(tmp_path)
    said = bare("district", "add", NEW, "Third", "-c", str(ours), "--folder", str(files), "--dry-run")
    assert said.code == 0
    assert contents(tmp_path) == before
    for words in ("+++ b/districts.csv", "+99030000,Third,public_school_district,2026,", "nothing was written"):
        assert words in said.out
    told = json.loads(bare("district", "add", NEW, "Third", "-c", str(ours), "--dry-run", "--json").out)
    assert (told["written"], told["diff"].count("+9903")) == ([], 1)


@pytest.mark.parametrize(
    ("district", "message"), [("99010000", "on the roster already"), ("99-03", "letters and digits only")]
)
def test_add__what_would_not_be_valid_changes_nothing(bare, ours, tmp_path, district, message):
    before = contents(tmp_path)
    said = bare("district", "add", district, "Third", "-c", str(ours))
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert contents(tmp_path) == before
    assert not list(tmp_path.glob(".change-*"))


def test_add__takes_type_and_schools_that_are_given(ours, tmp_path):
    table = tmp_path / "schools.csv"
    table.write_text("school_id,name,school_type\n99030005,Third High,high\n", encoding="utf-8")
    add_district(ours, NEW, "Third, and last", year=2027, district_type="charter", schools=table)
    collaborative = load_collaborative(ours)
    assert collaborative.district(NEW).district_type == "charter"
    assert (collaborative.school("99030005").name, collaborative.school("99030005").open_from) == ("Third High", 2027)
    table.write_text("school,name\n1,2\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="lacks the headings school_id, school_type"):
        add_district(ours, "99040000", "Fourth", schools=table)


def test_a_table_keeps_its_lines_and_their_ends(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"id,name\r\n1,One\r\n3,Three")
    change = FolderChange(tmp_path)
    change.add_rows("t.csv", "id", [{"id": "2", "name": "T, wo"}, {"id": "4"}])
    assert change.texts["t.csv"] == 'id,name\r\n1,One\r\n2,"T, wo"\r\n3,Three\r\n4,\r\n'
    with pytest.raises(ConfigurationError, match="is there already"):
        change.add_file("t.csv", "")


def test_a_table__is_split_at_its_rows_and_must_be_there(tmp_path):
    (tmp_path / "t.csv").write_text('id,name\n100,"A\n200,B"\n300,C\n', encoding="utf-8")
    change = FolderChange(tmp_path)
    change.add_rows("t.csv", "id", [{"id": "150", "name": "New"}])
    assert change.texts["t.csv"] == 'id,name\n100,"A\n200,B"\n150,New\n300,C\n'
    with pytest.raises(ConfigurationError, match="needs a table with the heading school_id"):
        change.add_rows("schools.csv", "school_id", [{"school_id": "1"}])


@pytest.mark.parametrize("heading", ["Student School ID", "School Pupil ID", "Bldg"])
def test_add__never_takes_ids_of_people_for_schools(ours, tmp_path, heading):
    folder = tmp_path / "files" / YEAR
    folder.mkdir(parents=True)
    rows = "".join(f"7{number:05},9/{number % 28 + 1}/2025,unexcused\n" for number in range(20))
    (folder / "absences.csv").write_text(f"{heading},Absence Date,Absence Type\n{rows}", encoding="utf-8")
    added = add_district(ours, NEW, "Third", folder=folder.parent, dry_run=True)
    assert "schools.csv" not in added.change.texts
    assert "700001" not in added.change.diff()


def test_check__says_what_no_mapping_knows_what_is_missing_and_what_next(bare, ours, files):
    bare("district", "add", NEW, "Third", "-c", str(ours), "--folder", str(files))
    said = bare("district", "check", NEW, "-c", str(ours), "--folder", str(files))
    assert said.code == 2
    for words in (
        "attendance_0901.csv: no mapping knows it",
        "Calendar of days.csv: landed, by d99030000_calendar_of_days: 1 in = 1 landed",
        "enrollments: without it the district lacks SS.A0",
        "go through drafts/d99030000_attendance.yaml",
    ):
        assert words in said.out


def test_check__judges_across_the_files_as_door_1_would(bare, ours, files):
    (files / YEAR / "students.csv").write_text(STUDENTS, encoding="utf-8")
    bare("district", "add", NEW, "Third", "-c", str(ours), "--folder", str(files))
    (ours / "drafts/d99030000_attendance.yaml").rename(ours / "mappings/d99030000_attendance.yaml")
    said = bare("district", "check", NEW, "-c", str(ours), "--folder", str(files), "--json")
    told = json.loads(said.out)
    assert (said.code, told["admitted"]) == (3, False)
    assert [(verdict["domain"], verdict["admitted"]) for verdict in told["door_1"]] == [("student", False)]
    assert {file["outcome"] for file in told["files"]} == {"landed"}
    for cell in ("Zuniga", "700001", "9000000001"):
        assert cell not in said.out + said.err


def test_check__keeps_nothing_and_asks_no_other_ledger(ours, files, tmp_path, monkeypatch):
    add_district(ours, NEW, "Third", folder=files)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv(URL_VARIABLE, "postgresql://nobody@localhost:1/nothing")
    before = contents(tmp_path)
    checked = check_district(ours, NEW, files)
    assert checked.outcomes
    assert contents(tmp_path) == before
    assert os.environ[URL_VARIABLE] == "postgresql://nobody@localhost:1/nothing"


def test_check__of_a_district_that_is_not_on_the_roster_says_how_to_add_it(bare, ours, files, tmp_path):
    said = bare("district", "check", NEW, "-c", str(ours), "--folder", str(files))
    assert said.code == 2
    assert "schoolstat district add 99030000" in said.err
    (tmp_path / "empty").mkdir()
    assert (
        "holds no file"
        in bare("district", "check", "99010000", "-c", str(ours), "--folder", str(tmp_path / "empty")).err
    )


def zip_up(files):
    """The newcomer's files in one archive."""
    with zipfile.ZipFile(files / YEAR / "export.zip", "w") as archive:
        for path in sorted((files / YEAR).glob("*.csv")):
            archive.write(path, path.name)
            path.unlink()
    return files / YEAR / "export.zip"


def test_add_and_check__look_into_archives(bare, ours, files):
    loose = bare("district", "add", NEW, "Third", "-c", str(ours), "--folder", str(files), "--dry-run").out
    zip_up(files)
    zipped = bare("district", "add", NEW, "Third", "-c", str(ours), "--folder", str(files), "--dry-run").out
    assert zipped == loose
    add_district(ours, NEW, "Third", folder=files)
    checked = check_district(ours, NEW, files)
    assert {file.name: file.mapping is not None for file in checked.files} == {
        "Calendar of days.csv": True,
        "attendance_0901.csv": False,
    }
    outcomes = {path.rsplit("/", 1)[-1]: outcome.outcome for path, outcome in checked.outcomes.items()}
    assert outcomes["Calendar of days.csv"] == "landed"
    assert "export.zip/attendance_0901.csv --district" in checked.next_step or checked.drafts


def test_check__names_an_archive_that_is_refused(bare, ours, files):
    zip_up(files).write_bytes(b"PK\x03\x04 no archive")
    add_district(ours, NEW, "Third", folder=files)
    said = bare("district", "check", NEW, "-c", str(ours), "--folder", str(files))
    assert "export.zip: " in said.out
    assert said.code == 3


def test_suggest__looks_into_an_archive_and_asks_which_file(bare, files):
    archive = zip_up(files)
    said = bare("mapping", "suggest", str(archive))
    assert (said.code, "name one of its files" in said.err, "attendance_0901.csv" in said.err) == (2, True, True)
    named = bare("mapping", "suggest", f"{archive}/attendance_0901.csv")
    assert (named.code, "contract: attendance" in named.out) == (0, True)


def test_add__says_of_which_year_files_are_taken_to_be(bare, ours, files):
    loose = files.parent / "loose"
    shutil.copytree(files / YEAR, loose)
    said = bare("district", "add", NEW, "Third", "-c", str(ours), "--folder", str(loose), "--dry-run").out
    last = max(period.school_year for period in load_collaborative(ours).periods)
    assert f"taken for {last}, the calendar's last; --year says another" in " ".join(said.split())
    asked = bare("district", "add", NEW, "Third", "-c", str(ours), "--folder", str(loose), "--year", YEAR, "--dry-run")
    assert "--year says another" not in asked.out
