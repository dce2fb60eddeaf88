"""Publications: every shared cell once, changed cells again, nothing ever removed."""

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
