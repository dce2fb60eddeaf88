"""Equal rows have equal hashes in whatever order they were written, and no other rows have."""

import itertools

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations import content_hash
from expectations.content_hash import hash_content, hash_content_by, hash_content_by_district

KEY = ["district_id", "k"]
TEXT = st.one_of(st.none(), st.text(alphabet="01:~aé\x00"[:-1], max_size=4))


def table(rows):
    connection = duckdb.connect()
    connection.execute("create table t (district_id varchar, k integer, a varchar, b varchar)")
    if rows:
        connection.executemany("insert into t values (?, ?, ?, ?)", rows)
    return connection


def content(rows, **options):
    with table(rows) as connection:
        return hash_content(connection, '"t"', KEY, **options)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["x", "y"]), st.integers(0, 3), TEXT, TEXT), max_size=6), st.randoms())
def test_hash__order_of_writing_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert content(rows) == content(shuffled)
    assert content(rows).rows == len(rows)


@settings(max_examples=60, deadline=None)
@given(TEXT, TEXT, TEXT, TEXT)
def test_hash__other_rows_have_another_hash(a, b, c, d):
    same = content([("x", 1, a, b)]).hash == content([("x", 1, c, d)]).hash
    assert same is ((a, b) == (c, d))


@pytest.mark.parametrize(
    "changed",
    [
        [("x", 1, "a", "b")],
        [("x", 1, "a", "b"), ("x", 2, "a", "b"), ("x", 2, "a", "b")],
        [("x", 1, "a", "b"), ("x", 2, "a", None)],
        [("x", 1, "a", "b"), ("x", 2, "a", "")],
        [("x", 1, "ab", ""), ("x", 2, "a", "b")],
    ],
)
def test_hash__sees_lost_doubled_emptied_and_moved_text(changed):
    assert content([("x", 1, "a", "b"), ("x", 2, "a", "b")]).hash != content(changed).hash


def test_hash__names_and_types_count():
    hashes = set()
    for columns in ("1::integer as k, 'x' as a", "1::bigint as k, 'x' as a", "1::integer as k, 'x' as b"):
        with duckdb.connect() as connection:
            connection.execute(f"create table t as select {columns}")
            hashes.add(hash_content(connection, '"t"', ["k"]).hash)
    assert len(hashes) == 3


def test_hash__by_district_is_that_of_each_alone_across_batches(monkeypatch):
    monkeypatch.setattr(content_hash, "BATCH_ROWS", 2048)
    rows = [(district, k, f"a{k}", None) for district, k in itertools.product(["x", "y", "z"], range(1500))]
    with table(rows) as connection:
        all_rows, together = hash_content_by_district(connection, '"t"', KEY)
        assert set(together) == {"x", "y", "z"}
        for district, alone in together.items():
            assert alone == hash_content(connection, '"t"', KEY, district_id=district)
            assert alone.rows == 1500
    monkeypatch.setattr(content_hash, "BATCH_ROWS", 1_000_000)
    assert content(rows) == all_rows


def test_hash__by_a_column_that_is_not_content():
    rows = [("x", 1, "a", "b"), ("y", 2, "c", None)]
    with table(rows) as connection:
        connection.execute("create table gathered as select 'file ' || district_id as lay_in, * from t")
        found = hash_content_by(connection, "gathered", KEY, "lay_in", ["file x", "file y", "file z"])
    assert found["file x"] == content(rows[:1])
    assert found["file y"] == content(rows[1:])
    assert found["file z"] == content([])


def test_hash__by_district_needs_the_district_first():
    with table([]) as connection, pytest.raises(ValueError, match="district_id is not the first"):
        hash_content_by_district(connection, '"t"', ["k", "district_id"])
