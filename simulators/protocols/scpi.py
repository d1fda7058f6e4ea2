"""SCPI headers: short and long forms, optional nodes, module suffixes, and the line interpreter built on them.

Queries are answered with their header in front, the way Druck's PACE does. Each command of a line separated with
semicolons starts at the root of the tree. What a command does belongs to the instrument.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from simulators.protocols.scpi_values import ErrorQueue, ScpiError, ScpiRefusal

_NODE = re.compile(r"(?P<optional>\[)?:?(?P<name>\*?[A-Za-z]+)(?P<suffix>#)?\]?")
_UNIT = re.compile(r"(?P<header>\*[A-Z]+|:?[A-Z][A-Z0-9]*(?::[A-Z][A-Z0-9]*)*)(?P<query>\?)?(?:\s+(?P<rest>.*))?", re.I)
_CACHE_SIZE = 64


@dataclass(frozen=True, slots=True)
class Command:
    """One header and what it does; the parts that are None do not exist.

    `pattern` follows the manuals, `:SOURce#[:PRESsure]:SLEW`: capitals are the short form, brackets enclose an
    optional node, and # stands for the optional suffix 1 of the one module there is.
    """

    pattern: str
    query: Callable[[], str] | None = None
    write: Callable[[str], None] | None = None
    event: Callable[[], None] | None = None


def spellings(pattern: str) -> list[str]:
    """Return every header, in capitals and with a leading colon, that `pattern` stands for."""
    nodes: list[tuple[str, ...]] = []
    for node in _NODE.finditer(pattern):
        name = node["name"]
        colon = "" if name.startswith("*") else ":"
        forms = {colon + name.upper(), colon + "".join(c for c in name if not c.islower())}
        if node["suffix"]:
            forms |= {form + "1" for form in forms}
        if node["optional"]:
            forms.add("")
        nodes.append(tuple(sorted(forms)))
    return ["".join(parts) for parts in itertools.product(*nodes)]


class Interpreter:
    """Execute lines against a set of commands; refusals go to the error queue."""

    def __init__(self, commands: Iterable[Command], errors: ErrorQueue) -> None:
        self._errors = errors
        self._commands = {header: command for command in commands for header in spellings(command.pattern)}
        self._asked_before: dict[bytes, tuple[str, Callable[[], str]]] = {}

    def execute(self, line: bytes) -> str | None:
        """Execute one line (without terminator) and return the reply without terminator; None says nothing."""
        known = self._asked_before.get(line)
        if known is not None:
            return known[0] + known[1]()
        replies = [reply for unit in line.decode("latin-1").split(";") if (reply := self._try(line, unit.strip()))]
        return ";".join(replies) if replies else None

    def _try(self, line: bytes, unit: str) -> str | None:
        if not unit:
            return None
        try:
            return self._execute_unit(line, unit)
        except ScpiRefusal as refusal:
            self._errors.push(refusal.error)
            return None

    def _execute_unit(self, line: bytes, unit: str) -> str | None:
        match = _UNIT.fullmatch(unit)
        if match is None:
            raise ScpiRefusal(ScpiError.SYNTAX)
        header = match["header"].upper()
        if header[0] not in "*:":
            header = ":" + header
        command = self._commands.get(header)
        if command is None:
            raise ScpiRefusal(ScpiError.UNDEFINED_HEADER)
        parameter = (match["rest"] or "").strip()
        if match["query"]:
            return self._answer(line, header, command, parameter)
        _write(command, parameter)
        return None

    def _answer(self, line: bytes, header: str, command: Command, parameter: str) -> str:
        if command.query is None:
            raise ScpiRefusal(ScpiError.UNDEFINED_HEADER)
        if parameter:
            raise ScpiRefusal(ScpiError.PARAMETER_NOT_ALLOWED)
        prefix = header + " "
        # Polls repeat the same bytes all day: a line that is one valid query is looked up whole from now on.
        if b";" not in line and len(self._asked_before) < _CACHE_SIZE:
            self._asked_before[line] = (prefix, command.query)
        return prefix + command.query()


def _write(command: Command, parameter: str) -> None:
    if command.event is not None:
        if parameter:
            raise ScpiRefusal(ScpiError.PARAMETER_NOT_ALLOWED)
        command.event()
    elif command.write is None:
        raise ScpiRefusal(ScpiError.UNDEFINED_HEADER)
    elif not parameter:
        raise ScpiRefusal(ScpiError.MISSING_PARAMETER)
    elif "," in parameter:
        raise ScpiRefusal(ScpiError.PARAMETER_NOT_ALLOWED)
    else:
        command.write(parameter)
