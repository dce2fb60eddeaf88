"""Steps that need neither Dagster nor dbt."""

import duckdb

from ingestion.home import Home
from orchestration.steps import count_rows


def test_count_rows__counts_what_is_made_and_what_readers_get_and_reads_no_landed_row(tmp_path):
    home = Home(tmp_path / "home").ensure()
    assert count_rows(home) == {}
    with duckdb.connect(str(home.build_file)) as connection:
        connection.execute("""
            create schema landing; create schema conformed; create schema marts;
            create table landing.attendance as from range(5);
            create view conformed.fct_attendance as from landing.attendance;
            create table conformed.dim_school as from range(3);
            create view marts.mart_school as from conformed.dim_school where range > 0;
        """)
    assert count_rows(home) == {("conformed", "dim_school"): 3, ("marts", "mart_school"): 2}
