"""The same rows and types on every target as in the files, table by table, compared both ways."""

import io

import duckdb
import pytest

from publishing.manifest import read_manifest
from publishing.release import publish
from publishing.targets.postgres_layout import AUDIENCES
from publishing.targets.postgres_tables import column_type
from publishing.targets.released_files import files_of, read_tables
from tests.publishing.targets.conftest import follow
from tests.publishing.targets.made_release import make_release


@pytest.fixture(params=["made", "published"])
def folder(request, home):
    """A release of every type, and one that was made of a build behind its doors."""
    if request.param == "made":
        return home, home.releases / make_release(home, 1, rows=50)
    workshop = request.getfixturevalue("finished")
    released = publish(workshop.home, workshop.ledger, workshop.inputs.build_id, workshop.collaborative)
    return workshop.home, released.path


def files(folder, audience, table):
    """SQL of a table's rows in the files: of the districts' all, of what is the same in each one of them the first."""
    paths = files_of(folder, audience)
    chosen = paths if audience != "private" or table.is_per_district else paths[:1]
    return list(chosen)


def local(connection, folder, audience, table):
    """The rows in the files, as a table ``here``."""
    connection.execute("set timezone = 'UTC'")
    for number, path in enumerate(files(folder, audience, table)):
        connection.execute(f"attach if not exists '{path}' as f{number} (read_only)")
        how = "create or replace table here as" if number == 0 else "insert into here"
        connection.execute(f'{how} from f{number}.main."{table.name}"')
    for number, _ in enumerate(files(folder, audience, table)):
        connection.execute(f"detach f{number}")


def require_same(connection, what):
    one_way = connection.execute("select count(*) from (from here except all from there)").fetchall()
    other_way = connection.execute("select count(*) from (from there except all from here)").fetchall()
    assert (one_way, other_way) == ([(0,)], [(0,)]), what


def test_same_rows__on_postgresql(folder, database):
    home, path = folder
    assert follow(home, database.target) == ["copied"]
    n_tables = 0
    for audience in AUDIENCES:
        for table in read_tables(path, audience):
            with duckdb.connect() as connection, database.connect() as server:
                local(connection, path, audience, table)
                described = connection.execute("describe here").fetchall()
                names = ", ".join(f'"{name}"' for name, *_ in described)
                copied = io.BytesIO()
                sql = f'copy (select {names} from {audience}."{table.name}") to stdout (format csv, header)'
                server.execute("set timezone = 'UTC'")
                with server.cursor().copy(sql) as rows:
                    for piece in rows:
                        copied.write(piece)
                csv = path.parent.parent / "work" / "there.csv"
                csv.write_bytes(copied.getvalue())
                types = ", ".join(f"'{name}': '{kind}'" for name, kind, *_ in described)
                connection.execute(
                    f"create table there as from read_csv('{csv}', header=true, columns={{{types}}}, "
                    "allow_quoted_nulls=false)"
                )
                require_same(connection, f"{audience}.{table.name}")
                found = server.execute(
                    "select attname, format_type(atttypid, atttypmod) from pg_attribute where attnum > 1 "
                    "and attrelid = %s::regclass order by attnum",
                    [f'{audience}."{table.name}"'],
                ).fetchall()
                assert found == [(name, column_type(kind)) for name, kind, *_ in described]
                n_tables += 1
    assert n_tables >= 8


def test_same_rows__in_a_bucket(folder, bucket, s3_server, tmp_path):
    home, path = folder
    assert follow(home, s3=bucket) == ["copied"]
    top = f"{bucket.path}/releases/{read_manifest(path)['release_id']}"
    n_tables = 0
    for audience in AUDIENCES:
        for table in read_tables(path, audience):
            with duckdb.connect() as connection:
                local(connection, path, audience, table)
                connection.execute("create table there as from here limit 0")
                for file in files(path, audience, table):
                    place = f"private/{file.stem}" if audience == "private" else audience
                    body = s3_server.client.get_object(Bucket=bucket.bucket, Key=f"{top}/{place}/{table.name}.parquet")
                    parquet = tmp_path / "there.parquet"
                    parquet.write_bytes(body["Body"].read())
                    described = connection.execute(f"describe from '{parquet}'").fetchall()
                    assert described == connection.execute("describe here").fetchall() or "HUGEINT" in str(
                        connection.execute("describe here").fetchall()
                    )
                    connection.execute(f"insert into there from '{parquet}'")
                require_same(connection, f"{audience}.{table.name}")
                n_tables += 1
    assert n_tables >= 8
