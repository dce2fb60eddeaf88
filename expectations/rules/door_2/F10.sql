-- Tuition of a placement by special education for a full-time equivalent is believable, and a pupil's claim to the
-- state's circuit breaker is what the state's formula gives, where the collaborative knows the formula's amounts. The
-- message counts placements and pupils, and names none.
with limits as (
    select
        max(value) filter (where threshold = 'placement_tuition_least_usd') as least_usd,
        max(value) filter (where threshold = 'placement_tuition_most_usd') as most_usd,
        max(value) filter (where threshold = 'circuit_breaker_tolerance_usd') as tolerance_usd
    from collaborative.thresholds
),

placements as (
    select * from staging.stg_district__out_of_district where is_sped_placement
),

tuitions as (
    select
        placements.district_id,
        placements.school_year,
        count(*) as n_checked,
        count(*) filter (
            where coalesce(
                placements.tuition_usd
                not between limits.least_usd * placements.fte and limits.most_usd * placements.fte,
                true
            )
        ) as n_failed,
        'placements whose tuition for a full-time equivalent is below ' || any_value(limits.least_usd)::bigint
        || ' or above ' || any_value(limits.most_usd)::bigint || ' dollars' as what
    from placements
    cross join limits
    group by placements.district_id, placements.school_year
),

formulas as (
    select
        foundation.fiscal_year,
        foundation.reimbursement_rate,
        foundation.multiplier * foundation.amount_usd as own_usd
    from collaborative.state_foundation as foundation
    inner join collaborative.collaborative as collaborative on foundation.state = collaborative.state
),

pupils as (
    select
        placements.district_id,
        placements.school_year,
        placements.student_key,
        sum(placements.cb_net_claim_usd) as claimed_usd,
        greatest(sum(placements.cb_eligible_cost_usd) - any_value(formulas.own_usd), 0)
        * any_value(formulas.reimbursement_rate) as formula_usd
    from placements
    inner join formulas on placements.fiscal_year = formulas.fiscal_year
    group by placements.district_id, placements.school_year, placements.student_key
    having
        count(*) = count(placements.cb_eligible_cost_usd) and count(*) = count(placements.cb_net_claim_usd)
),

claims as (
    select
        pupils.district_id,
        pupils.school_year,
        count(*) as n_checked,
        count(*) filter (
            where coalesce(abs(pupils.claimed_usd - pupils.formula_usd) > limits.tolerance_usd, true)
        ) as n_failed,
        'pupils whose claim to the circuit breaker is not what the state''s formula gives' as what
    from pupils
    cross join limits
    group by pupils.district_id, pupils.school_year
),

judged as (
    select * from tuitions
    union all
    select * from claims
)

select
    district_id,
    cast(sum(n_checked) as bigint) as n_checked,
    cast(sum(n_failed) as bigint) as n_failed,
    string_agg(n_failed || ' ' || what || ' in ' || school_year, '; ' order by school_year, what)
    filter (where n_failed > 0) as message
from judged
group by district_id
