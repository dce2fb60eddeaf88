-- The ledger's own total, by another way than the lines' placement: what the parts are held against.
with lines as (
    select * from {{ ref('stg_district__gl_actuals') }}
    where {{ in_build_scope('stg_district__gl_actuals') }}
),

other_accounts as (
    select district_id, school_year, account_id
    from {{ ref('stg_district__chart_of_accounts') }}
    where account_type in ('revenue', 'balance')
)

select
    lines.district_id,
    lines.school_year,
    cast(sum(lines.amount_usd) as decimal(18, 2)) as ledger_usd
from lines
where
    not exists (
        select 1 from other_accounts
        where
            other_accounts.district_id = lines.district_id
            and other_accounts.school_year = lines.school_year
            and other_accounts.account_id = lines.account_id
    )
group by lines.district_id, lines.school_year
