"""Suggestions: the right contract and columns by headings and cells, and drafts that are valid mappings."""

import pytest

from ingestion.contract import load_contracts
from ingestion.draft_mapping import write_draft
from ingestion.heading_words import Likeness, split_words
from ingestion.known_names import gather, load_all_mappings
from ingestion.mapping_checks import check_mapping
from ingestion.mapping_files import load_mapping
from ingestion.sample_columns import look_at
from ingestion.sheet import UnreadableFile
from ingestion.suggestion_figures import measure, share
from ingestion.suggestions import SourceHeading, Suggester, headings_of

STUDENTS = (
    "Exported 2026-01-05,,,,,,\n"
    "Stu Number,Statewide ID,DOB,Gender,First Name,Last Name,Home Lang\n"
    "07001,9000000001,1/15/2012,F,Ann,Zuniga,en\n"
    "07002,9000000002,12/31/2011,M,Bo,Young,es\n"
    "07003,9000000003,2/1/2012,F,Cy,Xu,en\n"
)
ATTENDANCE = (
    "Pupil ID;Bldg Code;Attendance Date;Absence Type;Mins Absent;Mins In Day\n"
    "07001;99010005;01/05/2026;Unexcused;360;360\n"
    "07002;99010005;01/05/2026;Excused;90;360\n"
)


@pytest.fixture(scope="module")
def suggester():
    return Suggester(gather(load_all_mappings()))


def columns(suggested) -> dict[str, str | None]:
    return {each.source.heading: each.column for each in suggested.columns}


def draft(suggester, path, contract=None):
    sample = look_at(path)
    suggested = suggester.suggest([column.source for column in sample.columns], contract, path.stem)
    text = write_draft(sample, suggested, "draft", r"(?P<district_id>1)/(?P<school_year>\d{4})/draft\.csv")
    target = path.with_name("draft.yaml")
    target.write_text(text, encoding="utf-8")
    return suggested, text, load_mapping(target)[0]


def test_with_each_mapping_left_out_the_first_suggestion_is_right_for_four_columns_of_five():
    figures = measure()
    assert len(figures) >= 80
    assert sum(figure.n_columns for figure in figures) >= 900
    assert share(figures) >= 0.80
    assert sum(figure.contract == figure.suggested for figure in figures) / len(figures) >= 0.9


def test_a_mapping_left_out_is_told_neither_by_its_own_copy_nor_by_what_it_extends():
    shipped = {mapping.mapping: mapping for mapping in load_all_mappings()}
    base, kin = shipped["ma_ppe_by_function"], shipped["synthetic_ppe_by_function"]
    copy = base.model_copy(update={"mapping": "copy"})
    alone = measure([base])
    assert measure([base, copy]) == alone
    assert measure([base, kin])[0] == alone[0]
    assert base.mapping in kin.extended


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("StudentID", ("student", "id")),
        ("stu_id", ("student", "id")),
        ("DOB", ("birth", "date")),
        ("Bldg", ("building",)),
        ("# of Pupils", ("number", "student")),
        ("The", ("the",)),
    ],
)
def test_headings_are_split_into_whole_words(heading, words):
    assert split_words(heading) == words


def test_a_word_that_many_names_have_says_less():
    likeness = Likeness(["school code", "fund code", "account code", "calendar code"])
    assert likeness.compare("school", "school code") > likeness.compare("code", "school code")
    assert likeness.compare("schoool code", "school code") > 0.8
    assert likeness.compare("fund", "school") == 0


def test_a_file_about_pupils_is_no_state_report_and_names_are_left_alone(suggester, tmp_path):
    path = tmp_path / "pupils.csv"
    path.write_text(STUDENTS, encoding="utf-8")
    suggested, text, mapping = draft(suggester, path)
    assert suggested.contract.name == "students"
    assert columns(suggested) == {
        "Stu Number": "student_key",
        "Statewide ID": "person_key",
        "DOB": "birth_date",
        "Gender": "sex",
        "First Name": None,
        "Last Name": None,
        "Home Lang": "first_lang",
    }
    assert list(check_mapping(mapping, load_contracts())) == []
    assert mapping.columns["birth_date"].personal == "birth_date"
    assert mapping.columns["birth_date"].date_format == "%m/%d/%Y"
    for cell in ("Zuniga", "07001", "9000000001", "1/15/2012"):
        assert cell not in text


def test_separators_dates_and_code_lists_are_told_by_the_cells(suggester, tmp_path):
    path = tmp_path / "absences.csv"
    path.write_text(ATTENDANCE, encoding="cp1252")
    suggested, text, mapping = draft(suggester, path)
    assert suggested.contract.name == "attendance"
    assert mapping.delimiter == ";"
    assert mapping.columns["category"].codes == {"Unexcused": "unexcused", "Excused": "excused"}
    assert columns(suggested)["Bldg Code"] == "school_id"
    assert list(check_mapping(mapping, load_contracts())) == []
    assert "# ? month first, or day first" in text


def test_what_is_required_and_not_found_is_named_in_the_draft(suggester, tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("StudentID,TestDate,ScaleScore\n1,2026-01-05,200\n2,2026-01-05,210\n", encoding="utf-8")
    suggested, text, _ = draft(suggester, path, "assessments")
    assert [column.name for column in suggested.missing] == ["assessment_id", "subject"]
    assert "assessment_id: FILL_IN  # ? no heading was found for it" in text


def test_a_number_of_a_report_that_nobody_knows_is_a_figure_but_not_in_a_file_about_pupils(suggester):
    report = [SourceHeading(heading, "number") for heading in ("District Code", "Frobs %", "Frobs #")]
    found = suggester.suggest(report, "state_reported_measures")
    assert [each.column for each in found.columns] == ["district_id", "value", "numerator"]
    assert not found.columns[1].is_sure
    pupils = suggester.suggest(headings_of(["Student ID", "Frobs %", "Frobs #"]))
    assert pupils.contract.holds_people


def test_nothing_is_suggested_for_headings_that_nobody_knows(suggester):
    assert suggester.suggest(headings_of(["xqz", "wvk"]), "attendance") is None


@pytest.mark.parametrize("content", ["", "1,2,3\n4,5,6\n"])
def test_a_file_without_headings_is_refused(tmp_path, content):
    path = tmp_path / "numbers.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableFile, match="no row of the file could be its headings"):
        look_at(path)


def suggest_one(suggester, heading, cells, contract):
    suggested = suggester.suggest([SourceHeading(heading, cells, frozenset())], contract)
    return suggested.columns[0].column if suggested else None


def test_a_column_is_not_suggested_for_cells_that_do_not_fit_it(suggester):
    assert suggest_one(suggester, "Entry Date", "date", "enrollments") == "entry_date"
    assert suggest_one(suggester, "Entry Date", "number", "enrollments") != "entry_date"


def test_a_file_that_names_pupils_is_hardly_a_states_report(suggester):
    def score(*headings):
        sources = [SourceHeading(heading, "number", frozenset()) for heading in headings]
        return suggester.suggest(sources, "state_reported_measures").score

    assert score("Student ID", "Rate", "District Code") < 0.5 * score("School Code", "Rate", "District Code")


def test_what_nobody_needs_is_suggested_for_nothing(suggester):
    assert suggest_one(suggester, "School Name", "text", "attendance") is None
