-- MetricFlow asks for a calendar: every day of the release's school years.
select cast(unnest(generate_series(min(starts_on), max(ends_on), interval 1 day)) as date) as day
from {{ source('release', 'dim_period') }}
