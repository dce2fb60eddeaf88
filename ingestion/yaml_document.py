"""YAML whose faults can be shown to the person who wrote it.

Belongs here: parsing a file so that every value knows its line, and turning a validation error into
``file:line:column: message``. Does not belong here: what the values mean.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[str | int, ...]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML was built with it: the same nodes for a tenth of the time."""


class ConfigurationError(Exception):
    """The configuration cannot be used.

    Attributes:
        messages: every fault found, each ``file:line:column: message``.
    """

    def __init__(self, messages: list[str]):
        self.messages = list(messages)
        super().__init__("\n".join(self.messages))


@dataclass(frozen=True)
class Document:
    """A parsed file, or several merged ones.

    Attributes:
        path: the file that was asked for.
        data: its values.
        places: for each value's location, the ``file:line:column`` where it stands.
    """

    path: Path
    data: dict[str, Any]
    places: dict[Location, str]

    def place(self, location: Location) -> str:
        """``file:line:column`` of a value, or of the nearest thing around it."""
        for length in range(len(location), -1, -1):
            if location[:length] in self.places:
                return self.places[location[:length]]
        return f"{self.path}:1:1"

    def validate(self, model: type[Model], context: dict[str, Any] | None = None) -> Model:
        """Check the values against a model.

        Raises:
            ConfigurationError: with one message for each fault.
        """
        try:
            return model.model_validate(self.data, context=context)
        except ValidationError as error:
            raise ConfigurationError([self._describe(fault) for fault in error.errors()]) from None

    def _describe(self, fault: Any) -> str:
        name = ".".join(str(part) for part in fault["loc"]) or "this file"
        return f"{self.place(tuple(fault['loc']))}: {name}: {plain_words(fault)}"


def plain_words(fault: Any) -> str:
    """A pydantic fault in the words of the person who wrote the file."""
    words: dict[str, Callable[[], str]] = {
        "extra_forbidden": lambda: "is not a known key; correct its spelling or remove it",
        "missing": lambda: "is required and missing",
        "string_type": lambda: 'must be a text; put it in quotes ("0049"), or leading zeros are lost',
        "value_error": lambda: str(fault["ctx"]["error"]),
    }
    return words.get(fault["type"], lambda: fault["msg"][0].lower() + fault["msg"][1:])()


def read_yaml(path: Path) -> Document:
    """Parse one YAML file; decimal numbers stay exact. A night reads each nine times: the same text is parsed once.

    Raises:
        ConfigurationError: the file is missing, is not YAML, holds a key twice, or is not a list of keys.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError([f"{path}:1:1: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigurationError([f"{path}:1:1: is not UTF-8 text; save it as UTF-8"]) from None
    data, places = _parse(path, text)
    return Document(path, deepcopy(data), dict(places))


@lru_cache(maxsize=512)
def _parse(path: Path, text: str) -> tuple[dict[str, Any], dict[Location, str]]:
    """The values of a file's text, and where each stands."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise ConfigurationError([f"{path}:{where}: is not valid YAML: {error.problem}"]) from None
    except yaml.YAMLError as error:
        raise ConfigurationError([f"{path}:1:1: is not valid YAML: {error}"]) from None
    if not isinstance(node, yaml.MappingNode):
        raise ConfigurationError([f"{path}:1:1: must hold keys and values ('name: …')"])
    places: dict[Location, str] = {}
    faults: list[str] = []
    data = _values(path, node, (), places, faults)
    if faults:
        raise ConfigurationError(faults)
    return data, places


def _values(path: Path, node: yaml.Node, location: Location, places: dict[Location, str], faults: list[str]) -> Any:
    places.setdefault(location, _place(path, node))
    if isinstance(node, yaml.MappingNode):
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in values:
                faults.append(f"{_place(path, key_node)}: the key '{key}' stands twice; keep one")
            places[(*location, key)] = _place(path, key_node)
            values[key] = _values(path, value_node, (*location, key), places, faults)
        return values
    if isinstance(node, yaml.SequenceNode):
        return [_values(path, item, (*location, number), places, faults) for number, item in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:float" and node.value.lstrip("+-")[:1].isdigit():
        return Decimal(node.value.replace("_", ""))
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (ValueError, yaml.YAMLError):
        faults.append(f"{_place(path, node)}: is not a valid value here; put it in quotes if it is a text")
        return None


def _place(path: Path, node: yaml.Node) -> str:
    return f"{path}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"
