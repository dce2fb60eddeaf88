"""The extracts of a district's ledger, as tables with the headings that it sends.

Belongs here: chart of accounts, lines and budgets as a district writes them. Does not belong here: what was spent
(``ledger_lines.py``), extracts about pupils (``extracts.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from synthetic.chart import Account, Line, puts_schools_on_lines
from synthetic.columns import texts, write_dollars
from synthetic.funds import CLASSES
from synthetic.ledger_lines import Budget, Ledger
from synthetic.places import MadeUpDistrict

_COST_CENTRES = {"2610": "custodial", "2620": "maintenance", "2700": "transport", "3100": "food_service"}
_COST_CENTRES |= {"2230": "it", "2510": "accounts_payable", "2570": "hr", "2660": "security"}
_LEFT_OPEN = Line("", "", "", "", "", 0.0, treatment="")


def chart_table(district: MadeUpDistrict, chart: Sequence[Account], fiscal_year: int) -> pa.Table:
    """One row an account; what the district leaves to the account crosswalk is empty."""
    sites = [school.school_id for school in district.schools]
    on_lines = puts_schools_on_lines(district)
    lines = [account.line for account in chart]
    said = [_LEFT_OPEN if district.leaves_codes else line for line in lines]
    treatments = ("" if account.is_revenue else line.treatment for account, line in zip(chart, said, strict=True))
    accounts = pa.table(
        {
            "fiscal_year": pa.array([fiscal_year] * len(chart)),
            "account_id": texts(account.account_id for account in chart),
            "account_type": texts("revenue" if account.is_revenue else "expenditure" for account in chart),
            "fund": texts(account.fund for account in chart),
            "fund_type": texts(line.fund_type for line in lines),
            "function_local": texts(account.function_local for account in chart),
            "object_local": texts(account.object_local for account in chart),
            "program": texts(line.program for line in lines),
            "school_id": texts(None if on_lines or a.school is None else sites[a.school] for a in chart),
            "state_function": texts(line.state_function for line in said),
            "nces_function": texts(line.nces_function for line in said),
            "nces_object": texts(line.nces_object for line in said),
            "source": texts(line.source for line in lines),
            "ppe_treatment": texts(treatments),
            "allocation_pool": texts(line.pool for line in said),
            "state_object": pa.nulls(len(chart), pa.string()),
            "cost_centre": texts(_COST_CENTRES.get(line.nces_function) for line in lines),
            "grant_id": texts(_grant_of(line, fiscal_year) for line in lines),
            "restricted": pa.array([line.fund_type == "grant" for line in lines]),
            "one_time": pa.array([line.fund_type == "capital" for line in lines]),
            "valid_from": pa.nulls(len(chart), pa.string()),
            "valid_to": pa.nulls(len(chart), pa.string()),
        }
    )
    return pa.concat_tables([accounts, _balance_accounts(chart, fiscal_year)], promote_options="default")


def _balance_accounts(chart: Sequence[Account], fiscal_year: int) -> pa.Table:
    """The accounts in which balances of funds stand; no line of the ledger charges them."""
    general = next(account.fund for account in chart if account.line.fund_type == "general")
    same = {"account_type": "balance", "fund": general, "fund_type": "general"}
    accounts = [
        {"account_id": account_id, **same, "cost_centre": "food_service" if account_id == "BAL-FOOD" else None}
        for _, account_id, _ in CLASSES
    ]
    return pa.Table.from_pylist(accounts).append_column("fiscal_year", pa.array([fiscal_year] * len(accounts)))


def actuals_table(district: MadeUpDistrict, chart: Sequence[Account], fiscal_year: int, ledger: Ledger) -> pa.Table:
    """One row a line of the ledger."""
    account = pa.array(ledger.account)
    on_lines = puts_schools_on_lines(district)
    sites = [None if not on_lines or a.school is None else district.schools[a.school].school_id for a in chart]
    letters = np.array(["T", "D", "R"])[ledger.kind].tolist()
    numbers = zip(letters, ledger.transaction.tolist(), strict=True)
    return pa.table(
        {
            "fiscal_year": pa.array(np.full(len(ledger.account), fiscal_year)),
            "period": pa.array(ledger.period),
            "account_id": texts(each.account_id for each in chart).take(account),
            "txn_id": pa.array([f"{letter}{number:07d}" for letter, number in numbers]),
            "amount": write_dollars(ledger.cents),
            "school_id": pa.array(sites, pa.string()).take(account),
            "description": texts(each.line.words for each in chart).take(account),
        }
    )


def budget_table(chart: Sequence[Account], fiscal_year: int, budgets: Sequence[Budget]) -> pa.Table:
    """One row an account and version."""
    n = len(chart)
    return pa.table(
        {
            "fiscal_year": pa.array([fiscal_year] * (n * len(budgets))),
            "account_id": pa.array([account.account_id for account in chart] * len(budgets)),
            "version": pa.array([budget.version for budget in budgets for _ in chart]),
            "version_date": pa.array([budget.version_date for budget in budgets for _ in chart]),
            "amount": write_dollars(np.concatenate([budget.cents for budget in budgets])),
        }
    )


def _grant_of(line: Line, fiscal_year: int) -> str | None:
    """The grant that pays an account, as the extract of grants names it."""
    if line.fund_type != "grant":
        return None
    return f"G{fiscal_year % 100}-{'305' if line.source == 'federal' else '700'}"
