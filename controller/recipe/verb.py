"""What the loader needs to know from outside: the verbs that steps may use and the facts of the tool.

The verbs themselves live above the recipe, in the sequence; they are handed in as a table, so that a recipe can be
checked without hardware and without knowing how anything is done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from controller.recipe.limits import Limit, rate_unit, shown
from controller.recipe.problems import did_you_mean

if TYPE_CHECKING:
    from controller.recipe.params import Params


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with one field of a verb's settings; `field` is "" for the verb as a whole."""

    field: str
    message: str
    code: str = "R120"
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """The tool as far as a recipe depends on it: units of all tags, limits of setpoints, names of abort sequences.

    `name` is the tool's own, "" fits every recipe.
    """

    units: Mapping[str, str]
    limits: Mapping[str, Limit]
    sequences: Collection[str]
    name: str = ""


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What a verb may look at when it checks its settings: limits in force, and what earlier steps provide."""

    step: str
    limits: Mapping[str, Limit]
    tool_limits: Mapping[str, Limit]
    measurements: Mapping[str, str]  # name -> unit, of this and earlier steps, record fields with numbers included

    def limit(self, tag: str, value: float, field: str) -> Iterator[Finding]:
        """Find a setpoint outside its limits; `value` is in the limit's unit."""
        limit = self.limits.get(tag)
        if limit is None:
            yield Finding(field, f"the tool has no limit for {tag}", hint="give it one in the tool file")
        elif breach := limit.breach(value):
            yield Finding(field, f"limit: {tag} {breach}{self._whose(tag, limit)}")

    def rate(self, tag: str, value: float, field: str) -> Iterator[Finding]:
        """Find a rate that is too fast, or not above 0; `value` is per second in the limit's unit."""
        limit = self.limits.get(tag)
        if limit is None:
            yield Finding(field, f"the tool has no limit for {tag}", hint="give it one in the tool file")
        elif limit.too_fast(value):
            unit = rate_unit(limit.unit)
            bound = "" if limit.rate is None else f" and at most {shown(limit.rate, unit)}"
            yield Finding(field, f"limit: {tag} at {shown(value, unit)} must be above 0{bound}")

    def measured(self, name: str, field: str) -> Iterator[Finding]:
        """Find a reference to something that no earlier step measures or records."""
        if name not in self.measurements:
            hint = did_you_mean(name, self.measurements)
            yield Finding(field, f'nothing called "{name}" is measured before this step', "R160", hint)

    def _whose(self, tag: str, limit: Limit) -> str:
        tool = self.tool_limits.get(tag)
        if tool is None or tool == limit:
            return " (tool limit)"
        bound = tool.high if limit.high != tool.high else tool.low
        return " of this recipe" + (f" (tool limit {shown(bound, tool.unit)})" if bound is not None else "")


class VerbSpec(Protocol):
    """One verb: its name in recipes, the module it belongs to, its settings, and its check without hardware."""

    name: ClassVar[str]
    module: ClassVar[str]
    params: ClassVar[type[Params]]
    repeatable: ClassVar[bool]  # done twice the tool stands, and the part is, as after once

    def check(self, params: Any, context: CheckContext) -> Iterable[Finding]:
        """What can be found wrong without hardware."""
        ...


Verbs = Mapping[str, VerbSpec]
