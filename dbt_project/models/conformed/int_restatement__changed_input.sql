-- What serves a year now beside what served it then; the same rows in another file changed nothing. Nothing is said of
-- what was destroyed, nor of a district that serves nothing any more.
with later as (
    select * from {{ source('build', 'selection') }} where is_current
),

earlier as (
    select selection.*
    from {{ source('build', 'earlier_selection') }} as selection
    anti join {{ source('build', 'earlier_destroyed') }} as destroyed
        on selection.district_id = destroyed.district_id and selection.school_year = destroyed.school_year
    semi join later on selection.district_id = later.district_id
    where selection.is_current
),

compared as (
    select
        coalesce(later.district_id, earlier.district_id) as district_id,
        coalesce(later.school_year, earlier.school_year) as school_year,
        coalesce(later.extract, earlier.extract) as extract,
        coalesce(later.contract, earlier.contract) = 'gl_actuals' as is_ledger,
        later.data_through <= earlier.data_through as reaches_no_further,
        earlier.delivery_id as delivery_id_before,
        later.delivery_id as delivery_id_after
    from later
    full join earlier
        on
            later.district_id = earlier.district_id
            and later.extract = earlier.extract
            and later.school_year = earlier.school_year
    where
        later.content_hash is distinct from earlier.content_hash
        and exists (
            select 1 from {{ source('build', 'earlier_release') }} as earlier_release
            where earlier_release.is_selection_known
        )
)

select
    district_id,
    school_year,
    string_agg(extract, ', ' order by extract asc) as changed_extracts,
    string_agg(delivery_id_before, ', ' order by extract asc) as delivery_ids_before,
    string_agg(delivery_id_after, ', ' order by extract asc) as delivery_ids_after,
    max(case when is_ledger then 1 else 0 end) = 1 as is_ledger_changed,
    max(case when is_ledger and reaches_no_further then 1 else 0 end) = 1 as is_ledger_corrected
from compared
group by district_id, school_year
