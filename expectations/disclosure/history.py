"""Earlier publications of a school year: what others have seen stays seen.

Belongs here: what each figure was when it was last published, and whether its change may be shown. Does not belong
here: what else must be hidden (``protection``).

A figure that others have seen is replaced only where the change itself would be shown: so many pupils came or went, and
so many in and outside of the numerator, that nobody can tell who (60 pupils become 61, 40.0 % become 41.0 %: the
newcomer is in the numerator). A figure that was hidden is shown only after such a change: what was hidden may have been
hidden for the sake of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from expectations.disclosure.cells import MICRO, Figure, Widths

Shown = Literal["value", "bound", "nothing"]


@dataclass(frozen=True)
class Seen:
    """One figure as others saw it last.

    Attributes:
        shown: its value, a bound of it, or nothing.
        figure: what it was made of.
    """

    shown: Shown
    figure: Figure


Decision = Literal["as judged", "keep", "hide"]


def decide(now: Figure, before: Seen | None, widths: Widths) -> Decision:
    """Whether a figure is shown as it is judged today, stays as others saw it, or stays hidden."""
    if before is None:
        return "as judged"
    if before.shown == "nothing":
        return "as judged" if is_shown_change(now, before.figure, widths) else "hide"
    if (now.quantity, now.size) == (before.figure.quantity, before.figure.size):
        return "keep"
    if not is_shown_change(now, before.figure, widths):
        return "keep"
    return "keep" if before.shown == "value" and (now.is_primary or now.coded) else "as judged"


def is_shown_change(now: Figure, before: Figure, widths: Widths) -> bool:
    """Whether the agreement would show the change as a figure of its own."""
    size, quantity = abs(now.size - before.size), abs(now.quantity - before.quantity)
    if size < widths.minimum_n * MICRO:
        return False
    if now.kind != "rate":
        return True
    contrary = abs((now.size - now.quantity) - (before.size - before.quantity))
    return quantity >= widths.minimum_numerator * MICRO and contrary >= widths.minimum_complement * MICRO
