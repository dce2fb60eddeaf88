"""Balances of funds, grants, and what risks cost.

Belongs here: the small tables beside the ledger. Does not belong here: its lines (``ledger_lines.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from synthetic.chart import Account
from synthetic.columns import words, write_dollars
from synthetic.ledger_lines import Ledger
from synthetic.payroll import count_periods
from synthetic.places import MadeUpDistrict
from synthetic.stream import Ints, Stream

CLASSES = (
    # class, account, dollars a pupil at the start of a year
    ("unassigned", "BAL-GF-UNASSIGNED", 900),
    ("assigned", "BAL-GF-ASSIGNED", 250),
    ("committed", "BAL-GF-COMMITTED", 300),
    ("restricted", "BAL-FOOD", 120),
    ("nonspendable", "BAL-INVENTORY", 25),
)
_GRANTS = (("305", 410, True), ("140", 38, True), ("240", 330, True), ("309", 22, True), ("700", 65, False))
_RISKS = (("liability", 38), ("workers_compensation", 92), ("property", 61))


def gl_balances_table(
    district: MadeUpDistrict, chart: Sequence[Account], ledger: Ledger, fiscal_year: int, seed: int
) -> pa.Table:
    """One row a period and balance account: together they move by what came in less what was spent."""
    periods, n = count_periods(fiscal_year), len(CLASSES)
    moves = Stream(seed, district.number, fiscal_year, "balances").whole(-30, 30, periods * n).reshape(periods, n)
    start = np.array([usd * district.pupils * 100 for _, _, usd in CLASSES])
    cents = start[None, :] * (1000 + np.cumsum(moves, axis=0)) // 1000
    whole = start.sum() - np.cumsum(_general_fund_cents(chart, ledger, periods))
    cents[:, 0] = whole - cents[:, 1:].sum(axis=1)
    which = np.tile(np.arange(n), periods)
    return pa.table(
        {
            "fiscal_year": pa.array(np.full(periods * n, fiscal_year)),
            "period": pa.array(np.repeat(np.arange(1, periods + 1), n)),
            "account_id": words([account for _, account, _ in CLASSES], which),
            "fund_balance_class": words([name for name, _, _ in CLASSES], which),
            "balance": write_dollars(cents.ravel()),
        }
    )


def _general_fund_cents(chart: Sequence[Account], ledger: Ledger, periods: int) -> Ints:
    """What each period spent of the general fund, less what came in: revenue is below zero."""
    general = np.array([account.line.fund_type == "general" for account in chart])[ledger.account]
    spent = np.zeros(periods, dtype=np.int64)
    np.add.at(spent, ledger.period[general] - 1, ledger.cents[general])
    return spent


def grants_table(district: MadeUpDistrict, fiscal_year: int, seed: int) -> pa.Table:
    """One row a grant; its money can be spent some weeks after the award."""
    n = len(_GRANTS)
    stream = Stream(seed, district.number, fiscal_year, "grants")
    award = np.datetime64(f"{fiscal_year - 1}-07-15") + stream.whole(0, 60, n).astype("timedelta64[D]")
    cents = np.array([usd for _, usd, _ in _GRANTS]) * district.pupils * stream.whole(85, 115, n)
    return pa.table(
        {
            "grant_id": pa.array([f"G{fiscal_year % 100}-{code}" for code, _, _ in _GRANTS]),
            "award_date": pa.array(award),
            "first_available": pa.array(award + stream.whole(10, 75, n).astype("timedelta64[D]")),
            "amount": write_dollars(cents),
            "restricted": pa.array([is_restricted for _, _, is_restricted in _GRANTS]),
        }
    )


def risk_costs_table(district: MadeUpDistrict, fiscal_year: int, seed: int) -> pa.Table:
    """One row a line of insurance."""
    n = len(_RISKS)
    stream = Stream(seed, district.number, fiscal_year, "risks")
    usual = np.array([usd for _, usd in _RISKS]) * district.pupils
    return pa.table(
        {
            "fiscal_year": pa.array(np.full(n, fiscal_year)),
            "line": pa.array([line for line, _ in _RISKS]),
            "premium": write_dollars(usual * stream.whole(55, 70, n)),
            "paid": write_dollars(usual * stream.whole(5, 30, n)),
            "reserve": write_dollars(usual * stream.whole(2, 15, n)),
            "retained": write_dollars(usual * stream.whole(0, 8, n)),
        }
    )
