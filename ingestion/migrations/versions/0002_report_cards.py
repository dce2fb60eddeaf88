"""What report cards are made of: findings in words, what a correction changed, if a file had rows, what was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column(
        "delivery",
        sa.Column("content", TEXT, comment="rows, header_only or empty; NULL of an older delivery"),
    )
    _say_what_was_found()
    _create_differences()
    op.create_table(
        "report_card_sent",
        sa.Column("card_hash", TEXT, nullable=False, comment="of what the card says, whatever the night"),
        sa.Column("recipient", TEXT, nullable=False),
        sa.Column("sent_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("card_hash", "recipient"),
    )


def _say_what_was_found() -> None:
    columns = (
        sa.Column("severity", TEXT, comment="of a finding: error, warning or passed"),
        sa.Column("line", sa.BigInteger(), comment="line of the file to blame, where there is one"),
        sa.Column("column_name", TEXT, comment="heading to blame, where there is one"),
        sa.Column("message", TEXT, comment="what was found; never a value of a pupil"),
        sa.Column("what_to_do", TEXT),
    )
    for column in columns:
        op.add_column("rule_result", column)


def _create_differences() -> None:
    op.create_table(
        "delivery_difference",
        sa.Column("delivery_id", TEXT, nullable=False),
        sa.Column("district_id", TEXT, nullable=False),
        sa.Column("extract", TEXT, nullable=False),
        sa.Column("school_year", sa.Integer(), nullable=False),
        sa.Column("earlier_delivery_id", TEXT, nullable=False),
        sa.Column(
            "rows_added", sa.BigInteger(), nullable=False, comment="rows whose key the earlier delivery does not have"
        ),
        sa.Column("rows_changed", sa.BigInteger(), nullable=False, comment="rows of the same key and other values"),
        sa.Column(
            "rows_removed", sa.BigInteger(), nullable=False, comment="rows of the earlier delivery that are gone"
        ),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.delivery_id"]),
        sa.ForeignKeyConstraint(["earlier_delivery_id"], ["delivery.delivery_id"]),
        sa.PrimaryKeyConstraint("delivery_id", "district_id", "extract", "school_year"),
    )
