"""From the words about an interlock to the cases in which it is tried: readings over time, what must happen when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.tables.interlocks import Words
from tests.tables.scene import Readings
from tests.tables.sides import NEAR, Course, Value

UNKNOWN_S = 0.25  # a reading that is watched may be unknown for so long
BEFORE_S = (-2.0, -1.0, -0.125)  # scans before a case: healthy, and not watched where that is said
Times = Mapping[str, tuple[float, float]]  # what happens -> not before, not after, s


@dataclass(frozen=True, slots=True)
class Case:
    """`before` is read until time 0, `then` from it on, at the scans; `expected` is all that may happen.

    `blamed` is the tag that the first-out names; `last` what still stands at the last scan, where that matters.
    """

    title: str
    before: Readings
    then: Readings
    scans_s: tuple[float, ...]
    expected: Times = field(default_factory=dict)
    blamed: str = ""
    last: frozenset[str] | None = None


def cases(words: Words) -> Iterator[Case]:
    """All of them, the short ones first."""
    yield from _healthy(words)
    yield from _bad(words)
    yield from _unknown(words)
    yield from _not_watched(words)
    yield from _settling(words)


def _healthy(words: Words) -> Iterator[Case]:
    """Every value that is allowed, at the limit and near to it; long enough for any delay."""
    for tag, sides in words.must.items():
        for value in sides.good:
            yield _case(words, f"{tag} {_text(value)} is healthy", {tag: value})
    for readings in words.also:
        yield _case(words, f"{dict(readings)} is healthy", readings)


def _bad(words: Words) -> Iterator[Case]:
    """Every value that is not allowed: what is done is done at once or after the delay, neither earlier nor later."""
    for tag, sides in words.must.items():
        for value in sides.bad:
            yield _case(words, f"{tag} {_text(value)} is not healthy", {tag: value}, _expected(words, value), tag)
    tag, first = _first_bad(words)
    for condition, sides in words.active.items():
        for good in sides.good:
            title = f"{tag} {_text(first)} is not healthy with {condition} {_text(good)}"
            yield _case(words, title, {tag: first, condition: good}, _expected(words, first), tag)


def _unknown(words: Words) -> Iterator[Case]:
    """A stale reading counts as not healthy: at once for what is asked for, after a while for what is watched."""
    for tag in words.must:
        yield _case(words, f"{tag} is stale", {tag: None}, _expected(words, None), tag)
    tag, value = _first_bad(words)
    for condition in words.active:
        yield _case(words, f"{condition} is stale, and all is well", {condition: None})
        expected = _expected(words, value, UNKNOWN_S)
        yield _case(words, f"{condition} is stale, {tag} {_text(value)}", {condition: None, tag: value}, expected, tag)


def _not_watched(words: Words) -> Iterator[Case]:
    """While one of the conditions does not hold nothing is watched, however bad; what is refused is refused."""
    bad = {tag: sides.bad[0] for tag, sides in words.must.items() if sides.bad}
    refused = {effect: (0.0, 0.0) for effect in words.does if effect.startswith("refuses")}
    for condition, sides in words.active.items():
        for value in sides.bad:
            yield _case(words, f"not watched with {condition} {_text(value)}", {**bad, condition: value}, refused)


def _settling(words: Words) -> Iterator[Case]:
    """What must have lasted is refused until then."""
    for tag, sides in words.must.items():
        if sides.settles_s:
            refused = frozenset(effect for effect in words.does if effect.startswith("refuses"))
            then = {**_all_good(words), **_idle(words)}
            for share, last in ((1.0 - NEAR, refused), (1.0 + NEAR, frozenset[str]())):
                for_s = sides.settles_s * share
                before, scans = {**then, tag: sides.bad[0]}, (*BEFORE_S, 0.0, for_s)
                expected = dict.fromkeys(refused, (0.0, 0.0))
                yield Case(f"{tag} is good for {for_s:g} s", before, then, scans, expected, tag, last)


# ---------------------------------------------------------------------------------------------- parts
def _case(words: Words, title: str, changed: Readings, expected: Times | None = None, blamed: str = "") -> Case:
    then = {**_all_good(words), **changed}
    good = {tag: sides.good for tag, sides in words.must.items()}
    settled = {tag: value for tag, value in changed.items() if value in good.get(tag, ()) or isinstance(value, Course)}
    before = {**_all_good(words), **_idle(words), **settled}
    return Case(title, before, then, _scans(words, then, expected or {}), expected or {}, blamed)


def _expected(words: Words, value: Value, unknown_for_s: float | None = None) -> Times:
    """When each thing is done about a bad value; after `unknown_for_s`, and not the delay, if something is unknown."""
    course = value if isinstance(value, Course) else Course(lambda t_s: 0.0, 0.0, 0.0)
    if value is None:
        unknown_for_s = UNKNOWN_S
    wait_s = words.delay_s if unknown_for_s is None else unknown_for_s
    found: dict[str, tuple[float, float]] = {}
    for effect in words.does:
        if effect.startswith("refuses"):
            found[effect] = (0.0, 0.0)
            continue
        if unknown_for_s is not None:  # not knowing is no emergency
            effect = effect.replace("trips, class 1", "trips, class 2")
        at_s = course.after_s + wait_s
        found[effect] = (at_s - course.within_s, at_s + course.within_s + wait_s * NEAR)
    return found


def _scans(words: Words, then: Readings, expected: Times) -> tuple[float, ...]:
    """Scans just before and just after the instants that matter, and where a course wants them."""
    courses = [value for value in then.values() if isinstance(value, Course)]
    end_s = max([2.0 * words.delay_s, 2.0 * UNKNOWN_S, *(course.until_s for course in courses)])
    scans = {*BEFORE_S, 0.0, end_s, words.delay_s * (1.0 - NEAR), words.delay_s * (1.0 + NEAR)}
    for first_s, last_s in expected.values():
        scans |= {first_s * (1.0 - NEAR), last_s}
    for course in courses:
        first, last = -int(course.before_s / course.step_s), int(end_s / course.step_s)
        scans |= {k * course.step_s for k in range(first, last + 1)}
    return tuple(sorted(scans))


def _all_good(words: Words) -> dict[str, Value]:
    return {tag: sides.good[0] for tag, sides in {**words.active, **words.must}.items()}


def _idle(words: Words) -> dict[str, Value]:
    return {tag: sides.bad[0] for tag, sides in words.active.items() if sides.bad}


def _first_bad(words: Words) -> tuple[str, Value]:
    return next((tag, sides.bad[0]) for tag, sides in words.must.items() if sides.bad)


def _text(value: Value) -> str:
    return "in its course" if isinstance(value, Course) else f"{value:g}"
