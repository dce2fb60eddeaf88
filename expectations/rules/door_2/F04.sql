-- Dollars are coded to schools as before, and pay is where pupils are: the share that is coded to schools moves by no
-- more than some points from one year to the next, where the ledgers of both reach the same period, and a school with
-- pupils has salaries, one with salaries has pupils. Where most of a district's schools have no salaries, it codes pay
-- centrally, and none of them is at fault for that. A school whose pupils are not known is not judged.
with limits as (
    select
        max(value) filter (where threshold = 'site_share_change') as share_change,
        max(value) filter (where threshold = 'schools_with_salaries_share') as with_salaries
    from collaborative.thresholds
),

reach as (
    select district_id, school_year, max(period) as last_period
    from staging.stg_district__gl_actuals
    group by district_id, school_year
),

site_shares as (
    select spending.district_id, spending.school_year, spending.value, reach.last_period
    from measures.measure_district_spending as spending
    inner join reach on spending.district_id = reach.district_id and spending.school_year = reach.school_year
    where spending.metric_id = 'PPE.S08' and spending.variant = 'essa' and spending.value is not null
),

shares as (
    select
        now.district_id,
        now.school_year,
        coalesce(abs(now.value - before.value) > limits.share_change, true) as is_off,
        'the share coded to schools is ' || round(100 * now.value, 1) || ' % in ' || now.school_year || ' and was '
        || round(100 * before.value, 1) || ' % the year before' as told
    from site_shares as now
    inner join site_shares as before
        on
            now.district_id = before.district_id
            and now.school_year = before.school_year + 1
            and now.last_period = before.last_period
    cross join limits
),

pay as (
    select district_id, school_year, school_id, sum(amount_usd) as salaries_usd
    from conformed.int_spending__account
    where placement = 'site' and is_salary
    group by district_id, school_year, school_id
),

years as (
    select ledger.district_id, ledger.school_year
    from conformed.int_spending__ledger as ledger
    where
        exists (
            select 1 from conformed.int_spending__membership as pupils
            where pupils.district_id = ledger.district_id and pupils.school_year = ledger.school_year
        )
),

schools as (
    select
        coalesce(pupils.district_id, pay.district_id) as district_id,
        coalesce(pupils.school_year, pay.school_year) as school_year,
        coalesce(pupils.school_id, pay.school_id) as school_id,
        case when pupils.school_id is null then 0 else pupils.adm end as adm,
        coalesce(pay.salaries_usd, 0) > 0 as has_salaries
    from conformed.int_spending__membership as pupils
    full join pay
        on
            pupils.district_id = pay.district_id
            and pupils.school_year = pay.school_year
            and pupils.school_id = pay.school_id
),

judged as (
    select
        schools.*,
        avg(schools.has_salaries::integer) filter (where schools.adm > 0) over (
            partition by schools.district_id, schools.school_year
        ) as with_salaries
    from schools
    semi join years on schools.district_id = years.district_id and schools.school_year = years.school_year
),

found as (
    select district_id, school_year, is_off, told from shares
    union all
    select
        judged.district_id,
        judged.school_year,
        judged.adm = 0 and judged.has_salaries
        or judged.adm > 0 and not judged.has_salaries and judged.with_salaries >= coalesce(limits.with_salaries, 0)
            as is_off,
        'school ' || judged.school_id || ' has '
        || case when judged.has_salaries then 'salaries and no pupils' else 'pupils and no salaries' end
        || ' in ' || judged.school_year as told
    from judged
    cross join limits
    where judged.adm is not null
)

select
    district_id,
    'finance' as domain,
    school_year,
    count(*) as n_checked,
    count(*) filter (where is_off) as n_failed,
    string_agg(told, '; ' order by told) filter (where is_off) as message
from found
group by district_id, school_year
