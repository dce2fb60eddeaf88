"""A rule's result may be waived, or have had nothing to check."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if not op.get_context().dialect.supports_comments:
        return
    op.alter_column(
        "rule_result",
        "status",
        existing_type=sa.Text(),
        existing_nullable=False,
        existing_comment="passed, failed or could_not_run",
        comment="passed, failed, waived, nothing_to_check or could_not_run",
    )
