"""The card of who sends for many districts, of whom nothing is expected."""

from contextlib import closing

from ingestion.inbox import process_inbox
from ingestion.ledger import open_ledger
from ingestion.report_card_shelf import latest_card, nights_of
from ingestion.report_cards import make_report_cards
from tests.corpus.place import B, make_place


def make_cards(place):
    with closing(open_ledger(place.home)) as ledger:
        files = process_inbox(place.home, ledger, place.collaborative, place.inbox).files
        return {
            page.parent.name for page in make_report_cards(place.home, ledger, place.collaborative, files, {}).written
        }


def test_a_night_in_which_a_state_sends_nothing_leaves_its_card(tmp_path):
    place = make_place(tmp_path)
    assert "state" in make_cards(place)
    assert latest_card(place.home, "state").grade == "A"
    path = place.inbox / f"{B}/lines_2020.csv"
    path.write_text(path.read_text().replace("Item 1,1.10", "Item 1,1.20"), encoding="utf-8")
    place.night()
    assert "state" not in make_cards(place)
    assert (len(nights_of(place.home, "state")), latest_card(place.home, "state").grade) == (1, "A")
