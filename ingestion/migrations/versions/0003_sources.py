"""Sources: how each fared, which of its files were seen and fetched, and how far its databases were read."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "source_run",
        sa.Column("source", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False, comment="fetched, nothing_new, or why nothing could be fetched"),
        sa.Column("message", TEXT, nullable=False, comment="what is wrong and what to do; never a value"),
        sa.Column("n_fetched", sa.BigInteger(), nullable=False),
        sa.Column("n_waiting", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", TEXT, nullable=False),
        sa.Column("succeeded_at", TEXT, nullable=True, comment="when it last could be reached"),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_table(
        "source_file",
        sa.Column("source", TEXT, nullable=False),
        sa.Column("path", TEXT, nullable=False, comment="path below the source's folder"),
        sa.Column("seen", TEXT, nullable=False, comment="size and time of the file and its manifest at the last look"),
        sa.Column("seen_at", TEXT, nullable=False, comment="when they were first seen so"),
        sa.Column("fetched", TEXT, nullable=True, comment="size and time of what was fetched last"),
        sa.Column("sha256", TEXT, nullable=True, comment="of what was fetched last"),
        sa.PrimaryKeyConstraint("source", "path"),
    )
    op.create_table(
        "source_watermark",
        sa.Column("source", TEXT, nullable=False),
        sa.Column("extract", TEXT, nullable=False),
        sa.Column("district_id", TEXT, nullable=False),
        sa.Column("school_year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "watermark", TEXT, nullable=True, comment="largest value of the watermark column so far; NULL where none"
        ),
        sa.Column("n_rows", sa.BigInteger(), nullable=False, comment="rows of the file that was delivered last"),
        sa.Column("file", TEXT, nullable=False, comment="its path below the source's folder"),
        sa.Column("fingerprint", TEXT, nullable=False, comment="size and time of that file"),
        sa.Column("asked", TEXT, nullable=False, comment="hash of what was asked for"),
        sa.Column("full_at", TEXT, nullable=False, comment="when everything was last asked for"),
        sa.Column("pulled_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("source", "extract", "district_id", "school_year"),
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not taken back: rebuild it from landing's sidecars")
