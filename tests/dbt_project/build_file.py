"""The inputs that a build of a test starts from, written from Python rows.

Belongs here: the schemas ``landing``, ``build`` and ``collaborative`` of a small build file. Does not belong here: how
the product prepares a build, and dbt's runs over the file (``dbt_runs.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion.account_crosswalk import select_mapped_accounts
from ingestion.compiled_configuration import configuration_schemas
from ingestion.contract import load_contracts
from ingestion.delivery_status import status_schema
from ingestion.earlier_release import EARLIER
from ingestion.landing_views import landing_columns
from ingestion.published_figures import COLUMNS as PUBLISHED_COLUMNS
from ingestion.selection import selection_schema

Row = Mapping[str, object]

DEFAULTS: dict[str, Row] = {
    "landing.state_reported_measures": {
        "entity_type": "district",
        "variant": "state_functional",
        "period": "year",
        "subgroup": "all",
        "breakdown": "all",
        "value_status": "reported",
        "source_line": 2,
    },
    "landing.eoyr_report": {"fund_group": "all_funds", "source_line": 2},
    "landing.calendar": {"calendar_code": "std", "is_instructional": True, "day_minutes": 360},
    "landing.enrollments": {"calendar_code": "std", "grade": "05", "is_primary": True},
    "landing.attendance": {"category": "unexcused", "absent_minutes": 360, "day_minutes": 360},
    "landing.chart_of_accounts": {"account_type": "expenditure", "fund": "1", "fund_type": "general", "source_line": 2},
    "landing.gl_actuals": {"period": 1, "source_line": 2},
    "landing.gl_budget": {"version": "adopted", "source_line": 2},
    "build.selection": {
        "extract": "state_reported_measures.ma_ppe_by_function",
        "contract": "state_reported_measures",
        "domain": "finance",
        "vintage": "2018-01-01",
        "vintage_order": 1,
        "is_current": True,
        "data_through": "2017-06-30",
    },
    "build.delivery_status": {"domain": "finance", "state": "admitted", "is_held": False},
    "collaborative.attendance_authorities": {
        "minimum_days_rule": "at_least",
        "minimum_days_present": 0,
        "counted_categories": "excused unexcused tardy partial OSS",
        "leavers": "count",
        "exit_day_counts": True,
    },
    "collaborative.districts": {"district_type": "district"},
    "collaborative.schools": {"school_type": "public_school"},
    "collaborative.periods": {"period": "year"},
}
"""What a row means when it leaves a column out."""


def write_build_file(path: Path, rows: Mapping[str, Sequence[Row]], parquet: Path) -> Path:
    """Write, or bring up to date, the inputs of a build file.

    Args:
        path: the DuckDB file; the models that an earlier build left in it stay.
        rows: rows of each table, by ``schema.table``; a table left out is empty.
        parquet: folder for the Parquet files under ``landing`` and ``collaborative``; a new one for each call.

    Returns:
        The path of the build file.
    """
    columns = input_columns()
    unknown = set(rows) - set(columns)
    if unknown:
        raise KeyError(f"no such input: {', '.join(sorted(unknown))}")
    parquet.mkdir(parents=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        for name in columns:
            _write_table(connection, name, columns[name], rows.get(name, ()), parquet / f"{name}.parquet")
        mapped = select_mapped_accounts("landing.chart_of_accounts", "collaborative.account_crosswalk")
        connection.execute(f"create or replace view landing.mapped_accounts as {mapped}")
    return path


@cache
def input_columns() -> dict[str, dict[str, str]]:
    """Every table that a build starts from, with its columns and their SQL types in order, as the product writes it."""
    build = {"selection": selection_schema(), "delivery_status": status_schema()}
    return {
        **{f"landing.{name}": landing_columns(contract) for name, contract in load_contracts().items()},
        **{f"build.{name}": _sql_types(schema) for name, schema in build.items()},
        "build.build_scope": {"district_id": "VARCHAR", "school_year": "INTEGER", "slice": "INTEGER"},
        "build.build_info": {"build_id": "VARCHAR", "as_of": "DATE", "selection_hash": "VARCHAR"},
        "build.published_figures": PUBLISHED_COLUMNS,
        **{f"build.{name}": columns for name, columns in EARLIER.items()},
        **{f"collaborative.{name}": _sql_types(schema) for name, schema in configuration_schemas().items()},
    }


def _sql_types(schema: pa.Schema) -> dict[str, str]:
    with duckdb.connect() as connection:
        table = connection.from_arrow(schema.empty_table())
        return {name: str(sql_type) for name, sql_type in zip(table.columns, table.types, strict=True)}


def _write_table(
    connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, str], rows: Sequence[Row], parquet: Path
) -> None:
    schema = name.split(".")[0]
    connection.execute(f"create schema if not exists {schema}")
    table = name if schema == "build" else "staged_rows"
    definition = ", ".join(f'"{column}" {data_type}' for column, data_type in columns.items())
    connection.execute(f"create or replace table {table} ({definition})")
    for row in rows:
        full = {**DEFAULTS.get(name, {}), **row}
        if set(full) - set(columns):
            raise KeyError(f"{name} has no column {', '.join(sorted(set(full) - set(columns)))}")
        places = ", ".join("?" for _ in columns)
        connection.execute(f"insert into {table} values ({places})", [_bind(full.get(column)) for column in columns])
    if table == "staged_rows":
        connection.execute(f"copy staged_rows to '{parquet}' (format parquet)")
        connection.execute("drop table staged_rows")
        connection.execute(f"create or replace view {name} as select * from read_parquet('{parquet}')")


def _bind(value: object) -> object:
    """DuckDB 1.5.5 binds a Decimal with a positive exponent as another number: ``Decimal("1E+3")`` arrives as 1.000."""
    return format(value, "f") if isinstance(value, Decimal) else value
