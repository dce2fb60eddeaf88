-- Orders count in the month of their award, invoices in that of their receipt, cards in that of their payment; what was
-- voided does not. An order of unknown competition makes the competitive dollars unknown.
with records as (
    select
        *,
        coalesce(award_date, received_date, paid_date) as recorded_on,
        {{ days_between('requisition_date', 'award_date') }} as days
    from {{ ref('stg_district__procurement_ap') }}
    where not coalesce(is_voided, false)
),

purchases as (
    select
        records.*,
        records.record_type = 'po' as is_order,
        records.record_type = 'po' and records.amount_usd >= coalesce(own.amount_usd, (
            select every.amount_usd from {{ source('collaborative', 'procurement_threshold') }} as every
            where coalesce(every.method, '') = ''
        )) as is_over_threshold,
        records.record_type in ('po', 'invoice') and objects.is_addressable as is_addressable
    from records
    left join {{ source('collaborative', 'procurement_threshold') }} as own
        on records.method = own.method
    left join {{ source('collaborative', 'addressable_objects') }} as objects
        on records.object_class = objects.object_class
),

awards as (
    select
        district_id, 'district' as entity_type, district_id as entity_id, school_year,
        date_trunc('month', award_date) as month,
        case when method is null then 'all' else 'method=' || method end as breakdown,
        null as n,
        sum(days) as days,
        count(*) as n_awards
    from (select * replace (coalesce(method, 'not_said') as method) from purchases) as purchases
    where is_order and days is not null
    group by grouping sets (
        (district_id, school_year, date_trunc('month', award_date), method),
        (district_id, school_year, date_trunc('month', award_date))
    )
),

monthly as (
    select
        district_id, 'district' as entity_type, district_id as entity_id, school_year,
        date_trunc('month', recorded_on) as month,
        'all' as breakdown,
        null as n,
        {{ whole_sum_where('amount_usd', 'is_over_threshold') }} as over_threshold_usd,
        {{ whole_sum_where('amount_usd', 'is_over_threshold and is_competitive') }} as competitive_usd,
        {{ whole_sum_where('amount_usd', 'is_addressable') }} as addressable_usd,
        {{ whole_sum_where('amount_usd', 'is_addressable and is_cooperative') }} as cooperative_usd,
        sum(case when record_type = 'pcard' then amount_usd else 0 end) as card_usd,
        sum(case when record_type in ('pcard', 'po') then amount_usd else 0 end) as card_and_order_usd
    from purchases
    where recorded_on is not null
    group by district_id, school_year, date_trunc('month', recorded_on)
)

{{ operations_inputs('awards', {'award_days': 'days', 'awards': 'n_awards'}) }}
union all
{{ operations_inputs('monthly', {
    'over_threshold_usd': 'over_threshold_usd',
    'competitive_usd': 'competitive_usd',
    'addressable_usd': 'addressable_usd',
    'cooperative_usd': 'cooperative_usd',
    'card_usd': 'card_usd',
    'card_and_order_usd': 'card_and_order_usd',
}) }}
