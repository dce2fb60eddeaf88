"""What others have seen of a school year, and what may be shown after it."""

import dataclasses

import pytest

from expectations.disclosure.cells import Widths
from expectations.disclosure.history import Seen, decide
from expectations.disclosure.judged_year import judge_year
from expectations.disclosure.proof import find_leaks
from expectations.disclosure.published_rows import Candidate, key_of
from ingestion.published_figures import COLUMNS
from tests.expectations.disclosure.figures import count, rate

WIDTHS = Widths()


@pytest.mark.parametrize(
    ("now", "before", "shown", "decision"),
    [
        (rate(25, 61), rate(24, 60), "value", "keep"),  # the newcomer: n 60 to 61, 40.0 to 41.0 %
        (rate(24, 60), rate(24, 60), "value", "keep"),
        (rate(30, 72), rate(24, 60), "value", "as judged"),  # six and six of twelve: nobody can tell who
        (rate(29, 72), rate(24, 60), "value", "keep"),  # only five of the twelve are in the numerator
        (rate(34, 71), rate(24, 60), "value", "keep"),  # only one of the eleven is not
        (rate(4, 40), rate(24, 60), "value", "keep"),  # it would be hidden today; hiding hides nothing
        (rate(6, 10), rate(5, 9), "nothing", "hide"),
        (rate(12, 30), rate(12, 30), "nothing", "hide"),  # it may have been hidden for another's sake
        (rate(15, 30), rate(5, 9), "nothing", "as judged"),
        (count(12), count(11), "value", "keep"),
        (count(21), count(11), "value", "as judged"),
        (rate(25, 61), None, "value", "as judged"),
    ],
)
def test_decide__only_a_change_of_many_is_shown(now, before, shown, decision):
    assert decide(now, Seen(shown, before) if before else None, WIDTHS) == decision


def candidate(figure, value="0.40"):
    row = dict.fromkeys(COLUMNS)
    metric_id, variant = figure.key.metric
    row |= {**figure.key._asdict(), "metric_id": metric_id, "variant": variant, "basis": "computed"}
    row.pop("metric")
    row |= {"value": value, "value_status": "computed"}
    if figure.is_primary:
        row |= {"value": None, "value_status": "hidden"}
    return Candidate(row, figure)


def publish(figures, seen=None, value="0.40"):
    """What is shown of each group, and what others have seen from then on."""
    done = judge_year([candidate(figure, value) for figure in figures], seen or {}, WIDTHS)
    assert done.withheld == {} and find_leaks(done.rows, done.secrets, WIDTHS) == []
    behind = {key_of(secret): secret for secret in done.secrets}
    from expectations.disclosure.published_rows import figure_of

    after = {
        key_of(row): (row, Seen(behind[key_of(row)]["shown"], figure_of(behind[key_of(row)]))) for row in done.rows
    }
    return {row["subgroup"]: (row["value"], row["value_status"]) for row in done.rows}, after


def test_publications__the_newcomer_changes_nothing():
    first, seen = publish([rate(24, 60)])
    second, seen = publish([rate(25, 61)], seen, value="0.41")
    third, _ = publish([rate(36, 90)], seen, value="0.40")
    assert first == {"all": ("0.40", "computed")}
    assert second == {"all": ("0.40", "kept")}
    assert third == {"all": ("0.40", "computed")}


def test_publications__small_changes_do_not_add_up_unseen():
    """Each newcomer is held against what others have seen, not against yesterday."""
    _, seen = publish([rate(24, 60)])
    for more in range(1, 12):
        shown, seen = publish([rate(24 + more // 2, 60 + more)], seen, value="0.41")
        assert shown == {"all": ("0.40", "kept")}
    shown, _ = publish([rate(30, 72)], seen, value="0.42")
    assert shown == {"all": ("0.42", "computed")}


def test_publications__a_group_that_was_hidden_is_not_given_away_by_the_next():
    """Boys were hidden for the girls' sake; a month later nobody is few, and showing either would tell of then."""
    first, seen = publish([count(29), count(24, group="male"), count(5, group="female")])
    second, _ = publish([count(34), count(24, group="male"), count(10, group="female")], seen)
    assert {group for group, (_, status) in first.items() if status == "hidden"} == {"male", "female"}
    assert {group for group, (_, status) in second.items() if status == "hidden"} == {"male", "female"}
    assert second["all"] == ("0.40", "kept")


def test_publications__what_is_gone_stays_as_others_saw_it():
    first, seen = publish([count(60), count(30, group="male"), count(30, group="female")])
    second, _ = publish([count(60), count(30, group="male")], seen)
    assert second == first


def of_metric(figure, metric):
    return dataclasses.replace(figure, key=figure.key._replace(metric=(metric, "v")), family=metric)


def test_publications__a_metric_that_cannot_be_proved_is_withheld_alone():
    """Others have seen all and the boys, and nothing can hide the girls: their metric alone shows nothing new."""
    printed = [count(29), count(24, group="male")]
    seen = {each.key: (candidate(each).row, Seen("value", each)) for each in printed}
    others = [of_metric(count(60), "other"), of_metric(count(30, group="male"), "other")]
    figures = [*printed, count(5, group="female"), count(29, "S2"), *others]
    done = judge_year([candidate(figure) for figure in figures], seen, WIDTHS)
    assert (done.withheld, done.numbers["withheld"], done.numbers["too_close"]) == ({"M": 4}, {"M": 4}, 0)
    assert {(key_of(row).metric[0], row["entity_id"], row["subgroup"], row["value_status"]) for row in done.rows} == {
        ("M", "S1", "all", "computed"),
        ("M", "S1", "male", "computed"),
        ("M", "S1", "female", "hidden"),
        ("M", "S2", "all", "hidden"),
        ("other", "S1", "all", "computed"),
        ("other", "S1", "male", "computed"),
    }
    assert find_leaks(done.rows, done.secrets, WIDTHS, done.withheld) == []
    assert find_leaks(done.rows, done.secrets, WIDTHS) != []
    for row in done.rows:
        if row["entity_id"] == "S2":
            row |= {"value": "29", "value_status": "computed"}
    assert [key.entity_id for key in find_leaks(done.rows, done.secrets, WIDTHS, done.withheld)] == ["S2"]


def test_publications__one_marker_for_all_that_is_hidden():
    shown, _ = publish([count(29), count(24, group="male"), count(5, group="female")])
    assert shown["male"] == shown["female"] == (None, "hidden")


def test_publications__what_the_state_prints_is_no_secret_of_ours():
    """All three stand on the state's page: hiding the boys would hide nothing, but the girls keep our marker."""
    figures = [count(29), count(24, group="male"), count(5, group="female")]
    printed = [dataclasses.replace(candidate(figure), is_printed=True) for figure in figures]
    done = judge_year(printed, {}, WIDTHS)
    assert {row["subgroup"]: row["value_status"] for row in done.rows} == {
        "all": "computed",
        "male": "computed",
        "female": "hidden",
    }
    assert done.withheld == {}


def test_publications__what_follows_from_the_states_page_is_given_away_by_nobody_here():
    """The state prints all and the boys: the total less the boys is the girls, whatever we hide."""
    figures = [count(29), count(24, group="male"), count(5, group="female")]
    printed = [dataclasses.replace(candidate(figure), is_printed=figure.key.subgroup != "female") for figure in figures]
    done = judge_year(printed, {}, WIDTHS)
    assert (done.withheld, find_leaks(done.rows, done.secrets, WIDTHS)) == ({}, [])
    assert done.numbers["given_away_elsewhere"] == 1


def test_publications__the_states_figures_are_known_to_the_proof():
    """The state prints the boys: hiding them hides nothing, so the total is hidden."""
    figures = [count(29), count(24, group="male"), count(5, group="female")]
    printed = [dataclasses.replace(candidate(figure), is_printed=figure.key.subgroup == "male") for figure in figures]
    done = judge_year(printed, {}, WIDTHS)
    assert {row["subgroup"] for row in done.rows if row["value_status"] == "hidden"} == {"all", "female"}


def test_publications__one_new_pupil_of_a_new_group_stops_no_publication():
    """All others keep what was seen of them, which says no more than that little has changed."""
    _, seen = publish([count(40), count(20, group="male"), count(20, group="female")])
    figures = [count(41), count(20, group="male"), count(20, group="female"), count(1, group="nonbinary")]
    shown, _ = publish(figures, seen)
    assert shown["nonbinary"] == (None, "hidden") and shown["all"] == ("0.40", "kept")


@pytest.mark.parametrize("change", [{"value": "24"}, {"denominator": "24"}])
def test_proof__finds_a_row_that_shows_more_than_was_decided(change):
    figures = [count(29), count(24, group="male"), count(5, group="female")]
    done = judge_year([candidate(figure) for figure in figures], {}, WIDTHS)
    for row in done.rows:
        if row["subgroup"] == "male":
            row |= change
    assert find_leaks(done.rows, done.secrets, WIDTHS)


def test_proof__stands_without_the_rows_that_hid_more():
    """The primary layer alone is no publication: the girls are the total less the boys."""
    figures = [count(29), count(24, group="male"), count(5, group="female")]
    done = judge_year([candidate(figure) for figure in figures], {}, WIDTHS)
    for row in done.rows:
        if row["subgroup"] == "male":
            row |= {"value": "24", "value_status": "computed"}
    assert {key.subgroup for key in find_leaks(done.rows, done.secrets, WIDTHS)} == {"male", "female"}
