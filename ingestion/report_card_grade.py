"""The grade of a report card.

Belongs here: one function, whose boundaries are whole numbers. Does not belong here: counting what it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reporting.report_card.card import Grade

A_OF_A_THOUSAND, B_OF_A_HUNDRED, C_OF_A_HUNDRED = 1, 1, 5
"""Most rows that may be refused: 0.1 % for an A, 1 % for a B, 5 % for a C."""


@dataclass(frozen=True)
class Standing:
    """What a grade is made of.

    Attributes:
        rows_in: data rows.
        rows_rejected: of them refused.
        required_missing: required extracts that are missing or hold no row.
        optional_missing: optional ones.
        domains_held: expected domains that are held.
        files_refused: files refused as a whole.
        anything_admitted: whether anything of what is expected is admitted.
    """

    rows_in: int
    rows_rejected: int
    required_missing: int = 0
    optional_missing: int = 0
    domains_held: int = 0
    files_refused: int = 0
    anything_admitted: bool = True


def grade(standing: Standing) -> Grade:
    """A to F.

    A: all expected domains are admitted, no file is refused, at most 0.1 % of the rows are refused. B: at most 1 %.
    C: at most 5 %, or an optional extract is missing. D: a required extract is missing, a domain is held, a file was
    refused, or more than 5 % of the rows are. F: nothing is admitted.
    """
    rejected, rows = standing.rows_rejected, standing.rows_in
    if not standing.anything_admitted:
        return "F"
    if standing.required_missing or standing.domains_held or standing.files_refused:
        return "D"
    if rejected * 100 > rows * C_OF_A_HUNDRED:
        return "D"
    if standing.optional_missing or rejected * 100 > rows * B_OF_A_HUNDRED:
        return "C"
    return "B" if rejected * 1000 > rows * A_OF_A_THOUSAND else "A"
