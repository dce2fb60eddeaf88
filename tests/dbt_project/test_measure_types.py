"""Every measure has the same columns of the same types.

dbt's unit tests cannot see a lost decimal: they unite what a model gives with what is expected, and DuckDB then keeps
the smaller scale of the two. The same would happen where the tall fact unites the measures.
"""


def test_measures__have_the_same_columns_and_types(built, repository):
    found = built.execute(
        """
        select table_name, list((column_name, data_type) order by column_index) from duckdb_columns()
        where schema_name = 'measures' group by table_name order by table_name
        """
    ).fetchall()
    columns = dict(found)
    del columns["measure_student_attendance"]  # days by pupil, which no table unites with figures
    reported = columns["measure_reported"]
    assert ("value", "DECIMAL(38,10)") in reported
    assert len(columns) == len(list((repository / "dbt_project/models/measures").glob("*.sql"))) - 1
    assert {name: types for name, types in columns.items() if types != reported} == {}
