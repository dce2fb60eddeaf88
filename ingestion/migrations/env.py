"""Runs the steps on the connection that ``ingestion.ledger_database`` hands over.

Does not belong here: a step (``versions/``), or when they run.
"""

from alembic import context

from ingestion.ledger_tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
