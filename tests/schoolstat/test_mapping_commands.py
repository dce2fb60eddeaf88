"""``schoolstat mapping``: a sample in, rows out, and drafts; nothing of a person is printed."""

import json

import pytest

from ingestion.mapping_files import load_mapping
from ingestion.yaml_document import ConfigurationError
from schoolstat.mapping_suggestion import name_of, pattern_of
from schoolstat.mapping_trial import find_named_mapping
from tests.schoolstat.bare_command import bare

__all__ = ["bare"]

SCORES = (
    "StudentID,Subject,TestStartDate,TestRITScore,TestPercentile,AchievementQuintile\n"
    "605123,Mathematics,09/16/2021,208,57,HiAvg\n"
    "605124,Reading,09/16/2021,199,41,Avg\n"
    "605123,Science,16.9.2021,201,44,Avg\n"
)
STATE = "District Name,District Code,Total,Grade 1\nAbel,00010000,100,20\nState,00000000,100,20\n"


@pytest.fixture
def scores(tmp_path):
    path = tmp_path / "growth_2022.csv"
    path.write_text(SCORES, encoding="utf-8")
    return path


def test_mapping_test__shows_rows_with_surrogates_and_no_value_of_a_person(bare, scores):
    said = bare("mapping", "test", "nwea/map_growth", str(scores))
    assert said.code == 0, said.err
    for words in ("3 in = 2 landed + 1 rejected", "surrogate 1", "surrogate 2", "map_growth", "growth_2022.csv:4"):
        assert words in said.out
    for cell in ("605123", "605124", "208", "HiAvg", "16.9.2021", "2021-09-16", "mathematics"):
        assert cell not in said.out + said.err


def test_mapping_test__as_one_json_object(bare, scores):
    told = json.loads(bare("mapping", "test", "nwea/map_growth", str(scores), "--json").out)
    assert (told["rows_in"], told["rows_landed"], told["rows_rejected"], told["n_rows_out"]) == (3, 2, 1, 2)
    assert told["rows"][0]["student_key"] == "surrogate 1"
    assert told["rows"][0]["school_year"] == "2022"
    assert told["refused_rows"][0]["line"] == 4
    assert "605123" not in json.dumps(told)


def test_mapping_test__needs_a_year_that_something_says(bare, scores):
    unnamed = scores.rename(scores.with_name("growth.csv"))
    said = bare("mapping", "test", "nwea/map_growth", str(unnamed))
    assert said.code == 2
    assert "add --year" in said.err
    assert bare("mapping", "test", "nwea/map_growth", str(unnamed), "--year", "2022").code == 0


def test_mapping_test__refuses_a_file_of_other_headings(bare, scores):
    scores.write_text("a,b\n1,2\n", encoding="utf-8")
    said = bare("mapping", "test", "nwea/map_growth", str(scores))
    assert said.code == 3
    assert "D02" in said.out
    assert "refused as a whole" in said.out


def test_mapping_test__of_a_statewide_file_needs_no_roster(bare, tmp_path, repository):
    path = tmp_path / "enrollment_by_grade_2020.csv"
    mapping = repository / "collaboratives" / "massachusetts" / "mappings" / "ma_teacher_salaries.yaml"
    path.write_text("nothing,of,it\n1,2,3\n", encoding="utf-8")
    said = bare("mapping", "test", str(mapping), str(path))
    assert said.code == 3
    assert "refused as a whole" in said.out


@pytest.mark.parametrize("name", ["nobody/nothing", "nothing.yaml"])
def test_a_mapping_that_is_not_there_is_named(name):
    with pytest.raises(ConfigurationError, match=name.replace(".", "[.]")):
        find_named_mapping(name)


def test_mapping_suggest__writes_a_draft_that_can_be_tried_at_once(bare, scores, tmp_path):
    target = tmp_path / "draft.yaml"
    scores.write_text(SCORES.replace("StudentID", "Pupil Number").replace("TestRITScore", "Scaled Score"))
    said = bare("mapping", "suggest", str(scores), "--contract", "assessments", "-o", str(target))
    assert said.code == 0, said.err
    assert "assessment_id" in said.out
    mapping, _ = load_mapping(target)
    assert mapping.columns["student_key"].heading == "Pupil Number"
    assert mapping.columns["scale_score"].heading == "Scaled Score"
    assert bare("mapping", "suggest", str(scores), "-o", str(target)).code == 2
    tried = json.loads(bare("mapping", "test", str(target), str(scores), "--json").out)
    assert tried["rows_in"] == 3


def test_mapping_suggest__alone_the_draft_is_stdout(bare, scores, tmp_path):
    said = bare("mapping", "suggest", str(scores))
    (tmp_path / "piped.yaml").write_text(said.out, encoding="utf-8")
    assert load_mapping(tmp_path / "piped.yaml")[0].contract == "assessments"
    assert "how sure" in said.err
    assert "605123" not in said.out + said.err


def test_mapping_suggest__marks_dates_and_amounts_that_nobody_knows(bare, tmp_path):
    path = tmp_path / "grants.csv"
    path.write_text(
        'grant_id,amount,restricted,Zorp,Quux,Blah\nG1,100.00,true,2025-09-01,"$1,200.00",x\n', encoding="utf-8"
    )
    draft = bare("mapping", "suggest", str(path), "--contract", "grants").out
    lines = {line.split('"')[1]: line for line in draft.splitlines() if line.startswith('  - "')}
    assert "# ? perhaps award_date" in lines["Zorp"]
    assert lines["Blah"] == '  - "Blah"'


def test_mapping_suggest__says_which_contracts_there_are(bare, scores):
    said = bare("mapping", "suggest", str(scores), "--contract", "nothing")
    assert said.code == 2
    assert "known are assessments" in said.err


@pytest.mark.parametrize(
    ("name", "expected", "matches"),
    [
        ("Attendance 2025-26.csv", "attendance", "1/2026/Attendance 2019-20.csv"),
        ("ATT_20260105_v2.csv", "att_v", "1/2026/ATT_20270229_v13.csv"),
        ("2026.csv", "file", "1/2026/2027.csv"),
    ],
)
def test_a_draft_is_named_after_the_file_and_is_meant_for_the_next_one_too(tmp_path, name, expected, matches):
    import re

    assert name_of(tmp_path / name, None) == expected
    assert name_of(tmp_path / name, "9901") == f"d9901_{expected}"
    assert re.fullmatch(pattern_of(tmp_path / name, "1"), matches)
    assert not re.fullmatch(pattern_of(tmp_path / name, "1"), f"2{matches[1:]}")
