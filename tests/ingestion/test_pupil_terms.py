"""The lines by which pupils are counted: what is refused, and what dbt reads of them."""

import re
from datetime import date

import pytest

from ingestion.compiled_configuration import build_tables
from ingestion.configuration import load_collaborative
from ingestion.configuration_table import DEFAULTS
from ingestion.core_cuts import FIGURES
from ingestion.settings import REPOSITORY
from ingestion.yaml_document import ConfigurationError
from tests.ingestion.delivered_files import load_little, write_configuration

RULES = "metric_id,variant,counts_in_school,counts_out_of_school,least_days,note\n"
RISKS = "variant,school_year,subgroup,suspended,enrolled,note\n"
SCALES = "survey_id,scale,least_answer,favourable_from,most_answer\n"
CUTS = "metric_id,variant,level,low,high,note\n"
GROUP_CUTS = "metric_id,variant,level,subgroup\n"


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("suspension_rules.csv", f"{RULES}SS.B01,ours,false,false,1,\n", "must be true"),
        ("suspension_rules.csv", f"{RULES}SS.B03,ours,true,true,1,\n", "metric_id"),
        ("comparison_risks.csv", f"{RISKS}ours,2020,asian,1,2,\n", "ours is no variant"),
        ("comparison_risks.csv", f"{RISKS}full_day,2020,asian,3,2,\n", "at most enrolled"),
        ("pupil_windows.csv", "purpose,begins,ends\nidentified_students,4-1,04-01\n", "written as 09-01, not 4-1"),
        ("pupil_windows.csv", "purpose,begins,ends\ntest,04-01,05-01\n", "assessment_id belongs to a test"),
        ("pupil_windows.csv", "purpose,begins,ends,assessment_id\ntest,05-01,04-01,mcas\n", "ends before it begins"),
        ("pupil_windows.csv", "purpose,begins,ends,assessment_id,grades\ntest,04-01,05-01,mcas,5\n", "grades must"),
        ("pupil_windows.csv", "purpose,begins,ends,grades\nidentified_students,04-01,04-01,05\n", "belong to a test"),
        ("mobility_start.csv", "state,start_rule\nMA,sometime\n", "start_rule"),
        ("exit_types.csv", "exit_type,effect\nX,moves\n", "effect"),
        ("survey_scales.csv", f"{SCALES}c,*,1,6,5\n", "at most most_answer"),
        ("core_cuts.csv", f"{CUTS}SS.A04,federal,1,0.2,,\nSS.A04,federal,2,0.1,0.3,\n", "two levels"),
        ("core_cuts.csv", f"{CUTS}SS.A04,federal,11,0.2,,\n", "1 to 10"),
        ("core_cuts.csv", f"{CUTS}SS.E03,years,1,0.2,,\n", "SS.E03 is worked out for no school"),
        ("core_cuts.csv", f"{CUTS}SS.E02,massachusetts,1,0.2,,\n", "SS.E02 is known of english_learner alone"),
        ("core_cuts.csv", f"{GROUP_CUTS}SS.Q01,climate,1,all\n", "SS.Q01 is known of student or family or"),
        ("core_cuts.csv", f"{GROUP_CUTS}SS.A04,federal,1,asian\nSS.A04,federal,2,each\n", "two levels"),
        ("core_cuts.csv", f"{CUTS}SS.A04,federal,1,0.2,0.1,\n", "low must be below high"),
    ],
)  # fmt: skip
def test_pupil_terms__are_refused_with_the_file_and_the_reason(tmp_path, file, text, message):
    write_configuration(tmp_path, **{file: text})
    with pytest.raises(ConfigurationError) as caught:
        load_collaborative(tmp_path)
    assert [fault for fault in caught.value.messages if file in fault and message in fault]


def test_pupil_terms__a_collaboratives_row_adds_to_the_products_or_replaces_it(tmp_path):
    own = f"{RULES}SS.B01,full_day,false,true,1,\nSS.B01,ours,true,true,5,\n"
    little = load_little(tmp_path, **{"suspension_rules.csv": own})
    rules = {(row["metric_id"], row["variant"]): row for row in build_tables(little)["suspension_rules"]}
    assert set(rules) == {("SS.B01", name) for name in ("any_length", "full_day", "ours")} | {("SS.B02", "any_length")}
    assert rules["SS.B01", "full_day"]["counts_in_school"] is False


@pytest.mark.parametrize(
    ("rows", "rule"), [("", "first_day"), ("MA,count_day\n", "count_day"), ("CA,count_day\n", "first_day")]
)
def test_pupil_terms__the_years_start_is_that_of_the_state_or_of_all_others(tmp_path, rows, rule):
    little = load_little(tmp_path, **{"mobility_start.csv": f"state,start_rule\n{rows}"})
    assert build_tables(little)["mobility_start"] == [{"start_rule": rule}]


def test_pupil_terms__windows_lie_in_each_school_year(tmp_path):
    rows = (
        "purpose,begins,ends,assessment_id,from_school_year,grades,subject\n"
        "test,03-01,04-01,mcas,2000,,\ntest,10-01,10-31,mcas,2020,05 08,\ntest,03-01,03-31,mcas,2000,05,science\n"
    )
    little = load_little(tmp_path, **{"pupil_windows.csv": f"{rows}test,10-01,10-31,map,2021,,\n"})
    windows = [row for row in build_tables(little)["pupil_windows"] if row["purpose"] == "test"]
    assert [(row["school_year"], row["subject"], row["begins_on"], row["grades"]) for row in windows] == [
        (2020, None, date(2019, 10, 1), "05 08"),
        (2020, "science", date(2020, 3, 1), "05"),
    ]


def test_core_cuts__name_the_group_whose_figure_counts(tmp_path):
    own = f"{GROUP_CUTS}SS.E02,massachusetts,1,english_learner\nSS.A04,federal,1,\nSS.A05,massachusetts,1,asian\n"
    cuts = build_tables(load_little(tmp_path, **{"core_cuts.csv": own}))["core_cuts"]
    assert {(cut["metric_id"], cut["subgroup"]) for cut in cuts} == {
        ("SS.E02", "english_learner"), ("SS.A04", "each"), ("SS.A05", "asian")
    }  # fmt: skip


def test_core_cuts__are_for_figures_that_the_index_reads():
    """What a cut may name is worked out in one of the models that the index unites."""
    folder = REPOSITORY / "dbt_project" / "models" / "measures"
    index = (folder / "measure_core_index.sql").read_text(encoding="utf-8")
    sources = [folder / f"{name}.sql" for name in re.findall(r"'(measure_\w+)'", index)]
    worked_out = "".join(
        path.read_text(encoding="utf-8")
        for path in [*sources, *(DEFAULTS / f"{name}.csv" for name in ("attendance_authorities", "suspension_rules"))]
    )
    assert [metric_id for metric_id in FIGURES if metric_id not in worked_out] == []
