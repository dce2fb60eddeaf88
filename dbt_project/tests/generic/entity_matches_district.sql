{# Fails on rows whose entity and district disagree: rows of a state or the whole
   collaborative belong to `_all`, a district is its own entity. #}
{% test entity_matches_district(model) %}
select district_id, entity_type, entity_id
from {{ model }}
where
    entity_type not in ('state', 'collaborative', 'district', 'school')
    or (entity_type in ('state', 'collaborative')) <> (district_id = '_all')
    or (entity_type = 'district') <> (entity_id = district_id)
{% endtest %}
