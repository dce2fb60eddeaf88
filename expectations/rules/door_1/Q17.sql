-- No more credits are earned than attempted.
select
    district_id,
    school_year,
    domain,
    count(*) as n_checked,
    count(*) filter (where credit_earned > credit_attempted) as n_failed,
    count(*) filter (where credit_earned > credit_attempted)
    || ' marks earn more credits than were attempted' as message
from candidate.course_grades
group by district_id, school_year, domain
