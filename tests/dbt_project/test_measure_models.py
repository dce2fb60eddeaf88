"""Every model of figures is among the figures, and its parts can be a ratio's: one list, and nobody is forgotten."""

PUPILS = "measure_student_attendance"  # days by pupil, which no table unites with figures
QUOTIENTS = "measure_operations"  # is worked out from the parts, so it has none


def find_measures(manifest: dict, name: str) -> set[str]:
    """The models of figures that a model reads."""
    node = manifest["nodes"][f"model.{manifest['metadata']['project_name']}.{name}"]
    return {each for each in map(_name, node["depends_on"]["nodes"]) if each.startswith("measure_")}


def _name(unique_id: str) -> str:
    return unique_id.split(".")[2]


def test_measure_models__are_all_figures_and_all_but_the_quotients_are_parts_of_ratios(manifest, repository):
    files = {path.stem for path in (repository / "dbt_project" / "models" / "measures").glob("**/measure_*.sql")}
    assert find_measures(manifest, "fct_metric_value") == files - {PUPILS}
    assert find_measures(manifest, "int_operations__measure") == files - {PUPILS, QUOTIENTS}
