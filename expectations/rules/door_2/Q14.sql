-- A span in a program ends after it begins and does not lie in another of the same pupil and program; the share of
-- pupils with disabilities is one that districts have (0 is none, where programs are sent); and low income does not
-- jump from one year to the next unless series_breaks says that its meaning changed.
with limits as (
    select
        max(value) filter (where threshold = 'disability_share_least') as least_share,
        max(value) filter (where threshold = 'disability_share_most') as most_share,
        max(value) filter (where threshold = 'low_income_share_change') as change,
        max(value) filter (where threshold = 'program_share_minimum_pupils') as least_pupils
    from collaborative.thresholds
),

spans as (
    select
        *, lag(coalesce(end_date, date '9999-12-31')) over (
            partition by district_id, school_year, student_key, program
            order by begin_date
        ) as last_date_before
    from staging.stg_district__programs
),

faulty_spans as (
    select
        district_id,
        school_year,
        count(*) as n_checked,
        count(*) filter (where end_date < begin_date or begin_date <= last_date_before) as n_failed,
        'spans in a program end before they begin or overlap' as message
    from spans
    group by district_id, school_year
),

pupils as (
    select district_id, school_year, count(*) as n_pupils
    from conformed.dim_student
    group by district_id, school_year
),

shares as (
    select
        pupils.district_id,
        pupils.school_year,
        looked_for.program,
        cast(count(distinct members.student_key) as double) / pupils.n_pupils as share
    from pupils
    cross join (values ('SWD'), ('ED')) as looked_for (program)
    cross join limits
    left join staging.stg_district__programs as members
        on
            pupils.district_id = members.district_id
            and pupils.school_year = members.school_year
            and looked_for.program = members.program
    where
        pupils.n_pupils >= coalesce(limits.least_pupils, 0)
        and (pupils.district_id, pupils.school_year) in (select spans.district_id, spans.school_year from spans)
    group by pupils.district_id, pupils.school_year, pupils.n_pupils, looked_for.program
),

odd_shares as (
    select
        shares.district_id,
        shares.school_year,
        1 as n_checked,
        cast(
            case
                when
                    shares.program = 'SWD'
                    then coalesce(shares.share not between limits.least_share and limits.most_share, true)
                else
                    abs(shares.share - earlier.share) > coalesce(limits.change, 0)
                    and shares.school_year not in (
                        select series_breaks.from_school_year
                        from collaborative.series_breaks
                        where
                            series_breaks.metric_id = 'SS.D01'
                            and coalesce(series_breaks.subgroup, 'low_income') = 'low_income'
                    )
            end as integer
        ) as n_failed,
        case shares.program
            when 'SWD' then 'the share of pupils with disabilities is not one that districts have'
            else 'the share of low-income pupils is far from that of the year before'
        end as message
    from shares
    cross join limits
    left join shares as earlier
        on
            shares.district_id = earlier.district_id
            and shares.program = earlier.program
            and shares.school_year = earlier.school_year + 1
)

select * from faulty_spans
union all
select * replace (coalesce(n_failed, 0) as n_failed) from odd_shares
