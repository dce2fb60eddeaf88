"""How many rows of a delivery its mapping is not about."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "delivery",
        sa.Column("rows_ignored", sa.BigInteger(), comment="rows that the mapping is not about; no part of rows_in"),
    )
