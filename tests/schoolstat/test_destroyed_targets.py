"""``schoolstat destroy`` with targets that answer: no row of the district is left there, and all others are."""

import io

import duckdb
import psycopg
import pytest
import yaml

from ingestion.destruction import Scope
from publishing.release import release_ids
from publishing.targets import postgres_tables
from publishing.targets.bucket import POINTER
from publishing.targets.follow import ask_targets, follow_current
from schoolstat import destruction
from schoolstat.configured import load_whole
from schoolstat.destruction import destroy
from schoolstat.errors import DestructionStopped
from schoolstat.removals import NOT_COPIED
from tests.ingestion.pupil_files import A, B
from tests.publishing.targets.conftest import bucket, database
from tests.publishing.targets.made_release import make_release
from tests.schoolstat.test_destruction import left

__all__ = ["bucket", "database", "left"]

BEFORE, WITH, LATEST, WITHOUT = (f"r{number:06d}-{number:08x}" for number in (1, 2, 3, 4))


@pytest.fixture
def copied(left, database, bucket, monkeypatch):
    """A home whose district left: two releases with it and one of before it, on both targets; a night makes another."""
    home, folder, _ = left
    settings = {
        name: target.model_dump(mode="json", exclude_none=True)
        for name, target in (("postgres", database.target), ("s3", bucket))
    }
    (folder / "targets.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    collaborative = load_whole(folder)
    for number, districts in ((1, (B,)), (2, (A, B)), (3, (A, B))):
        make_release(home, number, rows=5, districts=districts)
        outcomes = follow_current(home, collaborative.targets, collaborative.id)
        assert [one.outcome for one in outcomes] == ["copied", "copied"], outcomes

    def night(work, slots):
        return {"release_id": make_release(home, 4, 5, districts=(B,)), "build_id": "", "content_hash": ""}

    monkeypatch.setattr(destruction, "release_without", night)
    return left


def rows_of_server(database):
    """Every row of every table that is no system's, as text, by table; the names of districts' roles stay."""
    tables = database.ask(
        "select oid::regclass::text from pg_class where relkind in ('r', 'm', 't') "
        "and relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema') "
        "and relnamespace::regnamespace::text not like 'pg_toast%' and relname <> 'district_role'"
    )
    return {name: sorted(row for (row,) in database.ask(f"select t::text from {name} as t")) for (name,) in tables}


def objects_of(server, target):
    """Every object below the prefix, by its key; of Parquet its rows as text."""
    pages = server.client.get_paginator("list_objects_v2").paginate(Bucket=server.bucket, Prefix=f"{target.path}/")
    keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
    return {key: read_object(server, key) for key in keys}


def read_object(server, key):
    content = server.client.get_object(Bucket=server.bucket, Key=key)["Body"].read()
    if not key.endswith(".parquet"):
        return content.decode()
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(content))
    with duckdb.connect() as connection:
        connection.register("rows", table)
        return connection.execute("select rows::varchar from rows order by all").fetchall()


def of_release(found, release_id):
    return {name: rows for name, rows in found.items() if release_id in name}


def test_destroy__leaves_no_row_on_the_targets_and_everybody_elses_as_they_were(copied, database, bucket, s3_server):
    home = copied[0]
    tables, objects = rows_of_server(database), objects_of(s3_server, bucket)
    for found in (tables, objects):
        assert all(A in str(of_release(found, name)) for name in (WITH, LATEST)), "it would be found"
        assert of_release(found, BEFORE) and A not in str(of_release(found, BEFORE))
    with database.connect() as connection:
        connection.execute("create view public.of_somebody as select * from private.student_list")

    certificate = destroy(*copied, Scope(A), "it left").to_dict()

    assert certificate["steps"]["targets"].keys() >= {"postgres", "s3"}
    assert release_ids(home) == [BEFORE, WITHOUT]
    for state in ask_targets(load_whole(copied[1]).targets):
        assert (state.current, list(state.kept)) == (WITHOUT, [BEFORE, WITHOUT]), state
    tables_after, objects_after = rows_of_server(database), objects_of(s3_server, bucket)
    for before, after in ((tables, tables_after), (objects, objects_after)):
        assert A not in str(after)
        assert of_release(after, BEFORE) == of_release(before, BEFORE), "a kept release is as it was"
        assert not of_release(after, WITH) and not of_release(after, LATEST)
        assert B in str(of_release(after, WITHOUT))
    assert WITHOUT in objects_after[f"{bucket.path}/{POINTER}"]
    assert database.ask("select distinct district_id from private.student_list") == [(B,)]
    assert database.ask("select distinct district_id from public.of_somebody") == [(B,)], "their view still stands"
    assert database.ask("select count(*) from shared.fct_metric_value", database.roles.shared) == [(5,)]


def test_destroy__waits_for_who_still_reads_it_and_for_a_target_that_is_away(copied, database, bucket, monkeypatch):
    monkeypatch.setattr(postgres_tables, "PATIENCE", "200ms")
    with psycopg.connect(database.uri) as reader:
        assert reader.execute("select count(*) from private.student_list").fetchall() == [(10,)]
        with pytest.raises(DestructionStopped, match=r"postgres still holds .*as while somebody reads it") as stopped:
            destroy(*copied, Scope(A), "it left")
        assert stopped.value.code == NOT_COPIED
    uri = database.uri
    monkeypatch.setenv("SCHOOLSTAT_POSTGRES_URL", "postgresql://127.0.0.1:1/nothing")
    with pytest.raises(DestructionStopped, match="postgres: the server cannot be reached"):
        destroy(*copied, Scope(A), "it left")
    assert not list(copied[0].certificates.glob("*/certificate.json"))
    monkeypatch.setenv("SCHOOLSTAT_POSTGRES_URL", uri)
    assert A in str(rows_of_server(database))
    destroy(*copied, Scope(A), "it left")
    assert A not in str(rows_of_server(database))
