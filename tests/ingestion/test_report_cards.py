"""A night's report cards, of files about pupils: when they are made, where they lie, what never is on one."""

import json
from contextlib import closing
from dataclasses import replace

import pytest

from ingestion import report_cards
from ingestion.expected_extracts import ExpectedExtract
from ingestion.home import Home, HomeError
from ingestion.inbox import process_inbox
from ingestion.ledger import open_ledger
from ingestion.report_card_shelf import nights_of, page_of
from schoolstat.check import check
from schoolstat.report_cards import list_cards, show_card
from tests.canaries import find_canaries
from tests.ingestion.card_nights import Nights
from tests.ingestion.pupil_files import (
    ADA,
    BEN,
    CANARIES,
    CYD,
    A,
    B,
    change,
    write_attendance,
    write_file,
    write_students,
)
from tests.servers.process import unique


def test_cards__a_quiet_night_makes_none_and_a_change_elsewhere_one(nights):
    write_students(nights.inbox, A, ADA)
    write_students(nights.inbox, B, BEN)
    assert len(nights.run().written) == 2
    assert nights.run().written == ()
    write_students(nights.inbox, A, ADA, CYD)
    assert [page.parent.name for page in nights.run().written] == [A]
    assert (len(nights_of(nights.home, A)), len(nights_of(nights.home, B))) == (2, 1)
    assert [line.rows.rows_in for line in nights.card().trend] == [3]


def test_cards__what_is_newly_expected_makes_one_on_a_quiet_night(nights):
    write_students(nights.inbox, A, ADA)
    nights.run()
    assert nights.card().grade == "A"
    asked = (ExpectedExtract("discipline", "required"),)
    nights.collaborative = replace(nights.collaborative, expected_extracts=asked)
    assert A in [page.parent.name for page in nights.run().written]
    assert nights.card().grade == "D"


def test_cards__of_a_killed_night_are_made_by_the_next(nights):
    write_students(nights.inbox, A, ADA)
    process_inbox(nights.home, nights.ledger, nights.collaborative, nights.inbox)
    made = nights.run()
    assert (len(made.written), made.n_deliveries) == (1, 1)


def test_cards__stand_as_page_csv_and_json_and_in_the_outbox(nights, tmp_path):
    nights.collaborative = replace(
        nights.collaborative,
        report_cards=nights.collaborative.report_cards.model_copy(update={"outbox": str(tmp_path / "out")}),
    )
    write_students(nights.inbox, A, ADA)
    (page,) = nights.run().written
    assert page == page_of(nights.home, A, nights_of(nights.home, A)[-1])
    assert json.loads(page.with_suffix(".json").read_text())["card_hash"] == nights.card().card_hash
    copies = {path.suffix: path for path in (tmp_path / "out" / A).iterdir()}
    assert set(copies) == {".html", ".csv", ".json"}
    assert copies[".html"].read_bytes() == page.read_bytes()
    deliveries = list((page.parent / "deliveries").iterdir())
    assert {path.suffix for path in deliveries} == {".html", ".csv", ".json"}


def test_cards__a_folder_named_in_part_lies_in_the_collaboratives(nights, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = nights.collaborative.report_cards.model_copy(update={"outbox": "out"})
    nights.collaborative = replace(nights.collaborative, folder=tmp_path / "configuration", report_cards=settings)
    write_students(nights.inbox, A, ADA)
    nights.run()
    assert (tmp_path / "configuration" / "out" / A).is_dir()
    assert not (tmp_path / "out").exists()


def test_cards__in_the_outbox_are_closed_to_other_users(nights, tmp_path):
    write_students(nights.inbox, A, ADA)
    nights.run()
    outbox = nights.home.path / "outbox"
    outbox.chmod(0o755)
    nights.run()
    assert {oct(path.stat().st_mode & 0o777) for path in (outbox, outbox / A)} == {"0o700"}
    assert {oct(path.stat().st_mode & 0o777) for path in (outbox / A).iterdir()} == {"0o600"}


def test_cards__a_failed_copy_is_told_and_made_up_for_and_what_was_taken_away_is_not_copied_again(nights):
    outbox = nights.home.path / "outbox"
    outbox.write_text("a file where the folder should be")
    write_students(nights.inbox, A, ADA)
    write_students(nights.inbox, B, BEN)
    made = nights.run()
    assert (len(made.written), made.n_not_copied) == (2, 2)
    assert made.why_not_copied == "File exists"
    outbox.unlink()
    assert nights.run().n_not_copied == 0
    assert len(list((outbox / A).iterdir())) == len(list((outbox / B).iterdir())) == 3
    for copy in (outbox / A).iterdir():
        copy.unlink()
    nights.run()
    assert list((outbox / A).iterdir()) == []


def test_cards__of_a_night_that_dies_before_the_copies_are_copied_by_the_next(nights, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(report_cards, "copy_to_outbox", die)
    write_students(nights.inbox, A, ADA)
    with pytest.raises(KeyboardInterrupt):
        nights.run()
    monkeypatch.undo()
    nights.run()
    names = {path.name for path in (nights.home.path / "outbox" / A).iterdir()}
    assert f"report_card_{nights_of(nights.home, A)[-1]}.html" in names


def test_cards__one_that_another_version_wrote_counts_as_none(nights):
    write_students(nights.inbox, A, ADA)
    write_students(nights.inbox, B, BEN)
    nights.run()
    (night,) = nights_of(nights.home, A)
    record = page_of(nights.home, A, night).with_suffix(".json")
    record.write_text(json.dumps({**json.loads(record.read_text()), "grade": "outstanding"}))
    assert nights.run().written == ()
    assert [row["grade"] for row in list_cards(nights.home).content["report_cards"]] == ["?", "A"]
    with pytest.raises(HomeError, match="another version of SchoolStat wrote"):
        show_card(nights.home, A)
    write_students(nights.inbox, B, BEN, CYD)
    assert [page.parent.name for page in nights.run().written] == [A, B]
    assert nights.card().grade == "A"


def test_cards_of_checked__know_what_a_ledger_on_a_server_expects(
    tmp_path, pupils_collaborative, postgres_base, monkeypatch
):
    url = postgres_base.update_query_dict({"schema": unique("cards")}).render_as_string(hide_password=False)
    monkeypatch.setenv("SCHOOLSTAT_LEDGER_URL", url)
    home = Home(tmp_path / "home").ensure()
    home.claim(pupils_collaborative.id, pupils_collaborative.folder)
    write_attendance(tmp_path / "inbox", A, "LOCALADA1")
    with closing(open_ledger(home)) as ledger:
        Nights(home, ledger, pupils_collaborative, tmp_path / "inbox").run()
    path = write_students(tmp_path / "draft", A, ADA)
    (card,) = check(home, pupils_collaborative.folder, [path]).cards
    assert {line.extract for line in card.expected} == {"students", "attendance"}


def test_show_card__the_latest_one_of_a_night_and_everybodys(nights):
    write_students(nights.inbox, A, ADA)
    write_students(nights.inbox, B, BEN)
    nights.run()
    (first,) = nights_of(nights.home, A)
    write_students(nights.inbox, A)
    nights.run()
    assert show_card(nights.home, A).content["grade"] == "D"
    assert show_card(nights.home, A, first).content["grade"] == "A"
    assert show_card(nights.home, A, first[:8]).content["grade"] == "D"
    listed = list_cards(nights.home).content["report_cards"]
    assert [(row["sender"], row["grade"]) for row in listed] == [(A, "D"), (B, "A")]
    with pytest.raises(HomeError, match="no report card of the night 1999-01-01; it has "):
        show_card(nights.home, A, "1999-01-01")
    with pytest.raises(HomeError, match=f"nobody: no report card; {A}, {B} has"):
        show_card(nights.home, "nobody")


def test_cards__hold_no_value_of_a_pupil(nights):
    write_students(nights.inbox, A, ADA, change(BEN, race_eth="Bencanary", birth_date="Bookcanary"), CYD)
    write_students(nights.inbox, B, change(ADA, birth_date="2010-10-11"))
    write_file(nights.inbox, B, "attendance", ("LOCALADA1", "Adacanary"), [("LOCALBEN2", "2011-12-13")])
    write_attendance(nights.inbox, A, "LOCALADA1", "LOCALADA1", "LOCALCYD3", school="Lovecanary")
    nights.run()
    cards = nights.home.path / "report_cards"
    assert len(list(cards.rglob("*.html"))) == 6
    assert find_canaries(nights.home.path, CANARIES, besides=(nights.home.archive, nights.home.vault)) == []
    assert find_canaries(nights.home.archive, CANARIES), "none would be found"
