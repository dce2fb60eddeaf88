"""A small finished build, made by hand: three districts and the state, without dbt.

The tables carry the names, layers and keys of the product's own models; ``write_manifest`` says about them what
dbt's manifest would.
"""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import duckdb

from ingestion.home import Home
from ingestion.ledger import Ledger, open_ledger
from tests.expectations.made_ledger import write_ledger

DISTRICTS = ("00010000", "00020000", "00030000")
FUNCTIONS = ("administration", "teachers", "pupil_services")
FACT_KEY = [
    "district_id", "metric_id", "variant", "entity_type", "entity_id", "school_year", "period", "subgroup",
    "breakdown", "basis",
]  # fmt: skip
REPOSITORY = Path(__file__).resolve().parents[2]
CANARY = "Maria Gonzalez-Realname"

MEASURE = """(
    district_id varchar, entity_type varchar, entity_id varchar, school_year integer, period varchar, subgroup varchar,
    breakdown varchar, metric_id varchar, variant varchar, value decimal(38, 10), numerator decimal(38, 6),
    denominator decimal(38, 6), n decimal(38, 6), basis varchar, vintage varchar
)"""


PUPIL_MODELS = f"""
create or replace table conformed.fct_enrollment (
    district_id varchar, school_year integer, student_key bigint, school_id varchar, calendar_code varchar,
    entry_date date, last_date date, grade varchar, is_primary boolean
);
create or replace table conformed.dim_student (
    district_id varchar, school_year integer, student_key bigint, person_key bigint, has_state_id boolean,
    race_eth varchar
);
create or replace table conformed.fct_attendance (
    district_id varchar, school_year integer, attendance_date date, delivery_id varchar
);
create or replace table conformed.dim_calendar_day (
    district_id varchar, school_year integer, school_id varchar, calendar_code varchar, calendar_date date,
    is_instructional boolean
);
create or replace table conformed.int_spending__autumn_count (
    district_id varchar, school_year integer, school_id varchar, n_pupils bigint
);
create or replace table conformed.int_attendance__absence (
    district_id varchar, school_year integer, student_key bigint, category varchar
);
create schema if not exists staging;
create schema if not exists measures;
create or replace table measures.measure_attendance {MEASURE};
create or replace table measures.measure_student_attendance (
    district_id varchar, school_year integer, student_key bigint, days_enrolled integer, days_in_session integer
);
create or replace table staging.stg_district__programs (
    district_id varchar, school_year integer, student_key bigint, program varchar, begin_date date, end_date date
);
"""
"""Conformed models of a collaborative that has no pupils' records."""

SPENDING_BASES = f"""
create or replace table conformed.dim_spending_basis as
select metrics.metric_id, families.variant, families.ppe_family,
    case when metrics.pupils is not null then coalesce(families.denominator_basis, 'as_reported') end
        as denominator_basis
from '{REPOSITORY}/dbt_project/seeds/conformed/spending_metrics.csv' as metrics
join '{REPOSITORY}/ingestion/defaults/spending_families.csv' as families
    on metrics.ppe_family in ('any', families.ppe_family)
"""
"""Which family's variants each metric of spending may stand under, as the product ships it."""


@dataclass(frozen=True)
class Inputs:
    """As much of the build's inputs as a door looks at."""

    build_id: str
    selection_hash: str
    code_hash: str = "code"
    config_hash: str = "config"


@dataclass(frozen=True)
class Workshop:
    """A home with a ledger and a build at work."""

    home: Home
    ledger: Ledger
    inputs: Inputs
    collaborative: SimpleNamespace

    def change(self, sql: str) -> None:
        """Tamper with the build at work."""
        with duckdb.connect(str(self.home.build_file)) as connection:
            connection.execute(sql)

    def change_finished(self, sql: str) -> None:
        """Tamper with the finished build."""
        with duckdb.connect(str(self.home.build_folder(self.inputs.build_id) / "warehouse.duckdb")) as connection:
            connection.execute(sql)

    def finish(self) -> None:
        """Move the build under its id, as ``finish_build`` does."""
        self.finish_anyway()
        self.ledger.mark_built(self.inputs.build_id)

    def finish_anyway(self) -> None:
        """Move a refused build under its id, as somebody might by hand."""
        folder = self.home.build_folder(self.inputs.build_id)
        folder.mkdir(parents=True, exist_ok=True)
        self.home.build_file.rename(folder / "warehouse.duckdb")

    def start(self, inputs: Inputs) -> None:
        """Enter a build in the ledger."""
        hashes = (inputs.selection_hash, inputs.code_hash, inputs.config_hash)
        self.ledger.start_build(inputs.build_id, *hashes, date(2018, 6, 30))

    def next_build(self, build_id: str, districts: tuple[str, ...] = DISTRICTS) -> "Workshop":
        """Another build at work in the same home."""
        inputs = Inputs(build_id, f"selection-of-{build_id}")
        self.start(inputs)
        make_build(self.home, districts)
        return Workshop(self.home, self.ledger, inputs, self.collaborative)


def make_workshop(folder: Path, build_id: str = "aaaaaaaa11112222") -> Workshop:
    """A home with one build at work."""
    home = Home(folder).ensure()
    ledger = open_ledger(home)
    write_manifest(home)
    return Workshop(home, ledger, Inputs("", ""), make_collaborative()).next_build(build_id)


def make_collaborative() -> SimpleNamespace:
    """As much of a collaborative as doors and releases look at."""
    return SimpleNamespace(
        thresholds={"mart_row_count_drop_share": Decimal("0.2"), "door_2_blame_share": Decimal("0.05")},
        district_ids=frozenset(DISTRICTS),
        releases_kept=3,
        waivers=(),
        today=lambda: date(2026, 1, 1),
    )


def make_build(home: Home, districts: tuple[str, ...] = DISTRICTS) -> None:
    """Write the build file: configuration, selection, measures that add up, marts, one shared table."""
    home.build_file.unlink(missing_ok=True)
    with duckdb.connect(str(home.build_file)) as connection:
        for schema in ("collaborative", "build", "conformed", "measures", "marts", "shared"):
            connection.execute(f"create schema {schema}")
        _write_configuration(connection, districts)
        _write_conformed(connection, districts)
        _write_measures(connection, districts)
        _write_marts(connection)
        write_ledger(connection, districts, MEASURE)


def write_manifest(home: Home) -> None:
    """What dbt would say about these models."""
    nodes = [
        _node("dim_metric", "conformed", "table", ["metric_id"], ["collaborative", "private", "shared"], ["metric_id"]),
        _node("dim_district", "conformed", "table", ["district_id"], ["collaborative", "private", "shared"]),
        _node("dim_delivery_status", "conformed", "table", ["district_id", "domain", "school_year"], ["collaborative"]),
        _node("fct_reported_value", "conformed", "table", ["district_id", "school_year"], []),
        _node("fct_eoyr_expenditure", "conformed", "table", ["district_id", "school_year"], []),
        _node("measure_reported", "measures", "incremental", FACT_KEY, []),
        _node("fct_metric_value", "marts", "table", FACT_KEY, ["collaborative"], ["metric_id", "value"]),
        _node("mart_metric_value", "marts", "view", FACT_KEY, ["collaborative", "private"], ["metric_id", "value"]),
        _node("mart_spending_balance", "marts", "view", ["district_id", "fiscal_year"], []),
        _node(
            "mart_account_coverage",
            "marts",
            "view",
            ["district_id", "fiscal_year", "fund", "mapped_by", "treatment"],
            [],
        ),
        _node("shared_per_pupil_spending", "shared", "table", FACT_KEY, ["shared"], ["metric_id", "value"]),
    ]
    home.dbt_target.mkdir(parents=True, exist_ok=True)
    manifest = {"nodes": {f"model.schoolstat.{node['name']}": node for node in nodes}}
    (home.dbt_target / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def _node(name, schema, materialized, key, release, columns=("district_id",)):
    rows_of = "fct_metric_value" if name == "mart_metric_value" else None
    described = {column: {"name": column, "description": f"The {column}'s text", "data_type": ""} for column in columns}
    return {
        "resource_type": "model",
        "name": name,
        "schema": schema,
        "description": f"One row per thing of {name}.",
        "config": {"materialized": materialized, "meta": {"key": key, "release": release, "rows_of": rows_of}},
        "depends_on": {"nodes": [f"model.schoolstat.{rows_of}"] if rows_of else []},
        "columns": described,
    }


def _write_configuration(connection, districts) -> None:
    connection.execute(
        "create table collaborative.districts (district_id varchar, member_from integer, member_to integer)"
    )
    connection.executemany("insert into collaborative.districts values (?, null, null)", [[d] for d in districts])
    connection.execute("create table collaborative.state_functions (state_function varchar, is_in_district boolean)")
    connection.executemany("insert into collaborative.state_functions values (?, true)", [[f] for f in FUNCTIONS])
    connection.execute("insert into collaborative.state_functions values ('out_of_district', false)")
    connection.execute("create table collaborative.collaborative (state varchar)")
    connection.execute(
        "create table collaborative.usual_ranges (metric_id varchar, variant varchar, least decimal(18, 6), "
        "most decimal(18, 6), largest_change decimal(18, 6), unit_factor decimal(18, 6), units varchar, "
        "is_for_parts_of_a_year boolean)"
    )
    connection.execute(
        "create table collaborative.state_foundation (state varchar, fiscal_year integer, "
        "amount_usd decimal(18, 2), multiplier decimal(18, 6), reimbursement_rate decimal(18, 6))"
    )
    connection.execute("create table collaborative.thresholds (threshold varchar, value decimal(18, 6))")
    connection.execute(
        "insert into collaborative.thresholds values ('component_sum_tolerance_per_pupil', 0.00001), "
        "('eoyr_total_tolerance_share', 0.005), ('eoyr_total_tolerance_usd', 1000), "
        "('simultaneous_enrollment_days', 5), ('left_without_entry_share', 0.5)"
    )
    connection.execute(
        "create table collaborative.value_ranges (metric_id varchar, minimum decimal(38, 6), maximum decimal(38, 6))"
    )
    connection.execute("insert into collaborative.value_ranges values ('PPE.D02', 0, 90000), ('PPE.D04', 0, 90000)")
    connection.execute(
        "create table collaborative.series_breaks (metric_id varchar, subgroup varchar, from_school_year int)"
    )
    connection.execute(
        "create table build.delivery_status"
        " (district_id varchar, domain varchar, school_year integer, is_held boolean, state varchar)"
    )
    connection.execute("create table build.build_info as select date '2018-06-30' as as_of")
    connection.execute(
        "create table build.selection (district_id varchar, domain varchar, school_year integer, delivery_id varchar, "
        "contract varchar, is_current boolean, data_through date)"
    )
    connection.executemany(
        "insert into build.selection values (?, 'finance', 2017, 'delivery-1', 'eoyr_report', true, null)",
        [[d] for d in (*districts, "_all")],
    )


def _write_conformed(connection, districts) -> None:
    connection.execute("create table conformed.dim_metric as select unnest(['PPE.D02', 'PPE.D04']) as metric_id")
    connection.execute(SPENDING_BASES)
    connection.execute("create table conformed.dim_district as select district_id from collaborative.districts")
    connection.execute(
        "create table conformed.dim_delivery_status as "
        "select district_id, domain, school_year, 'admitted' as state from build.selection"
    )
    connection.execute(
        "create table conformed.fct_reported_value as select district_id, school_year from build.selection"
    )
    connection.execute(
        "create table conformed.fct_eoyr_expenditure "
        "(district_id varchar, school_year integer, amount_usd decimal(18, 2))"
    )
    connection.execute(PUPIL_MODELS)


def _write_measures(connection, districts) -> None:
    for name in ("measure_reported", "measure_state_function_spending", "measure_state_spending_per_pupil"):
        connection.execute(f"create table measures.{name} {MEASURE}")
    rows = []
    for number, district in enumerate((*districts, "_all"), start=1):
        entity = ("state", "MA") if district == "_all" else ("district", district)
        parts = [Decimal(number * 1000 + place) + Decimal("0.1234567890") for place in range(len(FUNCTIONS))]
        rows.append(_measure(district, entity, "all", "PPE.D02", sum(parts)))
        rows += [
            _measure(district, entity, f"function={function}", "PPE.D04", part)
            for function, part in zip(FUNCTIONS, parts, strict=True)
        ]
    marks = ", ".join("?" * 15)
    connection.executemany(f"insert into measures.measure_reported values ({marks})", rows)


def _measure(district, entity, breakdown, metric, value):
    fixed = [district, *entity, 2017, "year", "all", breakdown, metric, "state_functional", value]
    return [*fixed, None, None, None, "reported", "A"]


def _write_marts(connection) -> None:
    connection.execute(
        "create table marts.fct_metric_value as select * from measures.measure_reported "
        "left join conformed.dim_spending_basis using (metric_id, variant)"
    )
    connection.execute("create view marts.mart_metric_value as select * from marts.fct_metric_value")
    connection.execute("create table shared.shared_per_pupil_spending as select * from marts.mart_metric_value")
