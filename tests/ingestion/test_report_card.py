"""What stands on a report card, from files about pupils to its lines."""

from dataclasses import replace
from datetime import date

import pytest

from ingestion.collaborative import Collaborative
from ingestion.expected_extracts import ExpectedExtract
from ingestion.report_card_shelf import nights_of, page_of
from ingestion.waivers import Waiver
from reporting.report_card.card import Difference, ReportCard
from reporting.report_card.terminal import render_lines
from schoolstat.check import check
from tests.ingestion.card_nights import RULES
from tests.ingestion.pupil_files import (
    ADA,
    BEN,
    CYD,
    A,
    B,
    change,
    write_attendance,
    write_file,
    write_students,
)


def arrivals(card: ReportCard) -> dict[tuple[str, int | None], str]:
    return {(line.extract, line.school_year): line.arrival for line in card.expected}


def test_card__of_a_good_night_is_an_a(nights):
    write_students(nights.inbox, A, ADA, BEN)
    made = nights.run()
    card = nights.card()
    assert (card.grade, card.rows.rows_in, card.rows.landed, card.why) == ("A", 2, 2, ("0 of 2 rows refused (0.00%)",))
    assert [(one.domain, one.school_year, one.state) for one in card.decisions] == [("student", 2026, "admitted")]
    assert (len(made.written), made.n_deliveries, card.costs) == (1, 1, ())
    assert card.sender_name == f"Synthetic {A}"


def test_card__names_rule_count_place_and_what_to_do_of_refused_rows(nights):
    write_students(nights.inbox, A, ADA, change(BEN, race_eth="nobody knows"))
    nights.run()
    card = nights.card()
    (file,) = card.files
    assert (file.arrival, file.rows.rejected, card.grade) == ("with_refused_rows", 1, "D")
    (rule,) = file.rules
    assert (rule.n_failed, rule.n_checked, [(place.line, place.column) for place in rule.places]) == (
        1,
        2,
        [(3, "race_eth")],
    )
    assert rule.what_to_do
    assert any(cost.startswith("1 row of students.csv refused: counts nothing in ") for cost in card.costs)


def test_card__what_was_sent_last_year_is_expected_and_its_absence_is_told(nights):
    write_students(nights.inbox, A, ADA, school_year=2025)
    write_file(nights.inbox, A, "programs", ("student_local_id", "program", "begin_date", "end_date"), [], 2025)
    nights.run()
    write_students(nights.inbox, B, BEN)
    nights.run()
    card = nights.card()
    assert arrivals(card) == {("programs", 2026): "missing", ("students", 2026): "missing"}
    assert card.grade == "F"
    assert "1 required extract missing or without a row" in card.why
    assert any(cost.startswith("Students (missing): 1 school will lack in 2026: ") for cost in card.costs)
    write_students(nights.inbox, A, ADA)
    nights.run()
    assert arrivals(nights.card()) == {("programs", 2026): "missing", ("students", 2026): "arrived"}
    assert nights.card().grade == "C"


def test_card__expected_extracts_csv_overrides_what_was_sent(nights):
    write_students(nights.inbox, A, ADA)
    write_attendance(nights.inbox, A, "LOCALADA1")
    asked = (
        ExpectedExtract("attendance", "none", A),
        ExpectedExtract("attendance", "required"),
        ExpectedExtract("discipline", "required", note="state law"),
        ExpectedExtract("programs", "optional", A, to_school_year=2025),
    )
    nights.collaborative = replace(nights.collaborative, expected_extracts=asked)
    nights.run()
    lines = {line.extract: (line.need, line.why_expected, line.arrival) for line in nights.card().expected}
    assert lines["discipline"] == ("required", "state law", "missing")
    assert lines["attendance"][1] == "came without being expected"
    assert "programs" not in lines
    assert nights.card(B).grade == "F"
    assert arrivals(nights.card(B)) == {("attendance", 2026): "missing", ("discipline", 2026): "missing"}


@pytest.mark.parametrize(("content", "state"), [(b"", "empty"), (None, "header_only")])
def test_card__a_file_without_rows_is_not_presence(nights, content, state):
    write_students(nights.inbox, A, ADA)
    nights.run()
    path = write_students(nights.inbox, A)
    if content is not None:
        path.write_bytes(content)
    nights.run()
    (line,) = nights.card().expected
    assert (line.arrival, nights.card().grade) == (state, "D")
    assert line.serves_through
    assert any("will have only what was admitted before, through " in cost for cost in nights.card().costs)


def test_card__shows_every_rule_that_holds_a_domain(nights):
    write_students(nights.inbox, A, ADA)
    nights.run(A)
    card = nights.card()
    (one,) = card.decisions
    assert (one.state, [rule.rule_id for rule in one.rules], card.grade) == ("held", ["Q03", "Q04"], "F")
    assert all(rule.what_to_do for rule in one.rules)


def test_card__two_districts_that_disagree_about_a_pupil_are_told_of_the_place(nights):
    write_students(nights.inbox, A, ADA)
    write_students(nights.inbox, B, change(ADA, birth_date="2011-12-14"), BEN)
    nights.run()
    (disputed,) = [rule for rule in nights.card(B).matches if rule.rule_id == "Q13"]
    assert (disputed.n_failed, disputed.n_checked, [place.line for place in disputed.places]) == (1, 2, [2])
    (agreed,) = [rule for rule in nights.card(A).matches if rule.rule_id == "Q13"]
    assert (agreed.n_failed, agreed.n_checked) == (0, 1)


def found_at_door_2(build: str, rule_id: str, *found: tuple[str | None, int | None, int]) -> list[dict[str, object]]:
    return [
        {
            "door": 2,
            "subject": build,
            "rule_id": rule_id,
            "scope": "district",
            "district_id": district,
            "school_year": year,
            "n_checked": 50,
            "n_failed": n_failed,
            "status": "failed" if n_failed else "passed",
        }
        for district, year, n_failed in found
    ]


def test_card__a_day_that_two_districts_claim_stands_on_both_cards_though_nothing_came(nights):
    """Door 2 speaks after the night's cards are made: the next night's tell, and what it no longer finds goes."""
    write_students(nights.inbox, A, ADA)
    write_students(nights.inbox, B, BEN)
    nights.run()
    both = [(district, year, n) for district in (A, B) for year, n in ((2024, 0), (2025, 1), (2026, 2))]
    nights.ledger.record_rule_results(found_at_door_2("b1", "Q12", (A, None, 0), (B, None, 0)))
    nights.ledger.record_rule_results(found_at_door_2("b1", "Q20", *both, (None, None, 7)))
    assert [page.parent.name for page in nights.run().written] == [A, B]
    for district in (A, B):
        found = {rule.rule_id: rule for rule in nights.card(district).matches}
        assert (found["Q12"].n_failed, found["Q12"].n_checked) == (0, 50)
        told = found["Q20"]
        assert (told.n_failed, told.n_checked, told.what_to_do) == (3, 150, RULES["Q20"].what_to_do)
        assert told.message.endswith("School years: 2025, 2026.")
        page = page_of(nights.home, district, nights_of(nights.home, district)[-1]).read_text(encoding="utf-8")
        assert "Pupils whom another district has on the same day" in page and "School years: 2025, 2026." in page
    assert nights.run().written == ()
    nights.ledger.record_rule_results(found_at_door_2("b2", "Q20", (A, 2026, 0), (B, 2026, 0)))
    assert [page.parent.name for page in nights.run().written] == [A, B]
    assert {rule.rule_id: rule.n_failed for rule in nights.card(B).matches}["Q20"] == 0


def test_card__a_file_that_no_mapping_is_meant_for_stands_on_its_districts_card(nights):
    path = nights.inbox / A / "2026" / "pupils of spring.csv"
    path.parent.mkdir(parents=True)
    path.write_text("a,b\n1,2\n")
    nights.run()
    (file,) = nights.card().files
    assert (file.file_name, file.arrival, nights.card().grade) == (f"{A}/2026/pupils of spring.csv", "no_mapping", "F")


def test_card__an_archive_that_is_not_unpacked_stands_on_its_districts_card(nights):
    path = nights.inbox / A / "2026" / "sent.zip"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PK")
    nights.run()
    (file,) = nights.card().files
    assert (file.file_name, file.arrival, nights.card().grade) == (f"{A}/2026/sent.zip", "unreadable", "F")
    assert "the archive is damaged" in file.rules[0].message


@pytest.mark.parametrize("name", ["later.zip", "later.csv.gz"])
def test_card__a_refused_archive_costs_the_grade_and_is_gone_once_it_was_removed(nights, name):
    write_students(nights.inbox, A, ADA, BEN)
    nights.run()
    path = nights.inbox / A / "2026" / name
    path.write_bytes(b"garbage")
    nights.run()
    assert nights.card().grade == "D"
    assert "1 file refused as a whole" in nights.card().why
    assert nights.run().written == ()
    path.unlink()
    assert len(nights.run().written) == 1
    assert (nights.card().grade, len(nights.card().files)) == ("A", 1)


def test_card__of_a_district_that_sent_only_what_was_refused_says_so_no_longer_once_it_was_removed(nights):
    path = nights.inbox / A / "2026" / "sent.zip"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"garbage")
    nights.run()
    path.unlink()
    nights.run()
    assert nights.card().files == ()


def test_card__a_correction_says_what_it_changes(nights):
    write_students(nights.inbox, A, ADA, BEN)
    nights.run()
    first = nights.card().files[0].delivery_id
    write_students(nights.inbox, A, change(ADA, sex="M"), CYD)
    nights.run()
    difference = nights.card().files[0].difference
    assert difference == Difference(first, rows_added=1, rows_changed=1, rows_removed=1)


def test_card__of_a_file_that_is_only_checked_says_what_else_is_expected(nights, tmp_path):
    write_students(nights.inbox, A, ADA)
    write_attendance(nights.inbox, A, "LOCALADA1")
    nights.run()
    nights.home.claim(nights.collaborative.id, nights.collaborative.folder)
    path = write_students(tmp_path / "draft", A, ADA, change(BEN, race_eth="nobody knows"))
    checked = check(nights.home, nights.collaborative.folder, [path])
    (card,) = checked.cards
    assert (card.kind, card.grade, card.rows.rejected) == ("check", "D", 1)
    assert {line.extract: line.file_name for line in card.expected} == {
        "students": "students.csv",
        "attendance": "attendance.csv",
    }
    assert [one.state for one in card.decisions] == ["not_judged"]
    assert checked.to_dict()["report_cards"][0]["grade"] == "D"


def test_card__of_a_file_that_is_only_checked_is_graded_by_its_domain_and_compared_with_the_last(nights, tmp_path):
    write_students(nights.inbox, A, ADA, BEN, CYD)
    asked = (ExpectedExtract("staff", "required", A),)
    nights.collaborative = replace(nights.collaborative, expected_extracts=asked)
    nights.run()
    assert nights.card().grade == "D"
    nights.home.claim(nights.collaborative.id, nights.collaborative.folder)
    path = write_students(tmp_path / "draft", A, ADA)
    (card,) = check(nights.home, nights.collaborative.folder, [path]).cards
    assert card.grade == "A"
    (line,) = card.expected
    assert "1 rows, 3 in students.csv of " in line.why_expected
    (rule,) = card.files[0].rules
    assert (rule.rule_id, rule.n_failed, rule.n_checked) == ("Q02", 2, 3)
    assert "door 1 would hold it" in rule.message


def test_card__shows_waivers_with_their_words_and_is_made_anew_when_one_expires(nights, monkeypatch):
    day = date(2026, 10, 1)
    monkeypatch.setattr(Collaborative, "today", lambda _: day)
    terms = {"granted_by": "Jo", "granted_on": date(2026, 7, 1), "expires_on": date(2026, 10, 1)}
    waived = Waiver(rule="Q04", district=A, domain="student", school_year=2026, reason="=moved", **terms)
    nights.collaborative = replace(nights.collaborative, waivers=(waived,))
    write_students(nights.inbox, A, ADA)
    write_students(nights.inbox, B, BEN)
    nights.run()
    (line,) = nights.card().waivers
    words = "waived until 2026-10-01 by Jo because =moved (ends soon: what fails is held after that day)"
    assert (line.rule_id, line.domain, line.school_year, line.state, line.text) == (
        "Q04",
        "student",
        2026,
        "live",
        words,
    )
    assert nights.card(B).waivers == ()
    page = page_of(nights.home, A, nights_of(nights.home, A)[-1])
    assert f"Q04 student 2026: {words}." in page.read_text(encoding="utf-8")
    assert f",Q04,,,,,,,,{words}," in page.with_suffix(".csv").read_text(encoding="utf-8")
    assert any(f"waiver: Q04 student 2026: {words}" in text for text in render_lines(nights.card()))
    assert nights.run().written == ()
    day = date(2026, 10, 2)
    assert [page.parent.name for page in nights.run().written] == [A]
    assert nights.card().waivers[0].text == "the waiver by Jo because =moved expired on 2026-10-01"
