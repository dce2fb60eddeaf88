"""Topics that a collaborative takes up: which metrics, slices and context a question is answered with.

Belongs here: the records of ``topics/*.yaml`` and what must hold in them. Does not belong here: the figures, which one
generic mart (``mart_topic``) holds of every topic.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ingestion.metric_dictionary import metric_definitions
from ingestion.yaml_document import ConfigurationError, Document, read_yaml


class Topic(BaseModel):
    """One topic, as its file says.

    Attributes:
        topic: its name, which is the file's.
        title: what people call it.
        questions: what it is to answer, in words.
        metrics: the metrics that answer them, in the order in which they are to be read.
        context: metrics that are shown beside them, so that districts are compared with their like.
        breakdowns: dimensions whose slices are shown beside the whole, as ``function``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    topic: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1)
    questions: tuple[str, ...] = Field(strict=False, min_length=1)
    metrics: tuple[str, ...] = Field(strict=False, min_length=1)
    context: tuple[str, ...] = Field(default=(), strict=False)
    breakdowns: tuple[str, ...] = Field(default=(), strict=False)


def read_topics(folder: Path, faults: list[str]) -> tuple[Topic, ...]:
    """The topics of a collaborative's folder, by name; every fault is appended as ``file:line:column: message``."""
    topics = []
    for path in sorted((folder / "topics").glob("*.yaml")):
        try:
            document = read_yaml(path)
            topic = document.validate(Topic)
        except ConfigurationError as error:
            faults.extend(error.messages)
            continue
        faults.extend(_find_faults(topic, document))
        topics.append(topic)
    return tuple(topics)


def _find_faults(topic: Topic, document: Document) -> Iterator[str]:
    """What is wrong in one topic beyond its form."""
    if topic.topic != document.path.stem:
        yield f"{document.place(('topic',))}: topic: {topic.topic} stands in {document.path.name}; give both one name"
    seen: set[str] = set()
    for key in ("metrics", "context", "breakdowns"):
        for at, name in enumerate(getattr(topic, key)):
            place = document.place((key, at))
            if name in seen:
                yield f"{place}: {key}: {name} stands twice; keep one"
            elif key != "breakdowns" and name not in metric_definitions():
                yield f"{place}: {key}: {name} is no metric of the product; dim_metric lists them"
            seen.add(name)
