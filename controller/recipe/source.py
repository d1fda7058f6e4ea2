"""Strict YAML: text -> plain data, and the line and column of every key and value.

It works on the parser's events, before anything is built: what could surprise (anchors, tags, duplicate keys, depth,
size, YAML 1.1 scalars such as `yes` or `12:30`) is refused or stays text. It knows nothing of recipes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

from controller.recipe.file_text import clean, read_bytes
from controller.recipe.problems import Problem, RecipeError

DEPTH_MAX = 12
NODES_MAX = 5000
SCALAR_MAX = 2000  # characters

KeyPath = tuple[Hashable, ...]

# The C parser is eight times faster; the pure one gives the same events.
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# YAML 1.2 core schema, section 10.3.2.
_CONSTANTS = {
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NUMBER_LENGTH_MAX = 40


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something stands; line and column count from 1. `content` is the offset of a scalar's first character."""

    line: int
    column: int
    width: int = 1
    content: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A file as plain data. A path into `data` is a tuple of keys and list indices."""

    file: str
    text: str
    data: Any  # dict, list, str, int, float, bool or None
    values: dict[KeyPath, Mark] = field(repr=False)
    keys: dict[KeyPath, Mark] = field(repr=False)

    def value_at(self, path: KeyPath) -> Mark:
        """Place of the value at `path`, or of the nearest enclosing one that the file has."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values[path]

    def key_at(self, path: KeyPath) -> Mark:
        """Place of the key that ends `path`; an item of a list has no key, its value stands for it."""
        return self.keys.get(path) or self.value_at(path)


def read(path: Path) -> Source:
    """Read and parse a file; raise RecipeError. Symbolic links are not followed."""
    return parse(read_bytes(path), path.name)


def parse(content: bytes | str, file: str) -> Source:
    """Parse the content of `file`; raise RecipeError with all duplicate keys, or with the first thing that stops us."""
    return _Composer(file, clean(content, file)).compose()


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being filled; `key` is the mapping's key that waits for its value."""

    path: KeyPath
    node: dict[str, Any] | list[Any]
    key: str | None = None


class _Composer:
    """Builds data and places from the parser's events; one per file."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._text = text
        self._stack: list[_Open] = []
        self._root: Any = None
        self._values: dict[KeyPath, Mark] = {}
        self._keys: dict[KeyPath, Mark] = {}
        self._problems: list[Problem] = []
        self._count = 0

    def compose(self) -> Source:
        documents = 0
        for event in self._events():
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                self._check_document(event, documents)
            elif isinstance(event, yaml.NodeEvent):
                self._node(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._stack.pop()
        if not documents:
            self._refuse("R102", "the file is empty", Mark(1, 1))
        if self._problems:
            raise RecipeError(self._problems, self._text)
        return Source(self._file, self._text, self._root, self._values, self._keys)

    def _events(self) -> Iterator[yaml.Event]:
        parser = _Parser(self._text)
        try:
            while parser.check_event():
                yield parser.get_event()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)
            message = "YAML: " + (error.problem or error.context or "not well-formed")
            self._refuse("R102", message, place, _yaml_hint(message))
        except yaml.YAMLError as error:
            self._refuse("R102", f"YAML: {error}", Mark(1, 1))
        finally:
            parser.dispose()

    def _check_document(self, event: yaml.DocumentStartEvent, documents: int) -> None:
        start: Any = event.start_mark
        place = Mark(start.line + 1, 1)
        if documents > 1:
            self._refuse("R102", "a second document begins", place, "one file holds one document; remove the ---")
        if event.version or event.tags:
            self._refuse("R104", "directives are not allowed", place, "remove the line that begins with %")

    def _node(self, event: yaml.NodeEvent) -> None:
        mark = _mark(event)
        self._count += 1
        if self._count > NODES_MAX:
            self._refuse("R108", f"more than {NODES_MAX} entries", mark, "split the recipe")
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            self._refuse("R104", "anchors and aliases are not allowed", mark, "write the value where it is used")
        if (tag := getattr(event, "tag", None)) is not None:
            self._refuse("R104", f"tag {tag} is not allowed", mark, "write plain text and numbers")
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, mark)
        else:
            self._collection(event, mark)

    def _collection(self, event: yaml.NodeEvent, mark: Mark) -> None:
        if self._stack and isinstance(self._stack[-1].node, dict) and self._stack[-1].key is None:
            self._refuse("R102", "a key must be plain text", mark, "quote text that begins with { or [")
        if len(self._stack) >= DEPTH_MAX:
            self._refuse("R108", f"nested deeper than {DEPTH_MAX} levels", mark, "a recipe is flat")
        node: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        path = self._attach(node, mark)
        self._stack.append(_Open(path, node))

    def _scalar(self, event: yaml.ScalarEvent, mark: Mark) -> None:
        if len(event.value) > SCALAR_MAX:
            self._refuse("R108", f"a text of more than {SCALAR_MAX} characters", mark, "shorten it")
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.node, dict) and top.key is None:
            self._key(top, event.value, mark)
        else:
            self._attach(self._resolve(event.value, mark) if event.style in (None, "") else event.value, mark)

    def _key(self, top: _Open, key: str, mark: Mark) -> None:
        assert isinstance(top.node, dict)
        if not key:
            self._refuse("R102", "an empty key", mark, "write a name before the colon")
        if key in top.node:
            first = self._keys[(*top.path, key)]
            problem = Problem(
                "R103", f'key "{key}" stands twice', self._file, mark.line, mark.column, f"first in line {first.line}"
            )
            self._problems.append(problem)
        else:
            self._keys[(*top.path, key)] = mark
        top.key = key

    def _attach(self, value: Any, mark: Mark) -> KeyPath:
        """Put a value where it belongs; the first of two duplicates keeps its places."""
        path: KeyPath = ()
        if not self._stack:
            self._root = value
        else:
            top = self._stack[-1]
            if isinstance(top.node, dict):
                assert top.key is not None
                path = (*top.path, top.key)
                top.node.setdefault(top.key, value)
                top.key = None
            else:
                path = (*top.path, len(top.node))
                top.node.append(value)
        self._values.setdefault(path, mark)
        return path

    def _resolve(self, text: str, mark: Mark) -> object:
        """A plain scalar by the YAML 1.2 core schema: yes, on, 12:30 and dates stay text, 1e3 is a number, 010 ten."""
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _NOT_FINITE.fullmatch(text):
            self._refuse("R114", f"{text} is not a finite number", mark)
        is_integer = _INTEGER.fullmatch(text) is not None
        if not is_integer and not _FLOAT.fullmatch(text):
            return text
        if len(text) > _NUMBER_LENGTH_MAX:
            self._refuse("R114", f"a number of {len(text)} characters", mark)
        if is_integer:
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        number = float(text)
        if not math.isfinite(number):
            self._refuse("R114", f"{text} is too large for a number", mark)
        return number

    def _refuse(self, code: str, message: str, mark: Mark, hint: str = "") -> NoReturn:
        problem = Problem(code, message, self._file, mark.line, mark.column, hint, width=mark.width)
        raise RecipeError([*self._problems, problem], self._text) from None


def _mark(event: yaml.NodeEvent) -> Mark:
    start: Any = event.start_mark  # both parsers always set it; the stubs say it may be missing
    end: Any = event.end_mark
    is_scalar = isinstance(event, yaml.ScalarEvent)
    width = end.column - start.column if is_scalar and end.line == start.line else 1
    quoted = is_scalar and getattr(event, "style", None) in ("'", '"')
    return Mark(start.line + 1, start.column + 1, max(width, 1), int(quoted))


def _yaml_hint(message: str) -> str:
    if "mapping values are not allowed" in message:
        return 'indentation does not match the line above, or a text with ": " needs quotes'
    if "found character" in message or "cannot start any token" in message:
        return "quote text that begins with a special character (% @ ` & * !)"
    if "block end" in message or "block mapping" in message:
        return "check the indentation: steps are indented by 2 spaces"
    if "flow" in message or "',' or" in message:
        return "check the brackets and commas of this line"
    return ""
