"""Rules about what a district's finances say: each fails where it should, says why, and passes what is right."""

import pytest

from tests.expectations.ledger_scene import BALANCES, LINES, ONE, PAY, PUPILS, REACH, SCHOOLS, find

BOOKED = LINES + "('teach', 60, 1), ('tax', -100, 1), ('cash', 40, 1), ('teach', 70, 2), ('cash', -70, 2)"


def test_f01__debits_are_credits_in_each_fund_and_period():
    assert find("F01", BOOKED) == (0, "")
    assert find("F01", BOOKED + ", ('heat', 0.01, 2)") == (1, "fund 01, period 2 is off by 0.01")
    assert find("F01", BOOKED + ", ('cash', -0.01, 2)") == (1, "fund 01, period 2 is off by -0.01")
    other_fund = BOOKED + ", ('book', -5, 1), ('teach', 5, 1)"
    assert find("F01", other_fund) == (1, "fund 01, period 1 is off by 5.00")
    without_tolerance = find("F01", BOOKED, "delete from candidate.thresholds")
    assert without_tolerance is not None and without_tolerance[0] == 2


def test_f01__a_ledger_of_spending_alone_is_not_asked():
    assert find("F01", LINES + "('teach', 60, 1), ('tax', -100, 1)") is None


def test_f01__a_balance_moves_by_what_came_in_less_what_was_spent():
    lines = LINES + "('teach', 60, 2), ('tax', -100, 2), ('teach', 70, 3), ('teach', 1, 5), ('book', 9, 2)"
    assert find("F01", lines, BALANCES + "('cash', 500, 1), ('cash', 540, 2), ('cash', 470, 3), ('cash', 1, 5)") == (
        0,
        "",
    )
    found = find("F01", lines, BALANCES + "('cash', 500, 1), ('cash', 540, 2), ('cash', 540, 3)")
    assert found == (1, "fund 01, period 3 is off by 70.00")
    assert find("F01", LINES + "('teach', 60, 2)", BALANCES + "('cash', 500, 1), ('cash', 500, 2)") is None


def test_f01__a_period_with_a_line_that_the_chart_lacks_is_not_judged():
    half_there = LINES + "('teach', 60, 1), ('new', -60, 1), ('teach', 70, 2), ('cash', -70, 2)"
    assert find("F01", half_there) == (0, "")
    assert find("F01", half_there + ", ('heat', 5, 2)") == (1, "fund 01, period 2 is off by 5.00")
    lines = LINES + "('teach', 60, 2), ('tax', -100, 2), ('new', 5, 2), ('teach', 70, 3), ('tax', -7, 3)"
    assert find("F01", lines, BALANCES + "('cash', 500, 1), ('cash', 535, 2), ('cash', 472, 3)") == (0, "")


def test_f01__a_balance_whose_account_the_chart_lacks_is_named_and_its_fund_is_not():
    lines = LINES + "('teach', 60, 2), ('tax', -100, 2), ('teach', 70, 3), ('teach', 30, 4)"
    balances = BALANCES + "('cash', 500, 1), ('cash', 520, 2), ('box', 20, 2), ('cash', 470, 3), ('cash', 440, 4)"
    named = "account box of the balances is not in the chart"
    assert find("F01", lines, balances) == (1, named)
    wrong = balances.replace("('cash', 440, 4)", "('cash', 430, 4)")
    assert find("F01", lines, wrong) == (2, f"{named}; fund 01, period 4 is off by -10.00")
    assert find("F01", LINES + "('teach', 60, 2)", BALANCES + "('box', 20, 2)") is None


def test_f08__negative_lines_that_take_nothing_back_are_told():
    usual = LINES + ", ".join(f"('{account}', 100, 1)" for account in ("teach", "heat") for _ in range(5))
    assert find("F08", usual) == (0, "")
    assert find("F08", usual + ", ('teach', 7, 1), ('teach', -7, 2)") == (0, "")  # taken back
    assert find("F08", usual + ", ('teach', -5, 1)") == (0, "")  # 5 of 505 dollars
    assert find("F08", usual + ", ('heat', 7, 1), ('teach', -7, 2)") == (1, "function 1000 has 1 negative lines")
    assert find("F08", usual + ", ('tax', -900, 1)") == (0, "")


def test_f08__one_line_for_much_of_a_year_and_late_entries_are_told():
    usual = LINES + ", ".join(f"('{account}', 100, 1)" for account in ("teach", "heat") for _ in range(5))
    large = find("F08", usual + ", ('heat', 250, 1)")
    assert find("F08", usual + ", ('heat', 250.01, 1)") == (
        1, "one line of function 2600 is a large part of all that is spent",
    )  # fmt: skip
    assert large == (0, "")
    assert find("F08", usual + ", ('teach', 3, 13), ('teach', 4, 13)") == (2, "2 lines are of period 13")


@pytest.mark.parametrize(
    ("function", "found"),
    [
        ("teachers", (0, "")),
        ("old", (1, "eoyr_report uses old, which is not of 2025")),
        ("new", (1, "eoyr_report uses new, which is not of 2025")),
        ("flying", (1, "eoyr_report uses flying, which is not in state_functions.csv")),
    ],
)
def test_f16__a_function_is_of_its_year(function, found):
    assert find("F16", f"insert into candidate.eoyr_report (state_function) values ('{function}')") == found


def test_f16__a_ledgers_functions_are_of_their_year_too():
    change = "update candidate.mapped_accounts set state_function = 'old' where account_id = 'teach'"
    lines = LINES + "('teach', 1, 1), ('teach', 2, 1), ('heat', 3, 1)"
    assert find("F16", lines) == (0, "")
    assert find("F16", lines, change) == (2, "gl_actuals uses old, which is not of 2025")


def test_f13__a_budget_is_not_what_was_spent():
    def both(alike: int, all_: int) -> tuple[int, str] | None:
        actuals = ", ".join(f"('a{at}', {at}, 1), ('a{at}', {at}, 2)" for at in range(1, all_ + 1))
        budget = ", ".join(f"('a{at}', {2 * at + (at > alike)})" for at in range(1, all_ + 1))
        return find("F13", LINES + actuals, f"insert into candidate.gl_budget (account_id, amount_usd) values {budget}")

    assert both(9, 10) == (9, "9 of 10 accounts of gl_actuals are the adopted budget of 2024-06-15")
    assert both(8, 10) == (0, "")
    assert both(9, 9) == (0, "")
    assert find("F13", LINES + "('a1', 1, 1)") is None


def test_f13__an_account_without_a_budget_is_not_alike():
    fixed = [f"('a{at}', {at})" for at in range(1, 11)]
    others = [f"('b{at}', {at})" for at in range(1, 3)]
    budget = "insert into candidate.gl_budget (account_id, amount_usd) values " + ", ".join(fixed)
    actuals = "insert into candidate.gl_actuals (account_id, amount_usd) values "
    told = "10 of 11 accounts of gl_actuals are the adopted budget of 2024-06-15"
    assert find("F13", actuals + ", ".join([*fixed, *others[:1], "('none', 0)"]), budget) == (10, told)
    assert find("F13", actuals + ", ".join([*fixed, *others]), budget) == (0, "")


def test_f02__a_ledger_that_is_over_comes_to_the_end_of_year_report():
    report = "insert into conformed.fct_eoyr_expenditure (amount_usd) values (200000), (100000)"
    ledger = (
        "insert into conformed.int_spending__account (amount_usd, state_function) values "
        "(298999.99, 'teachers'), (99, null), (99, 'capital')"
    )
    over, open_year = (
        f"insert into staging.stg_district__gl_actuals (period) values ({period})" for period in (12, 11)
    )
    told = "the end-of-year lines of 2025 do not come to what its ledger has"
    assert find("F02", report, ledger, open_year) is None
    assert find("F02", report, ledger.replace("298999.99", "298500"), over) == (0, "")
    assert find("F02", report, ledger.replace("298999.99", "298499.99"), over) == (1, told)


def test_f04__the_share_that_is_coded_to_schools_stays_about_the_same():
    shares = "insert into measures.measure_district_spending (value, school_year) values (0.75, 2024), ({}, 2025)"
    assert find("F04", REACH.format(12), shares.format("0.65")) == (0, "")
    assert find("F04", REACH.format(12), shares.format("0.85")) == (0, "")
    told = "the share coded to schools is 64.9 % in 2025 and was 75.0 % the year before"
    assert find("F04", REACH.format(12), shares.format("0.649")) == (1, told)
    assert find("F04", REACH.format(1), shares.format("0.31")) is None  # a year in progress
    assert find("F04", REACH.format(12), shares.format("0.851")) == (1, told.replace("64.9", "85.1"))


def test_f04__pay_is_where_pupils_are():
    ledger = "insert into conformed.int_spending__ledger (ledger_usd) values (9)"
    pupils, pay = PUPILS + "('S1', 10), ('S2', 20), ('S3', null)", PAY + "('S1', 500), ('S2', 600)"
    assert find("F04", ledger, pupils, pay) == (0, "")
    assert find("F04", ledger, pupils, PAY + "('S1', 500)") == (1, "school S2 has pupils and no salaries in 2025")
    assert find("F04", ledger, pupils, pay + ", ('S9', 700)") == (1, "school S9 has salaries and no pupils in 2025")
    none_there = pupils + ", ('S4', 0)"
    assert find("F04", ledger, none_there, pay + ", ('S4', 1)") == (1, "school S4 has salaries and no pupils in 2025")
    assert find("F04", ledger, none_there, pay) == (0, "")
    assert find("F04", ledger, pupils) == (0, "")  # pay is coded to no school at all
    assert find("F04", ledger, pay) is None  # nobody sent pupils
    assert find("F04", pupils, PAY + "('S1', 500)") is None  # nobody sent a ledger


def test_f07__averages_are_told_and_no_salary_is():
    columns = "(subject, role, n_units, n_alike, common_rate, is_average)"
    sound = (
        f"insert into conformed.int_spending__average_cost {columns} values "
        + "('benefit_rate', 'all', 19, 2, 0.3, false)"
    )
    assert find("F07", sound) == (0, "")
    found = find(
        "F07", sound + ", ('benefit_rate', 'all', 19, 19, 0.2709, true), ('salary', 'nurse', 9, 9, null, true)"
    )
    assert found == (
        2,
        "benefits are 27.0900 % of salaries at 19 of 19 schools (actual of 2025); "
        "one salary for 9 of 9 with the role nurse (actual of 2025)",
    )


def test_f09__a_school_is_near_the_median_of_its_district():
    usual = SCHOOLS + "('S1', 100, 2025), ('S2', 100, 2025), ('S3', 100, 2025), ('S4', {}, 2025)"
    assert find("F09", usual.format("40")) == find("F09", usual.format("250")) == (0, "")
    assert find("F09", usual.format("39")) == (1, "school S4 spends 0.39 of the median in 2025")
    assert find("F09", usual.format("251")) == (1, "school S4 spends 2.51 of the median in 2025")


def test_f09__a_school_is_near_itself_a_year_ago():
    years = SCHOOLS + "('S1', 100, 2024), ('S1', {}, 2025)"
    assert (
        find("F09", REACH.format(12), years.format("75"))
        == find("F09", REACH.format(12), years.format("125"))
        == (0, "")
    )
    told = "school S1 spends 0.74 in 2025 of what it spent the year before"
    assert find("F09", REACH.format(12), years.format("74")) == (1, told)
    assert find("F09", REACH.format(12), years.format("126")) == (1, told.replace("0.74", "1.26"))
    assert find("F09", REACH.format(9), years.format("74")) == (0, "")  # a year in progress


def test_f14__thousands_are_not_dollars():
    ledger = "insert into conformed.int_spending__ledger (ledger_usd, school_year) values (34800000, 2025)"
    budget = "insert into conformed.fct_gl_budget (amount_usd) values ({})"
    report = "insert into conformed.fct_eoyr_expenditure (amount_usd) values ({})"
    whole = REACH.format(12)
    assert find("F14", whole, ledger, budget.format("34100000"), report.format("30000000")) == (0, "")
    told = "gl_actuals of 2025 has 1020.5279 times the dollars of gl_budget of 2025"
    assert find("F14", whole, ledger, budget.format("34100")) == (1, told)
    assert find("F14", whole, ledger, report.format("348000")) == (
        1, "eoyr_report of 2025 has 0.01 times the dollars of gl_actuals of 2025",
    )  # fmt: skip
    assert find("F14", whole, ledger, budget.format("348000.01")) == (0, "")
    before = ledger.replace("2025", "2024").replace("34800000", "34800")
    told_before = "gl_actuals of 2025 has 1000.0 times the dollars of gl_actuals of 2024"
    assert find("F14", whole, ledger, before) == (1, told_before)
    superseded = "insert into conformed.fct_gl_budget (amount_usd, is_final) values (34100, false)"
    assert find("F14", whole, ledger, superseded) is None


def test_f14__little_is_told_only_of_a_year_that_reaches_as_far():
    ledgers = "insert into conformed.int_spending__ledger (ledger_usd, school_year) values "
    week = ledgers + "(50000000, 2024), (310000, 2025)"
    budget = "insert into conformed.fct_gl_budget (amount_usd) values ({})"
    assert find("F14", REACH.format(1), week, budget.format("52000000")) is None
    assert find("F14", REACH.format(1), week, budget.format("3100")) == (
        1, "gl_actuals of 2025 has 100.0 times the dollars of gl_budget of 2025",
    )  # fmt: skip
    entries_after = REACH.format(12) + ", (13, 2024)"
    assert find("F14", entries_after, week) == (
        1, "gl_actuals of 2025 has 0.0062 times the dollars of gl_actuals of 2024",
    )  # fmt: skip
    assert find("F14", REACH.format(12), week.replace("310000", "500000.01")) == (0, "")


def test_f15__dollars_without_known_pupils_are_told():
    row = "insert into measures.measure_school_spending (entity_id, numerator, denominator) values "
    sound = row + "('S1', 100, 10), ('S2', 0, 0)"
    assert find("F15", sound) == (0, "")
    found = find("F15", sound + ", ('S3', 5, 0), ('S4', -5, null)")
    assert found == (
        2, "school S3 has dollars and no pupils in 2025; school S4 has dollars and pupils that nobody counted in 2025",
    )  # fmt: skip


BOOKS = "insert into conformed.int_spending__account (account_id, amount_usd, is_salary, is_benefit) values "
PAID = "insert into staging.stg_district__payroll_benefits (account_id, pay_type, amount_usd) values "
TO_THE_END = "insert into staging.stg_district__gl_actuals (period) values (12)"


def test_f06__payroll_is_what_the_ledger_has_as_pay():
    books = BOOKS + "('teach', 1000, true, false), ('health', 200, false, true), ('pension', 100, false, true)"
    paid = PAID + "('teach', 'salary', 890), ('teach', 'stipend', 100), ('health', 'health', 202)"
    assert find("F06", books, paid, TO_THE_END) == (0, "")
    assert find("F06", books, paid + ", ('teach', 'overtime', -0.01)", TO_THE_END) == (
        1, "salaries of 2025 are 989.99 dollars in payroll and 1000.00 in the ledger",
    )  # fmt: skip
    assert find("F06", books, paid + ", ('health', 'health', 0.01)", TO_THE_END) == (
        1, "benefits of 2025 are 202.01 dollars in payroll and 200.00 in the ledger",
    )  # fmt: skip
    another_reach = TO_THE_END.replace("12", "11")
    assert find("F06", books, paid + ", ('teach', 'overtime', -500)", another_reach) == (0, "")
    assert find("F06", books) == (0, "")


def test_f06__benefits_stand_to_salaries_as_they_usually_do():
    def said(benefits):
        return find("F06", BOOKS + f"('teach', 1000, true, false), ('health', {benefits}, false, true)")

    assert said("150") == said("600") == (0, "")
    assert said("149.99") == (1, "benefits of 2025 are 15.0 % of salaries")
    assert said("600.01") == (1, "benefits of 2025 are 60.0 % of salaries")
    assert find("F06", BOOKS + "('teach', 1000, true, false)") == (1, "benefits of 2025 are 0.0 % of salaries")
    assert find("F06", BOOKS + "('health', 5, false, true)") is None


PLACED = "insert into staging.stg_district__out_of_district values "
FORMULA = "pupils whose claim to the circuit breaker is not what the state's formula gives in 2025"


def test_f10__tuition_of_a_full_time_equivalent_is_believable():
    def said(fte, tuition, is_sped="true"):
        return find("F10", PLACED + f"(1, {fte}, {tuition}, null, null, {is_sped}, 2025, 2025, '{ONE}')")

    assert said("0.5", 2500) == said("0.5", 75000) == (0, "")
    outside = "1 placements whose tuition for a full-time equivalent is below 5000 or above 150000 dollars in 2025"
    assert said("0.5", 2499.99) == said("0.5", 75000.01) == said("null", 60000) == (1, outside)
    assert said("0.5", 1, "false") is None


def test_f10__a_claim_is_what_the_formula_gives():
    def said(claim, eligible="50000", fiscal_year=2025):
        row = f"(1, 1, 50000, {eligible}, {claim}, true, {fiscal_year}, 2025, '{ONE}')"
        return find("F10", PLACED + row)

    assert said("6447.00") == said("6448.00") == said("null") == said("6446.00") == (0, "")
    assert said("6448.01") == (1, f"1 {FORMULA}")
    assert said("0", eligible="41404") == said("1", eligible="20000") == said("9", fiscal_year=2024) == (0, "")
    two = PLACED + ", ".join(f"(1, 0.5, 25000, 25000, {c}, true, 2025, 2025, '{ONE}')" for c in ("6447", "0"))
    assert find("F10", two) == (0, "")
