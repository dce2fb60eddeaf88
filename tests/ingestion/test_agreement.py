"""The districts' agreement: over the defaults key by key, and refused with the line at fault."""

from decimal import Decimal

import pytest

from ingestion.agreement import default_agreement, read_agreement


def read(folder, text):
    (folder / "agreement.yaml").write_text(text)
    faults = []
    return read_agreement(folder, faults), faults


def test_agreement__is_the_default_where_there_is_none(tmp_path):
    faults = []
    assert (read_agreement(tmp_path, faults), faults) == (default_agreement(), [])
    assert default_agreement().publications == ()


def test_agreement__replaces_single_keys(tmp_path):
    text = "minimum_n: 20\ncoding:\n  - {from_n: 20, share: 0.1}\npublications:\n"
    agreement, faults = read(tmp_path, f"{text}  - {{publish_on: 2026-10-15, school_years: [2026]}}\n")
    assert (agreement.minimum_n, agreement.minimum_numerator, faults) == (20, 6, [])
    assert agreement.publications[0].school_years == (2026,)
    tables = agreement.tables()
    assert tables["agreement_coding"] == [{"from_n": 20, "to_n": None, "share": Decimal("0.1")}]
    assert {"subgroup": "asian", "dimension": "race"} in tables["agreement_dimensions"]


def test_agreement__what_is_not_shared_is_not_there(tmp_path):
    text = "shared:\n  collaborative: groups\n  district: all\n  school: nothing\n"
    agreement, faults = read(tmp_path, text)
    assert (agreement.tables()["agreement_shared"], faults) == (
        [{"entity_type": "collaborative", "shows_groups": True}, {"entity_type": "district", "shows_groups": False}],
        [],
    )


def test_agreement__its_calendar_is_no_part_of_a_build(tmp_path):
    dated, _ = read(tmp_path, "publications:\n  - {publish_on: 2026-10-15, school_years: [2026]}\n")
    assert dated.tables() == default_agreement().tables()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("minimum_n: 0\n", "agreement.yaml:1:1: minimum_n"),
        ("minimum: 10\n", "is not a known key"),
        ("coding:\n  - {from_n: 40, share: 0.05}\n  - {from_n: 20, share: 0.1}\n", "in order of from_n"),
        ("dimensions:\n  race: [asian, white]\n  other: [white]\n", "white stands in two dimensions"),
        (
            "publications:\n  - {publish_on: 2026-10-15, school_years: [2026]}\n"
            "  - {publish_on: 2026-10-15, school_years: [2027]}\n",
            "each day once",
        ),
    ],
)
def test_agreement__says_where_it_is_wrong(tmp_path, text, message):
    _, faults = read(tmp_path, text)
    assert len(faults) == 1 and message in faults[0]
