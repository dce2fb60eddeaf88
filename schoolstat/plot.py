"""Pictures of the current release for the terminal.

Belongs here: which figures a picture shows. Does not belong here: drawing (``reporting.scatter``).
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Group, RenderableType

from ingestion.home import Home
from reporting.plain_text import count, show
from reporting.scatter import Axis, Point, draw_scatter
from schoolstat.errors import Unanswerable
from schoolstat.query import run_query

SPENDING, NEED = "PPE.S05", "SS.A05"
"""What a school spends on each pupil; and the count of whose pupils the share of low income is taken."""

_SCHOOLS = f"""
with spending as (
    select district_id, entity_id, school_year, value
    from mart_per_pupil_spending
    where
        metric_id = '{SPENDING}' and variant = 'essa' and entity_type = 'school' and subgroup = 'all'
        and value is not null
),
pupils as (
    select
        district_id, entity_id, school_year,
        max(denominator) filter (where subgroup = 'all') as everyone,
        max(denominator) filter (where subgroup = 'low_income') as low_income
    from mart_student_support
    where metric_id = '{NEED}' and entity_type = 'school' and breakdown = 'all'
    group by district_id, entity_id, school_year
),
needs as (
    select
        district_id, entity_id, school_year, everyone,
        case
            when count(low_income) over (partition by district_id, school_year) > 0 then coalesce(low_income, 0)
        end as low_income
    from pupils
)
select
    spending.district_id, spending.school_year, spending.entity_id,
    cast(needs.low_income as double) / needs.everyone as need,
    cast(spending.value as double) as dollars
from spending
inner join needs
    on spending.district_id = needs.district_id and spending.entity_id = needs.entity_id
    and spending.school_year = needs.school_year
where needs.everyone > 0
order by spending.district_id, spending.entity_id
"""
"""A school without pupils of low income has none only where its district names any that year, else it is unknown."""
_UNFINISHED = """
with reached as (
    select domain, school_year, max(data_through) as data_through
    from dim_delivery_status
    where state = 'admitted' and domain in ('finance', 'student')
    group by domain, school_year
)
select dim_period.school_year
from dim_period
inner join reached on dim_period.school_year = reached.school_year
where dim_period.period = 'year'
group by dim_period.school_year, dim_period.ends_on
having min(reached.data_through) < dim_period.ends_on
"""
"""Years of which no district's ledger, or nobody's pupils, reach the last day yet."""
_NAMES = "select district_id, district_name from dim_district"


@dataclass(frozen=True)
class SchoolPoint:
    """One school: its share of pupils of low income, and dollars for each pupil."""

    district_id: str
    school_year: int
    school_id: str
    need: float
    dollars: float


@dataclass(frozen=True)
class SpendingAgainstNeed:
    """The schools of one year.

    Attributes:
        school_year: the year in which it ends.
        schools: those of which both are known.
        names: the districts' names.
        n_left_out: how many more there are whose need nobody knows.
        is_unfinished: whether the year goes on, so that dollars are those so far.
    """

    school_year: int
    schools: tuple[SchoolPoint, ...]
    names: dict[str, str]
    n_left_out: int = 0
    is_unfinished: bool = False

    def to_dict(self) -> dict[str, object]:
        """As values for JSON."""
        schools = [vars(school) for school in self.schools]
        return {
            "school_year": self.school_year,
            "schools": schools,
            "n_left_out": self.n_left_out,
            "is_unfinished": self.is_unfinished,
        }

    def render(self) -> RenderableType:
        """As a picture; a letter is a district, a point a school."""
        points = [Point(school.district_id, school.need, school.dollars) for school in self.schools]
        across = Axis("share of pupils of low income", lambda share: f"{share:.0%}")
        to_date = " to date" if self.is_unfinished else ""
        up = Axis(f"dollars per pupil, {self.school_year}{to_date}", lambda dollars: f"${dollars:,.0f}")
        caption = f"{count(len(points), 'school')}; several districts at one place: *"
        if self.is_unfinished:
            caption += "; the year is not over: dollars and days so far, not a whole year's"
        if self.n_left_out:
            caption += f"; left out: {count(self.n_left_out, 'school')} of districts that sent nobody's income"
        return Group(draw_scatter(points, across, up, self.names), show(caption, "dim"))


def find_spending_against_need(home: Home, year: int | None) -> SpendingAgainstNeed:
    """Every school of which the release knows both.

    Args:
        home: whose current release.
        year: the year in which the school year ends; the one with the most schools if left out.

    Raises:
        Unanswerable: there is no release, or no such school in it.
    """
    rows = run_query(home, _SCHOOLS, "collaborative").rows
    found = [SchoolPoint(*row) for row in rows if row[3] is not None]
    years = [school.school_year for school in found]
    chosen = year if year is not None else max(years, key=lambda each: (years.count(each), each), default=None)
    schools = tuple(school for school in found if school.school_year == chosen)
    if chosen is None or not schools:
        when = f" in {year}" if year is not None else ""
        raise Unanswerable(f"the release knows of no school{when} both spending ({SPENDING}) and need ({NEED})")
    n_left_out = sum(row[1] == chosen and row[3] is None for row in rows)
    is_unfinished = (chosen,) in run_query(home, _UNFINISHED, "collaborative").rows
    names = dict(run_query(home, _NAMES, "collaborative").rows)
    return SpendingAgainstNeed(chosen, schools, names, n_left_out, is_unfinished)
