"""How far the job is: steps with planned and taken time, when this step and the run end, when a person is needed.

"About" is reckoned from the last completed run of the recipe; "not before" from its dwells, and from what the job has
announced; where nothing is known that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from controller.console import handover, interrupted
from controller.console.rows import Row, bar, clean, cut, fit, span
from controller.console.view import Planned, View


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the job on its way."""

    index: int
    name: str
    planned: Planned | None
    mark: str  # ✓ done, ▶ at work, · to come


def steps(view: View) -> list[Step]:
    """The steps of the job."""
    job = view.job
    if job is None:
        return []
    at = job["step"]["index"] if job["step"] else -1
    marks = {i: "✓" if i < at else "▶" if i == at else "·" for i in range(len(job["steps"]))}
    return [Step(i, name, view.planned(job["recipe"], name), marks[i]) for i, name in enumerate(job["steps"])]


def left(view: View, until: int) -> Planned | None:
    """From now to the begin of the step at `until`; None when nothing is known, or the job stands still."""
    job = view.job
    if job is None or not job["step"] or job["state"] != "PROCESSING":
        return None
    done_s = step_s(view) or 0.0
    total_s, least, known = 0.0, False, False
    for step in steps(view)[job["step"]["index"] : until]:
        if step.planned is None:
            least = True
            continue
        known, least = True, least or step.planned.least
        total_s += max(0.0, step.planned.s - done_s) if step.mark == "▶" else step.planned.s
    return Planned(total_s, least) if known else None


def step_s(view: View) -> float | None:
    """How long the step at work has taken so far."""
    step = (view.job or {}).get("step")
    return view.since_s(step["since_utc"]) if step else None


def at_clock(view: View, in_s: float) -> str:
    """The time of day in so many seconds of the process."""
    if view.replay is not None:
        return f"+{span(in_s)}"
    return f"{view.wall() + timedelta(seconds=in_s / float(view.facts.get('speed', 1))):%H:%M:%S}"


def when(view: View, at: Planned) -> str:
    """A time to come, and how sure it is."""
    return f"{'not before' if at.least else 'about'} {at_clock(view, at.s)}"


def progress(view: View, width: int) -> list[Row]:
    """Three rows: all steps, the bar of this one, the run."""
    job = view.job
    if job is None:
        return _nothing(view, width)
    return [_all(view, width), _this(view, width), _run(view, width)]


def title(view: View) -> str:
    """The heading of the block."""
    job = view.job
    if job is None or not job["step"]:
        return "STEP"
    at = job["step"]
    turn = f", turn {at['turn']}" if at["turn"] > 1 else ""
    return f"STEP {at['index'] + 1}/{len(job['steps'])} {clean(at['name'])} {at['phase'].lower()}{turn}"


def _nothing(view: View, width: int) -> list[Row]:
    queue = view.state.get("queue", ())
    rows: list[Row] = [[(" no job", "dim")]]
    for job in queue[:2]:
        word = "next" if job["started"] else "waits for S"
        rows.append([(f" {word}: {job['recipe']} v{job['version']}  {clean(job['title'])}", "")])
    if not queue:
        rows.append([(" 5 chooses a recipe, S starts it", "dim")])
    return [fit(row, width) for row in rows]


def _all(view: View, width: int) -> Row:
    """As many steps as fit, the one at work always among them."""
    words = [f"{step.mark}{step.name.upper() if step.mark == '▶' else step.name}" for step in steps(view)]
    at = next((step.index for step in steps(view) if step.mark == "▶"), 0)
    first = 0
    while first < at and len(" ".join(words[first : at + 3])) > width - 4:
        first += 1
    head = "… " if first else ""
    return fit([(cut(f" {head}{' '.join(words[first:])}", width), "")], width)


def _this(view: View, width: int) -> Row:
    job, taken_s = view.job, step_s(view)
    if job is None or job["step"] is None or taken_s is None:
        return []
    planned = view.planned(job["recipe"], job["step"]["name"])
    if job["state"] in ("PAUSING", "PAUSED"):
        return [(f" standing still{_held_since(view)}; clocks of the part go on (cure, pot life)", "p2")]
    if view.state.get("prompts"):
        return [(f" {span(taken_s)} in this step, which waits for an answer: Enter", "ask")]
    if planned is None or planned.least:
        known = f"at least {span(planned.s)}" if planned is not None else "how long it takes is not known"
        return [(f" {span(taken_s)} in this step", ""), (f"   {known}", "dim")]
    wide = max(12, width - 40)
    tail = (
        f"   ends {at_clock(view, planned.s - taken_s)}"
        if taken_s < planned.s
        else f"   {span(taken_s - planned.s)} over"
    )
    return [(f" {bar(taken_s / max(planned.s, 1e-9), wide)} {span(taken_s)} / {span(planned.s)}{tail}", "")]


def _held_since(view: View) -> str:
    for told in reversed(view.picture.events if view.picture is not None else ()):
        if told["event"]["kind"] == "job" and told["event"]["new"] == "PAUSED":
            return f" since {view.clock(told['utc'])}"
    return ""


def _run(view: View, width: int) -> Row:
    job = view.job
    assert job is not None
    words = f" run {span(view.since_s(job['started_utc']))}"
    if end := left(view, len(job["steps"])):
        words += f"   ends {when(view, end)}{'' if end.least else ', as last time'}"
    said = [r for r in job["results"] if r["source"] == "predicted"][-1:]
    words += "".join(f"   predicted {r['name']} {r['value']:.4g} {r['unit']}" for r in said)
    return [(words, "")]


def needed(view: View) -> Iterator[str]:
    """What a person is needed for: now, then later as far as the recipe tells."""
    for prompt in view.state.get("prompts", ()):
        yield f"now  {prompt['step']}: {clean(prompt['text'])} ({prompt['expects']})"
    trip = view.state.get("trip")
    if trip and view.job is None:
        yield f"now  look at the machine: {clean(trip['code'])} has tripped; then T"
    for one in interrupted.offered(view):
        yield f"now  {clean(interrupted.line(view, one))}"
        if clocks := interrupted.clocks(view, one):
            yield f"     {clocks}"
    for line in handover.lines(view):
        yield f"note {clean(line)}"
    job = view.job
    plan: dict[str, Any] = view.plans.get(job["recipe"], {}) if job is not None else {}
    at = job["step"]["index"] if job is not None and job["step"] else -1
    announced = _announced(view)
    for index, step in enumerate(plan.get("steps", ())):
        asks = step["asks"] or _inspections(view, plan, step["name"])
        if index > at and asks:
            at_s = left(view, index)
            if (at_s is None or at_s.least) and step["name"] in announced:
                at_s = Planned(max(announced[step["name"]], at_s.s if at_s is not None else 0.0), least=True)
            more = f" and {len(asks) - 1} more" if len(asks) > 1 else ""
            yield f"{when(view, at_s) if at_s else 'later'}  {step['name']}: {clean(asks[0])}{more}"


def _inspections(view: View, plan: dict[str, Any], step: str) -> list[str]:
    """Fields of an inspection record that people give; on a simulated tool its desk does."""
    ids = [] if view.simulated else plan.get("questions", ())
    return [f"inspection record: {id.removeprefix(f'{step}.')}" for id in ids if id.startswith(f"{step}.")]


def _announced(view: View) -> dict[str, float]:
    """Step -> in how many seconds at the earliest it asks, as the job has announced it; nothing while it is held."""
    job = view.job
    if job is None or job["state"] != "PROCESSING":
        return {}
    return {
        told["event"]["step"]: max(0.0, told["event"]["in_s"] - view.since_s(told["utc"]))
        for told in (view.picture.events if view.picture is not None else ())
        if told["event"]["kind"] == "prompt_ahead" and told["run"] == job["id"]
    }
