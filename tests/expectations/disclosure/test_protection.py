"""Attacks on what is shown, and that hiding more ends them."""

import random

from expectations.disclosure.bounds import audit
from expectations.disclosure.cells import Cells, Widths
from expectations.disclosure.protection import protect
from tests.expectations.disclosure.figures import count, rate

WIDTHS = Widths()


def hidden_of(figures, **more):
    done = protect(figures, WIDTHS, **more)
    assert done.leaks == () and done.after.close == []
    return {(figures[at].key.entity_id, figures[at].key.subgroup) for at in done.hidden}


def test_protect__the_page_of_2017_18_that_gave_five_girls_away():
    """School 02660505 printed all 29, male 24: hiding the 5 alone tells them."""
    figures = [count(29), count(24, group="male"), count(5, group="female")]
    done = protect(figures, WIDTHS, is_compared=True)
    assert done.before is not None and len(done.before.exact()) == 1
    assert {figures[at].key.subgroup for at in done.hidden} == {"male", "female"}
    assert done.after.close == []


def test_protect__a_group_without_its_counterpart_gives_the_others_away():
    """300 pupils, 295 of low income: the five others are nobody's figure, and everybody can subtract."""
    assert hidden_of([count(300), count(295, group="low_income")]) == {("S1", "low_income")}
    assert hidden_of([count(300), count(200, group="low_income")]) == set()


def test_protect__subtotals_of_schools():
    """A district's total less its other schools is the hidden school."""
    figures = [count(65, "D1"), count(5, "S1"), count(20, "S2"), count(40, "S3")]
    assert hidden_of(figures) == {("S1", "all"), ("S2", "all")}


def test_protect__groups_and_schools_tie_each_other():
    """Hiding within each school alone leaves the schools' sums: the rest of the rectangle is hidden too."""
    figures = [
        *(count(n, "D1", group) for n, group in ((123, "all"), (63, "male"), (60, "female"))),
        *(count(n, "S1", group) for n, group in ((25, "all"), (20, "male"), (5, "female"))),
        *(count(n, "S2", group) for n, group in ((50, "all"), (23, "male"), (27, "female"))),
        *(count(n, "S3", group) for n, group in ((48, "all"), (20, "male"), (28, "female"))),
    ]
    hidden = hidden_of(figures)
    assert {("S1", "female"), ("S1", "male")} < hidden
    assert len(hidden) == 4 and len({entity for entity, _ in hidden}) == 2


def test_protect__a_rate_whose_pupils_are_known_and_its_numerator_is_not():
    """40 % of 60 and 45 % of 40 give 36 % of 20 away to whoever knows how many pupils there are."""
    figures = [rate(26, 60), rate(20, 40, group="male"), rate(6, 20, group="female")]
    assert hidden_of(figures) == set()
    figures = [rate(26, 60), rate(22, 40, group="male"), rate(4, 20, group="female")]
    assert hidden_of(figures) == {("S1", "male"), ("S1", "female")}


def test_protect__rounding_hides_nothing_from_whoever_knows_the_pupils():
    """53 % of 45 pupils can only be 24: a shown rate counts as its very numerator."""
    assert [x for x in range(46) if round(100 * x / 45) == 53] == [24]
    cells = Cells([rate(24, 45)], WIDTHS)
    assert audit(cells.table).bounds.low == audit(cells.table).bounds.high


def test_protect__a_bound_of_a_total_bounds_its_parts():
    """At most 2 of 40 in the district leave a school's four no room; then the district is hidden too."""
    figures = [rate(2, 40, "D1", coded=2), rate(0, 4, "S1"), rate(1, 18, "S2"), rate(1, 18, "S3")]
    assert ("D1", "all") in hidden_of(figures)


def test_protect__a_district_that_subtracts_its_own_figures():
    """Of two hidden districts each would know the other's figure: a third is hidden, as the total was seen."""
    districts = ((3, "D1"), (12, "D2"), (30, "D3"), (40, "D4"), (50, "D5"))
    figures = [count(135, "_all"), *(count(n, each, district=each) for n, each in districts)]
    hidden = {entity for entity, _ in hidden_of(figures, shown_for_good=[0])}
    assert hidden == {"D1", "D2", "D3"}
    for member in hidden:
        cells = Cells(figures, WIDTHS)
        cells.table.owner = ["" for _ in cells.table.owner]  # nobody else has figures of their own
        for at, figure in enumerate(figures):
            if figure.key.entity_id in hidden and figure.key.entity_id != member:
                cells.hide(cells.place[at])
        assert audit(cells.table).close == []


def test_protect__what_others_have_seen_cannot_be_hidden():
    """The boys were shown: then the total must hide the girls, and where all was seen nothing can."""
    figures = [count(29), count(24, group="male"), count(5, group="female")]
    done = protect(figures, WIDTHS, shown_for_good=[1])
    assert {figures[at].key.subgroup for at in done.hidden} == {"all", "female"} and done.leaks == ()
    done = protect(figures, WIDTHS, shown_for_good=[0, 1])
    assert [figures[at].key.subgroup for at in done.leaks] == ["female"]


def test_protect__one_secret_in_two_metrics_is_hidden_in_both():
    """Two authorities count the same pupils: what one of them shows the other cannot hide."""
    import dataclasses

    first = [rate(26, 60), rate(22, 40, group="male"), rate(4, 20, group="female")]
    second = [dataclasses.replace(each, key=each.key._replace(metric=("M", "other"))) for each in first]
    done = protect([*first, *second], WIDTHS)
    assert done.leaks == () and len(done.hidden) == 4


def test_protect__what_two_metrics_hide_is_not_known_to_be_the_same():
    """Two definitions agree but in one school, where they differ by one: nobody who sees neither can subtract them."""
    import dataclasses

    first = [rate(9, 11, "D1"), rate(4, 5, "S1"), rate(3, 3, "S2"), rate(2, 3, "S3")]
    second = [rate(9, 11, "D1"), rate(3, 4, "S1"), rate(3, 3, "S2"), rate(2, 3, "S3")]
    other = [dataclasses.replace(each, key=each.key._replace(metric=("M", "other"))) for each in second]
    assert len(hidden_of([*first, *other])) == 4


def test_cells__what_is_the_very_same_under_two_definitions_is_one_secret():
    """What is shown or hidden under one of them is so under the other; a figure that differs is another secret."""
    import dataclasses

    first = [rate(4, 20, group="female"), rate(22, 40, group="male")]
    second = [dataclasses.replace(each, key=each.key._replace(metric=("M", "other"))) for each in first[:1]]
    cells = Cells([*first, *second, rate(5, 20, group="female")], WIDTHS)
    female, male, other, unlike = cells.place
    assert cells.with_same([female]) == cells.with_same([other]) == {female, other}
    assert (cells.with_same([male]), cells.with_same([unlike])) == ({male}, {unlike})


def test_protect__an_amount_of_nothing_needs_room_of_whole_days():
    """No day lost in the whole school says that the five girls lost none."""
    groups = (("all", 60), ("male", 55), ("female", 5))
    figures = [rate(0, n, group=group, kind="amount") for group, n in groups]
    assert hidden_of(figures) == {("S1", "all"), ("S1", "female")}
    cells = Cells(figures, WIDTHS)
    assert cells.need_of(figures[2]) == 5_000_000


def test_protect__random_districts_hold_against_everybody():
    chance = random.Random(7)  # noqa: S311
    figures = [*_random_district("D1", chance), *_random_district("D2", chance), *_random_district("D3", chance)]
    done = protect(figures, WIDTHS, is_compared=True)
    assert done.before is not None and done.before.close and done.leaks == ()
    again = Cells(figures, WIDTHS)
    for at in done.hidden:
        again.hide(again.place[at])
    assert audit(again.table).close == []


def _random_district(district, chance):
    groups = ("asian", "hispanic", "white")
    schools = [{group: chance.choice((0, 3, 8, 15, 40, 90)) for group in groups} for _ in range(5)]
    for number, school in enumerate(schools):
        name = f"{district}S{number}"
        yield count(sum(school.values()), name, district=district)
        yield from (count(n, name, group, district) for group, n in school.items())
    for group in groups:
        yield count(sum(school[group] for school in schools), district, group, district)
    yield count(sum(sum(school.values()) for school in schools), district, district=district)
