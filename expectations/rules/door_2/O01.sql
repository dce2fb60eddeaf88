-- Operations as they usually are (`usual_ranges`, where a variant's own row goes before the row of all): a figure
-- outside of its range, or far from itself a year ago, is named and shown; where the two are about so many times apart
-- as two units are, the units are named. Work that ended before it began, and waiting that is longer than the calendar,
-- is named too; so is what is more than the most of nobody, which has no figure.
with measures as (
    select
        district_id, metric_id, variant, entity_type, entity_id, school_year, period, breakdown, basis, value,
        numerator, denominator
    from measures.measure_operations
    union all
    select
        district_id, metric_id, variant, entity_type, entity_id, school_year, period, breakdown, basis, value,
        numerator, denominator
    from measures.measure_reported
),

figures as (
    select
        measures.district_id,
        measures.metric_id,
        measures.variant,
        measures.entity_type,
        measures.entity_id,
        measures.school_year,
        measures.period,
        measures.breakdown,
        measures.basis,
        measures.value,
        measures.numerator,
        ranges.least,
        ranges.most,
        ranges.largest_change,
        ranges.unit_factor,
        ranges.units,
        measures.metric_id || ' of ' || measures.entity_type || ' ' || measures.entity_id
        || case when measures.breakdown = 'all' then '' else ', ' || measures.breakdown || ',' end
        || ' in ' || measures.school_year
        || case when measures.period = 'year' then '' else ' (' || measures.period || ')' end as named
    from measures
    inner join collaborative.usual_ranges as ranges
        on measures.metric_id = ranges.metric_id and (ranges.variant = '' or measures.variant = ranges.variant)
    where
        (measures.value is not null or (measures.numerator > 0 and measures.denominator = 0 and ranges.most > 0))
        and (measures.period = 'year' or ranges.is_for_parts_of_a_year)
        and (ranges.variant <> '' or not exists (
            from collaborative.usual_ranges as own
            where measures.metric_id = own.metric_id and measures.variant = own.variant
        ))
),

pairs as (
    select
        now.*,
        greatest(now.value / nullif(before.value, 0), before.value / nullif(now.value, 0)) as times,
        abs(now.value - before.value) > abs(before.value) * now.largest_change as is_far
    from figures as now
    inner join figures as before
        on
            now.district_id = before.district_id
            and now.metric_id = before.metric_id
            and now.variant = before.variant
            and now.entity_type = before.entity_type
            and now.entity_id = before.entity_id
            and now.breakdown = before.breakdown
            and now.basis = before.basis
            and now.school_year = before.school_year + 1
    where now.period = 'year' and before.period = 'year' and now.largest_change is not null
),

found as (
    select
        district_id,
        value is null or coalesce(value < least, false) or coalesce(value > most, false) as is_off,
        named || ' is ' || coalesce(round(value, 2)::varchar, round(numerator, 2) || ' of 0') || ', usual is ' || case
            when least is null then 'at most ' || most::double
            when most is null then 'at least ' || least::double
            else least::double || ' to ' || most::double
        end as told
    from figures
    union all
    select
        district_id,
        is_far as is_off,
        named || ' is far from the year before' || case
            when times between unit_factor / 2 and unit_factor * 2
                then ', about ' || unit_factor::integer || ' times: are these ' || units || '?'
            else ''
        end as told
    from pairs
    union all
    select
        district_id,
        completed_date < received_date as is_off,
        'work order ' || work_order_id || ' was completed before it was received' as told
    from staging.stg_district__work_orders
    where completed_date is not null
    union all
    select
        district_id,
        resolved_at < opened_at or coalesce(hold_hours * 3600 > date_diff('second', opened_at, resolved_at), false)
            as is_off,
        'ticket ' || ticket_id || ' was resolved before it was opened, or waited longer than it was open' as told
    from staging.stg_district__helpdesk
    where resolved_at is not null
),

placed as (
    select *, row_number() over (partition by district_id, is_off order by told) as place from found
)

select
    district_id,
    count(*) as n_checked,
    count(*) filter (where is_off) as n_failed,
    string_agg(told, '; ' order by told) filter (where is_off and place <= 20) as message
from placed
group by district_id
