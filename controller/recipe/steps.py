"""Reading the steps: keys of a step are its own words, or verbs of the tool with their settings.

Verbs validate their settings themselves (pydantic); here their complaints get a place in the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from controller.recipe.asks import read_asks
from controller.recipe.expressions import Expression
from controller.recipe.measurements import read_measurements, read_on_fail
from controller.recipe.model import HoldPolicy, Step, Wait
from controller.recipe.on_crash import read_on_crash
from controller.recipe.on_error import read_fix, read_on_error
from controller.recipe.params import Params
from controller.recipe.problems import did_you_mean
from controller.recipe.reader import Fields, Report, expression_at, meant
from controller.recipe.sections import read_hold
from controller.recipe.source import KeyPath
from controller.recipe.verb import ToolFacts, Verbs, VerbSpec

STEP_KEYS = (
    "name", "note", "ask", "record", "scan", "check", "wait", "then", "measure", "on_fail", "on_hold", "on_error",
    "on_crash",
)  # fmt: skip
STEPS_MAX = 200
_NOT_OURS = {"hold": "a timed wait is then: {dwell: 60 s}", "dwell": "write then: {dwell: 60 s}"}


@dataclass(slots=True)
class StepReader:
    """Reads all steps of one recipe; `known` are the results that later steps may calculate with, name -> unit."""

    report: Report
    verbs: Verbs
    tool: ToolFacts
    on_hold: HoldPolicy
    known: dict[str, str] = field(default_factory=dict)

    def read(self, data: Any) -> tuple[Step, ...]:
        """Read the list of steps."""
        if not isinstance(data, list) or not data:
            self.report.add("R107", "steps must be a list of steps", ("steps",), "begin each with - name:")
            return ()
        if len(data) > STEPS_MAX:
            self.report.add("R108", f"more than {STEPS_MAX} steps", ("steps", STEPS_MAX))
        return tuple(self._step(item, i) for i, item in enumerate(data[:STEPS_MAX]))

    def _step(self, data: Any, index: int) -> Step:
        report = self.report
        fields = Fields(report, data, ("steps", index), None, ("name",))
        for key in fields:
            if key not in STEP_KEYS and key not in self.verbs:
                self._unknown(key, fields)
        asks = read_asks(report, fields)
        for ask in asks:
            if ask.kind == "number":
                self.known[ask.field] = ask.unit
        verbs = tuple(self._verb(self.verbs[key], fields) for key in fields if key in self.verbs)
        checks = self._checks(fields)  # before this step measures anything
        measure = read_measurements(report, fields, self.tool, self.known)
        on_hold = None
        if "on_hold" in fields:
            on_hold = read_hold(report, fields.data["on_hold"], ("steps", index, "on_hold"), self.on_hold)

        def read_verb(name: str, at: Fields) -> tuple[VerbSpec, Params | None]:
            return self._verb(self.verbs[name], at)

        on_error = read_on_error(report, fields, read_verb, self.verbs)
        on_crash = read_on_crash(report, fields, lambda at: read_fix(report, at, read_verb, self.verbs))
        dwell_s, dwell_counts, go_to = self._then(fields)
        return Step(
            name=fields.text("name", f"step {index + 1}"),
            index=index,
            asks=asks,
            checks=checks,
            verbs=tuple((verb, params) for verb, params in verbs if params is not None),
            wait=self._wait(fields),
            dwell_s=dwell_s,
            measure=measure,
            on_fail=read_on_fail(report, fields, measure),
            on_hold=on_hold,
            on_error=on_error,
            on_crash=on_crash,
            dwell_counts=dwell_counts,
            go_to=go_to,
            note=fields.text("note"),
        )

    def _unknown(self, key: str, step: Fields) -> None:
        """Say whether a key looks like a word of ours, a verb, or nothing we know."""
        # "mesure" is measure, but "presure" rather press than measure
        for words, cutoff in ((STEP_KEYS, 0.85), (self.verbs, 0.6), (STEP_KEYS, 0.6)):
            if near := get_close_matches(key, words, n=1, cutoff=cutoff):
                break
        if key in _NOT_OURS:
            self.report.add("R105", f'there is no verb "{key}"', step.at(key), _NOT_OURS[key], at_key=True)
        elif near:
            self.report.add("R101", f'unknown key "{key}"', step.at(key), f'did you mean "{near[0]}"?', at_key=True)
        else:
            hint = f"verbs are {', '.join(sorted(self.verbs))}"
            self.report.add("R105", f'unknown verb "{key}"', step.at(key), hint, at_key=True)

    def _verb(self, verb: VerbSpec, step: Fields) -> tuple[VerbSpec, Params | None]:
        path = step.at(verb.name)
        settings = step.data[verb.name]
        settings = {} if settings is None else settings
        if not isinstance(settings, dict):
            fields = ", ".join(verb.params.model_fields)
            self.report.add("R107", f"{verb.name} must be a mapping", path, f"its settings are {fields or 'none'}")
            return verb, None
        before = len(self.report.errors)
        settings = self.report.substituted(settings, path)
        if len(self.report.errors) > before:
            return verb, None
        try:
            return verb, verb.params.model_validate(settings)
        except ValidationError as error:
            complaints = error.errors(include_url=False)
            unknown = [str(c["loc"][-1]) for c in complaints if c["type"] == "extra_forbidden"]
            for complaint in complaints:
                if complaint["type"] != "missing" or not meant(str(complaint["loc"][-1]), unknown):
                    self._complain(verb, complaint, path)
            return verb, None

    def _complain(self, verb: VerbSpec, complaint: Mapping[str, Any], path: KeyPath) -> None:
        place, kind = (*path, *complaint["loc"]), complaint["type"]
        name = str(complaint["loc"][-1]) if complaint["loc"] else verb.name
        if kind == "extra_forbidden":
            hint = did_you_mean(name, verb.params.model_fields)
            self.report.add("R101", f'unknown key "{name}" in {verb.name}', place, hint, at_key=True)
        elif kind == "missing":
            self.report.add("R106", f'{verb.name} needs "{name}"', path, f"add {name}:", at_key=True)
        elif kind.startswith("R"):
            self.report.add(kind, complaint["ctx"]["message"], place, complaint["ctx"]["hint"])
        else:
            self.report.add("R107", f"{name}: {complaint['msg'].lower()}", place)

    def _checks(self, step: Fields) -> tuple[Expression, ...]:
        """Conditions over tags, earlier results and the numbers that people gave, in this step too."""
        known = {**self.known, **self.tool.units}
        data = step.data.get("check", [])
        texts = list(enumerate(data)) if isinstance(data, list) else [(None, data)]
        found = []
        for i, text in texts:
            path = step.at("check") if i is None else (*step.at("check"), i)
            found.append(expression_at(self.report, text, path, known, "condition"))
        return tuple(expression for expression in found if expression is not None)

    def _wait(self, step: Fields) -> Wait | None:
        if "wait" not in step:
            return None
        path = step.at("wait")
        fields = Fields(self.report, step.data["wait"], path, ("until", "for", "timeout"), ("until",))
        if "timeout" not in fields:
            message = f'the wait of step "{step.text("name")}" has no timeout; it could last for ever'
            self.report.add("R132", message, path, "add timeout: 3 min", at_key=True)
        until = fields.expression("until", self.tool.units, "condition") if "until" in fields else None
        for_s, timeout_s = fields.duration("for"), fields.quantity("timeout", "s", positive=True)
        if timeout_s is not None and for_s >= timeout_s:
            self.report.add("R132", '"for" is not shorter than the timeout', fields.at("for"), "it can never succeed")
        return None if until is None else Wait(until, for_s, timeout_s or 0.0)

    def _then(self, step: Fields) -> tuple[float, bool, str | None]:
        if "then" not in step:
            return 0.0, False, None
        fields = Fields(self.report, step.data["then"], step.at("then"), ("dwell", "while_held", "go_to"))
        held = fields.choice("while_held", ("counts", "stops"), "stops") if "while_held" in fields else "stops"
        return fields.duration("dwell"), held == "counts", fields.text("go_to") or None
