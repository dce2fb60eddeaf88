with lines as (
    select * from {{ ref('fct_gl_actual') }}
    where placement <> 'not_spending' and {{ in_build_scope('fct_gl_actual') }}
),

-- `any_value`: all lines of one account and school have the same chart row and the same placement.
accounts as (
    select
        district_id,
        school_year,
        account_id,
        coalesce(school_id, district_id) as entity_id,
        any_value(school_id) as school_id,
        any_value(placement) as placement,
        any_value(ppe_treatment) as ppe_treatment,
        any_value(source) as source,
        any_value(nces_object) as nces_object,
        any_value(nces_function) as nces_function,
        any_value(state_function) as state_function,
        any_value(mapped_by) as mapped_by,
        any_value(fund) as fund,
        any_value(fund_type) as fund_type,
        any_value(allocation_pool) as allocation_pool,
        cast(sum(amount_usd) as decimal(18, 2)) as amount_usd,
        cast(sum(abs(amount_usd)) as decimal(18, 2)) as gross_usd
    from lines
    group by district_id, school_year, account_id, coalesce(school_id, district_id)
)

select
    district_id,
    school_year,
    account_id,
    entity_id,
    school_id,
    placement,
    ppe_treatment,
    mapped_by,
    fund,
    source,
    case when source = 'federal' then 'federal' else 'state_local' end as source_group,
    case when left(nces_object, 1) in ('1', '2') then 'personnel' else 'nonpersonnel' end as object_class,
    coalesce(left(nces_object, 1) = '1', false) as is_salary,
    coalesce(left(nces_object, 1) = '2', false) as is_benefit,
    coalesce(left(nces_function, 2) = '26', false) as is_operation_of_plant,
    coalesce(left(nces_function, 2) in ('23', '25'), false) as is_central_office,
    coalesce(fund_type = 'general', false) as is_general_fund,
    state_function,
    coalesce(allocation_pool, 'general') as allocation_pool,
    amount_usd,
    gross_usd
from accounts
