"""Each rule of the monitor catches a controller that was broken on purpose, and is silent when it is whole.

A saboteur breaks one thing of the controller; the scene is the same with and without it.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from controller.cli.campaign.mishaps import Mishap
from controller.equipment.dispenser import MoldDispenser
from controller.equipment.grinder import Grinder
from controller.equipment.press import Press
from controller.equipment.press_safe import PressSafe
from controller.guard.gate import Gate
from controller.guard.interlocks import Interlock
from controller.guard.scan import Guard
from controller.record.events import Measured, RunEnded
from controller.record.journal import Recorder
from controller.sequence import step as stepping
from controller.sequence.job import Job
from controller.sequence.sequencer import Sequencer
from controller.sequence.steps.carry import Carry
from drivers.permit import Permit
from simulators.watch.invariants import INVARIANTS
from simulators.watch.watch import RULES
from tests.monitor.scenes import CHUCKED, Scene

Breaks = list[AbstractContextManager[Any]]


def instead(owner: Any, name: str, new: Callable[..., Any]) -> AbstractContextManager[Any]:
    return patch.object(owner, name, new)


async def nothing(*args: Any, **options: Any) -> None:
    """Does not do it."""


# ---------------------------------------------------------------------------------------------- what is broken
def permissives_ignored() -> Breaks:
    return [instead(Gate, "unmet", lambda self, action: None)]


def scan_sees_no_interlock() -> Breaks:
    return [instead(Interlock, "watch", lambda self, now_s, unknown_limit_s: None)]


def door_unlocked_first() -> Breaks:
    async def opened(self: Press) -> None:
        await self.switch("door_lock", 0, safe=True)

    return [instead(Press, "open", opened)]


def limits_ignored() -> Breaks:
    ramp = Press.ramp_to

    async def too_far(self: Press, target_kPa: float, rate_kPa_s: float) -> None:
        await ramp(self, 3.0 * target_kPa, rate_kPa_s)

    return [instead(Press, "ramp_to", too_far), instead(Gate, "_breach", lambda self, order: None)]


def vent_left_open() -> Breaks:
    async def evacuate(self: Press, target_kPa: float, rate_kPa_s: float) -> None:
        await self.switch("inner_vacuum", 1, "press.evacuate")

    return [*permissives_ignored(), instead(Press, "evacuate", evacuate)]


def dump_forgotten() -> Breaks:
    return [instead(PressSafe, "_dump", nothing)]


def needle_forgotten() -> Breaks:
    return [*permissives_ignored(), instead(MoldDispenser, "needle", nothing)]


def shot_repeated() -> Breaks:
    send = Gate._send

    async def twice(self: Gate, order: Any, permit: Permit, intent: int) -> float:
        done = await send(self, order, permit, intent)
        if order.output == "dispenser.shot":
            await asyncio.sleep(3.0)
            await order.send(permit)
        return done

    return [instead(Gate, "_send", twice)]


def floor_forgotten() -> Breaks:
    grind = Grinder.grind_to

    async def too_low(self: Grinder, target_um: float, feed_um_s: float) -> None:
        self.facts = replace(self.facts, minimum_thickness_um=0.0)
        await grind(self, target_um, feed_um_s)

    return [instead(Grinder, "grind_to", too_low)]


def grinder_forgotten_in_the_safe_state() -> Breaks:
    return [instead(Grinder, "safe_actions", lambda self, failure_class, lost: [])]


def trip_not_followed() -> Breaks:
    return [
        instead(Sequencer, "_on_trip", lambda self, message: None),
        instead(Guard, "supersede", lambda self, why: None),
    ]


def parts_not_compared() -> Breaks:
    return [instead(Carry, "_same_part", lambda self, tool, place: None)]


def hold_never_expires() -> Breaks:
    return [instead(Sequencer, "_on_hold_expired", lambda self, message: None)]


def polls_without_pause() -> Breaks:
    return [patch("drivers.links.line._next_due", lambda now_s, period_s: now_s + 0.004)]


def not_a_number_written() -> Breaks:
    def text(event: Any) -> str:
        return json.dumps((replace(event, value=math.nan) if isinstance(event, Measured) else event).to_json())

    return [patch("controller.record.journal.event_text", text)]


def intent_not_waited_for() -> Breaks:
    async def intent(self: Recorder, event: Any) -> None:
        self.event(event)

    return [instead(Recorder, "intent", intent)]


def rate_never_sent() -> Breaks:
    send = Gate._send

    async def pretended(self: Gate, order: Any, permit: Permit, intent: int) -> float:
        if order.output == "press_pressure.rate":
            order = replace(order, send=lambda permit: _value(order.value))
        return await send(self, order, permit, intent)

    return [instead(Gate, "_send", pretended)]


async def _value(value: float) -> float:
    return value


def state_skipped() -> Breaks:
    fire = Job.fire

    def skipping(self: Job, event: str, reason: str = "") -> str:
        state = fire(self, event, reason)
        if event == "SETUP_DONE":
            self._changed("PROCESSING", "QUEUED", "")
        return state

    return [instead(Job, "fire", skipping)]


def scan_breaks() -> Breaks:
    def broken(self: Guard, now_s: float) -> None:
        if now_s > 6.0:
            raise KeyError("a pair that is in no table")

    return [instead(Guard, "_compare_setpoints", broken)]


def end_not_written() -> Breaks:
    write = Recorder.event

    def event(self: Recorder, event: Any) -> None:
        if not isinstance(event, RunEnded):
            write(self, event)

    return [instead(Recorder, "event", event)]


def samples_dropped() -> Breaks:
    sample = Recorder.sample

    def some(self: Recorder) -> None:
        if not 5.0 < self.elapsed_s < 9.0:
            sample(self)

    return [instead(Recorder, "sample", some)]


def recipe_rewritten() -> Breaks:
    describe = Recorder.describe

    def other(self: Recorder, **facts: Any) -> None:
        if "recipe_text" in facts:
            facts["recipe_text"] += "\n"
        describe(self, **facts)

    return [instead(Recorder, "describe", other)]


def result_made_up() -> Breaks:
    measure = stepping.measure

    async def prettier(*about: Any) -> float:
        return await measure(*about) + 40.0

    return [instead(stepping, "measure", prettier)]


# ---------------------------------------------------------------------------------------------- in which scene
PRESSED = Scene(("load", "close", "press", "release"))
WHEEL = Scene((*CHUCKED, "grind"))


@dataclass(frozen=True, slots=True)
class Case:
    """A saboteur, the scene in which it shows, and the rule that has to see it."""

    rule: str
    saboteur: Callable[[], Breaks]
    scene: Scene

    def __str__(self) -> str:
        return f"{self.rule}-{self.saboteur.__name__}"


def fault(what: str, how: str, at_s: float) -> Mishap:
    return Mishap("machine", what, how, at_s)


def wire(what: str, how: str, at_s: float) -> Mishap:
    return Mishap("wire", what, how, at_s)


def said(what: str, at_s: float) -> Mishap:
    return Mishap("person", "person", what, at_s)


CASES = [
    Case("press.door", door_unlocked_first, Scene(("load", "close", "press", "open"))),
    Case("limits", limits_ignored, PRESSED),
    Case("press.inner", vent_left_open, Scene(("load", "close", "evacuate"))),
    Case("press.dump", dump_forgotten, replace(PRESSED, mishaps=(fault("press.door", "open", 10.0),))),
    Case("press.closed", permissives_ignored, Scene(("load", "press"), (said("abort", 12.0),))),
    Case("heat", scan_sees_no_interlock, Scene(("load", "close", "warm"), (fault("platen.sensor", "break", 15.0),))),
    Case("dispense.place", needle_forgotten, Scene(("check in", "to mold", "calibrate", "cover"))),
    Case("dispense.count", shot_repeated, Scene(("check in", "to mold", "calibrate", "cover"))),
    Case("dispense.material", permissives_ignored, Scene(("to mold", "calibrate", "cover"))),
    Case("grind.feed", permissives_ignored, Scene(("home", "to chuck", "gauge", "grind"))),
    Case("grind.chuck", scan_sees_no_interlock, replace(WHEEL, mishaps=(fault("grinder.chuck", "lost", 45.0),))),
    Case("grind.guard", permissives_ignored, Scene((*CHUCKED, "free"))),
    Case("grind.floor", floor_forgotten, Scene((*CHUCKED, "grind low"))),
    Case("grind.load", scan_sees_no_interlock, Scene((*CHUCKED, "grind hard"), covered=True)),
    Case("safe.end", grinder_forgotten_in_the_safe_state, Scene((*CHUCKED, "turn"), (said("abort", 22.0),))),
    Case("trip.latch", trip_not_followed, Scene(("load", "close", *CHUCKED), (wire("platen_heater", "silent", 5.0),))),
    Case(
        "one.part",
        parts_not_compared,
        Scene(("load", "close", "press", "release", "open", "unload", "load another", "close again", "again")),
    ),
    Case("liveness", hold_never_expires, replace(PRESSED, mishaps=(said("hold", 5.0), said("abort", 20.0)))),
    Case("wire.pace", polls_without_pause, Scene(("load",))),
    Case("numbers", not_a_number_written, PRESSED),
    Case("order.recorded", intent_not_waited_for, PRESSED),
    Case("order.confirmed", rate_never_sent, Scene(("load", "close", "touch"))),
    Case("states", state_skipped, PRESSED),
    Case("no.bug", scan_breaks, PRESSED),
    Case("record.end", end_not_written, PRESSED),
    Case("record.samples", samples_dropped, PRESSED),
    Case("record.recipe", recipe_rewritten, PRESSED),
    Case("results", result_made_up, PRESSED),
]


@pytest.mark.parametrize("scene", dict.fromkeys(case.scene for case in CASES), ids=lambda scene: scene.steps[-1])
def test_a_whole_controller_breaks_no_rule(scene: Scene, tmp_path: Path) -> None:
    played = scene.play(tmp_path / "whole")

    assert played.violations == []
    assert played.state in ("PROCESS_COMPLETE", "ABORTED")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_monitor_catches_a_saboteur(case: Case, tmp_path: Path) -> None:
    with ExitStack() as stack:
        for breaking in case.saboteur():
            stack.enter_context(breaking)
        played = case.scene.play(tmp_path / "broken")

    assert [v for v in played.violations if f" {case.rule}: " in v], played


def test_every_rule_has_a_saboteur() -> None:
    assert {rule.id for rule in RULES} == {case.rule for case in CASES}


def test_every_invariant_has_rules_or_a_reason() -> None:
    known = {rule.id for rule in RULES}

    assert sorted(INVARIANTS) == list(range(1, 32))
    assert [n for n, i in INVARIANTS.items() if bool(i.rules) == bool(i.why_not)] == []
    assert {rule for i in INVARIANTS.values() for rule in i.rules} == known
