"""Topics are files of a collaborative: read whole, or refused with every fault and its place."""

import pyarrow.parquet as pq
import pytest

from ingestion.configuration import compile_configuration
from ingestion.home import Home
from ingestion.yaml_document import ConfigurationError
from tests.ingestion.delivered_files import load_little

BUSES = """topic: buses
title: Buses
questions:
  - What does a mile cost?
  - Are we on time?
metrics: [OP.TR01, OP.TR04]
context: [SS.A01]
breakdowns: [mode]
"""


def tables(folder, **files) -> dict:
    compiled = compile_configuration(load_little(folder / "c", **files), Home(folder / "home"))
    names = ("topics", "topic_metrics", "topic_breakdowns")
    return {name: pq.read_table(compiled.folder / f"{name}.parquet").to_pylist() for name in names}


def test_topics__are_rows(tmp_path):
    found = tables(tmp_path, **{"topics/buses.yaml": BUSES})
    assert found["topics"] == [
        {"topic": "buses", "title": "Buses", "questions": "What does a mile cost?\nAre we on time?"}
    ]
    assert [(row["metric_id"], row["role"], row["place"]) for row in found["topic_metrics"]] == [
        ("OP.TR01", "metric", 1),
        ("OP.TR04", "metric", 2),
        ("SS.A01", "context", 3),
    ]
    assert found["topic_breakdowns"] == [{"topic": "buses", "dimension": "mode"}]


def test_topics__are_none_without_a_folder(tmp_path):
    assert tables(tmp_path) == {"topics": [], "topic_metrics": [], "topic_breakdowns": []}


@pytest.mark.parametrize(
    ("text", "replaced", "place", "told"),
    [
        (
            "OP.TR04",
            "OP.TR99",
            "buses.yaml:6:20: metrics: OP.TR99",
            "is no metric of the product; dim_metric lists them",
        ),
        ("SS.A01", "SS.X01", "buses.yaml:7:11: context: SS.X01", "is no metric of the product; dim_metric lists them"),
        ("[SS.A01]", "[OP.TR01]", "buses.yaml:7:11: context: OP.TR01", "stands twice; keep one"),
        ("topic: buses", "topic: trains", "buses.yaml:1:1: topic: trains", "give both one name"),
        ("title: Buses\n", "", "buses.yaml:1:1: title", "is required and missing"),
        ("context:", "contexts:", "buses.yaml:7:1: contexts", "is not a known key; correct its spelling or remove it"),
        ("[OP.TR01, OP.TR04]", "[]", "buses.yaml:6:1: metrics", "at least 1"),
    ],
)
def test_topics__faults_are_named_with_their_place(tmp_path, text, replaced, place, told):
    with pytest.raises(ConfigurationError) as refused:
        load_little(tmp_path / "c", **{"topics/buses.yaml": BUSES.replace(text, replaced)})
    (message,) = refused.value.messages
    assert place in message
    assert told in message
