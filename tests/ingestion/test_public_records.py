"""What the shipped mappings make of every public file that stands beside the checkout, as docs/public_records.md says.

It holds figures only. When a mapping changes, ``python -m tests.ingestion.public_records FOLDER`` writes it again.
"""

from tests.ingestion.public_records import build_page, table_rows


def test_the_page_says_what_becomes_of_every_public_file(real_records, repository):
    said = (repository / "docs" / "public_records.md").read_text(encoding="utf-8")
    assert build_page(repository, real_records) == said


def test_rows_in_are_rows_landed_refused_and_repeated(real_records, repository):
    rows = table_rows(repository, real_records)
    assert len(rows) >= 26
    assert all(row.rows_in == row.landed + row.rejected + row.duplicate for row in rows)
    assert sum(row.landed for row in rows) > 70_000
