-- What operations cannot be: less than nothing of what is counted, more late runs than runs, more cleaned than there
-- is, the same meals as a month and as its days. Dollars may be below zero, where something is taken back.
with found as (
    select
        district_id, school_year, domain, 'transport_monthly' as extract, source_line,
        miles < 0 or runs < 0 or late_runs < 0 or accidents < 0 or preventable_accidents < 0
        or late_runs > runs or preventable_accidents > accidents as is_off,
        'miles, runs or accidents below zero, or more late runs or preventable accidents than there are' as told
    from candidate.transport_monthly
    union all
    select
        district_id, school_year, domain, 'transport_routes' as extract, source_line,
        buses < 0 or avg_daily_riders < 0 as is_off,
        'buses or riders below zero' as told
    from candidate.transport_routes
    union all
    select
        district_id, school_year, domain, 'food_service' as extract, source_line,
        least(breakfasts, lunches, snacks, serving_days, labor_hours) < 0
        or serving_days > case when covers = 'day' then 1 else 31 end as is_off,
        'meals, days or hours below zero, or more days of serving than there are' as told
    from candidate.food_service
    union all
    select
        district_id, school_year, domain, 'food_service' as extract, source_line,
        min(covers) over months <> max(covers) over months as is_off,
        'a school''s month and days of it too, so that its meals count twice' as told
    from candidate.food_service
    window months as (partition by district_id, school_year, domain, school_id, date_trunc('month', service_date))
    union all
    select
        district_id, school_year, domain, 'buildings' as extract, source_line,
        sqft <= 0 or coalesce(least(sqft_cleaned, sqft_maintained) < 0, false)
        or coalesce(greatest(sqft_cleaned, sqft_maintained) > sqft, false) as is_off,
        'no square feet, or more cleaned or maintained than there are' as told
    from candidate.buildings
    union all
    select
        district_id, school_year, domain, 'helpdesk' as extract, source_line,
        coalesce(hold_hours < 0, false) as is_off,
        'hours of waiting below zero' as told
    from candidate.helpdesk
),

named as (
    select
        *,
        row_number() over (partition by district_id, school_year, domain, extract, is_off order by source_line) as place
    from found
)

select
    district_id,
    school_year,
    domain,
    count(*) as n_checked,
    count(*) filter (where is_off) as n_failed,
    string_agg(extract || ', line ' || source_line || ': ' || told, '; ' order by extract, source_line)
    filter (where is_off and place <= 3) as message
from named
group by district_id, school_year, domain
