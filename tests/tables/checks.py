"""The checks that a record or a table has to pass: each raises AssertionError with what was wanted and what was seen.

The tests call them with what is shipped, the mutants with what was changed on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from controller.guard.alarms import Alarms, raised
from controller.guard.alarms import load as load_alarms
from controller.guard.interlocks import Interlock, load
from controller.guard.safe import FailureClass
from controller.record.events import Alarm, AlarmChanged
from tests.tables.cases import BEFORE_S, Case, cases
from tests.tables.interlocks import ALARMS, WORDS, Words
from tests.tables.scene import Scene, bind, play
from tests.tables.sides import NEAR, Sides, Value
from tests.unit.guard_bench import Kept

Record = Mapping[str, Any]
ACTIONS = sorted({effect.split(" ")[1] for words in WORDS.values() for effect in words.does if "refuses" in effect})


def check_names(names: Iterable[str], known: Iterable[str]) -> None:
    """Every record has its words, and every word its record, once."""
    assert sorted(names) == sorted(known), f"not in both: {sorted(set(names) ^ set(known)) or 'one is there twice'}"


def check_interlock(record: Record) -> None:
    """One record of config/interlocks.yaml does what its words say, and nothing else."""
    words = WORDS[record["id"]]

    async def work() -> None:
        assert _interlock(record).module == words.module, "module"
        for case in cases(words):
            await _check_case(record, words, case)
        await _check_bypass(record, words)
        if words.returns:
            await _check_returns(record, words)
        for tag, sides in words.heard.items():
            await _check_heard(record, words, {tag: sides.bad[0]}, "SUPPRESSED")
            await _check_heard(record, words, {tag: sides.good[0]}, "UNACKNOWLEDGED")

    play(work)


def _interlock(record: Record) -> Interlock:
    return load([record], bind)[0]


async def _check_case(record: Record, words: Words, case: Case) -> None:
    scene = Scene(_interlock(record), words.module, ACTIONS)
    seen: dict[str, float] = {}
    effects: frozenset[str] = frozenset()
    for t_s in case.scans_s:
        effects = await scene.look(t_s, case.before if t_s < 0.0 else case.then)
        for effect in effects if t_s >= 0.0 or scene.guard.tripped else ():
            seen.setdefault(effect, t_s)
        if scene.guard.tripped is not None:
            break
    assert set(seen) == set(case.expected), f"{case.title}: {sorted(seen) or 'nothing'}"
    for effect, (first_s, last_s) in case.expected.items():
        assert first_s <= seen[effect] <= last_s, f"{case.title}: {effect} after {seen[effect]:g} s"
    assert case.blamed in scene.first_out, f"{case.title}: the first-out is {scene.first_out}"
    assert case.last is None or effects == case.last, f"{case.title}: {sorted(effects) or 'nothing'} at the end"


async def _check_bypass(record: Record, words: Words) -> None:
    """A bypass lasts as long as is allowed, and is refused where none is."""
    interlock = _interlock(record)
    scene = Scene(interlock, words.module, ACTIONS)
    refused = scene.guard.bypass(interlock.id, "engineer", "a check")
    assert (refused == "") is (words.bypass_s > 0.0), f"bypass: {refused or 'allowed'}"
    if words.bypass_s:
        bad = {tag: sides.bad[0] for tag, sides in words.must.items()}
        began_s = scene.now_s() - scene.start_s
        for share, effects in ((1.0 - NEAR, frozenset[str]()), (1.0, words.does)):
            await scene.look(began_s + words.bypass_s * share, bad)
            seen = await scene.look(began_s + words.bypass_s * share + 1.0, bad)
            assert seen == effects, f"bypassed for {words.bypass_s * share:g} s: {sorted(seen)}"


async def _check_returns(record: Record, words: Words) -> None:
    """When nothing is watched any more, the alarm stands until what `returns` wants has been there for its time."""
    good = {tag: sides.good[0] for tag, sides in words.returns.items()}
    tried = [(tag, value, True) for tag, sides in words.returns.items() for value in sides.good]
    tried += [(tag, value, False) for tag, sides in words.returns.items() for value in sides.bad]
    for tag, value, returns in tried:
        scene = await _lost(record, words)
        healthy = {**_of(words.must, "good"), **good, **_of(words.active, "bad"), tag: value}
        for t_s in (1.0, 1.0 + words.returns_s * (1.0 - NEAR)):
            await scene.look(t_s, healthy)
            assert not scene.record.of(AlarmChanged), f"the alarm returned {t_s - 1.0:g} s after {tag} {value}"
        await scene.look(1.0 + words.returns_s * (1.0 + NEAR), healthy)
        assert bool(scene.record.of(AlarmChanged)) is returns, f"the alarm with {tag} {value}"


async def _check_heard(record: Record, words: Words, readings: Mapping[str, Value], state: str) -> None:
    scene = await _lost(record, words, readings)
    (alarm,) = scene.record.of(Alarm)
    assert alarm.state == state, f"the alarm is {alarm.state} with {dict(readings)}"


async def _lost(record: Record, words: Words, readings: Mapping[str, Value] | None = None) -> Scene:
    """A scene in which the interlock has just been lost, by something that its alarm waits for."""
    scene = Scene(_interlock(record), words.module, ACTIONS)
    good = {**_of(words.active, "good"), **_of(words.heard, "good"), **_of(words.must, "good")}
    for t_s in BEFORE_S:
        await scene.look(t_s, {**good, **_of(words.active, "bad")})
    lost = next(tag for tag in words.must if tag in words.returns)
    await scene.look(0.0, {**good, lost: words.must[lost].bad[0], **(readings or {})})
    return scene


def _of(sides: Mapping[str, Sides], side: str) -> dict[str, Value]:
    return {tag: getattr(both, side)[0] for tag, both in sides.items()}


# ---------------------------------------------------------------------------------------------- alarms
def check_alarm(record: Record) -> None:
    """One record of config/alarms.yaml latches and may be shelved as its words say, and has words for people."""
    words = ALARMS[record["code"]]
    code = words.code or record["code"]

    def book() -> tuple[Alarms, Kept]:
        kept = Kept()
        alarms = Alarms(kept.event)
        alarms.use(load_alarms([record], bind))
        alarms.announce(raised(code, FailureClass.INFORMATION, "a check"), 0.0)
        return alarms, kept

    alarms, kept = book()
    (told,) = kept.of(Alarm)
    assert told.likely and told.do, "no words for people"
    assert (told.priority, told.state) == ("low", "UNACKNOWLEDGED"), f"{told.priority}, {told.state}"
    alarms.returned(code)
    (changed,) = kept.of(AlarmChanged)
    assert changed.new == ("LATCHED_UNACKNOWLEDGED" if words.latches else "RETURNED"), changed.new
    for share, allowed in ((1.0 - NEAR, True), (1.0, True), (1.0 + NEAR, False)):
        alarms, _ = book()
        refused = alarms.shelve(code, share * (words.shelve_s or 1.0), 0.0, "operator")
        assert (refused == "") is (allowed and words.shelve_s > 0.0), f"shelved: {refused or 'allowed'}"
