-- What a district sends is made up as it was before: of grades, races, programs, kinds of absence … the shares are like
-- those of the delivery that serves, and like the year before's; no code takes up a share that none of the two had at
-- all. How far apart two deliveries are is the population stability index, the sum of (p - q) ln(p / q) over codes; one
-- that a delivery lacks counts as a ten-thousandth. An empty cell counts like a code of its own.
with limits as (
    select
        coalesce(max(value) filter (where threshold = 'drift_index_last'), 0) as index_last,
        coalesce(max(value) filter (where threshold = 'drift_index'), 0) as index_year_before,
        cast(coalesce(max(value) filter (where threshold = 'new_code_share'), 0) * 1000000 as bigint) as new_share,
        coalesce(max(value) filter (where threshold = 'drift_minimum_rows'), 0) as least_rows
    from candidate.thresholds
),

both_sides as (
    select pair.*, counts.subject, counts.code, counts.n_rows, 0 as n_other
    from candidate.code_baseline as pair
    inner join candidate.code_count as counts
        on
            pair.contract = counts.contract
            and pair.district_id = counts.district_id
            and pair.school_year = counts.school_year
            and pair.delivery_id = counts.delivery_id
    union all by name
    select pair.*, counts.subject, counts.code, 0 as n_rows, counts.n_rows as n_other
    from candidate.code_baseline as pair
    inner join candidate.code_count as counts
        on
            pair.contract = counts.contract
            and pair.district_id = counts.district_id
            and pair.other_year = counts.school_year
            and pair.other_id = counts.delivery_id
),

codes as (
    select
        district_id,
        school_year,
        domain,
        extract,
        file_name,
        subject,
        is_year_before,
        other_delivery,
        code,
        sum(n_rows) as n,
        sum(n_other) as n_other
    from both_sides
    group by all
),

totals as (
    select
        *,
        sum(n) over (partition by district_id, school_year, extract, subject, is_year_before) as total,
        sum(n_other) over (partition by district_id, school_year, extract, subject, is_year_before) as total_other,
        sum(n_other) over (partition by district_id, school_year, extract, subject, code) as n_ever
    from codes
),

shares as (
    select
        *,
        greatest(cast(n as double) / nullif(total, 0), 0.0001) as p,
        greatest(cast(n_other as double) / nullif(total_other, 0), 0.0001) as q
    from totals
),

comparisons as (
    select
        shares.district_id,
        shares.school_year,
        shares.domain,
        shares.extract,
        shares.file_name,
        shares.subject,
        shares.other_delivery,
        sum((shares.p - shares.q) * ln(shares.p / shares.q)) as drift,
        sum(abs(shares.p - shares.q)) / 2 as apart,
        any_value(case when shares.is_year_before then limits.index_year_before else limits.index_last end) as most,
        count(*) filter (
            where shares.n_ever = 0 and shares.code is not null
            and shares.n * 1000000 >= limits.new_share * shares.total and shares.n > 0
        ) as n_new_codes
    from shares
    cross join limits
    where shares.total >= limits.least_rows and shares.total_other >= limits.least_rows
    group by all
),

judged as (
    select
        *,
        round(drift, 6) > most as is_apart,
        cast(round(100 * apart) as bigint) as percent
    from comparisons
)

select
    district_id,
    school_year,
    domain,
    count(*) as n_checked,
    count(*) filter (where is_apart or n_new_codes > 0) as n_failed,
    string_agg(
        file_name || ', ' || extract || ', ' || subject || ': '
        || concat_ws(
            ', ',
            case when is_apart then percent || ' of 100 rows would need another code to be like ' || other_delivery end,
            case when n_new_codes > 0 then 'codes that were never there before: ' || n_new_codes end
        ),
        '; '
        order by extract, subject, other_delivery
    ) filter (where is_apart or n_new_codes > 0) as message
from judged
group by district_id, school_year, domain
