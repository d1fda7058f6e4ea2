"""Dialogs of the console: what is asked of the person in front, and what is told to the daemon with the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from controller.console import handover, lots
from controller.console.alarms import Line as AlarmLine
from controller.console.dialogs import Choice, Desk, Dialog, Line, Option
from controller.console.rows import span
from controller.console.view import View
from controller.record.text import engineering_words

SHELVE_MIN = (15, 60, 480)


def abort(desk: Desk) -> Choice:
    """The job has been told to hold; what now?"""
    words = ["The job was told to hold, and stays held until you choose. X again within 2 s aborts at once."]

    def engineer(word: str, then: str, method: str) -> Option:
        return Option(word, then, lambda: desk.tell(method), "" if desk.view.may(method) else "for an engineer: L")

    return Choice(
        "HELD FIRST: what now?",
        words,
        (
            Option("Resume", "goes on where it stands", lambda: desk.tell("resume")),
            Option("Stop", "ends after this step, in the safe state", lambda: desk.tell("stop", reason="console")),
            Option(
                "Abort",
                "ends now, by the recipe's way into the safe state",
                lambda: desk.tell("abort", reason="console"),
            ),
            engineer("Redo", "does this step again, where the recipe allows it", "redo"),
            engineer("Skip", "leaves this step out, where the recipe allows it", "skip"),
        ),
    )


def acknowledge(desk: Desk, alarm: AlarmLine) -> Line:
    """A comment goes with it."""

    def give(text: str) -> str:
        desk.tell("acknowledge", alarm=alarm.name, reason=text)
        return ""

    words = [
        f"Happened: {alarm.said['happened']}",
        f"Do: {alarm.said['do']}",
        "Comment (may be empty); this resumes nothing:",
    ]
    return Line(f"ACKNOWLEDGE {alarm.name}", words, give)


def shelve(desk: Desk, alarm: AlarmLine) -> Choice:
    """For how long it shall be silent."""

    def option(minutes: int) -> Option:
        word = f"{minutes} min" if minutes < 60 else f"{minutes // 60} h"
        return Option(word, "", lambda: desk.tell("shelve", alarm=alarm.name, for_s=60.0 * minutes, reason="console"))

    back = Option("Hear it again", "", lambda: desk.tell("unshelve", alarm=alarm.name, reason="console"))
    words = ["Shelving silences the alarm only; the interlock behind it stays in force."]
    return Choice(f"SHELVE {alarm.name} for", words, (*(option(minutes) for minutes in SHELVE_MIN), back))


def answer(desk: Desk, prompt: dict[str, Any], wrong: str = "") -> Dialog:
    """The question of a job: yes, a choice, or a line."""

    def again(why: str) -> None:
        desk.dialog = answer(desk, prompt, why)

    def tell(value: str) -> None:
        desk.tell("answer", again=again, prompt=prompt["id"], value=value)

    def give(text: str) -> str:
        if not text:
            return f"wanted is {prompt['expects']}"
        tell(text)
        return ""

    title, words = f"{prompt['step']} asks", [str(prompt["text"] or prompt["id"])]
    if prompt["kind"] in ("confirm", "yes_no", "choice"):
        words_of = {"confirm": ["yes"], "yes_no": ["yes", "no"]}.get(prompt["kind"], prompt["choices"])
        options = tuple(Option(str(word), "", lambda word=str(word): tell(word)) for word in words_of)  # type: ignore[misc]
        return Choice(title, [*words, *([wrong] if wrong else [])], options)
    return Line(title, [*words, f"wanted is {prompt['expects']}"], give, wrong=wrong)


def login(desk: Desk) -> Choice:
    """Who is there?"""

    def name() -> None:
        desk.dialog = Line("LOG IN", ["User:"], pin)

    def pin(user: str) -> str:
        def give(text: str) -> str:
            desk.tell("login", then=welcome, again=wrong, user=user, pin=text)
            return ""

        if not user:
            return "a name is wanted"
        desk.dialog = Line(f"LOG IN {user}", ["PIN:"], give, secret=True)
        return ""

    def badge() -> None:
        desk.dialog = Line("LOG IN", ["Scan the badge:"], give_badge, secret=True)

    def give_badge(text: str) -> str:
        if not text:
            return "a badge is wanted"
        desk.tell("login", then=welcome, again=wrong, badge=text)
        return ""

    def welcome() -> None:
        if handover.of_others(desk.view):
            desk.dialog = handover.notes(desk)

    def wrong(why: str) -> None:
        desk.dialog = login(desk)
        desk.view.say(why, "p2")

    facts = desk.view.facts
    return Choice(
        "LOG IN",
        [f"You are {facts.get('user', '')} ({facts.get('role', '')}). Hold, stop and abort need no login."],
        (
            Option("PIN", "name and PIN", name),
            Option("Badge", "scan it", badge),
            Option("Log out", "", lambda: desk.tell("logout")),
        ),
    )


def ready(
    desk: Desk, name: str, settings: dict[str, str], job: dict[str, Any] | None, check: Callable[[dict[str, str]], None]
) -> Choice:
    """The ready sheet: everything that must be right before a start, and start, which is offered only then."""
    view = desk.view
    plan = view.plans.get(name, {})
    rows, release = [*readiness(view, name), lots.readiness(view, name, job)], _release(view, plan, job)
    otherwise = [words for ok, words in rows if not ok]
    wrong = otherwise + [words for ok, words in release if not ok]

    def start() -> None:
        if job is not None:
            desk.tell("start", job=job["id"])
        else:
            desk.tell("start", recipe=name, set=settings)

    def declare() -> None:
        words = ["The record, its report and the list of runs will say ENGINEERING RUN, and why:"]
        desk.dialog = Line(f"ENGINEERING RUN of {name}", words, declared)

    def declared(why: str) -> str:
        if not why:
            return "a reason is wanted"
        desk.tell("start", recipe=name, set=settings, engineering=why)
        return ""

    def change() -> None:
        names = ", ".join(f"{key} {value['text']}" for key, value in plan.get("parameters", {}).items())
        desk.dialog = Line(f"PARAMETER of {name}", [names or "it has none", "NAME=VALUE:"], give)

    def give(text: str) -> str:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            return "write NAME=VALUE, e.g. peak=380 kPa"
        check({**settings, key.strip(): value.strip()})
        return ""

    options = [Option("Start", "the instruments begin to move", start, "; ".join(wrong))]
    if job is None and not view.simulated:
        not_now = "; ".join(otherwise) or ("" if view.may("engineering") else "for an engineer: L")
        options.append(Option("Engineering", "start it though it is not released", declare, not_now))
    options.append(
        Option("Parameter", "change one", change, "it waits in the queue as it is" if job is not None else "")
    )
    if job is None:
        options.append(
            Option("Queue", "load it without starting", lambda: desk.tell("load", recipe=name, set=settings))
        )
    return Choice(f"READY? {name}", _sheet(view, name, settings, [*rows, *release]), tuple(options))


def _sheet(view: View, name: str, settings: dict[str, str], checked: list[tuple[bool, str]]) -> list[str]:
    """What is checked, what is set, and how long it takes."""
    plan = view.plans.get(name, {})
    words = [f"{'✓' if ok else '✗'} {text}" for ok, text in checked]
    words += [f"  {key} = {value}" for key, value in settings.items()]
    total_s = sum(planned.s for step in plan.get("steps", ()) if (planned := view.planned(name, step["name"])))
    if total_s:
        known = "as last time" if name in view.durations else "dwells only, so longer"
        words.append(f"  takes {span(total_s)} ({known}), asks {len(plan['questions'])} questions")
    return words


def _release(view: View, plan: dict[str, Any], job: dict[str, Any] | None) -> list[tuple[bool, str]]:
    """On a real tool: may the recipe run there?"""
    found = plan.get("release")
    if view.simulated or found is None:
        return []
    if job is not None and job["engineering"]:
        return [(True, engineering_words(job["engineering"]))]
    return [(found["state"] == "released", "released" if not found["why"] else f"not released: {found['why']}")]


def readiness(view: View, name: str) -> list[tuple[bool, str]]:
    """What must be right before a start; each with the words for right, or for wrong and what fixes it."""
    plan, state = view.plans.get(name, {}), view.state
    trip, down = state.get("trip"), state.get("down")
    lost = [instrument for instrument, about in state.get("instruments", {}).items() if about["lost"]]
    job = view.job
    return [
        ("problems" not in plan, f"recipe {'has problems: 5, then v' if 'problems' in plan else 'is checked'}"),
        (not trip, f"{trip['code']} has tripped: T" if trip else "nothing has tripped"),
        (not down, f"instruments: {down}" if down else "instruments are connected"),
        (not lost, f"lost: {', '.join(lost)}" if lost else "all instruments answer"),
        (
            view.may("start"),
            f"you may start as {view.facts.get('role', '')}" if view.may("start") else "this role may not start: L",
        ),
        (True, "nothing runs before it" if job is None else f"begins after {job['recipe']}"),
    ]
