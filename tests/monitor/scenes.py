"""Short recipes for the monitor's tests, put together from steps, and what goes wrong in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

from controller.cli.campaign.mishaps import Mishap
from controller.cli.campaign.play import play
from controller.cli.campaign.silence import Played
from simulators.workpiece import Cover, Part

HEAD = """
recipe: scene
version: 1
title: A scene for the monitor
for: {tool: packaging-line, part: WLP-200}
limits: {press.pressure: {max: 260 kPa}}
on_hold: {policy: freeze, max: 4 s}
on_abort: safe-release
steps:
"""
STEPS = {
    "load": "{carry: {to: press, within: 20 s}}",
    "close": "{secure: {module: press}}",
    "warm": "{heat: {zone: platen, to: 28 degC, rate: 8 K/min}}",
    "evacuate": "{vacuum: {to: 95 kPa abs, rate: 10 kPa/s, within: 20 s}}",
    "atmosphere": "{atmosphere: {rate: 5 kPa/s}}",
    "press": "{press: {to: 100 kPa, rate: 50 kPa/s}, then: {dwell: 1 s},"
    " measure: {gap: {tag: press.gap, over: 0.5 s, accept: 60 um .. 152 um}}, on_fail: go_on}",
    "again": "{press: {to: 60 kPa, rate: 50 kPa/s}}",
    "touch": "{press: {to: 12 kPa, rate: 50 kPa/s}}",
    "release": "{press: {to: 0 kPa, rate: 50 kPa/s}}",
    "open": "{open: {module: press}}",
    "unload": "{carry: {out_of: press, within: 20 s}}",
    "load another": "{carry: {to: press, within: 20 s}}",
    "close again": "{secure: {module: press}}",
    "check in": "{scan: {field: syringe, match: 'EMC-7-[0-9]+', default: EMC-7-1},"
    " material: {pot_life: 8 h, cap: 7 g}}",
    "to mold": "{carry: {to: mold, within: 20 s}}",
    "calibrate": "{calibrate: {pressure: 300 kPa, time: 0.5 s}}",
    "cover": "{dispense: {pressure: 300 kPa, time: 1 s, shots: 1}}",
    "warm mold": "{heat: {zone: mold, to: 28 degC, rate: 12 K/min}}",
    "bake": "{then: {dwell: 15 min}}",
    "home": "{home: {}}",
    "to chuck": "{carry: {to: chuck, within: 20 s}}",
    "gauge": "{secure: {module: grinder}, wait: {until: grinder.thickness > 600 um, for: 1 s, timeout: 20 s},"
    " measure: {incoming: {tag: grinder.thickness, over: 0.5 s}}}",
    "spindle": "{spindle: {speed: 1000 rpm}}",
    "grind": "{grind: {to: 12 um, above: incoming, feed: 0.2 um/s}}",
    "grind low": "{grind: {to: 2 um, above: incoming, feed: 5 um/s}}",
    "grind hard": "{grind: {to: -40 um, above: incoming, feed: 10 um/s}}",
    "turn": "{then: {dwell: 10 s}}",
    "free": "{open: {module: grinder}}",
}
CHUCKED = ("home", "to chuck", "gauge", "spindle")
COVERED = replace(Part(7), cover=Cover(volume_uL=3850.0, height_um=70.0))


@dataclass(frozen=True, slots=True)
class Scene:
    """Steps by name, mishaps, and whether the part comes with a cover that is not cured."""

    steps: tuple[str, ...]
    mishaps: tuple[Mishap, ...] = ()
    covered: bool = False

    def text(self) -> str:
        """The recipe."""
        return HEAD + "".join(f"  - {{name: {name}, {STEPS[name].removeprefix('{')}\n" for name in self.steps)

    def play(self, folder: Path, *, twin: bool = False) -> Played:
        """Run it under the monitor's eyes, beside a twin without its faults if wanted."""
        folder.mkdir()
        recipe = folder / "scene.yaml"
        recipe.write_text(self.text(), encoding="utf-8")
        if not self.covered:
            return play(recipe, folder / "run", self.mishaps, twin=twin)
        with patch("simulators.handling.new_part", lambda *about: COVERED):
            return play(recipe, folder / "run", self.mishaps)
