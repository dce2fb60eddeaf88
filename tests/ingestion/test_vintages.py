import itertools

import pytest

from ingestion.vintages import in_order, is_older, name_undeclared


def delivery(seq, vintage=None):
    sha256 = f"{(seq * 7919) % 997:064x}"[::-1]
    return {
        "delivery_id": f"d{seq}",
        "delivery_seq": seq,
        "file_sha256": sha256,
        "vintage": vintage or name_undeclared(sha256),
    }


@pytest.mark.parametrize("seqs", list(itertools.permutations(range(1, 6)))[::17])
def test_without_a_declared_vintage_arrival_decides_whatever_the_hashes_are(seqs):
    rows = in_order(delivery(seq) for seq in seqs)
    assert [row["delivery_seq"] for row in rows] == [1, 2, 3, 4, 5]
    assert all(is_older(rows[0], row) and not is_older(row, rows[0]) for row in rows[1:])


def test_declared_vintages_decide_whatever_the_arrival_is():
    late_old, early_new = delivery(2, "A"), delivery(1, "B")
    assert is_older(late_old, early_new)
    assert not is_older(early_new, late_old)


def test_a_declared_vintage_beside_an_undeclared_one_goes_by_arrival():
    assert is_older(delivery(1, "Z"), delivery(2))
    assert not is_older(delivery(2, "A"), delivery(1))


def test_the_same_vintage_is_never_older():
    assert not is_older(delivery(1, "A"), delivery(2, "A"))
