"""Pay and benefits, person by person: to the cent what the ledger has on the accounts of salaries and health insurance.

Belongs here: splitting what was booked among those who are paid. Does not belong here: who they are (``workforce.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from synthetic.calendars import YEAR_IN_PROGRESS
from synthetic.chart import Account
from synthetic.columns import texts, words, write_dollars
from synthetic.ledger_lines import PERIODS, PERIODS_SO_FAR, Ledger
from synthetic.stream import Ints, Stream
from synthetic.workforce import Workforce

HEALTH = "210"
_EMPLOYEES_PART = 3
"""The employer pays three times what the member of staff does; our own figure."""


def count_periods(fiscal_year: int) -> int:
    """Periods that are booked so far."""
    return PERIODS_SO_FAR if fiscal_year == YEAR_IN_PROGRESS else PERIODS


def payroll_benefits_table(
    workforce: Workforce, chart: Sequence[Account], ledger: Ledger, fiscal_year: int
) -> pa.Table:
    """One row a person, period and account: the salary, and the health insurance of the school's staff."""
    booked = _add_up(ledger, len(chart))
    health_of = {account.school: at for at, account in enumerate(chart) if account.line.nces_object == HEALTH}
    is_of_school = np.array([chart[at].school is not None for at in workforce.account.tolist()])
    insured = np.flatnonzero(is_of_school)
    health = np.array([health_of[school] for school in workforce.school[insured].tolist()], dtype=np.int64)
    pay = _split(np.arange(len(workforce)), workforce.account, booked, fiscal_year)
    benefit = _split(insured, health, booked, fiscal_year)
    person, account, period, cents = (np.concatenate(pair) for pair in zip(pay, benefit, strict=True))
    is_benefit = np.arange(len(person)) >= len(pay[0])
    order = np.lexsort((is_benefit, account, person, period))
    person, account, period, cents = person[order], account[order], period[order], cents[order]
    is_pay, n = ~is_benefit[order], len(order)
    return pa.table(
        {
            "fiscal_year": pa.array(np.full(n, fiscal_year)),
            "period": pa.array(period),
            "staff_local_id": workforce.ids.take(pa.array(person)),
            "account_id": texts(each.account_id for each in chart).take(pa.array(account)),
            "pay_type": words(("health", "salary"), is_pay.astype(np.int64)),
            "amount": write_dollars(cents),
            "plan": pa.array(["PPO"] * n, pa.string(), mask=is_pay),
            "tier": pa.array(np.where(person % 3 == 0, "single", "family").tolist(), pa.string(), mask=is_pay),
            "member_status": pa.array(["active"] * n, pa.string(), mask=is_pay),
            "employer_cost": _only(write_dollars(cents), is_pay),
            "employee_cost": _only(write_dollars(cents // _EMPLOYEES_PART), is_pay),
        }
    )


def _add_up(ledger: Ledger, n_accounts: int) -> Ints:
    """Cents by account and period."""
    found = np.zeros((n_accounts, PERIODS + 1), dtype=np.int64)
    np.add.at(found, (ledger.account, ledger.period), ledger.cents)
    return found


def _split(person: Ints, account: Ints, booked: Ints, fiscal_year: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Each account's cents of each period among its persons; the first ones get what does not divide."""
    order = np.argsort(account, kind="stable")
    person, account = person[order], account[order]
    _, first, counts = np.unique(account, return_index=True, return_counts=True)
    among, within = np.repeat(counts, counts), np.arange(len(account)) - np.repeat(first, counts)
    periods = np.arange(1, count_periods(fiscal_year) + 1)
    total = booked[account][:, periods]
    cents = total // among[:, None] + (within[:, None] < total % among[:, None])
    n = len(periods)
    return np.repeat(person, n), np.repeat(account, n), np.tile(periods, len(person)), cents.ravel()


def _only(amounts: pa.Array, without: np.ndarray) -> pa.Array:
    import pyarrow.compute as pc

    return pc.if_else(pa.array(without), None, amounts)  # pyright: ignore[reportAttributeAccessIssue]


def payroll_runs_table(workforce: Workforce, fiscal_year: int, seed: int, number: int) -> pa.Table:
    """One row a period: two payments a person, of which a few in ten thousand are wrong."""
    n = count_periods(fiscal_year)
    payments = np.full(n, 2 * len(workforce))
    errors = Stream(seed, number, fiscal_year, "payroll runs").whole(0, 2 + len(workforce) // 400, n)
    return pa.table(
        {
            "fiscal_year": pa.array(np.full(n, fiscal_year)),
            "period": pa.array(np.arange(1, n + 1)),
            "payments": pa.array(payments),
            "errors": pa.array(errors),
        }
    )
