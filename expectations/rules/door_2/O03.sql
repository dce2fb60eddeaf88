-- Figures of operations that cannot be (`value_ranges`). Rule M03 asks the same of the finished mart and names nobody;
-- here the district is told, and its month holds up no other's release.
with figures as (
    select district_id, metric_id, variant, entity_type, entity_id, school_year, period, breakdown, value
    from measures.measure_operations
    union all
    select district_id, metric_id, variant, entity_type, entity_id, school_year, period, breakdown, value
    from measures.measure_turnaround
),

found as (
    select
        figures.district_id,
        figures.school_year,
        coalesce(figures.value < ranges.minimum, false) or coalesce(figures.value > ranges.maximum, false) as is_off,
        figures.metric_id || ' (' || figures.variant || ') of ' || figures.entity_type || ' ' || figures.entity_id
        || case when figures.breakdown = 'all' then '' else ', ' || figures.breakdown || ',' end
        || ' in ' || figures.school_year
        || case when figures.period = 'year' then '' else ' (' || figures.period || ')' end
        || ' is ' || round(figures.value, 2) || ', possible is ' || case
            when ranges.minimum is null then 'at most ' || ranges.maximum::double
            when ranges.maximum is null then 'at least ' || ranges.minimum::double
            else ranges.minimum::double || ' to ' || ranges.maximum::double
        end as told
    from figures
    inner join collaborative.value_ranges as ranges on figures.metric_id = ranges.metric_id
    where figures.value is not null
),

placed as (
    select *, row_number() over (partition by district_id, school_year, is_off order by told) as place from found
)

select
    district_id,
    'operations' as domain,
    school_year,
    count(*) as n_checked,
    count(*) filter (where is_off) as n_failed,
    string_agg(told, '; ' order by told) filter (where is_off and place <= 20) as message
from placed
group by district_id, school_year
