with pupils as (
    select district_id, school_year, student_key, grade
    from {{ ref('int_enrollment__student_year') }}
    where entity_type = 'district' and is_there_at_end
)

select
    at_risk.district_id,
    at_risk.school_year,
    at_risk.student_key,
    at_risk.domain,
    at_risk.school_id,
    pupils.grade,
    at_risk.screening_window,
    at_risk.screened_on,
    at_risk.benchmark_level,
    at_risk.begin_by,
    at_risk.is_due as is_overdue
from {{ ref('int_support__at_risk') }} as at_risk
inner join pupils
    on
        at_risk.district_id = pupils.district_id
        and at_risk.school_year = pupils.school_year
        and at_risk.student_key = pupils.student_key
where at_risk.supported_on is null
