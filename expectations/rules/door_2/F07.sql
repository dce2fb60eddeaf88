-- Actual pay differs from person to person, and so do benefits from school to school. One rate of benefits at nearly
-- all schools, or one salary in a role, is an average that somebody worked out.
select
    district_id,
    count(*) as n_checked,
    count(*) filter (where is_average) as n_failed,
    string_agg(
        case subject
            when 'benefit_rate'
                then
                    'benefits are '
                    || round(100 * common_rate, 4)
                    || ' % of salaries at '
                    || n_alike
                    || ' of '
                    || n_units
                    || ' schools'
            else 'one salary for ' || n_alike || ' of ' || n_units || ' with the role ' || role
        end || ' (' || ledger || ' of ' || school_year || ')',
        '; '
        order by subject, role, ledger, school_year
    ) filter (where is_average) as message
from conformed.int_spending__average_cost
group by district_id
