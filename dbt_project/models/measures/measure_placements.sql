-- Placements by special education; choice and charter are none. What a placement does not say is unknown, not zero. The
-- cost of few pupils is theirs: below the metric's least number neither it nor its parts are shown.
with placements as (
    select * from {{ ref('stg_district__out_of_district') }}
    where {{ in_build_scope('stg_district__out_of_district') }}
),

pupils as (
    select district_id, school_year, student_key, false as is_placed from {{ ref('brg_student_subgroup') }}
    where subgroup = 'students_with_disabilities' and {{ in_build_scope('brg_student_subgroup') }}
    union all
    select district_id, school_year, student_key, true as is_placed from placements
    where is_sped_placement
),

counts as (
    select
        district_id,
        school_year,
        cast(count(distinct case when is_placed then student_key end) as decimal(38, 6)) as placed,
        cast(
            case when count(*) filter (where not is_placed) > 0 then count(distinct student_key) end as decimal(38, 6)
        ) as pupils
    from pupils
    group by district_id, school_year
),

states as (
    select collaborative.state from {{ source('collaborative', 'collaborative') }} as collaborative
    where collaborative.state in (select known.state from {{ source('collaborative', 'state_foundation') }} as known)
),

-- A claim is one pupil's: the cost of all placements of the year, above what stays with the district.
claims as (
    select
        placements.district_id,
        placements.school_year,
        placements.student_key,
        count(*) = count(placements.cb_eligible_cost_usd) as is_known,
        sum(placements.cb_eligible_cost_usd) - any_value(foundation.multiplier * foundation.amount_usd) as above_usd,
        any_value(foundation.reimbursement_rate * foundation.paid_share) as share
    from placements
    cross join states
    left join {{ source('collaborative', 'state_foundation') }} as foundation
        on states.state = foundation.state and placements.fiscal_year = foundation.fiscal_year
    where placements.is_sped_placement
    group by placements.district_id, placements.school_year, placements.student_key
),

circuit_breaker as (
    select
        district_id,
        school_year,
        case
            when bool_and(is_known) and count(*) = count(above_usd)
                then cast(sum(round(greatest(above_usd, 0) * share, 2)) as decimal(38, 6))
        end as claimed_usd,
        case
            when bool_and(is_known) and count(*) = count(above_usd)
                then cast(count(*) filter (where above_usd > 0) as decimal(38, 6))
        end as n_claims
    from claims
    group by district_id, school_year
),

net_cost as (
    select
        district_id,
        school_year,
        case
            when count(*) = count(transport_cost_usd) and count(*) = count(cb_reimbursed_usd)
                then cast(sum(tuition_usd + transport_cost_usd - cb_reimbursed_usd) as decimal(38, 6))
        end as net_usd,
        cast(sum(fte) as decimal(38, 6)) as fte,
        cast(count(distinct student_key) as decimal(38, 6)) as n_pupils
    from placements
    where is_sped_placement
    group by district_id, school_year
),

senders as (
    select district_id, school_year from placements group by district_id, school_year
),

figures as (
    select
        counts.district_id, counts.school_year, 'PPE.D10' as metric_id,
        counts.placed as numerator, counts.pupils as denominator, counts.pupils as n
    from counts
    inner join senders on counts.district_id = senders.district_id and counts.school_year = senders.school_year
    union all
    select
        district_id, school_year, 'PPE.D11' as metric_id, claimed_usd as numerator, n_claims as denominator,
        n_claims as n
    from circuit_breaker
    union all
    select district_id, school_year, 'PPE.D12' as metric_id, net_usd as numerator, fte as denominator, n_pupils as n
    from net_cost
),

shown as (
    select figures.*, coalesce(figures.n > 0 and figures.n < metrics.minimum_n, false) as is_too_few
    from figures
    inner join {{ ref('dim_metric') }} as metrics on figures.metric_id = metrics.metric_id
)

select
    district_id,
    'district' as entity_type,
    district_id as entity_id,
    school_year,
    'year' as period,
    'all' as subgroup,
    'all' as breakdown,
    metric_id,
    'placements' as variant,
    {{ ratio_columns('numerator', 'denominator', 'n', too_few='is_too_few') }}
from shown
