"""The state's own files, from the inbox to a build's inputs."""

from decimal import Decimal

import duckdb
import pytest

from ingestion.admission import Verdict, candidates, record_admissions
from ingestion.build_inputs import prepare_build
from ingestion.compiled_configuration import compile_configuration
from ingestion.configuration import load_collaborative
from ingestion.home import Home
from ingestion.inbox import process_inbox
from ingestion.ledger import open_ledger

pytestmark = pytest.mark.real_records

REFUSED = "ma_dese_profiles/fy2021/district_NextGenMCAS_2021_ELA_leading_zero_lost.csv"


@pytest.fixture(scope="module")
def night(real_records, repository, tmp_path_factory):
    """The home, the ledger, what became of the files, and tonight's build."""
    home = Home(tmp_path_factory.mktemp("home")).ensure()
    ledger = open_ledger(home)
    collaborative = load_collaborative(repository / "collaboratives" / "massachusetts")
    result = process_inbox(home, ledger, collaborative, real_records)
    record_admissions(home, ledger, [Verdict(*candidate, admitted=True) for candidate in candidates(ledger)])
    inputs = prepare_build(home, ledger, collaborative, compile_configuration(collaborative, home))
    again = process_inbox(home, ledger, collaborative, real_records)
    yield home, ledger, result, inputs, again
    ledger.close()


def test_inbox__lands_the_mapped_files_and_lists_the_others(night):
    _, ledger, result, _, again = night
    mapped = [file for file in result.files if file.outcome != "no_mapping"]
    assert [file.relative_path for file in mapped if file.outcome != "landed"] == [REFUSED]
    assert len(mapped) == 41
    assert result.count("no_mapping") > 20
    assert len(ledger.deliveries()) == len(mapped)
    for file in mapped:
        assert file.rows_in == file.rows_landed + file.rows_rejected + file.rows_duplicate > 0
    assert again.count("unchanged") == len(mapped)
    assert again.count("no_mapping") == result.count("no_mapping")


def test_build__sees_the_printed_figures_exactly(night):
    home, _, _, inputs, _ = night
    assert inputs.from_nothing
    with duckdb.connect(home.build_file, read_only=True) as connection:
        printed = connection.sql("""
            select metric_id, value from landing.state_reported_measures
            where district_id = '00490000' and school_year = 2017 and metric_id in ('PPE.D02', 'PPE.D03')
        """).fetchall()
        lines = connection.sql("""
            select count(*), typeof(any_value(amount_usd)) from landing.eoyr_report
            where district_id = '00490000' and school_year = 2017
        """).fetchall()
        unaccounted = connection.sql("""
            select count(*) from landing.state_reported_measures as landed
            anti join build.delivery_status as status
                on status.district_id = landed.district_id and status.school_year = landed.school_year
        """).fetchall()
    assert {metric: round(value, 4) for metric, value in printed} == {
        "PPE.D02": Decimal("27359.7791"),
        "PPE.D03": Decimal("29206.4285"),
    }
    assert lines == [(71, "DECIMAL(18,2)")]
    assert unaccounted == [(0,)]
