import subprocess
import sys
from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from ingestion.configuration import compile_configuration, load_collaborative
from ingestion.home import Home
from ingestion.yaml_document import ConfigurationError
from tests.ingestion.delivered_files import COLLABORATIVE, CONFIGURATION, load_little, write_configuration

DISTRICTS = CONFIGURATION["districts.csv"]
PERIODS = CONFIGURATION["periods.csv"]


def _refused(folder, **changed):
    write_configuration(folder, **changed)
    with pytest.raises(ConfigurationError) as caught:
        load_collaborative(folder)
    return caught.value.messages


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
    messages = _refused(tmp_path, **{file: CONFIGURATION[file].replace(old, new, 1)})
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
        messages = _refused(tmp_path, **{"collaborative.yaml": written[value]})
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
    messages = _refused(
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
        "thresholds.csv:2:1:" in text and "6.5" in text for text in _refused(tmp_path, **{"thresholds.csv": own})
    )
    half = load_little(tmp_path, **{"thresholds.csv": own.replace("6.4", "6.5")})
    assert half.thresholds["long_term_el_years"] == Decimal("6.5")


def test_a_threshold_that_would_be_rounded_is_refused(tmp_path):
    own = "threshold,value,note\ntiny,0.0000001,\n"
    assert any(
        "thresholds.csv:2:1:" in text and "six digits" in text for text in _refused(tmp_path, **{"thresholds.csv": own})
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


SCHOOLS = """\
school_id,district_id,name,school_type,open_from,open_to
00010505,00010000,Abel High,public_school,,
00020005,00020000,Baker Elementary,public_school,2019,2020
"""
SUCCESSIONS = """\
predecessor_id,successor_id,kind,school_year,note
00090000,00010000,merged,2016,Gone joined Abel
00030000,00030000,renamed,2020,It was Coal
,00020005,opened,2019,
"""
BREAKS = """\
metric_id,subgroup,entity_type,from_school_year,note
SS.X,low_income,,2015,A new definition
PPE.D02,,state,2020,Charter districts are listed
"""
ROSTERS = {"schools.csv": SCHOOLS, "entity_succession.csv": SUCCESSIONS, "series_breaks.csv": BREAKS}


def test_a_collaborative_does_without_schools_successions_and_breaks(tmp_path):
    little = load_little(tmp_path / "c")
    assert (little.schools, little.entity_successions, little.series_breaks) == ((), (), ())
    compiled = compile_configuration(little, Home(tmp_path / "home"))
    for name in ("schools", "entity_succession", "series_breaks"):
        assert pq.read_table(compiled.folder / f"{name}.parquet").num_rows == 0


def test_the_schools_of_a_year_are_those_open_in_it(tmp_path):
    little = load_little(tmp_path, **ROSTERS)
    assert [school.name for school in little.schools_open(2020)] == ["Abel High", "Baker Elementary"]
    assert [school.name for school in little.schools_open(2021)] == ["Abel High"]
    assert [school.name for school in little.schools_open(2018)] == ["Abel High"]
    assert little.school("00020005").district_id == "00020000"
    assert little.school("00020000") is None


def test_schools_successions_and_breaks_are_compiled(tmp_path):
    compiled = compile_configuration(load_little(tmp_path / "c", **ROSTERS), Home(tmp_path / "home"))
    rows = {path.stem: pq.read_table(path).to_pylist() for path in compiled.folder.glob("*.parquet")}
    assert rows["schools"][1] == {
        "school_id": "00020005",
        "district_id": "00020000",
        "name": "Baker Elementary",
        "school_type": "public_school",
        "open_from": 2019,
        "open_to": 2020,
    }
    assert [(row["predecessor_id"], row["successor_id"], row["kind"]) for row in rows["entity_succession"]] == [
        ("00090000", "00010000", "merged"),
        ("00030000", "00030000", "renamed"),
        (None, "00020005", "opened"),
    ]
    assert [tuple(row.values()) for row in rows["series_breaks"]] == [
        ("SS.X", "low_income", None, 2015, "A new definition"),
        ("PPE.D02", None, "state", 2020, "Charter districts are listed"),
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("schools.csv", "00020005", "00010505", "schools.csv:3:school_id: repeats the school_id of line 2"),
        ("schools.csv", "2019,2020", "2021,2020", "schools.csv:3:1: the school closes before it opens"),
        ("schools.csv", "00010505,00010000", "0001-505,00010000", "schools.csv:2:1: school_id must be of letters"),
        ("schools.csv", "00010505,00010000", "00010505,00770000", "00010505 is of 00770000, which districts.csv lacks"),
        ("schools.csv", "00010505,", "00020000,", "00020000 is a district too"),
        ("entity_succession.csv", "00090000,00010000", "00090000,00770000", "00770000 is neither in districts.csv nor"),
        ("entity_succession.csv", "00090000,00010000", "00010000,00010000", "has another successor than itself"),
        ("entity_succession.csv", ",00020005,opened", "00010505,00020005,opened", "predecessor_id is for all"),
        ("entity_succession.csv", "renamed", "closed", "successor_id is for all that has one"),
        ("entity_succession.csv", "renamed", "moved", "entity_succession.csv:3:kind:"),
        ("series_breaks.csv", "SS.X,low_income,,2015", "PPE.D02,,state,2020", "series_breaks.csv:3:metric_id: repeats"),
        ("series_breaks.csv", ",state,", ",town,", "series_breaks.csv:3:entity_type:"),
    ],
)
def test_a_fault_of_the_rosters_is_named(tmp_path, file, old, new, message):
    assert old in ROSTERS[file]
    messages = _refused(tmp_path, **ROSTERS | {file: ROSTERS[file].replace(old, new, 1)})
    assert any(message in text for text in messages), messages


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
    heavy = "('duckdb', 'pyarrow', 'pandas', 'python_calamine', 'sqlalchemy')"
    code = f"import sys, ingestion.configuration, ingestion.reading; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


AUTHORITY = "authority,metric_id,minimum_days,absence_share,partial_day_rule,grades\n"


def test_an_authoritys_definition_of_chronic_absence_is_a_row_over_the_products(tmp_path):
    own = AUTHORITY + "ours,SS.A04,31,0.125,fraction,KG 01\nfederal,SS.A04,12,0.1,fraction,PK KG\n"
    little = load_little(tmp_path, **{"attendance_authorities.csv": own})
    lines = {(row.authority, row.metric_id): (row.minimum_days, row.grades) for row in little.attendance_authorities}
    assert lines["ours", "SS.A04"] == (31, "KG 01")
    assert lines["federal", "SS.A04"] == (12, "PK KG")
    assert lines["massachusetts", "SS.A05"][0] == 20
    compiled = compile_configuration(little, Home(tmp_path / "home"))
    rows = pq.read_table(compiled.folder / "attendance_authorities.parquet").to_pylist()
    shares = {(row["authority"], row["metric_id"]): (row["absence_share"], row["absence_days"]) for row in rows}
    assert shares["ours", "SS.A04"] == (Decimal("0.125000"), None)
    assert shares["massachusetts", "SS.A09"] == (None, Decimal("10.000000"))
    assert shares["federal", "SS.A04"] == (Decimal("0.100000"), None)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("ours,SS.A04,0,0.1,fraction,KG", "minimum_days must be 1 or more"),
        ("ours,SS.A04,10,0,fraction,KG", "absence_share must be above 0"),
        ("ours,SS.A04,10,1.1,fraction,KG", "absence_share must be above 0 and at most 1"),
        ("ours,SS.A04,10,0.1234567,fraction,KG", "more than six digits"),
        ("ours,SS.A04,10,,fraction,KG", "needs either absence_share or absence_days, and not both"),
        ("ours,SS.A04,10,0.1,whole_day,KG", "attendance_authorities.csv:2:partial_day_rule"),
        ("ours,SS.A04,10,0.1,fraction,K 1", "grades must be of PK KG 01"),
        ("ours,SS.A04,10,0.1,fraction,KG  01", "grades must be of PK KG 01"),
        ("ours,SS.A04,10,0.1,fraction,KG KG", "grades names one of them twice"),
    ],
)
def test_a_definition_that_cannot_be_meant_is_refused(tmp_path, row, message):
    messages = _refused(tmp_path, **{"attendance_authorities.csv": f"{AUTHORITY}{row}\n"})
    assert len(messages) == 1 and message in messages[0]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("0.1,5,,,,,", "needs either absence_share or absence_days, and not both"),
        (",367,,,,,", "absence_days must be above 0 and at most 366"),
        (",0,,,,,", "absence_days must be above 0 and at most 366"),
        ("0.1,,above,,,,", "minimum_days_rule"),
        ("0.1,,,-1,,,", "minimum_days_present must be 0 or more"),
        ("0.1,,,,excused present,,", "counted_categories must be of excused unexcused"),
        ("0.1,,,,excused excused,,", "counted_categories names one of them twice"),
        ("0.1,,,,,gone,", "leavers"),
        ("0.1,,,,,,perhaps", "exit_day_counts"),
    ],
)
def test_what_an_authority_counts_is_one_of_the_known_things(tmp_path, cells, message):
    heading = "authority,metric_id,minimum_days,partial_day_rule,grades,absence_share,absence_days,minimum_days_rule,"
    heading += "minimum_days_present,counted_categories,leavers,exit_day_counts\n"
    rows = f"{heading}ours,SS.A04,10,fraction,KG,{cells}\n"
    (fault,) = _refused(tmp_path, **{"attendance_authorities.csv": rows})
    assert "attendance_authorities.csv:2:" in fault and message in fault


def test_an_authority_may_leave_out_what_the_product_takes_for_granted(tmp_path):
    little = load_little(tmp_path, **{"attendance_authorities.csv": f"{AUTHORITY}ours,SS.A04,10,0.1,fraction,KG\n"})
    (row,) = [each for each in little.attendance_authorities if each.authority == "ours"]
    assert (row.minimum_days_rule, row.minimum_days_present, row.leavers, row.exit_day_counts) == (
        "at_least",
        0,
        "count",
        True,
    )
    assert row.counted_categories == "excused unexcused tardy partial OSS"
