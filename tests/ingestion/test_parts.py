"""Parts of one extract: put together, replaced one by one, and refused where they overlap."""

from contextlib import closing

import pytest

from ingestion.configuration import load_collaborative
from ingestion.expected_extracts import expect
from ingestion.ledger import open_ledger
from ingestion.selection import current_selection
from ingestion.yaml_document import ConfigurationError
from tests.corpus.place import B, make_place

HEAD = "ticket,opened,hold,channel"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_place(tmp_path_factory.mktemp("parts"))


@pytest.fixture
def place(made, tmp_path):
    return made.copy(tmp_path / "place")


def send(place, name, *tickets):
    path = place.inbox / f"{B}/{name}.csv"
    rows = [f"{ticket},2020-01-02 08:00,1.5,phone" for ticket in tickets]
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")


def serving(place):
    """Rows of each part of the help desk of B that serves."""
    with closing(open_ledger(place.home)) as ledger:
        rows = current_selection(ledger).to_pylist()
        slots = {row["delivery_id"]: ledger.slots(row["delivery_id"])[0]["n_rows"] for row in rows}
    own = [row for row in rows if row["contract"] == "helpdesk" and row["district_id"] == B]
    return {row["extract"]: slots[row["delivery_id"]] for row in own if row["is_current"]}


def test_parts__of_one_night_or_of_two_make_up_the_extract(place):
    send(place, "helpdesk_2020_01", "T1", "T2")
    send(place, "helpdesk_2020_02", "T3")
    _, held = place.night(door=True)
    assert (held, serving(place)) == ({}, {"helpdesk.01": 2, "helpdesk.02": 1})
    send(place, "helpdesk_2020_03", "T4")
    place.night(door=True)
    assert serving(place) == {"helpdesk.01": 2, "helpdesk.02": 1, "helpdesk.03": 1}


def test_parts__a_newer_file_replaces_its_own_part_only(place):
    send(place, "helpdesk_2020_01", "T1", "T2")
    send(place, "helpdesk_2020_02", "T3")
    place.night(door=True)
    send(place, "helpdesk_2020_01", "T1", "T2", "T5")
    place.night(door=True)
    assert serving(place) == {"helpdesk.01": 3, "helpdesk.02": 1}


def test_parts__a_part_that_loses_rows_is_held(place):
    send(place, "helpdesk_2020_01", *(f"T{number}" for number in range(10)))
    send(place, "helpdesk_2020_02", "U3")
    place.night(door=True)
    send(place, "helpdesk_2020_01", "T1")
    _, held = place.night(door=True)
    assert (held, serving(place)) == ({B: "Q02"}, {"helpdesk.01": 10, "helpdesk.02": 1})
    send(place, "helpdesk_2020_03", "V1")  # with which the lost rows are judged again, and lost still
    _, held = place.night(door=True)
    assert (held, serving(place)) == ({B: "Q02"}, {"helpdesk.01": 10, "helpdesk.02": 1})


def test_parts__that_share_a_row_are_refused_and_both_named(place):
    send(place, "helpdesk_2020_01", "T1", "T2")
    place.night(door=True)
    send(place, "helpdesk_2020_02", "T3", "T2")
    files, held = place.night(door=True)
    assert (held, serving(place)) == ({B: "Q03"}, {"helpdesk.01": 2})
    with closing(open_ledger(place.home)) as ledger:
        results = ledger.rule_results(files[f"{B}/helpdesk_2020_02.csv"].delivery_id)
    told = " ".join(row["message"] or "" for row in results if row["rule_id"] == "Q03" and row["severity"] is None)
    assert "helpdesk_2020_01.csv" in told
    assert "helpdesk_2020_02.csv" in told
    assert "1 of the rows of helpdesk" in told


def test_parts__a_file_that_is_whole_is_no_part_of_them(place):
    send(place, "helpdesk_2020", "T1", "T2")
    place.night(door=True)
    send(place, "helpdesk_2020_01", "T1")
    _, held = place.night(door=True)
    assert (held, serving(place)) == ({B: "Q03"}, {"helpdesk": 2})


def test_parts__are_expected_as_one_extract(place):
    send(place, "helpdesk_2020_01", "T1")
    send(place, "helpdesk_2020_02", "T2")
    place.night(door=True)
    expected = {(each.sender, each.extract) for each in expect(place.collaborative, place.deliveries())}
    assert (B, "helpdesk") in expected
    assert not any(extract.startswith("helpdesk.") for _, extract in expected)


def test_parts__a_statewide_report_has_none(place):
    path = place.root / "configuration/mappings/rates.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[0-9-]+)", "[0-9-]+)_(?P<part>[0-9])"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="must not have the group part"):
        load_collaborative(path.parents[1])
