-- What was done about a pupil's incidents, at the school of the incident and in the district. An action whose kind is
-- not said is an incident and nothing else; days are those served, or imposed where nobody says how many were served.
with actions as (
    select
        *,
        coalesce(days_served, days_assigned) as days,
        action_type = 'out_of_school_suspension' as is_out,
        action_type = 'in_school_suspension' as is_in
    from {{ ref('stg_district__discipline') }}
    where student_key is not null and {{ in_build_scope('stg_district__discipline') }}
)

select
    district_id,
    school_year,
    {{ school_or_district() }},
    student_key,
    cast(count(distinct incident_id) as integer) as n_incidents,
    cast(count(*) filter (where action_type = 'referral') as integer) as n_referrals,
    cast(count(*) filter (where is_in) as integer) as n_in_school,
    cast(count(*) filter (where is_out) as integer) as n_out_of_school,
    cast(coalesce(sum(days) filter (where is_in), 0) as decimal(18, 2)) as in_school_days,
    cast(coalesce(sum(days) filter (where is_out), 0) as decimal(18, 2)) as out_of_school_days,
    cast(count(*) filter (where (is_in or is_out) and days is null) as integer) as n_of_unknown_length,
    cast(count(*) filter (where action_type is null) as integer) as n_of_unknown_kind,
    coalesce(bool_or(action_type = 'expulsion'), false) as is_expelled,
    coalesce(bool_or(action_type = 'alternative_setting'), false) as is_in_alternative_setting,
    coalesce(bool_or(action_type = 'emergency_removal'), false) as is_removed
from actions
group by grouping sets (
    (district_id, school_year, school_id, student_key), (district_id, school_year, student_key)
)
