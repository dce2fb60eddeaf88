"""A collaborative's folder: what loads, what is refused and where it is wrong, what it compiles to."""

import subprocess
import sys
from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from ingestion.configuration import compile_configuration, load_collaborative
from ingestion.home import Home
from ingestion.yaml_document import ConfigurationError
from tests.ingestion.delivered_files import (
    COLLABORATIVE,
    CONFIGURATION,
    load_little,
    refuse_configuration,
    write_configuration,
)

DISTRICTS = CONFIGURATION["districts.csv"]
PERIODS = CONFIGURATION["periods.csv"]


def test_a_valid_folder_loads_with_the_products_defaults_under_its_own_numbers(tmp_path):
    own = "threshold,value,note\ndoor_2_blame_share,0.10,ours\nour_limit,3,new\n"
    little = load_little(tmp_path, **{"thresholds.csv": own})
    assert little.thresholds["door_2_blame_share"] == Decimal("0.10")
    assert little.thresholds["our_limit"] == 3
    assert little.thresholds["max_age_days_finance"] == 400
    assert {row.metric_id for row in little.value_ranges} >= {"PPE.D02", "PPE.D03"}


def test_the_roster_of_a_year_holds_the_members_of_that_year(tmp_path):
    little = load_little(tmp_path)
    assert [district.name for district in little.roster(2020)] == ["Abel", "Baker", "Cole"]
    assert [district.name for district in little.roster(2015)] == ["Abel", "Baker", "Cole", "Gone"]
    assert little.district("00090000").name == "Gone"
    assert little.district("12345678") is None
    assert little.sender("00010000").statewide is False
    assert little.sender("state").statewide is True


def test_the_calendar_knows_when_a_year_ends(tmp_path):
    little = load_little(tmp_path)
    assert little.period_end(2020) == date(2020, 6, 30)
    assert little.period_end(2019) is None


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("collaborative.yaml", "nightly_hour: 4", "nightly_hour: 24", "collaborative.yaml:5:1: nightly_hour:"),
        (
            "collaborative.yaml",
            "America/New_York",
            "America/New_Yrok",
            "collaborative.yaml:4:1: time_zone: is not a known",
        ),
        (
            "collaborative.yaml",
            "state: MA",
            "state: MA\ncolour: red",
            "collaborative.yaml:4:1: colour: is not a known key",
        ),
        (
            "collaborative.yaml",
            "state: MA",
            "state: MA\nstate: MA",
            "collaborative.yaml:4:1: the key 'state' stands twice",
        ),
        ("collaborative.yaml", "name: A", "name: [A", "is not valid YAML"),
        ("collaborative.yaml", "mappings: [mappings]", "mappings: [maps]", "the folder 'maps' does not exist"),
        (
            "collaborative.yaml",
            "nightly_hour: 4\n",
            "",
            "collaborative.yaml:1:1: nightly_hour: is required and missing",
        ),
        ("districts.csv", "00020000", "00010000", "districts.csv:3:district_id: repeats the district_id of line 2"),
        ("districts.csv", "00010000,", ",", "districts.csv:2:district_id: is required and missing"),
        ("districts.csv", "Gone,town,,2015", "Gone,town,,soon", "districts.csv:5:member_to:"),
        ("districts.csv", "Gone,town,,2015", "Gone,town,2018,2015", "districts.csv:5:1: the district leaves before"),
        ("districts.csv", "Gone,town,,2015", "Gone,town,2015", "districts.csv:5:1: has 4 cells"),
        ("districts.csv", "00010000", "_all", "districts.csv:2:1: district_id must be of letters and digits"),
        ("districts.csv", "member_from", "from", "districts.csv:1:1: the heading 'from' is not known"),
        ("districts.csv", "district_type", "kind", "districts.csv:1:1: the heading 'district_type' is missing"),
        ("periods.csv", "2020-06-30", "2020-06-31", "periods.csv:2:ends_on:"),
        ("periods.csv", "2020-06-30", "2021-06-30", "periods.csv:2:1: school_year must be the year in which"),
        ("periods.csv", "2019-07-01", "2020-07-01", "periods.csv:2:1: the period ends before it starts"),
    ],
)
def test_a_fault_is_named_with_file_line_and_column(tmp_path, file, old, new, message):
    assert old in CONFIGURATION[file]
    messages = refuse_configuration(tmp_path, **{file: CONFIGURATION[file].replace(old, new, 1)})
    assert any(message in text for text in messages), messages


@pytest.mark.parametrize(
    ("key", "wrong", "right"),
    [
        ("quiet_minutes", ("0", "1441", "2.5", "'30'"), ("1", "1440")),
        ("releases_kept", ("0", "1.5", "'3'"), ("1", "400")),
        ("nightly_hour", ("-1", "24", "4.5", "'4'"), ("0", "23")),
        ("state", ("ma", "MAS", "''"), ("VT",)),
        ("collaborative", ("Little", "9little", "''"), ("little_9",)),
        ("name", ("1", "null"), ("A",)),
        ("docs_url", ("1",), ("https://docs.example/",)),
        ("time_zone", ("EST5", "''"), ("America/Chicago",)),
        ("owners", ("[]", "finance@example.org"), ("[team:data]",)),
        ("mappings", ("[]", "mappings"), ("[mappings]",)),
    ],
)
def test_each_setting_has_its_limits(tmp_path, key, wrong, right):
    """The last value inside loads, the first one outside is refused with the key's name and place."""
    others = [line for line in COLLABORATIVE.splitlines() if not line.startswith(f"{key}:")]
    written = {value: "\n".join([f"{key}: {value}", *others]) + "\n" for value in (*wrong, *right)}
    for value in wrong:
        messages = refuse_configuration(tmp_path, **{"collaborative.yaml": written[value]})
        assert any(f"collaborative.yaml:1:1: {key}" in text for text in messages), (value, messages)
    for value in right:
        write_configuration(tmp_path, **{"collaborative.yaml": written[value]})
        load_collaborative(tmp_path)


def test_a_quiet_half_hour_unless_the_collaborative_says_otherwise(tmp_path):
    assert load_little(tmp_path / "one").quiet_minutes == 30
    own = {"collaborative.yaml": f"quiet_minutes: 7\n{COLLABORATIVE}"}
    assert load_little(tmp_path / "other", **own).quiet_minutes == 7


@pytest.mark.parametrize("file", ["districts.csv", "periods.csv", "state_functions.csv", "collaborative.yaml"])
def test_a_missing_file_is_named(tmp_path, file):
    write_configuration(tmp_path)
    (tmp_path / file).unlink()
    with pytest.raises(ConfigurationError, match=rf"{file}:1:1: (is missing|cannot be read)"):
        load_collaborative(tmp_path)


def test_every_fault_is_told_at_once(tmp_path):
    messages = refuse_configuration(
        tmp_path,
        **{
            "collaborative.yaml": COLLABORATIVE.replace("nightly_hour: 4", "nightly_hour: 99"),
            "districts.csv": DISTRICTS.replace("2015", "soon"),
            "periods.csv": PERIODS.replace("2019-07-01", "yesterday"),
        },
    )
    assert {text.split(":")[0].rsplit("/")[-1] for text in messages} >= {
        "collaborative.yaml",
        "districts.csv",
        "periods.csv",
    }


def test_years_are_refused_that_are_no_whole_months(tmp_path):
    own = "threshold,value,note\nlong_term_el_years,6.4,\n"
    assert any(
        "thresholds.csv:2:1:" in text and "6.5" in text
        for text in refuse_configuration(tmp_path, **{"thresholds.csv": own})
    )
    half = load_little(tmp_path, **{"thresholds.csv": own.replace("6.4", "6.5")})
    assert half.thresholds["long_term_el_years"] == Decimal("6.5")


def test_a_threshold_that_would_be_rounded_is_refused(tmp_path):
    own = "threshold,value,note\ntiny,0.0000001,\n"
    assert any(
        "thresholds.csv:2:1:" in text and "six digits" in text
        for text in refuse_configuration(tmp_path, **{"thresholds.csv": own})
    )


def test_the_compiled_tables_keep_types_and_say_what_is_expected(tmp_path):
    compiled = compile_configuration(load_little(tmp_path / "c"), Home(tmp_path / "home"))
    tables = {name: pq.read_table(compiled.folder / f"{name}.parquet") for name in compiled.tables}
    assert set(tables) == {
        "account_crosswalk",
        "addressable_objects",
        "agreement",
        "agreement_coding",
        "agreement_dimensions",
        "agreement_shared",
        "allocation_drivers",
        "allocation_weights",
        "attendance_authorities",
        "business_hours",
        "collaborative",
        "comparison_risks",
        "core_cuts",
        "course_marks",
        "cpi_u",
        "cwift",
        "districts",
        "early_warning_rules",
        "el_attainment",
        "entity_succession",
        "exit_types",
        "expected_extracts",
        "fuel_kbtu",
        "idea_environment",
        "identified_programs",
        "in_field_shares",
        "licence_types",
        "meal_rates",
        "mobility_start",
        "need_weights",
        "on_track_rules",
        "periods",
        "ppe_exclusions",
        "procurement_threshold",
        "pupil_windows",
        "quadrant_outcomes",
        "readiness_rules",
        "schools",
        "screening_windows",
        "series_breaks",
        "spending_families",
        "spending_scenarios",
        "staff_ratios",
        "state_foundation",
        "state_functions",
        "status_offenses",
        "survey_scales",
        "suspension_rules",
        "term_types",
        "thresholds",
        "topic_breakdowns",
        "topic_metrics",
        "topics",
        "usual_ranges",
        "value_ranges",
    }
    assert tables["districts"].to_pylist()[3] == {
        "district_id": "00090000",
        "name": "Gone",
        "district_type": "town",
        "member_from": None,
        "member_to": 2015,
    }
    assert tables["expected_extracts"].to_pylist() == [
        {"extract": "eoyr_report", "domain": "finance", "school_year": 2020, "statewide": False},
        {"extract": "state_reported_measures.rates", "domain": "finance", "school_year": 2020, "statewide": True},
    ]
    assert str(tables["thresholds"].schema.field("value").type) == "decimal128(18, 6)"


def test_the_same_content_compiles_once_and_a_changed_one_elsewhere(tmp_path):
    home = Home(tmp_path / "home")
    first = compile_configuration(load_little(tmp_path / "a"), home)
    stamp = (first.folder / "districts.parquet").stat().st_mtime_ns
    again = compile_configuration(load_little(tmp_path / "b"), home)
    assert again == first
    assert (again.folder / "districts.parquet").stat().st_mtime_ns == stamp
    changed = compile_configuration(
        load_little(tmp_path / "c", **{"districts.csv": DISTRICTS.replace("Abel", "Abe")}), home
    )
    assert changed.config_hash != first.config_hash
    assert sorted(path.name for path in home.configuration.iterdir()) == sorted(
        [first.config_hash, changed.config_hash]
    )


def test_the_massachusetts_configuration_is_valid(repository):
    massachusetts = load_collaborative(repository / "collaboratives" / "massachusetts")
    assert massachusetts.id == "massachusetts"
    files = (repository / "collaboratives" / "massachusetts" / "mappings").glob("*.yaml")
    assert [mapping.mapping for mapping in massachusetts.mappings] == sorted(path.stem for path in files)
    assert len(massachusetts.mappings) > 30
    assert len(massachusetts.schools) == 1948
    assert sum(function.is_in_district for function in massachusetts.state_functions) == 10
    assert {period.school_year for period in massachusetts.periods} == set(range(2014, 2028))


def test_reading_starts_without_the_heavy_libraries():
    heavy = "('duckdb', 'pyarrow', 'pandas', 'python_calamine', 'sqlalchemy', 'xlrd')"
    code = f"import sys, ingestion.configuration, ingestion.reading; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
