"""The account crosswalk: which rule an account takes, per column, and what cannot be meant."""

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.account_crosswalk import CrosswalkRule, compile_rules, crosswalk_schema, select_mapped_accounts
from ingestion.configuration import compile_configuration, load_collaborative
from ingestion.home import Home
from ingestion.yaml_document import ConfigurationError
from tests.ingestion.delivered_files import load_little, write_configuration

ONE, TWO = "00010000", "00020000"
LOCAL = {"fund": "E1", "function_local": "2305", "object_local": "5110", "program": "100"}
ACCOUNT = {"district_id": ONE, "school_year": 2025, "fiscal_year": 2025, "account_id": "E1.2305.5110.001.7"}
SAID = ("state_function", "nces_function", "nces_object", "source", "ppe_treatment", "allocation_pool")


def map_account(*rules: CrosswalkRule, **account) -> dict:
    """One account, central in every way that is not said, after the crosswalk was laid over the chart."""
    row = {**ACCOUNT, "account_type": "expenditure", **LOCAL, **dict.fromkeys(SAID), **account}
    fields = [(name, pa.int32() if name.endswith("_year") else pa.string()) for name in row]
    crosswalk = pa.Table.from_pylist(compile_rules(rules, [ONE, TWO]), schema=crosswalk_schema())
    with duckdb.connect() as connection:
        connection.register("chart", pa.Table.from_pylist([row], schema=pa.schema(fields)))
        connection.register("crosswalk", crosswalk)
        (found,) = connection.execute(select_mapped_accounts("chart", "crosswalk")).to_arrow_table().to_pylist()
    return found


def make_rule(columns: dict) -> CrosswalkRule:
    """A rule from its columns."""
    return CrosswalkRule(**columns)


def test_crosswalk__without_rules_the_chart_stands_as_it_is():
    said = dict(zip(SAID, ("teachers", "1000", "110", "local", "include", "general"), strict=True))
    whole = map_account(**said)
    assert {name: whole[name] for name in SAID} == said and whole["mapped_by"] == "chart"
    assert map_account()["mapped_by"] == "unmapped"


@pytest.mark.parametrize("column", ["nces_function", "nces_object", "source", "ppe_treatment"])
def test_crosswalk__all_that_is_needed_must_be_said_by_one_or_the_other(column):
    said = {"nces_function": "1000", "nces_object": "110", "source": "local", "ppe_treatment": "include"}
    left = {name: value for name, value in said.items() if name != column}
    assert map_account(**left)["mapped_by"] == "unmapped"
    rest, less, whole = ({"object_local": "5"} | each for each in ({column: said[column]}, left, said))
    assert map_account(make_rule(rest), **left)["mapped_by"] == "crosswalk"
    assert map_account(make_rule(less))["mapped_by"] == "unmapped"
    assert map_account(make_rule(whole), account_type=None)["mapped_by"] == "unmapped"
    for kind in ("revenue", "balance"):
        found = map_account(make_rule(whole), account_type=kind)
        assert found["mapped_by"] is None and found["nces_object"] is None


def test_crosswalk__what_the_chart_says_wins():
    rule = CrosswalkRule(object_local="5110", nces_object="120", nces_program="200")
    found = map_account(rule, nces_object="110")
    assert (found["nces_object"], found["nces_program"], found["nces_fund"]) == ("110", "200", None)


def test_crosswalk__the_longest_rule_wins_in_each_column():
    found = map_account(
        CrosswalkRule(object_local="5", nces_object="900", ppe_treatment="include", source="state"),
        CrosswalkRule(object_local="5110", nces_object="110"),
        CrosswalkRule(object_local="51", nces_object="100", source="local"),
        CrosswalkRule(object_local="5110", program="2", nces_object="120", ppe_treatment="exclude_adult"),
    )
    assert (found["nces_object"], found["source"], found["ppe_treatment"]) == ("110", "local", "include")


def test_crosswalk__a_rule_of_two_codes_is_as_long_as_both():
    long = CrosswalkRule(object_local="5110", source="state")
    both = CrosswalkRule(fund="E1", program="100", source="local")
    assert map_account(long, both)["source"] == map_account(both, long)["source"] == "local"
    assert map_account(long, both, fund="E2")["source"] == "state"
    assert map_account(long, both, program=None)["source"] == "state"


def test_crosswalk__a_districts_own_rule_comes_before_everybodys():
    own, every = CrosswalkRule(district_id=ONE, fund="E", source="local"), CrosswalkRule(fund="E1", source="state")
    assert map_account(own, every)["source"] == "local"
    assert map_account(own, every, district_id=TWO)["source"] == "state"


@pytest.mark.parametrize(("year", "source"), [(2023, None), (2024, "local"), (2025, "local"), (2026, "state")])
def test_crosswalk__a_rule_holds_in_its_fiscal_years(year, source):
    rules = (
        CrosswalkRule(fund="E1", from_fiscal_year=2024, to_fiscal_year=2025, source="local"),
        CrosswalkRule(fund="E1", from_fiscal_year=2026, source="state"),
    )
    assert map_account(*rules, fiscal_year=year, school_year=2020)["source"] == source


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("E1.2305", True),
        ("E1.2305.5110.001.7", True),
        ("2305", False),
        ("*.2305", True),
        ("*.23", True),
        ("*.5110", False),
        ("*.*.5110", True),
        ("E*.2305.*.001", True),
        ("E1.*.001", False),
        ("*.2305.5110.001.7*", False),
        ("*12305", False),
    ],
)
def test_crosswalk__a_star_is_one_segment_of_the_account(pattern, fits):
    assert map_account(CrosswalkRule(account_id=pattern, source="local"))["source"] == ("local" if fits else None)


HEADINGS = "district_id,from_fiscal_year,to_fiscal_year,account_id,fund,object_local,nces_object,source,ppe_treatment\n"


def test_crosswalk__is_compiled_for_each_district(tmp_path):
    own = f"{HEADINGS}{ONE},2024,,E1.*.5,,,110,,\n,,,,E,,,local,include\n"
    little = load_little(tmp_path / "c", **{"account_crosswalk.csv": own})
    compiled = compile_configuration(little, Home(tmp_path / "home"))
    rows = pq.read_table(compiled.folder / "account_crosswalk.parquet").to_pylist()
    assert [row["district_id"] for row in rows if row["source"]] == sorted(little.district_ids)
    (first,) = (row for row in rows if row["nces_object"])
    assert (first["district_id"], first["from_fiscal_year"], first["to_fiscal_year"]) == (ONE, 2024, 9999)
    assert first["rank"] > max(row["rank"] for row in rows if row["source"])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (f"{ONE},2025,2024,E1,,,110,,\n", "from_fiscal_year is after"),
        (f"{ONE},,,,,,110,,\n", "all of them are empty"),
        (f"{ONE},,,*,,,110,,\n", "all of them are empty"),
        (f"{ONE},,,E1,,,,,\n", "a rule fills one of"),
        (f"{ONE},,,E1,,,11,,\n", "nces_object is not of the form"),
        (f"{ONE},,,E1,,,,mine,\n", "account_crosswalk.csv:2:source"),
        ("99999999,,,E1,,,110,,\n", "district_id: 99999999 is not in districts.csv"),
        (f"{ONE},,,E1,,,,,exclude_moon\n", "ppe_treatment: exclude_moon is not in ppe_exclusions.csv"),
        (f"{ONE},,,E1,,,110,,\n{ONE},,,E1,,,110,,\n", "repeats the district_id"),
        (f"{ONE},,,E1,,,110,,\n{ONE},,,,E1,,120,,\n", "fit the same accounts equally well and differ"),
        (",,,E1,,,110,,\n,2025,,E1,,,120,,\n", "let it end before the other begins"),
        (f"{ONE},,,*.11,,,110,,\n{ONE},,,E.1,,,120,,\n", "nces_object: the rules for account_id *.11 of"),
    ],
)
def test_crosswalk__what_cannot_be_meant_is_refused(tmp_path, rows, message):
    write_configuration(tmp_path, **{"account_crosswalk.csv": HEADINGS + rows})
    with pytest.raises(ConfigurationError) as caught:
        load_collaborative(tmp_path)
    assert len(caught.value.messages) == 1 and message in caught.value.messages[0]


@pytest.mark.parametrize(
    "rows",
    [
        f"{ONE},,,E1,,,110,,\n{ONE},,,,E1,,110,,\n",  # they agree
        f"{ONE},,,E1,,,110,,\n{ONE},,,,E1,,,local,\n",  # of different columns
        f"{ONE},,,E1,,,110,,\n{ONE},,,E2,,,120,,\n",  # never of the same account
        f"{ONE},,,E1,,,110,,\n{TWO},,,,E1,,120,,\n",  # of different districts
        f"{ONE},,,E1,,,110,,\n,,,,E1,,120,,\n",  # own before everybody's
        f"{ONE},,,E1,,,110,,\n{ONE},,,,E11,,120,,\n",  # one is longer
        f"{ONE},,2024,E1,,,110,,\n{ONE},2025,,E1,,,120,,\n",  # one after the other
        f"{ONE},,,*.11.2,,,110,,\n{ONE},,,E.12.,,,120,,\n",  # a segment tells them apart
    ],
)
def test_crosswalk__rules_that_never_contend_stand_side_by_side(tmp_path, rows):
    assert len(load_little(tmp_path, **{"account_crosswalk.csv": HEADINGS + rows}).account_crosswalk) == 2


def test_crosswalk__knows_the_states_functions(tmp_path):
    headings = "account_id,state_function\n"
    write_configuration(tmp_path, **{"account_crosswalk.csv": f"{headings}E1,flying\n"})
    with pytest.raises(ConfigurationError, match=r"state_function: flying is not in state_functions\.csv"):
        load_collaborative(tmp_path)
