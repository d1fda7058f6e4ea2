"""What can be wrong with a recipe or a configuration file, and how it is said.

A problem has a stable code, a place in the file and a hint; the table below is the only list of codes. It renders for
people (the line with a caret). Finding problems is the business of the loader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

RULES: Mapping[str, str] = {
    "R100": "the file can be read: it exists, is a plain file, UTF-8 text and at most 256 kB",
    "R101": "only known keys are used",
    "R102": "the file is well-formed YAML: one document of mappings, lists and scalars, without tabs",
    "R103": "a key stands once in its mapping",
    "R104": "no anchors, aliases, tags or directives: what is written is what is meant",
    "R105": "a step uses verbs that the tool has",
    "R106": "required keys are present",
    "R107": "a value has the expected form",
    "R108": "files stay small: nesting, number of entries and length of a text are bounded",
    "R110": "a quantity has the kind of unit that the field needs",
    "R111": "units come from the closed list and are case-sensitive",
    "R112": "a quantity has one number and one unit",
    "R113": "pressures say abs where the channel is absolute, and only there",
    "R114": "a quantity is a finite decimal number with its unit",
    "R115": "numbers carry a unit",
    "R116": "number and unit are separated by one space",
    "R117": "a range is 'a .. b', 'a +- d', 'min a' or 'max b' and is not empty",
    "R120": "values stay within the limits of the recipe, the tool and the instrument",
    "R121": "a recipe may only tighten the tool's limits",
    "R122": "a parameter stays between its own min and max",
    "R130": "a hold has a maximum duration",
    "R131": "on_abort names a sequence of the tool",
    "R132": "a wait has a timeout",
    "R133": "a step that moves, heats or pressurises is covered by a monitor",
    "R134": "a measurement has an acceptance",
    "R135": "a measurement with an acceptance says what happens when it fails",
    "R140": "an expression follows the grammar and uses known tags, parameters and matching units",
    "R150": "names are [a-z0-9][a-z0-9_-]{0,63} and stay in the recipe folder",
    "R151": "the recipe exists",
    "R152": "the recipe's name is the name of its file",
    "R153": "a parameter that is set or used exists",
    "R154": "a recipe is for this tool, and does not need itself",
    "R160": "steps have different names, and references to steps, fields and measurements resolve",
    "R161": "every step can be reached",
    "R162": "repeats are counted and go back, go_to goes forward",
    "R170": "a fault of a scenario exists, with a severity that it may have",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to repair. Line and column count from 1 and are 0 when unknown; `width` is the caret's length."""

    code: str
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    hint: str = ""
    severity: str = "error"  # or "warning"
    width: int = 1

    @property
    def place(self) -> str:
        """`file:line:column`, as editors take it."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    def render(self, text: str = "") -> str:
        """For people: message and place, then the line of `text` with a caret, then the hint."""
        head = f"{self.severity}[{self.code}] {self.message}"
        lines = [f"{head}   {self.place}" if self.place else head]
        hint = _printable(self.hint)
        source = text.splitlines()[self.line - 1 : self.line] if self.line else []
        if source and len(source[0]) <= 200:
            gutter = f"{self.line:>4} | "
            caret = "^" * max(1, min(self.width, len(source[0]) - self.column + 1))
            lines.append(gutter + _printable(source[0]))
            lines.append(f"     | {' ' * (self.column - 1)}{caret} {hint}".rstrip())
        elif hint:
            lines.append(f"     {hint}")
        return "\n".join([_printable(lines[0]), *lines[1:]])


class RecipeError(Exception):
    """A recipe that must not run, with every problem found (warnings among them) and the text they point into."""

    def __init__(self, problems: Iterable[Problem], text: str = "") -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.line, p.column, p.code)))
        self.text = text
        super().__init__("; ".join(f"{p.code} {p.message} ({p.place})" for p in self.problems))

    def render(self) -> str:
        """All problems for people, one paragraph each."""
        return "\n".join(problem.render(self.text) for problem in self.problems)


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """A hint with the nearest known name, or with the names themselves when none is near."""
    names = sorted(set(known))
    near = get_close_matches(wrong, names, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{near[0]}"?'
    shown = ", ".join(names[:12])
    return f"known are {shown}{', ...' if len(names) > 12 else ''}" if names else ""


def _printable(text: str) -> str:
    """Without control characters: a recipe's text must not command the terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
