"""The region that the benchmark proves, in small: something could be worked out before, and nothing is afterwards."""

from dataclasses import replace

from tests.expectations.disclosure.region import DIMENSIONS, hide_and_prove, make_region, prove_again


def test_region__nothing_is_close_after_hiding_and_much_was_before():
    figures = make_region(80)
    assert sum(DIMENSIONS.values()) == 13 and len(figures) == (80 + 2 + 1) * 14
    timed = hide_and_prove(figures)
    assert timed.done.before is not None and len(timed.done.before.exact()) > 10
    assert timed.done.leaks == () and prove_again(timed) == 0
    assert "0 / 0" in timed.row


def test_region__a_cell_less_hidden_is_noticed():
    timed = hide_and_prove(make_region(80))
    complementary = next(at for at in sorted(timed.done.hidden) if not timed.figures[at].is_primary)
    shown = replace(timed.done, hidden=timed.done.hidden - {complementary})
    assert prove_again(replace(timed, done=shown)) > 0
