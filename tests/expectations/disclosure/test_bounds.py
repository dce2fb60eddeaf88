"""Bounds of hidden cells against all solutions, counted one by one."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.disclosure.bounds import audit
from expectations.disclosure.count_table import CountTable, Sum, narrow


def table_of(rows: list[list[int]], hidden: set[tuple[int, int]], need: int) -> CountTable:
    """A table of two ways with its totals; the totals are shown."""
    table, places = CountTable(), {}
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            is_hidden = (r, c) in hidden
            high = 40 if is_hidden else value
            places[r, c] = table.add(value, 0 if is_hidden else value, high, need if is_hidden else 0)
    for r, row in enumerate(rows):
        total = table.add(sum(row), sum(row), sum(row))
        table.sums.append(Sum(total, tuple(places[r, c] for c in range(len(row)))))
    for c in range(len(rows[0])):
        whole = sum(row[c] for row in rows)
        table.sums.append(Sum(table.add(whole, whole, whole), tuple(places[r, c] for r in range(len(rows)))))
    return table


def true_bounds(table: CountTable, hidden: list[int]) -> dict[int, tuple[int, int]]:
    """Least and greatest value of each hidden cell over every solution."""
    limit = [max(table.truth[each.total] for each in table.sums if cell in each.parts) for cell in hidden]
    found: dict[int, list[int]] = {cell: [] for cell in hidden}
    for values in product(*(range(most + 1) for most in limit)):
        known = dict(zip(hidden, values, strict=True))
        if all(
            sum(known.get(part, table.truth[part]) for part in each.parts) == table.truth[each.total]
            for each in table.sums
        ):
            for cell, value in known.items():
                found[cell].append(value)
    return {cell: (min(values), max(values)) for cell, values in found.items()}


cells = st.tuples(st.integers(0, 2), st.integers(0, 2))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=3, max_size=3),
    st.sets(cells, min_size=1, max_size=5),
    st.integers(1, 6),
)
def test_audit__finds_just_the_cells_that_are_known_too_closely(rows, hidden, need):
    table = table_of(rows, hidden, need)
    places = [at for at in range(9) if table.low[at] != table.high[at] or table.need[at]]
    bounds = true_bounds(table, places)
    assert audit(table).close == [at for at in places if bounds[at][1] - bounds[at][0] < need]


def test_narrow__a_lone_hidden_cell_is_known():
    table = table_of([[29 - 24, 24]], {(0, 0)}, 9)
    bounds = narrow(table)
    assert (bounds.low[0], bounds.high[0]) == (5, 5)


def test_audit__a_circle_of_sums_needs_a_program():
    """a + b = 10, b + c = 10, a + c = 10: each sum alone leaves all of it to each part, together they leave nothing."""
    table = CountTable()
    a, b, c = (table.add(5, 0, 10, 5) for _ in range(3))
    for parts in ((a, b), (b, c), (a, c)):
        table.sums.append(Sum(table.add(10, 10, 10), parts))
    assert [narrow(table).width(cell) for cell in (a, b, c)] == [10, 10, 10]
    found = audit(table)
    assert (found.close, found.exact()) == ([a, b, c], [a, b, c])
    assert found.n_programs > 0
