"""The first ledger: deliveries, admissions, builds, releases, publications."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("admission", "rule_result", "publication")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _create_tables()
    if op.get_bind().dialect.name == "sqlite":
        _refuse_changes_in_sqlite()
    else:
        _refuse_changes_in_postgresql()


def _refuse_changes_in_sqlite() -> None:
    """What was decided, found or published stays: the database itself refuses to change or remove it."""
    for table in APPEND_ONLY:
        for change in ("update", "delete"):
            op.execute(
                f"create trigger {table}_refuses_{change} before {change} on {table} "
                f"begin select raise(abort, '{table} is append-only'); end"
            )


def _refuse_changes_in_postgresql() -> None:
    """The same; a table can be emptied whole there, too."""
    op.execute(
        "create function refuse_change() returns trigger language plpgsql as $$ begin "
        "raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation'; end $$"
    )
    for table in APPEND_ONLY:
        for change, each in (("update", "row"), ("delete", "row"), ("truncate", "statement")):
            op.execute(
                f"create trigger {table}_refuses_{change} before {change} on {table} "
                f"for each {each} execute function refuse_change()"
            )


def _create_tables() -> None:
    op.create_table(
        "build",
        sa.Column("build_id", TEXT, nullable=False),
        sa.Column("selection_hash", TEXT, nullable=False),
        sa.Column("code_hash", TEXT, nullable=False),
        sa.Column("config_hash", TEXT, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column(
            "admission_seq", sa.BigInteger(), nullable=False, comment="last admission row that its selection knew"
        ),
        sa.Column("state", TEXT, nullable=False, comment="started, built, refused or released"),
        sa.Column("refused_at_door", sa.Integer(), nullable=True),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("created_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("build_id"),
    )
    op.create_table(
        "delivery",
        sa.Column("delivery_id", TEXT, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="order of arrival"),
        sa.Column("sender", TEXT, nullable=False),
        sa.Column("contract", TEXT, nullable=False),
        sa.Column("extract", TEXT, nullable=False),
        sa.Column("domain", TEXT, nullable=False),
        sa.Column("mapping_id", TEXT, nullable=False),
        sa.Column("mapping_hash", TEXT, nullable=False),
        sa.Column("contract_version", sa.Integer(), nullable=False),
        sa.Column("key_id", TEXT, nullable=False),
        sa.Column("file_name", TEXT, nullable=False),
        sa.Column("file_sha256", TEXT, nullable=False),
        sa.Column("school_year", sa.Integer(), nullable=True, comment="NULL where the file holds several years"),
        sa.Column("vintage", TEXT, nullable=False),
        sa.Column("data_through", sa.Date(), nullable=True),
        sa.Column("state", TEXT, nullable=False, comment="accepted, accepted_with_rejects or quarantined"),
        sa.Column("rows_in", sa.BigInteger(), nullable=False),
        sa.Column("rows_landed", sa.BigInteger(), nullable=False),
        sa.Column("rows_rejected", sa.BigInteger(), nullable=False),
        sa.Column("rows_duplicate", sa.BigInteger(), nullable=False),
        sa.Column("reference_hash", TEXT, comment="roster, calendar and codes that it was read with"),
        sa.Column("received_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("delivery_id"),
        sa.UniqueConstraint("seq"),
    )
    op.create_table(
        "inbox_file",
        sa.Column("path", TEXT, nullable=False, comment="path below the inbox"),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column(
            "delivery_id",
            TEXT,
            nullable=False,
            comment="what the file was taken for, under the mapping of that night",
        ),
        sa.PrimaryKeyConstraint("path"),
    )
    op.create_table(
        "publication",
        sa.Column("publication_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("build_id", TEXT, nullable=False),
        sa.Column("release_id", TEXT, nullable=False),
        sa.Column("cell_key", TEXT, nullable=False),
        sa.Column("district_id", TEXT, nullable=False),
        sa.Column("metric_id", TEXT, nullable=False),
        sa.Column("school_year", sa.Integer(), nullable=False),
        sa.Column("value", TEXT, nullable=True, comment="exact decimal"),
        sa.Column("numerator", TEXT, nullable=True, comment="exact decimal"),
        sa.Column("denominator", TEXT, nullable=True, comment="exact decimal"),
        sa.Column("n", TEXT, nullable=True, comment="exact decimal"),
        sa.Column("published_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("publication_id"),
    )
    op.create_index("publication_of_cell", "publication", ["kind", "cell_key"], unique=False)
    op.create_table(
        "rule_result",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("door", sa.Integer(), nullable=False, comment="1, 2 or 3"),
        sa.Column("subject", TEXT, nullable=False, comment="a delivery id or a build id"),
        sa.Column("rule_id", TEXT, nullable=False),
        sa.Column("scope", TEXT, nullable=False, comment="row, file, district or collaborative"),
        sa.Column("district_id", TEXT, nullable=True),
        sa.Column("domain", TEXT, nullable=True),
        sa.Column("school_year", sa.Integer(), nullable=True),
        sa.Column("n_checked", sa.BigInteger(), nullable=False),
        sa.Column("n_failed", sa.BigInteger(), nullable=False),
        sa.Column("status", TEXT, nullable=False, comment="passed, failed or could_not_run"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_rule_result_subject"), "rule_result", ["subject"], unique=False)
    op.create_table(
        "delivery_slot",
        sa.Column("delivery_id", TEXT, nullable=False),
        sa.Column("district_id", TEXT, nullable=False),
        sa.Column("extract", TEXT, nullable=False),
        sa.Column("school_year", sa.Integer(), nullable=False),
        sa.Column("n_rows", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["delivery.delivery_id"],
        ),
        sa.PrimaryKeyConstraint("delivery_id", "district_id", "extract", "school_year"),
    )
    op.create_index(
        "delivery_slot_of_district", "delivery_slot", ["district_id", "extract", "school_year"], unique=False
    )
    op.create_table(
        "reject",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delivery_id", TEXT, nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=True),
        sa.Column("column_name", TEXT, nullable=True),
        sa.Column("rule_id", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False, comment="never the value"),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["delivery.delivery_id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_reject_delivery_id"), "reject", ["delivery_id"], unique=False)
    op.create_table(
        "release",
        sa.Column("release_id", TEXT, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("build_id", TEXT, nullable=False),
        sa.Column("content_hash", TEXT, nullable=False),
        sa.Column("previous_release_id", TEXT, nullable=True),
        sa.Column("released_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["build_id"],
            ["build.build_id"],
        ),
        sa.ForeignKeyConstraint(
            ["previous_release_id"],
            ["release.release_id"],
        ),
        sa.PrimaryKeyConstraint("release_id"),
        sa.UniqueConstraint("seq"),
    )
    op.create_table(
        "admission",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", TEXT, nullable=False),
        sa.Column("district_id", TEXT, nullable=False),
        sa.Column("extract", TEXT, nullable=False),
        sa.Column("domain", TEXT, nullable=False),
        sa.Column("school_year", sa.Integer(), nullable=False),
        sa.Column("delivery_id", TEXT, nullable=False),
        sa.Column("decision", TEXT, nullable=False, comment="admitted, held or revoked"),
        sa.Column("rule_id", TEXT, nullable=True),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("decided_by", TEXT, nullable=False, comment="door_1, door_2 or a person"),
        sa.Column("decided_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id", "district_id", "extract", "school_year"],
            [
                "delivery_slot.delivery_id",
                "delivery_slot.district_id",
                "delivery_slot.extract",
                "delivery_slot.school_year",
            ],
        ),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("admission_of_slot", "admission", ["district_id", "extract", "school_year"], unique=False)
    op.create_index(op.f("ix_admission_batch_id"), "admission", ["batch_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not taken back: rebuild it from landing's sidecars")
