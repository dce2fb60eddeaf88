"""Bad input by what a district's finances say: rules that look at what has landed, at doors 1 and 2.

Belongs here: what is sent beside what, and what the rule then says. Does not belong here: the rules' limits
(``tests/expectations/test_ledger_rules.py``).
"""

from dataclasses import dataclass

from tests.expectations.ledger_scene import LINES, PAY, PUPILS, REACH

_LEDGER = "insert into conformed.int_spending__ledger (ledger_usd, school_year) values "
_DIVIDED = "insert into measures.measure_school_spending (entity_id, numerator, denominator) values ('S1', 100, 10)"
_TEN = range(1, 11)


@dataclass(frozen=True)
class FinanceCase:
    """One kind of bad input that no file shows by itself.

    Attributes:
        number: its number.
        what: what arrives, in words.
        rule: the rule that says so.
        sound: rows with which it says nothing.
        bad: rows that are sent in their place.
        words: what it says.
    """

    number: str
    what: str
    rule: str
    sound: tuple[str, ...]
    bad: tuple[str, ...]
    words: str


def _more(sound: str, rows: str) -> tuple[str, ...]:
    return (f"{sound}, {rows}",)


_USUAL = LINES + ", ".join(f"('{account}', 100, 1)" for account in ("teach", "heat") for _ in range(5))
_PUPILS = PUPILS + "('S1', 10), ('S2', 20)"
_PAID = PAY + "('S1', 500), ('S2', 600)"
_SPENT = LINES + ", ".join(f"('a{at}', {at}, 1)" for at in _TEN)
_BUDGET = "insert into candidate.gl_budget (account_id, amount_usd) values "
_FUNCTION = "insert into candidate.eoyr_report (state_function) values "

FINANCE = [
    FinanceCase(
        "73",
        "lines below zero that take nothing back",
        "F08",
        (_USUAL,),
        _more(_USUAL, "('teach', -10.10, 1)"),
        "function 1000 has 1 negative lines",
    ),
    FinanceCase(
        "74a",
        "a school with pupils and no salaries",
        "F04",
        (_LEDGER + "(9, 2025)", _PUPILS, _PAID),
        (_LEDGER + "(9, 2025)", _PUPILS, PAY + "('S1', 500)"),
        "school S2 has pupils and no salaries in 2025",
    ),
    FinanceCase(
        "74b",
        "a school with salaries and no pupils",
        "F04",
        (_LEDGER + "(9, 2025)", _PUPILS, _PAID),
        (_LEDGER + "(9, 2025)", _PUPILS, *_more(_PAID, "('S9', 700)")),
        "school S9 has salaries and no pupils in 2025",
    ),
    FinanceCase(
        "75a",
        "dollars of a school of no pupils (nothing is divided by zero: the figure is empty and says why)",
        "F15",
        (_DIVIDED,),
        _more(_DIVIDED, "('S3', 5, 0)"),
        "school S3 has dollars and no pupils in 2025",
    ),
    FinanceCase(
        "75b",
        "dollars of a school whose pupils nobody counted",
        "F15",
        (_DIVIDED,),
        _more(_DIVIDED, "('S4', 5, null)"),
        "school S4 has dollars and pupils that nobody counted in 2025",
    ),
    FinanceCase(
        "76",
        "a function code of another year",
        "F16",
        (_FUNCTION + "('teachers')",),
        (_FUNCTION + "('old')",),
        "eoyr_report uses old, which is not of 2025",
    ),
    FinanceCase(
        "77",
        "thousands in place of dollars",
        "F14",
        (REACH.format(12), _LEDGER + "(50000000, 2024), (51000000, 2025)"),
        (REACH.format(12), _LEDGER + "(50000000, 2024), (51000, 2025)"),
        "gl_actuals of 2025 has 0.001 times the dollars of gl_actuals of 2024",
    ),
    FinanceCase(
        "78",
        "a budget sent as what was spent",
        "F13",
        (_SPENT, _BUDGET + ", ".join(f"('a{at}', {at + 1})" for at in _TEN)),
        (_SPENT, _BUDGET + ", ".join(f"('a{at}', {at})" for at in _TEN)),
        "10 of 10 accounts of gl_actuals are the adopted budget of 2024-06-15",
    ),
]
