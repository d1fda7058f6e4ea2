"""What a step asks of people: confirmations, questions, record fields and scans, read into one kind of `Ask`.

Who answers, and whether an answer fits, is the sequencer's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, cast

from controller.recipe.limits import Limit
from controller.recipe.model import Ask
from controller.recipe.quantities import QuantityError, parse
from controller.recipe.reader import Fields, Report, meant
from controller.recipe.sections import unit_is_listed

Kind = Literal["confirm", "text", "number", "choice", "yes_no", "scan"]

QUESTIONS = ("confirm", "text", "number", "choice", "yes_no")
_DETAILS = ("unit", "min", "max", "match", "of", "default", "within")
# Which details make sense with which kind of answer.
_DETAILS_OF = {
    "confirm": {"default", "within"},
    "yes_no": {"default", "within"},
    "text": {"match", "default", "within"},
    "scan": {"match", "default", "within"},
    "number": {"unit", "min", "max", "default", "within"},
    "choice": {"of", "default", "within"},
}
_MATCH_LENGTH_MAX = 200
ANSWER_S_MAX = 600.0  # a question that nobody answers ends in the safe state


def read_asks(report: Report, step: Fields) -> tuple[Ask, ...]:
    """All questions of a step in the order in which they are put: ask, record, scan."""
    asks = [*_asked(report, step), *_recorded(report, step), *_scanned(report, step)]
    seen: set[str] = set()
    for ask in asks:
        if ask.field in seen:
            message = f'the field "{ask.field}" stands twice in this step'
            report.add("R160", message, step.path, "give one of them another field name")
        seen.add(ask.field)
    return tuple(asks)


def _several(step: Fields, key: str) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """One mapping, or a list of them."""
    value = step.data.get(key)
    if isinstance(value, list):
        yield from ((item, (*step.path, key, i)) for i, item in enumerate(value))
    elif key in step:
        yield value, step.at(key)


def _asked(report: Report, step: Fields) -> Iterator[Ask]:
    for data, path in _several(step, "ask"):
        fields = Fields(report, data, path, (*QUESTIONS, "field", "image", *_DETAILS))
        kinds = [kind for kind in QUESTIONS if kind in fields]
        if len(kinds) != 1:
            if kinds or not any(meant(kind, fields.data) for kind in QUESTIONS):
                report.add("R107", "an ask has exactly one question", path, f"one of {', '.join(QUESTIONS)}")
            continue
        name = fields.name("field", kinds[0])
        yield _ask(report, fields, cast(Kind, kinds[0]), name, fields.text(kinds[0]))


def _recorded(report: Report, step: Fields) -> Iterator[Ask]:
    if "record" not in step:
        return
    section = Fields(report, step.data["record"], step.at("record"))
    for name in section:
        fields = Fields(report, section.data[name], section.at(name), ("type", "ask", *_DETAILS), ("type",))
        kinds = [kind for kind in QUESTIONS if kind != "confirm"]
        kind = fields.choice("type", kinds, "") if "type" in fields else ""
        if kind:
            yield _ask(report, fields, cast(Kind, kind), name, fields.text("ask", name.replace("_", " ")))


def _scanned(report: Report, step: Fields) -> Iterator[Ask]:
    for data, path in _several(step, "scan"):
        fields = Fields(report, data, path, ("field", "ask", "match", "default", "within"), ("field",))
        name = fields.name("field", "scan")
        yield _ask(report, fields, "scan", name, fields.text("ask", f"scan the {name.replace('_', ' ')}"))


def _ask(report: Report, fields: Fields, kind: Kind, name: str, text: str) -> Ask:
    for key in _DETAILS:
        if key in fields and key not in _DETAILS_OF[kind]:
            report.add("R101", f'"{key}" does not go with a {kind}', fields.at(key), at_key=True)
    unit = unit_is_listed(report, fields, "unit") if kind == "number" else ""
    bounds = Limit(unit)
    if kind == "number":
        bounds = Limit(unit, fields.quantity("min", unit), fields.quantity("max", unit))
    choices = _choices(report, fields) if kind == "choice" else ()
    match = _match(report, fields) if kind in ("text", "scan") else None
    default = _default(report, fields, kind, bounds, choices, match) if "default" in fields else None
    within_s = fields.quantity("within", "s", positive=True)
    if within_s is not None and within_s > ANSWER_S_MAX:
        report.add("R130", f"a question waits for {ANSWER_S_MAX:g} s at most", fields.at("within"), "at most 10 min")
    return Ask(kind, name, text, unit, bounds.low, bounds.high, match, choices, default, within_s)


def _choices(report: Report, fields: Fields) -> tuple[str, ...]:
    options = fields.data.get("of")
    if isinstance(options, list) and len(options) > 1 and all(isinstance(option, str | int) for option in options):
        return tuple(str(option) for option in options)
    report.add("R107", '"of" must list at least two choices', fields.at("of"), "of: [left, right]")
    return ()


def _match(report: Report, fields: Fields) -> str | None:
    if "match" not in fields:
        return None
    pattern = fields.text("match")
    try:
        if len(pattern) > _MATCH_LENGTH_MAX:
            raise re.error("too long")
        re.compile(pattern)
    except re.error as error:
        report.add("R107", f'"match" is not a pattern: {error}', fields.at("match"))
        return None
    return pattern


def _default(
    report: Report, fields: Fields, kind: Kind, bounds: Limit, choices: tuple[str, ...], match: str | None
) -> Any:
    """The default answer, which must itself be an answer."""
    value, path = report.substituted(fields.data["default"], fields.at("default")), fields.at("default")
    if kind == "number":
        try:
            number = parse(value, bounds.unit, what="default")
        except QuantityError as error:
            report.refuse(error, path)
            return None
        if breach := bounds.breach(number):
            report.add("R120", f"the default {breach}", path)
        return number
    if kind in ("confirm", "yes_no"):
        answers = {"yes": True, "no": False, "True": True, "False": False}
        if str(value) not in answers or (kind == "confirm" and not answers[str(value)]):
            report.add("R107", f"the default of a {kind} is {'yes' if kind == 'confirm' else 'yes or no'}", path)
        return answers.get(str(value), True)
    text = str(value)
    if (choices and text not in choices) or (match is not None and not re.fullmatch(match, text)):
        report.add("R107", f'the default "{text}" would not be accepted as an answer', path)
    return text
