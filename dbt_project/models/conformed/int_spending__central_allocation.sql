-- Largest remainder, in whole cents and without a division that rounds: each school gets the whole cents of its
-- share, and the cents that are left go to the largest remainders, ties by school_id. A credit is shared as a debit.
with shares as (
    select
        pools.*,
        weights.school_id,
        weights.weight,
        cast(abs(pools.pool_usd) * 100 as hugeint) as pool_cents,
        cast(weights.weight * 10000000000 as hugeint) as share,
        cast(sum(weights.weight) over cell * 10000000000 as hugeint) as shares
    from {{ ref('int_spending__central_pool') }} as pools
    inner join {{ ref('int_spending__allocation_weight') }} as weights
        on
            pools.district_id = weights.district_id
            and pools.school_year = weights.school_year
            and pools.allocation_driver = weights.driver
    where pools.is_allocated
    window
        cell as (
            partition by
                pools.district_id, pools.school_year, pools.allocation_pool, pools.source, pools.object_class
        )
),

whole_cents as (
    select
        *,
        pool_cents * share // shares as cents,
        pool_cents * share % shares as remainder
    from shares
),

ranked as (
    select
        *,
        pool_cents - sum(cents) over cell as cents_left,
        row_number() over (cell order by remainder desc, school_id asc) as preference
    from whole_cents
    window cell as (partition by district_id, school_year, allocation_pool, source, object_class)
)

select
    district_id,
    school_year,
    allocation_pool,
    source,
    source_group,
    object_class,
    school_id,
    allocation_driver,
    weight,
    cast(
        sign(pool_usd) * cast(cents + case when preference <= cents_left then 1 else 0 end as decimal(18, 0)) * 0.01
        as decimal(18, 2)
    ) as allocated_usd
from ranked
