"""Charts of accounts as the account crosswalk completes them.

Belongs here: a generated chart laid over by a collaborative's rules. Does not belong here: expectations.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion.account_crosswalk import compile_rules, crosswalk_schema, select_mapped_accounts
from ingestion.configuration import load_collaborative


def map_chart(chart: pa.Table, district_id: str, school_year: int, collaborative: Path) -> dict[str, dict]:
    """Rows by account, empty cells as None, with what the rules add."""
    loaded = load_collaborative(collaborative)
    rules = compile_rules(loaded.account_crosswalk, loaded.district_ids)
    with duckdb.connect() as connection:
        connection.register("sent", chart)
        connection.register("rules", pa.Table.from_pylist(rules, schema=crosswalk_schema()))
        connection.execute(
            "create view chart as select nullif(columns(c -> c <> 'fiscal_year'), ''), fiscal_year::int as fiscal_year,"
            f" '{district_id}' as district_id, {school_year} as school_year "
            "from (select columns(*)::varchar from sent)"
        )
        rows = connection.execute(select_mapped_accounts("chart", "rules")).to_arrow_table().to_pylist()
    return {row["account_id"]: row for row in rows}


def read_mapped_chart(folder: Path, collaborative: Path) -> dict[str, dict]:
    """The chart in the folder of one district and year."""
    with duckdb.connect() as connection:
        path = folder / "chart_of_accounts.csv"
        chart = connection.execute(f"from read_csv('{path}', all_varchar = true)").to_arrow_table()
    return map_chart(chart, folder.parent.name, int(folder.name), collaborative)
