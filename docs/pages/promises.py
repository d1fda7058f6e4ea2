"""Pages of what holds: the points of the two methods, the monitor's invariants, the state tables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

from controller.guard import alarm_states
from controller.sequence import job, phase
from docs.pages.markdown import doc, page, table
from simulators.watch.invariants import INVARIANTS
from simulators.watch.live import WIRE_RULES
from simulators.watch.watch import RULES

COVERAGE = Path(__file__).parents[1] / "coverage.yaml"


def coverage() -> str:
    """Each point of the two methods with the recipe, step, model and test that meets it."""
    parts = [
        "# What of the two methods works",
        "Each point of the two methods that the line carries out, the recipe and steps that show it, the model behind"
        " it and the tests that hold it. *Tool*: the line does it; *record*: people or another machine do it, and the"
        " recipe asks for it, checks it and keeps it; *later*: not yet.",
    ]
    for method in yaml.safe_load(COVERAGE.read_text(encoding="utf-8")):
        rows = [
            (
                row["id"],
                row["does"],
                row["by"],
                _listed(f"`{recipe}`: {_words(steps)}" for recipe, steps in row.get("recipes", {}).items()),
                _listed(f"`{name}`" for name in row.get("models", {}).values()),
                _listed(f"`{name}`" for name in row.get("tests", {}).values()),
            )
            for row in method["rows"]
        ]
        parts += [f"## {method['method']}"]
        parts += [table(("", "the method", "by", "recipe and steps", "model", "test"), rows)]
    return page(parts)


def _words(words: str | list[str]) -> str:
    return words if isinstance(words, str) else ", ".join(words)


def _listed(items: Iterable[str]) -> str:
    return "<br>".join(items)


def invariants() -> str:
    """What the monitor of the campaign checks."""
    rows = [
        (str(n), i.text, ", ".join(f"`{rule}`" for rule in i.rules) or f"not on this line: {i.why_not}")
        for n, i in INVARIANTS.items()
    ]
    live = {rule.id for rule in WIRE_RULES}
    rules = [(f"`{rule.id}`", doc(rule), "yes" if rule.id in live else "") for rule in RULES]
    return page([
        "# Invariants",
        "What must hold in every run, whatever fails. A monitor (`simulators/watch/`) that sees only the wires, the"
        " true state of the simulated machine and the record's file checks them in `springback campaign` and in the"
        " tests; for each rule `tests/monitor/test_saboteurs.py` breaks the controller on purpose and shows it caught.",
        table(("", "invariant", "seen by"), rows),
        "## Rules",
        table(("rule", "what it says", "by `run --watch` too"), rules),
    ])  # fmt: skip


def state_tables() -> str:
    """Every row of the state tables, and their diagrams."""
    job_rows = [(source, event, target) for event, sources, target in job.TRANSITIONS for source in sources]
    phase_rows = [(source.name, event, target.name) for (source, event), target in phase.TRANSITIONS.items()]
    parts = [
        "# State tables",
        "What is not in a table is refused. Jobs use the states of SEMI E40, steps ISA-88's, alarms those of ISA-18.2.",
    ]
    alarm_rows = [(source.name, event, target.name) for (source, event), target in alarm_states.TRANSITIONS.items()]
    for title, rows in (("Job", job_rows), ("Step", phase_rows), ("Alarm", alarm_rows)):
        arrows = "\n".join(f"    {source} --> {target}: {event}" for source, event, target in rows)
        parts += [f"## {title}", f"```mermaid\nstateDiagram-v2\n{arrows}\n```", table(("from", "event", "to"), rows)]
    return page(parts)
