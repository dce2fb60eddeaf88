-- One register of buildings for everything by the square foot. Energy is by building and in all; a fuel whose factor
-- nobody knows leaves its building's energy unknown.
with buildings as (
    select
        district_id,
        'district' as entity_type,
        district_id as entity_id,
        school_year,
        cast(null as date) as month,
        case when building_id is null then 'all' else 'building=' || building_id end as breakdown,
        null as n,
        sum(sqft) as sqft,
        {{ whole_sum('sqft_cleaned') }} as sqft_cleaned,
        {{ whole_sum('sqft_maintained') }} as sqft_maintained
    from {{ ref('stg_district__buildings') }}
    group by grouping sets ((district_id, school_year, building_id), (district_id, school_year))
),

-- What it costs to clean and maintain is known of the district alone.
kept as (
    select * from buildings where breakdown = 'all'
),

bills as (
    select energy.*, energy.quantity * factors.kbtu as kbtu
    from {{ ref('stg_district__energy') }} as energy
    left join {{ source('collaborative', 'fuel_kbtu') }} as factors
        on energy.fuel = factors.fuel and energy.unit = factors.unit
),

used as (
    select
        district_id,
        'district' as entity_type,
        district_id as entity_id,
        school_year,
        date_trunc('month', month) as month,
        case when building_id is null then 'all' else 'building=' || building_id end as breakdown,
        null as n,
        sum(cost_usd) as cost_usd,
        {{ whole_sum('kbtu') }} as kbtu
    from bills
    group by grouping sets (
        (district_id, school_year, date_trunc('month', month), building_id),
        (district_id, school_year, date_trunc('month', month))
    )
)

{{ operations_inputs('buildings', {'sqft': 'sqft'}) }}
union all
{{ operations_inputs('kept', {'sqft_cleaned': 'sqft_cleaned', 'sqft_maintained': 'sqft_maintained'}) }}
union all
{{ operations_inputs('used', {'utility_cost_usd': 'cost_usd', 'energy_kbtu': 'kbtu'}) }}
