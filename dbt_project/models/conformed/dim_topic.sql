with topics as (
    select * from {{ source('collaborative', 'topics') }}
)

select
    topic,
    title,
    questions
from topics
