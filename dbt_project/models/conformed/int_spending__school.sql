-- A school of a district that has a ledger: with pupils, with dollars of its own, or with a share of the central cost.
with parts as (
    select
        district_id, school_year, school_id, 'site_' || source_group || '_' || object_class as part, amount_usd
    from {{ ref('int_spending__account') }}
    where placement = 'site'
    union all
    select
        district_id, school_year, school_id, 'central_' || source_group || '_' || object_class as part,
        allocated_usd as amount_usd
    from {{ ref('int_spending__central_allocation') }}
    union all
    select membership.district_id, membership.school_year, membership.school_id, null as part, null as amount_usd
    from {{ ref('int_spending__membership') }} as membership
    inner join {{ ref('int_spending__ledger') }} as ledger
        on membership.district_id = ledger.district_id and membership.school_year = ledger.school_year
),

schools as (
    select
        district_id,
        school_year,
        {% for part in spending_parts() %}
        cast(coalesce(sum(case when part = '{{ part }}' then amount_usd end), 0) as decimal(18, 2)) as {{ part }}_usd,
        {% endfor %}
        school_id
    from parts
    group by district_id, school_year, school_id
),

withheld as (
    select district_id, school_year
    from {{ ref('int_spending__central_pool') }}
    where not is_allocated
    group by district_id, school_year
)

select
    schools.district_id,
    schools.school_year,
    schools.school_id,
    {% for part in spending_parts() %}
    {% if part.startswith('central') %}
    case when withheld.district_id is null then schools.{{ part }}_usd end as {{ part }}_usd,
    {% else %}
    schools.{{ part }}_usd,
    {% endif %}
    {% endfor %}
    membership.adm
from schools
left join {{ ref('int_spending__membership') }} as membership
    on
        schools.district_id = membership.district_id
        and schools.school_year = membership.school_year
        and schools.school_id = membership.school_id
left join withheld on schools.district_id = withheld.district_id and schools.school_year = withheld.school_year
