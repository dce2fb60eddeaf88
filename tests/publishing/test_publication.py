"""Publications: every shared cell once, changed cells again, nothing ever removed."""

import duckdb
import pytest
import sqlalchemy as sa

from ingestion.ledger_tables import publication
from publishing.release import publish, rollback
from tests.publishing.conftest import pass_doors


def published_cells(workshop):
    query = sa.select(publication).order_by(publication.c.published_at, publication.c.cell_key)
    return workshop.ledger.read(query)


def release(workshop):
    return publish(workshop.home, workshop.ledger, workshop.inputs.build_id, workshop.collaborative)


def test_publication__each_shared_cell_with_exact_figures(finished):
    first = release(finished)
    cells = published_cells(finished)
    assert len(cells) == 16
    cell = next(c for c in cells if c["district_id"] == "00010000" and c["metric_id"] == "PPE.D02")
    assert cell["value"] == "3003.3703703670"
    assert (cell["build_id"], cell["release_id"]) == (finished.inputs.build_id, first.release_id)
    assert cell["cell_key"].startswith("shared_per_pupil_spending:[")
    release(finished)
    assert published_cells(finished) == cells


def test_publication__only_new_or_changed_cells_are_added(finished):
    release(finished)
    before = published_cells(finished)
    second = finished.next_build("bbbbbbbb11112222")
    second.change(
        "update shared.shared_per_pupil_spending set n = 7 where district_id = '00020000' and breakdown = 'all'"
    )
    release(pass_doors(second))
    added = [cell for cell in published_cells(finished) if cell not in before]
    assert [(cell["district_id"], cell["metric_id"], cell["n"]) for cell in added] == [
        ("00020000", "PPE.D02", "7.000000")
    ]
    rollback(finished.home, finished.ledger)
    assert len(published_cells(finished)) == 17


def test_publication__a_hidden_value_is_published_as_hidden(finished):
    release(finished)
    second = finished.next_build("bbbbbbbb11112222")
    second.change(
        "update shared.shared_per_pupil_spending set value = null where district_id = '00020000' and breakdown = 'all'"
    )
    release(pass_doors(second))
    assert published_cells(finished)[-1]["value"] is None


def test_publication__nobody_changes_one(finished):
    release(finished)
    with pytest.raises(sa.exc.DatabaseError), finished.ledger.begin() as connection:
        connection.execute(sa.update(publication).values(value="0"))


def published_after(finished, workshop):
    release(workshop)
    return published_cells(finished)


@pytest.mark.parametrize("is_there", [True, False])
def test_publication__is_the_same_whether_the_release_before_lies_there_or_not(finished, is_there):
    """One figure changes, then back again, then a cell goes and comes back: each time only what is new is added."""
    where = "where district_id = '00020000' and breakdown = 'all'"
    table = "shared.shared_per_pupil_spending"
    n_cells = [len(published_after(finished, finished))]
    changes = [
        f"update {table} set n = 7 {where}",
        "",
        f"delete from {table} {where}",
        f"update {table} set n = 8 {where}",
    ]
    for number, change in enumerate(changes):
        if not is_there:
            lost = finished.home.current_release / "shared.duckdb"
            lost.chmod(0o600)
            lost.write_bytes(lost.read_bytes() + b"changed afterwards")
        following = finished.next_build(f"{number}bbbbbbb11112222")
        if change:
            following.change(change)
        n_cells.append(len(published_after(finished, pass_doors(following))))
    assert n_cells == [16, 17, 18, 18, 19]


def test_publication__a_changed_file_of_the_release_before_hides_nothing(finished):
    """If it says already what is published now, somebody wrote that into it afterwards."""
    release(finished)
    following = finished.next_build("bbbbbbbb11112222")
    change = "update {} set n = 7 where district_id = '00020000' and breakdown = 'all'"
    following.change(change.format("shared.shared_per_pupil_spending"))
    path = finished.home.current_release / "shared.duckdb"
    path.chmod(0o600)
    with duckdb.connect(str(path)) as connection:
        connection.execute(change.format("main.shared_per_pupil_spending"))
    release(pass_doors(following))
    assert [cell["n"] for cell in published_cells(finished)][-1] == "7.000000"
    assert len(published_cells(finished)) == 17
