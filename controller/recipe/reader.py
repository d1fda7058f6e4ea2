"""Reading a checked shape out of plain data, collecting every problem with its place on the way.

`Report` holds the problems of one file; `Fields` is one mapping whose keys are known. A value that cannot be read is
reported and replaced by a harmless one, so that reading goes on; nothing read from a file with errors is ever used.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from controller.recipe.expressions import Expression, ExpressionError, Kind
from controller.recipe.expressions import parse as parse_expression
from controller.recipe.problems import Problem, did_you_mean
from controller.recipe.quantities import QuantityError, read
from controller.recipe.quantities import parse as parse_quantity
from controller.recipe.ranges import Range, parse_range
from controller.recipe.source import KeyPath, Source

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PARAMETER = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_CALCULATION = re.compile(r" [-+*/] ")
PROBLEMS_MAX = 100


class Report:
    """The problems of one file, and the texts that `$name` stands for."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.parameters: dict[str, str] = {}
        self.broken: set[str] = set()  # results that could not be read: references to them are not wrong too

    def add(
        self, code: str, message: str, path: KeyPath, hint: str = "", *, at_key: bool = False, severity: str = "error"
    ) -> None:
        """Note a problem with the value at `path`, or with its key."""
        mark = self.source.key_at(path) if at_key else self.source.value_at(path)
        self._note(Problem(code, message, self.source.file, mark.line, mark.column, hint, severity, mark.width))

    def add_set(self, code: str, message: str, name: str, hint: str = "") -> None:
        """Note a problem with a value that was not written in the file but given with `--set`."""
        self._note(Problem(code, message, f"--set {name}", hint=hint))

    def refuse(self, error: QuantityError, path: KeyPath) -> None:
        """Note what a quantity or an expression said, at its offset in the value."""
        mark = self.source.value_at(path)
        offset = getattr(error, "offset", None)
        column, width = mark.column, mark.width
        if offset and mark.width > offset:  # a text over several lines has width 1: point to its begin
            column, width = column + mark.content + offset, 1
        problem = Problem(error.code, error.message, self.source.file, mark.line, column, error.hint, width=width)
        self._note(problem)

    def _note(self, problem: Problem) -> None:
        if len(self.problems) < PROBLEMS_MAX and problem not in self.problems:
            self.problems.append(problem)

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "error"]

    def substituted(self, value: Any, path: KeyPath) -> Any:
        """Put the parameters' texts into a value and what is in it; `$height + 8 um` becomes one quantity."""
        if isinstance(value, dict):
            return {key: self.substituted(below, (*path, key)) for key, below in value.items()}
        if isinstance(value, list):
            return [self.substituted(below, (*path, i)) for i, below in enumerate(value)]
        if not isinstance(value, str) or "$" not in value:
            return value
        for name in _PARAMETER.findall(value):
            if name not in self.parameters:
                self.add("R153", f'unknown parameter "${name}"', path, did_you_mean(name, self.parameters))
                return value
        if _CALCULATION.search(value) and not re.search(r" \.\. | \+- ", value):
            return self._calculated(value, path)
        return _PARAMETER.sub(lambda match: self.parameters[match[1]], value)

    def _calculated(self, text: str, path: KeyPath) -> str:
        try:
            result = parse_expression(text, {}, self.parameters, kind="quantity")
        except ExpressionError as error:
            self.refuse(error, path)
            return text
        return f"{result.constant:.12g} {result.unit}".rstrip()


class Fields:
    """One mapping of a file. Unknown and missing keys are reported at once, values when they are read."""

    def __init__(
        self,
        report: Report,
        data: Any,
        path: KeyPath,
        known: Collection[str] | None = None,
        required: Collection[str] = (),
    ) -> None:
        self.report = report
        self.path = path
        if not isinstance(data, dict):
            what = path[-1] if path else "the file"
            report.add("R107", f"{what} must be a mapping of keys to values", path, "write key: value")
            data, required = {}, ()
        self.data: Mapping[str, Any] = data
        unknown = [key for key in data if known is not None and key not in known]
        for key in unknown:
            report.add("R101", f'unknown key "{key}"', (*path, key), did_you_mean(key, known or ()), at_key=True)
        for key in required:
            if key not in data and not meant(key, unknown):
                report.add("R106", f'"{key}" is missing', path, f"add {key}:", at_key=True)

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def __iter__(self) -> Iterator[str]:
        return iter(self.data)

    def at(self, key: str | int) -> KeyPath:
        """Path of a key of this mapping."""
        return (*self.path, key)

    def text(self, key: str, default: str = "") -> str:
        """A text; a number is not one."""
        value = self.data.get(key, default)
        if isinstance(value, str):
            return value
        self.report.add("R107", f'"{key}" must be text', self.at(key), "put it in quotes")
        return default

    def name(self, key: str, default: str = "") -> str:
        """A name: [a-z][a-z0-9_]*."""
        value = self.text(key, default)
        if key in self.data and not NAME.fullmatch(value):
            hint = "small letters, digits and _, beginning with a letter"
            self.report.add("R107", f'"{value[:80]}" is not a name', self.at(key), hint)
        return value

    def choice(self, key: str, options: Collection[str], default: str) -> str:
        """One of a few words."""
        value = self.text(key, default)
        if value in options:
            return value
        self.report.add("R107", f'{key} "{value[:80]}" is none of {", ".join(options)}', self.at(key))
        return default

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number without unit, from low to high; `$name` is allowed."""
        value = self.report.substituted(self.data.get(key, default), self.at(key))
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value[:10])
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.report.add("R107", f'"{key}" must be a whole number from {low} to {high}', self.at(key))
        return default

    def quantity(self, key: str, unit: str, *, positive: bool = False) -> float | None:
        """A quantity in `unit`; None when the key is absent or wrong."""
        if key not in self.data:
            return None
        value = self.report.substituted(self.data[key], self.at(key))
        try:
            number = parse_quantity(value, unit, what=key)
        except QuantityError as error:
            self.report.refuse(error, self.at(key))
            return None
        if positive and number <= 0:
            self.report.add("R120", f'{key} "{value}" must be more than 0', self.at(key))
        return number

    def any_quantity(self, key: str) -> tuple[float, str]:
        """A quantity in whatever unit it is written in."""
        try:
            written = read(self.report.substituted(self.data.get(key), self.at(key)))
        except QuantityError as error:
            self.report.refuse(error, self.at(key))
            return 0.0, ""
        return written.number, written.unit

    def duration(self, key: str, default: float = 0.0) -> float:
        """Seconds, not negative."""
        number = self.quantity(key, "s")
        if number is not None and number < 0:
            self.report.add("R120", f'{key} "{self.data[key]}" is negative', self.at(key))
        return default if number is None else number

    def range(self, key: str, unit: str | None) -> Range | None:
        """An acceptance range; None when absent or wrong."""
        if key not in self.data:
            return None
        try:
            return parse_range(self.report.substituted(self.data[key], self.at(key)), unit, what=key)
        except QuantityError as error:
            self.report.refuse(error, self.at(key))
            return None

    def expression(self, key: str, units: Mapping[str, str], kind: Kind, unit: str | None = None) -> Expression | None:
        """A condition or a calculation over `units`; None when wrong."""
        return expression_at(self.report, self.data.get(key, ""), self.at(key), units, kind, unit)


def meant(key: str, unknown: Collection[str]) -> bool:
    """True when a missing key probably stands there misspelt; one complaint is enough then."""
    return bool(get_close_matches(key, unknown, n=1, cutoff=0.6))


def expression_at(
    report: Report, text: Any, path: KeyPath, units: Mapping[str, str], kind: Kind, unit: str | None = None
) -> Expression | None:
    """Parse an expression that stands at `path`; None when it is wrong, which is then reported."""
    if not isinstance(text, str):
        report.add("R140", "an expression must be text", path, 'as in "press.pressure > 380 kPa"')
        return None
    try:
        return parse_expression(text, units, report.parameters, kind=kind, unit=unit)
    except ExpressionError as error:
        report.refuse(error, path)
        return None
