"""The command line over the same functions that Dagster runs."""
