"""Publications: made of the released build, frozen, chained, and all that is computed in shared tables."""

import json
from datetime import date
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from expectations.doors import door_2, door_3
from ingestion.agreement import PublicationDate, default_agreement
from ingestion.archive import hash_file
from ingestion.published_figures import (
    COLUMNS,
    PublicationCorrupt,
    find_serving,
    hash_serving,
    list_publications,
    select_published,
)
from publishing.freezing import Occasion, PublicationRefused, find_due, make_publication
from publishing.release import publish

CALENDAR = (
    PublicationDate(publish_on=date(2026, 10, 15), school_years=(2026,)),
    PublicationDate(publish_on=date(2027, 2, 15), school_years=(2026, 2027)),
)
COLLABORATIVE: Any = SimpleNamespace(agreement=default_agreement().model_copy(update={"publications": CALENDAR}))
AUTUMN = Occasion(date(2026, 10, 15), (2026,))
PUPILS = {"all": 29, "male": 24, "female": 5}


def candidates(pupils):
    """The page of 2017-18 as dbt would judge it, and a rate."""
    rows = ", ".join(
        f"('{group}', 'count', {n}, {n}, null, {n < 10}, {'null' if n < 10 else n}, "
        f"'{'hidden' if n < 10 else 'computed'}', 'SS.N01')"
        for group, n in pupils.items()
    )
    return f"""
    create or replace table shared.int_shared__candidate as
    select
        '00010000' as district_id, 'school' as entity_type, '00010005' as entity_id, '00010005' as school_id,
        2026 as school_year, 2026 as fiscal_year, 'year' as period, subgroup, 'all' as breakdown, metric_id,
        'v' as variant, 'computed' as basis, 'A' as vintage, '1' as method_version, date '2026-06-30' as data_through,
        'fresh' as freshness, null::varchar as ppe_family, null::varchar as denominator_basis, 'counts' as family,
        'pupils' as unit, kind, case when subgroup = 'all' then 'all' else 'sex' end as dimension,
        null::decimal(38, 6) as numerator, denominator::decimal(38, 6) as denominator, n::decimal(38, 6) as n,
        is_primary, false as is_at_most, false as is_at_least, 0::decimal(38, 6) as least_numerator,
        0::decimal(38, 6) as most_numerator, n::decimal(38, 6) as quantity,
        shown_value::decimal(38, 10) as shown_value, null::decimal(38, 10) as shown_low,
        null::decimal(38, 10) as shown_high, shown_status
    from (values {rows}) as t (
        subgroup, kind, n, quantity, denominator, is_primary, shown_value, shown_status, metric_id
    )
    """


def release_with(workshop, pupils):
    """The release that readers have, with these figures behind it."""
    publish(workshop.home, workshop.ledger, workshop.inputs.build_id, workshop.collaborative)
    change_released(workshop, pupils)


def change_released(workshop, pupils):
    workshop.change_finished(candidates(pupils))
    folder = workshop.home.build_folder(workshop.inputs.build_id)
    (folder / "warehouse.sha256").write_text(hash_file(folder / "warehouse.duckdb") + "\n")


def shown(home):
    with duckdb.connect() as connection:
        rows = connection.execute(select_published(find_serving(list_publications(home)))).fetchall()
    records = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    return {row["subgroup"]: (row["value"] and int(row["value"]), row["value_status"]) for row in records}


def test_publication__hides_the_boys_with_the_girls_and_says_how_it_was_proved(finished):
    release_with(finished, PUPILS)
    made = make_publication(finished.home, finished.ledger, COLLABORATIVE, AUTUMN)
    assert shown(finished.home) == {"all": (29, "computed"), "male": (None, "hidden"), "female": (None, "hidden")}
    assert made.certificate["build_id"] == finished.inputs.build_id
    proof = made.certificate["proof"]["2026"]
    assert (proof["primary"], proof["hidden"], proof["too_close"]) == (1, 2, 0)
    assert made.folder.stat().st_mode & 0o777 == 0o700


def test_publication__a_second_one_keeps_what_a_newcomer_changes(finished):
    release_with(finished, PUPILS)
    first = make_publication(finished.home, finished.ledger, COLLABORATIVE, AUTUMN)
    change_released(finished, {"all": 30, "male": 24, "female": 6})
    second = make_publication(finished.home, finished.ledger, COLLABORATIVE, AUTUMN)
    assert shown(finished.home)["all"] == (29, "kept")
    assert second.certificate["previous_publication_id"] == first.publication_id
    assert hash_serving({2026: first}) != hash_serving({2026: second})


def test_publication__is_refused_of_a_build_that_somebody_changed(finished):
    release_with(finished, PUPILS)
    finished.change_finished("create table shared.other as select 1 as one")
    with pytest.raises(PublicationRefused, match="not what the doors saw"):
        make_publication(finished.home, finished.ledger, COLLABORATIVE, AUTUMN)
    assert list_publications(finished.home) == []


def test_publication__is_refused_before_the_first_release(finished):
    with pytest.raises(PublicationRefused, match="nothing has been released"):
        make_publication(finished.home, finished.ledger, COLLABORATIVE, AUTUMN)


def test_publications__that_were_changed_or_lost_are_not_served(finished):
    release_with(finished, PUPILS)
    first = make_publication(finished.home, finished.ledger, COLLABORATIVE, AUTUMN)
    make_publication(finished.home, finished.ledger, COLLABORATIVE, AUTUMN)
    certificate = first.folder / "certificate.json"
    sound = certificate.read_text()
    certificate.write_text(json.dumps({**json.loads(sound), "made_by": "nobody"}))
    with pytest.raises(PublicationCorrupt, match="changed afterwards"):
        list_publications(finished.home)
    certificate.write_text(sound)
    first.figures.chmod(0o600)
    first.figures.write_bytes(first.figures.read_bytes() + b"more")
    with pytest.raises(PublicationCorrupt, match=r"figures\.parquet is missing or was changed"):
        list_publications(finished.home)
    first.folder.rename(finished.home.path / "elsewhere")
    with pytest.raises(PublicationCorrupt, match="bring it back from the backup"):
        list_publications(finished.home)


def test_find_due__the_latest_date_that_has_come_and_once():
    def due(today, *kept):
        made: Any = [SimpleNamespace(certificate={"publish_on": day, "made_by": "calendar"}) for day in kept]
        occasion = find_due(COLLABORATIVE, made, today)
        return occasion and occasion.school_years

    assert due(date(2026, 10, 14)) is None
    assert due(date(2026, 10, 15)) == (2026,)
    assert due(date(2026, 10, 16), "2026-10-15") is None
    assert due(date(2027, 3, 1), "2026-10-15") == (2026, 2027)
    assert due(date(2027, 3, 1), "2027-02-15") is None


ROW = (
    "insert into shared.shared_per_pupil_spending by name select '00010000' as district_id, 'SS.N01' as metric_id, "
    "'v' as variant, 'school' as entity_type, '00010005' as entity_id, 2026 as school_year, 'year' as period, "
    "'{}' as subgroup, 'all' as breakdown, 'computed' as basis, 'A' as vintage, {}::decimal(38, 10) as value"
)
RANGE = "insert into collaborative.value_ranges values ('SS.N01', 0, 100)"


@pytest.mark.parametrize(
    ("group", "value", "passes"),
    [("all", "29", True), ("all", "30", False), ("male", "24", False), ("male", "null", True)],
)
def test_door_3__lets_pass_what_was_published_and_nothing_else(finished, group, value, passes):
    release_with(finished, PUPILS)
    make_publication(finished.home, finished.ledger, COLLABORATIVE, AUTUMN)
    following = finished.next_build("bbbbbbbb11112222")
    following.change(RANGE)
    following.change(ROW.format(group, value))
    door_2(following.home, following.ledger, following.inputs, following.collaborative)
    result = door_3(following.home, following.ledger, following.inputs, following.collaborative)
    assert ("P02" not in result.failed) is passes


def test_door_3__cannot_judge_what_is_shared_without_the_publications(finished):
    release_with(finished, PUPILS)
    made = make_publication(finished.home, finished.ledger, COLLABORATIVE, AUTUMN)
    made.figures.unlink()
    following = finished.next_build("bbbbbbbb11112222")
    door_2(following.home, following.ledger, following.inputs, following.collaborative)
    result = door_3(following.home, following.ledger, following.inputs, following.collaborative)
    assert (result.passed, result.could_not_run) == (False, ("P02",))
