"""From a district's file to an admitted delivery: plain Python, no Dagster, dbt or Great Expectations."""
