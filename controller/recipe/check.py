"""Static checks of a recipe that has been read: limits, references between steps, reachability, coverage by monitors.

They need no hardware and change nothing; each finding becomes a problem at its place in the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from controller.recipe.limits import Limit, tighten
from controller.recipe.model import END, Action, Monitor, Recipe, Step
from controller.recipe.problems import did_you_mean
from controller.recipe.reader import Report
from controller.recipe.verb import CheckContext, ToolFacts


def check(recipe: Recipe, report: Report, tool: ToolFacts) -> None:
    """Add to `report` all that can be found wrong without hardware."""
    _meant_for(recipe, report, tool)
    _names(recipe, report)
    _references(recipe, report)
    _verbs(recipe, report, tool)
    _monitors(recipe, report)
    if not report.errors:  # a graph with broken references says nothing
        _reachability(recipe, report)
        _warnings(recipe, report)


def _meant_for(recipe: Recipe, report: Report, tool: ToolFacts) -> None:
    wanted = recipe.intended_for.get("tool", "")
    if wanted and tool.name and wanted != tool.name:
        report.add("R154", f'the recipe is for tool "{wanted}", this tool is "{tool.name}"', ("for", "tool"))
    if recipe.name in recipe.needs:
        message = "a recipe that needs itself never starts"
        report.add("R154", message, ("needs", recipe.name), "name what the part must have been through before")
    scans = {ask.field for step in recipe.steps for ask in step.asks if ask.kind == "scan"}
    for name, material in recipe.materials.items():
        if material.scan and material.scan not in scans:
            hint = did_you_mean(material.scan, scans) or f"add scan: {{field: {material.scan}}} to a step"
            report.add("R160", f'no step scans "{material.scan}"', ("materials", name, "scan"), hint)


def _names(recipe: Recipe, report: Report) -> None:
    seen: dict[str, int] = {}
    for step in recipe.steps:
        path = ("steps", step.index, "name")
        if step.name in seen:
            first = seen[step.name] + 1
            report.add("R160", f'two steps are called "{step.name}"', path, f"step {first} has this name already")
        elif step.name == END:
            report.add("R160", f'a step cannot be called "{END}"', path, "it stands for the end of the recipe")
        seen.setdefault(step.name, step.index)


def _references(recipe: Recipe, report: Report) -> None:
    for step in recipe.steps:
        for key, action in step.on_fail.items():
            path = ("steps", step.index, "on_fail", key, action.kind)
            if action.kind in ("repeat", "go_to"):
                _target(recipe, report, step, action, path)
        for move in step.on_crash or ():
            if move.step:
                _target(recipe, report, step, Action("repeat", move.step), ("steps", step.index, "on_crash"))
        if step.go_to is not None:
            _target(recipe, report, step, Action("go_to", step.go_to), ("steps", step.index, "then", "go_to"))


def _target(recipe: Recipe, report: Report, step: Step, action: Action, path: tuple[str | int, ...]) -> None:
    names = [*(other.name for other in recipe.steps), END]
    if action.step not in names:
        report.add("R160", f'there is no step "{action.step}"', path, did_you_mean(action.step, names))
        return
    goes_back = recipe.index(action.step) <= step.index
    if action.kind == "repeat" and not goes_back:
        report.add("R162", f'repeat goes back, "{action.step}" comes later', path, "write go_to")
    if action.kind == "go_to" and goes_back:
        report.add("R162", f'go_to goes forward, "{action.step}" came before', path, "write {repeat: ..., limit: 2}")


def _verbs(recipe: Recipe, report: Report, tool: ToolFacts) -> None:
    """Let each verb check its settings against the limits in force and against what earlier steps provide."""
    limits = tighten(tool.limits, recipe.limits)
    known: dict[str, str] = {}
    for step in recipe.steps:
        known.update({ask.field: ask.unit for ask in step.asks if ask.kind == "number"})
        _step_verbs(step, report, limits, tool, dict(known))
        known.update({name: measurement.unit for name, measurement in step.measure.items()})


def _step_verbs(
    step: Step, report: Report, limits: Mapping[str, Limit], tool: ToolFacts, known: Mapping[str, str]
) -> None:
    context = CheckContext(step.name, limits, tool.limits, known)
    here: tuple[str | int, ...] = ("steps", step.index)
    places = [(here, step.verbs)]
    places += [((*here, "on_error", fault, "fix"), action.fix) for fault, action in step.on_error.items()]
    places += [((*here, "on_crash", move.kind, "fix"), move.fix) for move in step.on_crash or ()]
    for place, verbs in places:
        for verb, params in verbs:
            for finding in verb.check(params, context):
                path = (*place, verb.name, finding.field)  # without a field the verb's own place is found
                report.add(finding.code, finding.message, path, finding.hint)


def _monitors(recipe: Recipe, report: Report) -> None:
    names = [step.name for step in recipe.steps]
    for monitor in recipe.monitors:
        for key, step in (("from", monitor.from_step), ("until", monitor.until_step)):
            if step is not None and step not in names:
                path = ("monitors", monitor.name, key)
                report.add("R160", f'there is no step "{step}"', path, did_you_mean(step, names))
        first, last = monitor.from_step, monitor.until_step
        if first in names and last in names and names.index(first) > names.index(last):
            path = ("monitors", monitor.name, "until")
            report.add("R160", f'"{last}" comes before "{first}": the monitor never watches', path)


def _reachability(recipe: Recipe, report: Report) -> None:
    reached: set[int] = set()
    waiting = [0]
    while waiting:
        index = waiting.pop()
        if index in reached or index >= len(recipe.steps):
            continue
        reached.add(index)
        waiting += _successors(recipe, recipe.steps[index])
    for step in recipe.steps:
        if step.index not in reached:
            path = ("steps", step.index)
            report.add("R161", f'step "{step.name}" is never reached', path, "remove it, or let a step go to it")


def _successors(recipe: Recipe, step: Step) -> Iterator[int]:
    yield recipe.after(step.index)
    for action in step.on_fail.values():
        if action.kind in ("repeat", "go_to"):
            yield recipe.index(action.step)
        elif action.kind in ("hold", "go_on"):  # a person may resume a hold: then it goes on
            yield step.index + 1


def _warnings(recipe: Recipe, report: Report) -> None:
    results = [measurement for step in recipe.steps for measurement in step.measure.values()]
    used = {name for result in results if result.value is not None for name in result.value.tags}
    for step in recipe.steps:
        _uncovered(recipe, step, report)
        _unjudged(step, used, report)


def _uncovered(recipe: Recipe, step: Step, report: Report) -> None:
    for module in sorted({verb.module for verb, _ in step.verbs} - {"line"}):
        if not any(_covers(monitor, recipe, step, module) for monitor in recipe.monitors):
            message = f'step "{step.name}" uses the {module}, and no monitor watches it'
            path = ("steps", step.index, "name")
            report.add("R133", message, path, f"add a monitor of {module}.*", severity="warning")


def _unjudged(step: Step, used: Collection[str], report: Report) -> None:
    """A result that is neither judged nor used by another one, or judged without consequence."""
    for name, measurement in step.measure.items():
        path = ("steps", step.index, "measure", name)
        if measurement.accept is None and name not in used:
            message = f'"{name}" is measured and never judged'
            report.add("R134", message, path, "add accept:", at_key=True, severity="warning")
        elif measurement.accept is not None and not _has_answer(step, name):
            message = f'nothing is said about a "{name}" outside its range'
            report.add("R135", message, path, "add on_fail:", at_key=True, severity="warning")


def _has_answer(step: Step, name: str) -> bool:
    return bool({"else", name} & set(step.on_fail)) or {f"{name} high", f"{name} low"} <= set(step.on_fail)


def _covers(monitor: Monitor, recipe: Recipe, step: Step, module: str) -> bool:
    first = 0 if monitor.from_step is None else recipe.index(monitor.from_step)
    last = len(recipe.steps) if monitor.until_step is None else recipe.index(monitor.until_step)
    return first <= step.index <= last and any(tag.split(".")[0] == module for tag in monitor.healthy.tags)
