"""Windows, marks and rules about courses as rows of a collaborative's configuration."""

from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from ingestion.configuration import compile_configuration
from ingestion.home import Home
from ingestion.yaml_document import ConfigurationError
from tests.ingestion.delivered_files import load_little

WINDOWS = "window,begins,ends,snapshot,grades,from_school_year\n"
TRACK = "rule,grade,least_credits,graduation_share,most_core_failures\n"
WARNINGS = "rule,flag,indicator,comparison,bound,subjects\n"


def tables(folder, **changed) -> dict:
    compiled = compile_configuration(load_little(folder / "c", **changed), Home(folder / "home"))
    return {path.stem: pq.read_table(path).to_pylist() for path in compiled.folder.glob("*.parquet")}


def test_support_terms__windows_are_days_of_each_school_year(tmp_path):
    own = f"{WINDOWS}winter,12-15,01-31,01-20,KG 01,2021\nearly,07-01,06-30,06-30,PK,2020\n"
    periods = (
        "period,school_year,fiscal_year,starts_on,ends_on\n"
        "year,2020,2020,2019-07-01,2020-06-30\nyear,2021,2021,2020-07-01,2021-06-30\n"
    )
    found = tables(tmp_path, **{"screening_windows.csv": own, "periods.csv": periods})["screening_windows"]
    days = {
        (row["screening_window"], row["school_year"]): (row["begins_on"], row["snapshot_on"], row["ends_on"])
        for row in found
    }
    assert days["winter", 2020] == (date(2019, 12, 1), date(2020, 2, 15), date(2020, 2, 15))
    assert days["winter", 2021] == (date(2020, 12, 15), date(2021, 1, 20), date(2021, 1, 31))
    assert days["early", 2020] == (date(2019, 7, 1), date(2020, 6, 30), date(2020, 6, 30))
    assert len(days) == 8


def test_support_terms__rules_of_our_own_stand_beside_the_products(tmp_path):
    found = tables(
        tmp_path,
        **{
            "on_track_rules.csv": f"{TRACK}ours,10,11,,0\n",
            "early_warning_rules.csv": f"{WARNINGS}rise,A,attendance_share,below,0.85,\n",
            "course_marks.csv": "mark,standing,grade_points\nNP,failed,\nA,passed,5\n",
        },
    )
    assert [(row["rule"], row["least_credits"]) for row in found["on_track_rules"]] == [
        ("chicago", Decimal(5)),
        ("oregon", None),
        ("ours", Decimal(11)),
    ]
    assert {row["rule"] for row in found["early_warning_rules"]} == {"abc", "rise"}
    marks = {row["mark"]: (row["standing"], row["grade_points"]) for row in found["course_marks"]}
    assert (marks["NP"], marks["A"], marks["B"]) == (("failed", None), ("passed", Decimal(5)), ("passed", Decimal(3)))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("screening_windows.csv", f"{WINDOWS}fall,9-1,10-31,10-31,KG,2020\n", "is written as 09-01, not 9-1"),
        ("screening_windows.csv", f"{WINDOWS}fall,02-29,03-31,03-31,KG,2020\n", "is written as 09-01, not 02-29"),
        ("screening_windows.csv", f"{WINDOWS}fall,10-01,10-31,11-01,KG,2020\n", "snapshot: of fall does not lie"),
        ("screening_windows.csv", f"{WINDOWS}fall,06-01,07-31,06-15,KG,2020\n", "snapshot: of fall does not lie"),
        ("screening_windows.csv", f"{WINDOWS}fall,10-01,10-31,10-31,K,2020\n", "grades must be of PK KG 01"),
        ("on_track_rules.csv", f"{TRACK}ours,09,,,1\n", "give least_credits or graduation_share, one of the two"),
        ("on_track_rules.csv", f"{TRACK}ours,09,5,0.25,1\n", "give least_credits or graduation_share, one of the two"),
        ("on_track_rules.csv", f"{TRACK}ours,9,5,,1\n", "grades must be of PK KG 01"),
        ("term_types.csv", "term_type,semesters\nyear,0.6666667\n", "more than six digits"),
        ("early_warning_rules.csv", f"{WARNINGS}a,C,failed_courses,at_least,1,\n", "subjects belong to failed_courses"),
        ("early_warning_rules.csv", f"{WARNINGS}a,B,referrals,at_least,1,ela\n", "subjects belong to failed_courses"),
        ("early_warning_rules.csv", f"{WARNINGS}a,B,fights,at_least,1,\n", "early_warning_rules.csv:2:indicator"),
        ("course_marks.csv", "mark,standing\nF,bad\n", "course_marks.csv:2:standing"),
    ],
)
def test_support_terms__what_cannot_be_meant_is_refused(tmp_path, name, content, message):
    with pytest.raises(ConfigurationError) as error:
        load_little(tmp_path / "c", **{name: content})
    assert message in str(error.value)
