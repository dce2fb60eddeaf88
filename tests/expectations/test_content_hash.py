"""Equal rows have equal hashes in whatever order they were written, and no other rows have."""

import itertools

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations import content_hash
from expectations.content_hash import hash_content, hash_content_by_district, is_same_rows, lies_in_order

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


def test_hash__by_district_needs_the_district_first():
    with table([]) as connection, pytest.raises(ValueError, match="district_id is not the first"):
        hash_content_by_district(connection, '"t"', ["k", "district_id"])


VALUES = {
    "integer": ["1", "2", "-1", "0"],
    "bigint": ["1", "9000000000"],
    "hugeint": ["1", "10", "2"],
    "decimal(18, 2)": ["0", "0.01", "-0.01"],
    "decimal(38, 10)": ["0", "0.0000000001", "1234567890123456789"],
    "date": ["'2021-06-30'", "'2021-07-01'"],
    "boolean": ["true", "false"],
    "double": ["0.1", "0.2"],
    "timestamp": ["'2021-06-30 01:02:03'", "'2021-06-30 01:02:04'"],
    "varchar": ["''", "'-1'", "'a'", "'NULL'"],
    "integer[]": ["[1]", "[1, 2]"],
}


@pytest.mark.parametrize("kind", VALUES)
def test_hash__sees_each_change_of_a_cell_of_any_type(kind):
    hashes = []
    for value in [*VALUES[kind], "null"]:
        for rows in (f"(1, {value}), (2, null)", f"(2, {value}), (1, null)"):
            with duckdb.connect() as connection:
                connection.execute(f"create table t (k integer, a {kind})")
                connection.execute(f"insert into t values {rows}")
                hashes.append(hash_content(connection, '"t"', ["k"]).hash)
    assert len(set(hashes)) == len(hashes) - 1  # two NULLs are the same rows in either order


@pytest.mark.parametrize("kind", VALUES)
def test_hash__lying_in_order_or_not_makes_no_difference(kind):
    rows = [f"('x', {value}, {number})" for number, value in enumerate(VALUES[kind])]
    hashes = set()
    for order in itertools.permutations(rows):
        with duckdb.connect() as connection:
            connection.execute(f"create table t (district_id varchar, k {kind}, a integer)")
            connection.execute(f"insert into t values {', '.join(order)}")
            hashes |= {
                hash_content(connection, '"t"', KEY).hash,
                hash_content_by_district(connection, '"t"', KEY)[0].hash,
            }
    assert len(hashes) == 1


def test_hash__a_key_that_lies_twice_or_empty_is_no_order():
    same = [("x", 1, "a", None), ("x", 1, "b", None)]
    assert content(same) == content(same[::-1])
    empty = [("x", None, "a", None), ("x", 1, "b", None)]
    assert content(empty) == content(empty[::-1])


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("select * from t", True),
        ("select * replace (case when k = 2 then null else a end as a) from t", False),
        ("select * from t where k < 3", False),
        ("select * from t union all by name select * from t where k = 3", False),
        ("select * from t order by k desc", False),
        ("select * replace (k::bigint as k) from t", False),
        ("select * rename (a as b, b as a) from t", False),
    ],
)
def test_same_rows__are_the_same_columns_and_cells_at_the_same_places(other, same):
    with table([("x", 1, "a", None), ("x", 2, "b", None), ("x", 3, None, "c")]) as connection:
        connection.execute(f"create view v as {other}")
        assert is_same_rows(connection, "v", "t") is same
        assert is_same_rows(connection, "t", "v") is same


@pytest.mark.parametrize(
    ("view", "lies"),
    [
        ("select district_id, k, a from t where a <> 'x'", True),
        ("select t.district_id, t.k, others.b from t inner join t as others on t.k = others.k", False),
        ("select district_id, k, max(a) as a from t group by district_id, k", False),
    ],
    ids=["rows of a table", "joined", "grouped"],
)
def test_order__is_believed_of_no_view_that_joins_or_groups(view, lies):
    """Its rows lie in order when the key alone is read, and otherwise when more is."""
    with table([("A", number, "a", "b") for number in range(3)]) as connection:
        connection.execute(f"create view shown as {view}")
        assert lies_in_order(connection, "shown", KEY) is lies
