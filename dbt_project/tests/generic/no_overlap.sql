{# No two spans of one key meet: each begins after the one before it has ended. #}
{% test no_overlap(model, columns, begins, ends) %}
    select *
    from (
        select
            *,
            lag({{ ends }}) over (partition by {{ columns | join(', ') }} order by {{ begins }}, {{ ends }}) as ended_before
        from {{ model }}
    )
    where {{ begins }} <= ended_before or {{ ends }} < {{ begins }}
{% endtest %}
