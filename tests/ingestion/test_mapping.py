import pytest

from ingestion.configuration import load_collaborative
from ingestion.mapping import collapse, find_mapping
from ingestion.mapping_files import load_mapping
from ingestion.yaml_document import ConfigurationError
from tests.ingestion.delivered_files import LINES, RATES, load_little, write_configuration


def _refused(folder, **changed):
    write_configuration(folder, **changed)
    with pytest.raises(ConfigurationError) as caught:
        load_collaborative(folder)
    return caught.value.messages


def test_headings_are_compared_after_collapsing_blanks_line_ends_and_non_breaking_blanks():
    assert collapse(" Total\rIn-District\xa0 Expenditures\n") == "Total In-District Expenditures"


def test_a_file_finds_its_mapping_by_name_in_any_folder(tmp_path):
    mappings = load_little(tmp_path).mappings
    assert find_mapping(mappings, "rates_2020.csv").mapping == "rates"
    assert find_mapping(mappings, "state/fy2020/rates_2020.csv").mapping == "rates"
    assert (
        find_mapping(mappings, "00010000/lines_2020.csv").match("00010000/lines_2020.csv")["district_id"] == "00010000"
    )
    assert find_mapping(mappings, "my_rates_2020.csv") is None
    assert find_mapping(mappings, "rates_2020.csv.bak") is None


def test_a_file_that_two_mappings_claim_is_a_fault_of_the_configuration(tmp_path):
    twin = RATES.replace("mapping: rates", "mapping: twin").replace("report: rates", "report: twin")
    mappings = load_little(tmp_path, **{"mappings/twin.yaml": twin}).mappings
    with pytest.raises(ConfigurationError, match=r"rates_2020.csv: is claimed by rates, twin"):
        find_mapping(mappings, "rates_2020.csv")


def test_a_mapping_extends_another_and_overrides_single_lines(tmp_path):
    own = (
        "extends: ../mappings/rates.yaml\nmapping: own\nfile: own_rates\\.csv\nreport: own\n"
        "columns:\n  rate: {heading: Rate}\ncontrol_totals:\n  pupils: {tolerance: 2.5}\n"
    )
    mappings = load_little(tmp_path, **{"other/own.yaml": own}).mappings
    assert [mapping.mapping for mapping in mappings] == ["lines", "rates"]
    mapping, _ = load_mapping(tmp_path / "other" / "own.yaml")
    assert mapping.columns["rate"].heading == "Rate"
    assert mapping.columns["rate"].type == "number"
    assert mapping.columns["pupils"].heading == "Pupils"
    assert str(mapping.control_totals["pupils"].tolerance) == "2.5"
    assert str(mapping.control_totals["dollars"].tolerance) == "0.05"


def test_a_fault_in_an_extended_mapping_is_shown_where_it_stands(tmp_path):
    own = "extends: rates.yaml\nmapping: own\nfile: own\\.csv\nreport: own\n"
    broken = RATES.replace("width: 4", "widht: 4")
    messages = _refused(tmp_path, **{"mappings/own.yaml": own, "mappings/rates.yaml": broken})
    line = 1 + broken.splitlines().index(next(text for text in broken.splitlines() if "widht" in text))
    assert sum(f"rates.yaml:{line}:" in message and "widht" in message for message in messages) == 2


def test_mappings_that_extend_each_other_in_a_circle_are_refused(tmp_path):
    circle = {"mappings/a.yaml": "extends: b.yaml\n", "mappings/b.yaml": "extends: a.yaml\n"}
    assert any("in a circle" in message for message in _refused(tmp_path, **circle))


def test_a_corrected_mapping_has_another_hash_and_an_untouched_one_the_same(tmp_path):
    first = {mapping.mapping: mapping.content_hash for mapping in load_little(tmp_path / "a").mappings}
    corrected = RATES.replace("tolerance: 0.05", "tolerance: 0.06")
    second = load_little(tmp_path / "b", **{"mappings/rates.yaml": corrected + "# a comment\n"})
    hashes = {mapping.mapping: mapping.content_hash for mapping in second.mappings}
    assert hashes["rates"] != first["rates"]
    assert hashes["lines"] == first["lines"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("contract: state_reported_measures", "contract: state_measures", "contract: is not a known contract"),
        ("contract_version: 1", "contract_version: 2", "contract_version: the product's"),
        ("report: rates\n", "", "report: is required"),
        ("sender: state", "sender: nobody", "sender: is neither a sender"),
        ("sender: state", "sender: '00010000'", "districts: is required for a statewide sender, and only there"),
        ("sender: state\n", "", "the sender must be said once"),
        ("metric_id: RATE", "metric: RATE", "rows.1.metric: is not a column"),
        ("{metric_id: N, ", "{", "rows.0: does not fill metric_id"),
        ("metric_id: RATE", "metric_id: N", "rows.1: has the same key"),
        ("value: {column: rate}", "value: {column: rates}", "'rates' is not one of the columns"),
        ("value: {column: rate}", "value: {column: code}", "'code' is of type code"),
        ("value: {column: rate}", "value: ten", "'ten' does not fit decimal"),
        ("heading: Dollars", "heading: Pupils", "is read twice"),
        ("symbols: $", "symbols: '-'", "must not hold digits"),
        ("totals: ['0000']", "totals: []", "needs districts.totals"),
        ("totals: ['0000']", "totals: [0000]", "put it in quotes"),
        ("weight: pupils", "weight: code", "'code' must be a column of type number"),
        ("districts: {column: code", "districts: {column: rate", "must name a column of type code"),
        ("title: Spending per pupil", "title: x\nfirst_school_year: 2021\nlast_school_year: 2020", "is before first"),
        ("title: Spending per pupil", "title: x\nencoding: utf-9", "is not a known encoding"),
        ("(?P<school_year>[0-9-]+)", "(?P<schoolyear>[0-9-]+)", "unknown group schoolyear"),
        ("(?P<school_year>[0-9-]+)", "(?P<school_year>[0-9-]+", "not a regular expression"),
        ("less than 6: suppressed", "less than 6: hidden", "suppressed"),
        ("less than 6: suppressed", "' less than 6': suppressed", "without blanks around it"),
        ("tolerance: 0}", "tolerance: -1}", "greater than or equal to 0"),
        ("totals: ['0000']}", "entity: school, totals: ['0000']}", "district_digits belongs to a school's code"),
        ("totals: ['0000']}", "}", "districts.totals"),
        ("{heading: Code, type: code}", "{heading: Code, type: code, scale: 100}", "for a column of type number"),
        ("type: number}", "type: number, scale: 10}", "scale"),
        ("type: number}", "type: number, codes: {Low: few}}", "'few' is not a number"),
        ("type: number}", "type: number, markers: {' x': suppressed}}", "without blanks around it"),
        ("value: {column: rate}", "value: {column: rate, suffix: x}", "no suffix fits"),
        ("title: Spending per pupil", "title: x\nnotes: '('", "notes is not a regular expression"),
        ("control_totals:", "identities: {r: {value: rate, tolerance: 0}}\ncontrol_totals:", "needs numerator and"),
        (
            "control_totals:",
            "identities: {r: {value: rate, parts: [code], tolerance: 0}}\ncontrol_totals:",
            "'code' must be a column of type number",
        ),
        ("tolerance: 0}", "tolerance: 0, known_gaps: {'20': {amount: 1, reason: x}}}", "known_gaps"),
    ],
)
def test_a_faulty_mapping_is_refused_with_file_line_and_reason(tmp_path, old, new, message):
    assert old in RATES
    messages = _refused(tmp_path, **{"mappings/rates.yaml": RATES.replace(old, new)})
    place = str(tmp_path / "mappings" / "rates.yaml")
    assert any(message in text and text.startswith(f"{place}:") for text in messages), messages


def test_codes_must_lead_to_functions_that_the_collaborative_lists(tmp_path):
    messages = _refused(
        tmp_path, **{"mappings/lines.yaml": LINES.replace("Tuition: out_of_district", "Tuition: abroad")}
    )
    assert messages == ["state_functions.csv:1:state_function: lacks abroad of lines"]


def test_rows_that_nothing_tells_apart_are_refused(tmp_path):
    lines = LINES.replace("state_function: {column: category}", "state_function: teachers")
    lines = lines.replace("line_item: {column: item}", "line_item: all")
    messages = _refused(tmp_path, **{"mappings/lines.yaml": lines})
    assert any("no two rows could be told apart" in message for message in messages)
