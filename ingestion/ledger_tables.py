"""The ledger's tables, as SQLAlchemy Core.

Belongs here: names, types and keys of what the ledger keeps. Does not belong here: how rows come to be
(``ledger.py``, ``admission.py``) or how an older ledger becomes a newer one (``migrations/``).
Types are those that SQLite and PostgreSQL share; times are UTC, ISO text; exact decimals are text.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
)
from sqlalchemy import Text as AnyText

metadata = MetaData()

Text = AnyText().with_variant(AnyText(collation="C"), "postgresql")
"""Text in the order of its bytes, as SQLite has it, whatever language the server speaks."""

GROWING_ID = BigInteger().with_variant(Integer, "sqlite")
"""A key the database counts up itself; SQLite does so for INTEGER only."""

inbox_file = Table(
    "inbox_file",
    metadata,
    Column("path", Text, primary_key=True, comment="path below the inbox"),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("delivery_id", Text, nullable=False, comment="what the file was taken for, under the mapping of that night"),
)

source_run = Table(
    "source_run",
    metadata,
    Column("source", Text, primary_key=True),
    Column("outcome", Text, nullable=False, comment="fetched, nothing_new, or why nothing could be fetched"),
    Column("message", Text, nullable=False, comment="what is wrong and what to do; never a value"),
    Column("n_fetched", BigInteger, nullable=False),
    Column("n_waiting", BigInteger, nullable=False),
    Column("ended_at", Text, nullable=False),
    Column("succeeded_at", Text, comment="when it last could be reached"),
)

source_file = Table(
    "source_file",
    metadata,
    Column("source", Text, primary_key=True),
    Column("path", Text, primary_key=True, comment="path below the source's folder"),
    Column("seen", Text, nullable=False, comment="size and time of the file and its manifest at the last look"),
    Column("seen_at", Text, nullable=False, comment="when they were first seen so"),
    Column("fetched", Text, comment="size and time of what was fetched last"),
    Column("sha256", Text, comment="of what was fetched last"),
)

source_watermark = Table(
    "source_watermark",
    metadata,
    Column("source", Text, primary_key=True),
    Column("extract", Text, primary_key=True),
    Column("district_id", Text, primary_key=True),
    Column("school_year", Integer, primary_key=True, autoincrement=False),
    Column("watermark", Text, comment="largest value of the watermark column so far; NULL where none"),
    Column("n_rows", BigInteger, nullable=False, comment="rows of the file that was delivered last"),
    Column("file", Text, nullable=False, comment="its path below the source's folder"),
    Column("fingerprint", Text, nullable=False, comment="size and time of that file"),
    Column("asked", Text, nullable=False, comment="hash of what was asked for"),
    Column("full_at", Text, nullable=False, comment="when everything was last asked for"),
    Column("pulled_at", Text, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("delivery_id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False, unique=True, comment="order of arrival"),
    Column("sender", Text, nullable=False),
    Column("contract", Text, nullable=False),
    Column("extract", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("mapping_id", Text, nullable=False),
    Column("mapping_hash", Text, nullable=False),
    Column("contract_version", Integer, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("file_sha256", Text, nullable=False),
    Column("school_year", Integer, comment="NULL where the file holds several years"),
    Column("vintage", Text, nullable=False),
    Column("data_through", Date),
    Column("state", Text, nullable=False, comment="accepted, accepted_with_rejects or quarantined"),
    Column("rows_in", BigInteger, nullable=False),
    Column("rows_landed", BigInteger, nullable=False),
    Column("rows_rejected", BigInteger, nullable=False),
    Column("rows_duplicate", BigInteger, nullable=False),
    Column("reference_hash", Text, comment="roster, calendar and codes that it was read with"),
    Column("rows_ignored", BigInteger, comment="rows that the mapping is not about; no part of rows_in"),
    Column("content", Text, comment="rows, header_only or empty; NULL of an older delivery"),
    Column("received_at", Text, nullable=False),
)

delivery_slot = Table(
    "delivery_slot",
    metadata,
    Column("delivery_id", Text, ForeignKey("delivery.delivery_id"), primary_key=True),
    Column("district_id", Text, primary_key=True),
    Column("extract", Text, primary_key=True),
    Column("school_year", Integer, primary_key=True),
    Column("n_rows", BigInteger, nullable=False),
    Column("content_hash", Text, nullable=False),
    Index("delivery_slot_of_district", "district_id", "extract", "school_year"),
)

delivery_difference = Table(
    "delivery_difference",
    metadata,
    Column("delivery_id", Text, ForeignKey("delivery.delivery_id"), primary_key=True),
    Column("district_id", Text, primary_key=True),
    Column("extract", Text, primary_key=True),
    Column("school_year", Integer, primary_key=True),
    Column("earlier_delivery_id", Text, ForeignKey("delivery.delivery_id"), nullable=False),
    Column("rows_added", BigInteger, nullable=False, comment="rows whose key the earlier delivery does not have"),
    Column("rows_changed", BigInteger, nullable=False, comment="rows of the same key and other values"),
    Column("rows_removed", BigInteger, nullable=False, comment="rows of the earlier delivery that are gone"),
)

reject = Table(
    "reject",
    metadata,
    Column("id", GROWING_ID, primary_key=True),
    Column("delivery_id", Text, ForeignKey("delivery.delivery_id"), nullable=False, index=True),
    Column("line", BigInteger),
    Column("column_name", Text),
    Column("rule_id", Text, nullable=False),
    Column("reason", Text, nullable=False, comment="never the value"),
)

rule_result = Table(
    "rule_result",
    metadata,
    Column("id", GROWING_ID, primary_key=True),
    Column("door", Integer, nullable=False, comment="1, 2 or 3"),
    Column("subject", Text, nullable=False, index=True, comment="a delivery id or a build id"),
    Column("rule_id", Text, nullable=False),
    Column("scope", Text, nullable=False, comment="row, file, district or collaborative"),
    Column("district_id", Text),
    Column("domain", Text),
    Column("school_year", Integer),
    Column("n_checked", BigInteger, nullable=False),
    Column("n_failed", BigInteger, nullable=False),
    Column("status", Text, nullable=False, comment="passed, failed, waived, nothing_to_check or could_not_run"),
    Column("severity", Text, comment="of a finding: error, warning or passed"),
    Column("line", BigInteger, comment="line of the file to blame, where there is one"),
    Column("column_name", Text, comment="heading to blame, where there is one"),
    Column("message", Text, comment="what was found; never a value of a pupil"),
    Column("what_to_do", Text),
)

admission = Table(
    "admission",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("batch_id", Text, nullable=False, index=True),
    Column("district_id", Text, nullable=False),
    Column("extract", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("school_year", Integer, nullable=False),
    Column("delivery_id", Text, nullable=False),
    Column("decision", Text, nullable=False, comment="admitted, held or revoked"),
    Column("rule_id", Text),
    Column("reason", Text),
    Column("decided_by", Text, nullable=False, comment="door_1, door_2 or a person"),
    Column("decided_at", Text, nullable=False),
    ForeignKeyConstraint(
        ["delivery_id", "district_id", "extract", "school_year"],
        [
            "delivery_slot.delivery_id",
            "delivery_slot.district_id",
            "delivery_slot.extract",
            "delivery_slot.school_year",
        ],
    ),
    Index("admission_of_slot", "district_id", "extract", "school_year"),
)

build = Table(
    "build",
    metadata,
    Column("build_id", Text, primary_key=True),
    Column("selection_hash", Text, nullable=False),
    Column("code_hash", Text, nullable=False),
    Column("config_hash", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("admission_seq", BigInteger, nullable=False, comment="last admission row that its selection knew"),
    Column("state", Text, nullable=False, comment="started, built, refused or released"),
    Column("refused_at_door", Integer),
    Column("reason", Text),
    Column("created_at", Text, nullable=False),
)

release = Table(
    "release",
    metadata,
    Column("release_id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("build_id", Text, ForeignKey("build.build_id"), nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("previous_release_id", Text, ForeignKey("release.release_id")),
    Column("released_at", Text, nullable=False),
)

publication = Table(
    "publication",
    metadata,
    Column("publication_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("build_id", Text, nullable=False),
    Column("release_id", Text, nullable=False),
    Column("cell_key", Text, nullable=False),
    Column("district_id", Text, nullable=False),
    Column("metric_id", Text, nullable=False),
    Column("school_year", Integer, nullable=False),
    Column("value", Text, comment="exact decimal"),
    Column("numerator", Text, comment="exact decimal"),
    Column("denominator", Text, comment="exact decimal"),
    Column("n", Text, comment="exact decimal"),
    Column("published_at", Text, nullable=False),
    Index("publication_of_cell", "kind", "cell_key"),
)

report_card_sent = Table(
    "report_card_sent",
    metadata,
    Column("card_hash", Text, primary_key=True, comment="of what the card says, whatever the night"),
    Column("recipient", Text, primary_key=True),
    Column("sent_at", Text, nullable=False),
)

APPEND_ONLY = ("admission", "rule_result", "publication")
"""Tables whose rows nobody changes or removes; the database itself refuses."""
