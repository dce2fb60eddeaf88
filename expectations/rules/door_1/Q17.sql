-- No more credits are earned than attempted, and of English and mathematics the file says whether the course is
-- core.
select
    district_id,
    school_year,
    domain,
    count(*) as n_checked,
    count(*) filter (where credit_earned > credit_attempted)
    + count(*) filter (where subject in ('ela', 'math') and is_core is null) as n_failed,
    count(*) filter (where credit_earned > credit_attempted) || ' marks earn more credits than were attempted, '
    || count(*) filter (where subject in ('ela', 'math') and is_core is null)
    || ' of English or mathematics do not say whether the course is core' as message
from candidate.course_grades
group by district_id, school_year, domain
