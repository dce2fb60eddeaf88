{# Fails on each id whose part before the first point is not one of the values. #}
{% test prefix_accepted(model, column_name, values) %}
select {{ column_name }}
from {{ model }}
where split_part({{ column_name }}, '.', 1) not in ('{{ values | join("', '") }}')
{% endtest %}
