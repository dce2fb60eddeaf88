{# Fails on rows that have a value without a status that says so, or the status without the value. #}
{% test value_matches_status(model) %}
select district_id, metric_id, value_status
from {{ model }}
where (value is not null) <> (value_status in ('reported', 'computed')) or value_status is null
{% endtest %}
