"""Pages 1 to 3 and 9: values with quality, setpoint, limits and meaning; of one module, or all."""

from __future__ import annotations

from collections.abc import Sequence

from controller.console import modules
from controller.console.layout import MODULES, SETPOINTS
from controller.console.rows import Row, filled, fit, rule
from controller.console.view import View
from controller.server.picture import BAD, GOOD, STALE, UNCERTAIN, Tag

WIDE, BOUNDS = 100, 20
QUALITY = {GOOD: "good", UNCERTAIN: "≈ uncertain", BAD: "? BAD", STALE: "~ stale"}


def shown(view: View) -> list[Tag]:
    """The tags of this page that its filter lets through."""
    word = view.filters.get(view.page, "").lower()
    tags = list(view.picture.tags.values()) if view.picture is not None else []
    if view.page in (1, 2, 3):
        tags = [tag for tag in tags if tag.name.startswith(MODULES[view.page - 1].prefixes)]
    return [tag for tag in sorted(tags, key=lambda tag: tag.name) if word in f"{tag.name} {tag.unit} {tag.doc}".lower()]


def module(view: View, width: int, height: int) -> list[Row]:
    """One module: its drawing and gauges, then all its values."""
    about = MODULES[view.page - 1]
    rows: list[Row] = [rule(width, f"{view.page} {about.title}"), *modules.block(view, about, min(width, 60), 9)]
    rows = [fit(row, width) for row in rows]
    return rows + table(view, width, height - len(rows), f"VALUES of {about.title.lower()}")


def io(view: View, width: int, height: int) -> list[Row]:
    """All values, and where the instruments are."""
    lines: list[Row] = []
    said = view.state.get("instruments", {})
    for name, about in sorted(said.items(), key=lambda item: not item[1]["lost"]):  # who is lost is never cut off
        text = f" {name:<16.16} {'LOST' if about['lost'] else 'ok':<5} {about['link']:<12.12} {about['identity']}"
        lines.append([(text, "p2" if about["lost"] else "")])
    room = min(len(lines), max(0, height - 12))
    head = rule(
        width,
        f"INSTRUMENTS {room} of {len(lines)}" if room < len(lines) else "INSTRUMENTS",
        view.state.get("down", "")[: width // 2],
    )
    about = [head, *filled(lines, width, room)] if room else []
    return table(view, width, height - len(about), "9 INPUTS AND OUTPUTS") + about


def table(view: View, width: int, height: int, title: str) -> list[Row]:
    """The list with the chosen line in it."""
    tags = shown(view)
    word = view.filters.get(view.page, "")
    tail = f"{len(tags)} values · " + (f"filter {word}" if word else "/ filter") + "  t trend"
    rows: list[Row] = [rule(width, title, tail)]
    meaning = width >= WIDE  # below, the meaning of the chosen one stands alone
    head = f"   {'name':<28} {'value':>14}  {'quality':<11} {'setpoint, limits':<{BOUNDS}}"
    rows.append([(f"{head} meaning" if meaning else head, "dim")])
    room = height - 3
    at = view.choice(len(tags))
    first = scroll(at, len(tags), room)
    for i, tag in enumerate(tags[first : first + room], first):
        rows.append(_line(view, tag, chosen=i == at, meaning=meaning))
    about = f" {tags[at].name}: {tags[at].doc}" if tags else " no value has this word"
    return [*filled(rows, width, height - 1), fit([(about, "dim")], width)]


def scroll(at: int, n: int, room: int) -> int:
    """The first line of a list that shows `room` lines of `n` with line `at` among them."""
    return max(0, min(at - room // 2, n - room))


def _line(view: View, tag: Tag, *, chosen: bool, meaning: bool) -> Row:
    style = view.mark(tag)[1]
    quality = QUALITY[tag.quality] if view.fresh or tag.quality in (BAD, STALE) else "~ old"
    drawn = "≋" if tag.name in view.curves else " "
    head = (f"{'▶' if chosen else ' '}{drawn} {tag.name:<28.28} ", "bold" if chosen else "")
    return [
        head,
        view.reading(tag.name, 14),
        (f"  {quality:<11} ", style),
        (f"{_bounds(view, tag):<{BOUNDS}}", "dim"),
        (f" {tag.doc}" if meaning else "", "dim"),
    ]


def _bounds(view: View, tag: Tag) -> str:
    setpoint = SETPOINTS.get(tag.name, "")
    words: Sequence[str] = []
    if setpoint and view.tag(setpoint) is not None:
        words = [f"sp {view.reading(setpoint, 1, unit=False)[0].strip()}"]
    low, high = view.limit(tag.name)
    if low is not None or high is not None:
        words = [*words, f"{'' if low is None else f'{low:g}'}..{'' if high is None else f'{high:g}'}"]
    return " ".join(words)
