-- A metric that one family has alone has no row under another's variants: its figures there would have neither family
-- nor basis, and rules F12 and M08 find them.
select
    metrics.metric_id,
    families.variant,
    families.ppe_family,
    case metrics.pupils
        when 'of_variant' then families.denominator_basis
        when 'all_of_variant' then families.all_denominator_basis
        else metrics.pupils
    end as denominator_basis
from {{ ref('spending_metrics') }} as metrics
inner join {{ ref('dim_spending_family') }} as families on metrics.ppe_family in ('any', families.ppe_family)
