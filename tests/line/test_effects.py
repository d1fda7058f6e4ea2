"""What the verbs declare for the proof is what the line does: tags after each step, and what the gate is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from controller.guard.gate import Gate, Order
from controller.prove.facts import AT_REST
from controller.recipe.loader import load
from controller.sequence.effects import Effect
from controller.sequence.sequencer import Sequencer
from controller.sequence.steps import VERBS
from controller.station import Station
from controller.tool import load as load_tool
from springback.places import config_file, recipe_folder
from tests.line.behind import RECIPES, recipe, run
from tests.monitor.scenes import Scene

VACUUM = Scene(("load", "close", "evacuate", "atmosphere", "open", "unload"))


@dataclass(slots=True)
class Seen:
    """Tags at the end of each step, and the gated actions asked for in it."""

    after: dict[str, dict[str, float]] = field(default_factory=dict)
    asked: dict[str, set[str]] = field(default_factory=dict)


def followed(path: Path, out: Path) -> Seen:
    from controller.cli.run import RunOptions

    seen = Seen()
    done, permit = Sequencer._on_step_done, Gate._permit

    def look(self: Sequencer, message: Any) -> None:
        tags = self.guard.tags
        seen.after[self.guard.gate.why] = {name: tags.value[tags.index(name)] for name in tags}
        done(self, message)

    def ask(self: Gate, order: Order) -> Any:
        seen.asked.setdefault(self.why, set()).add(order.action)
        return permit(self, order)

    with patch.object(Sequencer, "_on_step_done", look), patch.object(Gate, "_permit", ask):
        outcome = run(RunOptions(str(path), out=out))
    assert outcome.summary.state == "PROCESS_COMPLETE"
    return seen


@pytest.mark.parametrize("name", ["smoke", "press-short", "grind-short", "vacuum"])
def test_after_each_step_the_tags_lie_where_its_verbs_say(name: str, tmp_path: Path) -> None:
    path = RECIPES / f"{name}.yaml"
    if name == "vacuum":
        path = tmp_path / "scene.yaml"
        path.write_text(VACUUM.text(), encoding="utf-8")
    elif not path.exists():
        path = recipe_folder() / f"{recipe(name)}.yaml"
    station = Station(load_tool(config_file("tool.yaml")), config_file("interlocks.yaml"), {})
    gated = {action for interlock in station.tool.guard.interlocks for action in interlock.gates}

    seen = followed(path, tmp_path / "run")

    spans = dict(AT_REST)
    for step in load(path, VERBS, station.facts()).steps:
        effects: list[Effect] = [e for verb, params in step.verbs for e in VERBS[verb.name].effects(params)]
        for effect in effects:
            spans.update(effect.sets)
        values = seen.after[step.name]
        outside = {
            tag: (values[tag], span)
            for tag, span in spans.items()
            if not isnan(values[tag]) and not span[0] <= values[tag] <= span[1]
        }
        assert (step.name, outside) == (step.name, {})
        assert seen.asked.get(step.name, set()) & gated <= {effect.asks for effect in effects}, step.name
