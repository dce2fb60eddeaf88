"""The checks that suites are made of.

Belongs here: building one rule's expectations for a mart, each with an id that begins with the rule's. Does not
belong here: which mart needs which of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from expectations.content_hash import quoted
from expectations.models import ModelInfo
from expectations.validate import CHECK_ID

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


@dataclass(frozen=True)
class MartScene:
    """What a suite needs to know.

    Attributes:
        model: the mart as its yml describes it.
        rows_before: rows in the current release; None when the mart is not in it.
        drop_share: the share of rows that may go from one release to the next.
    """

    model: ModelInfo
    rows_before: int | None
    drop_share: Decimal


def rule_of(check_id: str) -> str:
    """The rule that a check belongs to."""
    return check_id.split(":", 1)[0]


def rows_kept(scene: MartScene, may_be_empty: bool = False) -> list[Expectation]:
    """M01: not far fewer rows than in the current release, and some rows at all."""
    from great_expectations.expectations.core.expect_table_row_count_to_be_between import ExpectTableRowCountToBeBetween

    least = 0 if may_be_empty else 1
    if scene.rows_before is not None:
        least = max(least, math.ceil(scene.rows_before * (1 - scene.drop_share)))
    return [ExpectTableRowCountToBeBetween(min_value=least, meta=_meta(scene, "M01", "rows"))]


def keys_present(scene: MartScene) -> list[Expectation]:
    """M02: no part of the key is NULL. One check for all parts: each costs as much as ten thousand rows."""
    from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation

    missing = " or ".join(f"{quoted(column)} is null" for column in scene.model.key)
    query = f"select 1 as missing from {{batch}} where {missing}"
    return [UnexpectedRowsExpectation(unexpected_rows_query=query, meta=_meta(scene, "M02", "key"))]


def values_in_range(scene: MartScene) -> list[Expectation]:
    """M03 and M06: every value within its metric's range, and every metric has one."""
    from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation

    return [
        UnexpectedRowsExpectation(unexpected_rows_query=OUT_OF_RANGE, meta=_meta(scene, "M03", "value")),
        UnexpectedRowsExpectation(unexpected_rows_query=WITHOUT_RANGE, meta=_meta(scene, "M06", "metric_id")),
    ]


def every_dollar_placed(scene: MartScene) -> list[Expectation]:
    """M07: no ledger differs from what its dollars became, not by a cent."""
    from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation

    return [UnexpectedRowsExpectation(unexpected_rows_query=OUT_OF_BALANCE, meta=_meta(scene, "M07", "difference"))]


def coverage_is_the_ledger(scene: MartScene) -> list[Expectation]:
    """M07: accounts, mapped or not, make up each ledger, not a cent less or more."""
    from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation

    return [UnexpectedRowsExpectation(unexpected_rows_query=NOT_COVERED, meta=_meta(scene, "M07", "coverage"))]


def families_apart(scene: MartScene) -> list[Expectation]:
    """M08: every figure of spending is of one family, and no comparison is of two families or over two bases."""
    from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation

    return [UnexpectedRowsExpectation(unexpected_rows_query=BLENDED, meta=_meta(scene, "M08", "ppe_family"))]


BLENDED = """
select metric_id, variant, case when starts_with(breakdown, 'of=') then breakdown end as of_metric
from {batch}
where metric_id like 'PPE.%'
group by all
having
    count(*) > count(ppe_family)
    or min(ppe_family) <> max(ppe_family)
    or min(coalesce(denominator_basis, '')) <> max(coalesce(denominator_basis, ''))
"""

OUT_OF_BALANCE = """
select district_id, fiscal_year
from {batch}
where
    coalesce(difference_usd <> 0, true)
    or coalesce(ledger_usd <> included_usd + excluded_usd + out_of_district_usd + unallocated_usd, true)
"""

NOT_COVERED = """
select coalesce(c.district_id, b.district_id) as district_id, coalesce(c.fiscal_year, b.fiscal_year) as fiscal_year
from (select district_id, fiscal_year, sum(amount_usd) as amount_usd from {batch} group by all) as c
full join marts.mart_spending_balance as b on c.district_id = b.district_id and c.fiscal_year = b.fiscal_year
where c.amount_usd is distinct from b.ledger_usd
"""

OUT_OF_RANGE = """
select m.district_id, m.metric_id
from {batch} as m
inner join collaborative.value_ranges as r on m.metric_id = r.metric_id
where m.value < r.minimum or m.value > r.maximum
"""

WITHOUT_RANGE = """
select distinct m.metric_id
from {batch} as m
left join collaborative.value_ranges as r on m.metric_id = r.metric_id
where r.metric_id is null
"""


def _meta(scene: MartScene, rule_id: str, what: str) -> dict[str, str]:
    return {CHECK_ID: f"{rule_id}:{scene.model.name}:{what}"}
