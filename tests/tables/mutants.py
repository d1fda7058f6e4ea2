"""Mutants: the records and tables that decide what is safe, each with one thing changed that a check has to notice.

They are data, so it is data that is changed, not code. A limit or a time moves by one per cent (a limit of 0 by one
unit, the window of a slope, which is averaged, by ten); everything else is replaced by each of its alternatives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml

from controller.guard.alarms import PRIORITIES
from controller.guard.alarms import load as load_alarms
from controller.guard.interlocks import Kind, load
from springback.places import config_file
from tests.tables.checks import ACTIONS, Record, check_alarm, check_interlock, check_names
from tests.tables.interlocks import ALARMS, WORDS
from tests.tables.scene import bind, tool_tags

COMPARISONS = ("<", "<=", ">", ">=")  # of what is measured
COMPARISONS_OF_CODES = (*COMPARISONS, "==", "!=")
MODULES = ("press", "dispenser", "grinder", "line")
CLASSES = {"trip": (1, 2, 3, 4), "interlock": (1, 2, 4), "permissive": (), "inhibit": ()}  # the others act in none
KEYWORDS = r"(?!(?:and|or|not|for|in)\b)"
TOKEN = re.compile(
    rf"(?P<limit>(?:(?<![\w.)] )-)?\b\d+(?:\.\d+)?(?: {KEYWORDS}[A-Za-z%][\w/%]*(?: abs)?)?)"
    r"|(?P<compare><=|>=|==|!=|<|>)|(?P<word>\b(?:and|or|not|abs)\b)|(?P<sign> [+-] )"
)
TAG = re.compile(r"\b[a-z_]+\.[a-z_]+\b")
LASTS = re.compile(r" for \d+(?:\.\d+)? \w+")
Change = tuple[str, str, Record]  # a part of the changed line, what was changed, the changed record
WINDOW = re.compile(r"rate\([^)]*$")
SHARE, WINDOW_SHARE = 0.01, 0.1


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one table; `check` raises AssertionError when it notices."""

    table: str
    where: str  # file and line
    change: str  # of which record or row, and what
    check: Callable[[], None]

    def __str__(self) -> str:
        return f"{self.where} {self.change}"

    def survives(self) -> bool:
        """True when no check notices."""
        try:
            self.check()
        except AssertionError:
            return False
        return True


# ---------------------------------------------------------------------------------------------- expressions
def expressions(text: str) -> Iterator[str]:
    """The text of a condition with one of its words, signs or numbers changed."""
    for token in TOKEN.finditer(text):
        for other in _others(token, text):
            yield text[: token.start()] + other + text[token.end() :]
    for lasts in LASTS.finditer(text):
        yield text[: lasts.start()] + text[lasts.end() :]
    yield f"not ({text})"


def _others(token: re.Match[str], text: str) -> Iterator[str]:
    if token["compare"]:
        signs = COMPARISONS if token["compare"] in COMPARISONS else COMPARISONS_OF_CODES
        yield from (sign for sign in signs if sign != token["compare"])
    elif token["word"]:
        yield {"and": "or", "or": "and", "not": "", "abs": ""}[token["word"]]
    elif token["sign"]:
        yield {" + ": " - ", " - ": " + "}[token["sign"]]
    else:
        share = WINDOW_SHARE if WINDOW.search(text[: token.start()]) else SHARE
        yield from _moved(token["limit"], share)


def _moved(quantity: str, share: float = SHARE) -> Iterator[str]:
    """A quantity a little smaller, a little larger, and with the other sign."""
    number, _, unit = quantity.partition(" ")
    value = float(number)
    for by in (-share, share):
        yield f"{value + (abs(value) * by or by / share):.10g} {unit}".rstrip()
    if value < 0.0:
        yield f"{-value:.10g} {unit}".rstrip()


# ---------------------------------------------------------------------------------------------- interlocks
def interlock_mutants() -> Iterator[Mutant]:
    """All of config/interlocks.yaml."""
    return _of_file("interlocks", "id", WORDS, _interlock_changes, partial(_check, load, check_interlock))


def _interlock_changes(record: Record) -> Iterator[Change]:
    yield from _clauses(record)
    for key in ("while", "returns", "suppress"):
        if key in record:
            yield _without(record, key)
            for other in _conditions(record[key], record):
                yield _with(record, key, other)
    yield from _times(record)
    if "gates" in record:
        yield _without(record, "gates")
        for action in ACTIONS:
            if [action] != record["gates"]:
                yield _with(record, "gates", [action])
    for kind in Kind:
        if kind.value != record["kind"]:
            yield _with(record, "kind", kind.value)
    for module in MODULES:
        if module != record["module"]:
            yield _with(record, "module", module)
    for failure_class in CLASSES[record["kind"]]:
        if failure_class != record.get("class", 3):
            yield _with(record, "class", failure_class)


def _clauses(record: Record) -> Iterator[Change]:
    must = record["must"]
    for i, clause in enumerate(must):
        that, before, behind = clause["that"], must[:i], must[i + 1 :]
        yield that, f"without {that}", {**record, "must": before + behind}
        for other in _conditions(that, record):
            yield that, f"{that} -> {other}", {**record, "must": [*before, {**clause, "that": other}, *behind]}


def _conditions(text: str, record: Record) -> Iterator[str]:
    yield from expressions(text)
    yield from _swapped(text, record)


def _times(record: Record) -> Iterator[Change]:
    added = {"delay": "0.1 s", "bypass": "30 min"}
    for key in added:
        if record.get(key, "0 s").startswith("0 "):  # nothing, or no time at all
            if key == "bypass" or record["kind"] in ("trip", "interlock"):
                yield _with(record, key, added[key])
            continue
        yield _without(record, key)
        for other in _moved(record[key]):
            yield _with(record, key, other)


def _swapped(text: str, record: Record) -> Iterator[str]:
    """The text with one of its tags replaced by another one of the record that has the same unit."""
    tags = tool_tags()
    conditions = [clause["that"] for clause in record["must"]] + [record.get("while", "")]
    known = sorted({tag for condition in conditions for tag in TAG.findall(condition)})
    for here in TAG.finditer(text):
        unit = tags.units[tags.index(here[0])]
        for other in known:
            if other != here[0] and tags.units[tags.index(other)] == unit:
                yield text[: here.start()] + other + text[here.end() :]


# ---------------------------------------------------------------------------------------------- alarms
def alarm_mutants() -> Iterator[Mutant]:
    """All of config/alarms.yaml."""
    return _of_file("alarms", "code", ALARMS, _alarm_changes, partial(_check, load_alarms, check_alarm))


def _alarm_changes(record: Record) -> Iterator[Change]:
    yield _with(record, "latches", not record.get("latches", False))
    yield _with(record, "out_of_service", "at the workshop")
    for key in ("likely", "do"):
        yield _without(record, key)
    for priority in PRIORITIES[:-1]:  # the last one is what the class says
        yield _with(record, "priority", priority)
    if "shelve" not in record:
        yield _with(record, "shelve", "30 min")
        return
    yield _without(record, "shelve")
    for other in _moved(record["shelve"]):
        yield _with(record, "shelve", other)


# ---------------------------------------------------------------------------------------------- parts
def _of_file(
    table: str,
    key: str,
    known: Collection[str],
    changes: Callable[[Record], Iterator[Change]],
    check: Callable[[Record], None],
) -> Iterator[Mutant]:
    path = config_file(f"{table}.yaml")
    text = path.read_text(encoding="utf-8")
    records = yaml.safe_load(text)[table]
    for record in records:
        name, others = record[key], [other[key] for other in records if other is not record]

        def mutant(line: str, change: str, check: Callable[[], None], name: str = name) -> Mutant:
            where = f"config/{path.name}:{_line(text, f'- {key}: {name}', line)}"
            return Mutant(table, where, f"{name}: {change}", check)

        yield mutant("- ", "removed", partial(check_names, others, known))
        yield mutant("- ", "there twice", partial(check_names, [*others, name, name], known))
        for line, change, changed in changes(record):
            yield mutant(line, change, partial(check, changed))


def _check(load: Callable[..., Any], check: Callable[[Record], None], record: Record) -> None:
    """Load a changed record and check it; what cannot be loaded is noticed at every start."""
    try:
        load([record], bind)
    except (ValueError, KeyError) as error:
        raise AssertionError(f"refused when it is loaded: {error}") from None
    check(record)


def _without(record: Record, key: str) -> Change:
    return f"{key}:", f"without {key}", {name: value for name, value in record.items() if name != key}


def _with(record: Record, key: str, value: Any) -> Change:
    return f"{key}:", f"{key} {record.get(key, 'none')} -> {value}", {**record, key: value}


def _line(text: str, head: str, part: str) -> int:
    """Line of a part of the record that begins with `head`; of the record itself where it has no such part."""
    lines = text.splitlines()
    first = next(n for n, line in enumerate(lines) if line.strip() == head)
    for n in range(first, len(lines)):
        if n > first and lines[n].startswith("  - "):
            break
        if part in lines[n]:
            return n + 1
    return first + 1
