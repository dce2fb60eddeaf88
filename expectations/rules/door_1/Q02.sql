-- No slot and no statewide file holds far fewer or far more than was there before: a slot's rows against the delivery
-- that serves it and against the year before, a file's districts against those served, those of the year before, and,
-- when it is the first of its year, against the roster. What a file lacks is laid at all its districts: none of it is
-- admitted. A cumulative extract grows all year: what it may grow by counts against the year before only, where its
-- baseline is of the same time of the year. So does any extract after the first weeks of a school year, when it may
-- also lose as much as from one year to the next.
with limits as (
    select
        max(value) filter (where threshold = 'volume_loss_share_last') as loss_last,
        max(value) filter (where threshold = 'volume_loss_share_year_before') as loss_year_before,
        max(value) filter (where threshold = 'volume_growth_share') as growth,
        max(value) filter (where threshold = 'file_loss_share_last') as file_loss_last,
        max(value) filter (where threshold = 'file_loss_share_year_before') as file_loss_year_before,
        max(value) filter (where threshold = 'first_load_roster_share') as first_load
    from candidate.thresholds
),

slots as (
    select
        slot.*,
        (slot.n_rows_last - slot.n_rows)
        > slot.n_rows_last * case when slot.may_shrink then limits.loss_year_before else limits.loss_last end
        or (slot.n_rows - slot.n_rows_last) > slot.n_rows_last * limits.growth and not slot.may_grow
            as is_off_last,
        (slot.n_rows_year_before - slot.n_rows) > slot.n_rows_year_before * limits.loss_year_before
        or (slot.n_rows - slot.n_rows_year_before) > slot.n_rows_year_before * limits.growth as is_off_year_before
    from candidate.slot_baseline as slot
    cross join limits
),

files as (
    select
        file.*,
        coalesce((file.n_last - file.kept_last) > file.n_last * limits.file_loss_last, true) as is_off_last,
        coalesce(
            (file.n_year_before - file.kept_year_before) > file.n_year_before * limits.file_loss_year_before, true
        ) as is_off_year_before,
        coalesce(
            file.n_last = 0 and file.kept_roster < file.n_roster * limits.first_load, limits.first_load is null
        ) as is_thin_first_load
    from candidate.file_baseline as file
    cross join limits
),

judged as (
    select
        slots.*,
        -- without a threshold nothing is close enough
        coalesce(slots.is_off_last, slots.n_rows_last is not null) as fails_last,
        coalesce(slots.is_off_year_before, slots.n_rows_year_before is not null) as fails_year_before,
        coalesce(files.is_off_last or files.is_off_year_before or files.is_thin_first_load, false) as fails_file,
        files.kept_last || ' of ' || files.n_last || ' districts that are served, ' || files.kept_year_before || ' of '
        || files.n_year_before || ' of the year before, ' || files.kept_roster || ' of ' || files.n_roster
        || ' on the roster' as has_districts
    from slots
    left join files
        on
            slots.delivery_id = files.delivery_id
            and slots.extract = files.extract
            and slots.school_year = files.school_year
)

select
    district_id,
    domain,
    school_year,
    count(*) as n_checked,
    count(*) filter (where fails_last or fails_year_before or fails_file) as n_failed,
    string_agg(
        file_name || ' has ' || n_rows || ' rows of ' || extract
        || case when fails_last then ', ' || last_delivery || ' has ' || n_rows_last else '' end
        || case when fails_year_before then ', ' || year_before_delivery || ' has ' || n_rows_year_before else '' end
        || case when fails_file then ', and holds ' || has_districts else '' end,
        '; '
        order by extract
    ) filter (where fails_last or fails_year_before or fails_file) as message
from judged
group by district_id, domain, school_year
