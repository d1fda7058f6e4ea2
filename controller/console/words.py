"""Typed commands of the console, in the words of the command line: text in, method and parameters out."""

from __future__ import annotations

from typing import Any

WITH = {"unload": "job", "handover": "text"}  # and all that follows
JOB = ("hold", "resume", "redo", "skip", "step", "stop", "abort", "reset")


class Misunderstood(Exception):
    """What was typed is no command; the text says what is."""


def parse(text: str) -> tuple[str, dict[str, Any]]:
    """The method and its parameters; Misunderstood for anything else."""
    word, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    if word in JOB:
        return word, {"reason": rest} if rest else {}
    if word in ("sign", "release", "retire") and " " in rest:
        name, _, why = rest.partition(" ")
        return word, {"recipe": name, "reason": why.strip()}
    if word in ("start", "load") and rest:
        name, *settings = rest.split()
        return word, {"recipe": name, "set": _settings(settings)}
    if word in WITH and rest:
        return word, {WITH[word]: rest}
    if word == "resume_run" and len(rest.split()) in (2, 3):
        run, move, *confirmed = rest.split()
        return word, {"run": run, "move": move, "confirmed": confirmed == ["confirmed"]}
    if word == "answer" and " " in rest:
        prompt, value = _prompt(rest)
        return word, {"prompt": prompt, "value": value}
    if word == "acknowledge":
        return word, {"alarm": rest}
    if word == "shelve" and rest:
        alarm, _, minutes = rest.rpartition(" ")
        if alarm and minutes.isdecimal():
            return word, {"alarm": alarm, "for_s": 60.0 * int(minutes)}
    if word == "load_lot" and len(rest.split()) in (2, 3):
        lot, parts, *carrier = rest.split()
        return word, {"lot": lot, "parts": parts, "carrier": "".join(carrier)}
    if word in ("take_over", "unload_lot", "logout"):
        return word, {}
    raise Misunderstood(
        f"{text!r} is no command; try hold, resume, redo, skip, step, stop, abort [REASON], reset,"
        " start RECIPE [NAME=VALUE ...], load RECIPE, unload JOB, answer 'PROMPT' VALUE,"
        " resume_run RUN MOVE confirmed,"
        " sign, release, retire RECIPE REASON, acknowledge ALARM, shelve ALARM MINUTES, load_lot LOT PARTS [CARRIER],"
        " unload_lot, handover TEXT, take_over, logout"
    )


def _settings(words: list[str]) -> dict[str, str]:
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise Misunderstood(f"{word!r} is no setting; write NAME=VALUE, e.g. peak=400kPa")
        found[name] = value
    return found


def _prompt(rest: str) -> tuple[str, str]:
    """A prompt may have spaces in its name: then it stands in quotes."""
    if rest[0] in "'\"":
        name, _, value = rest[1:].partition(rest[0])
        return name, value.strip()
    name, _, value = rest.partition(" ")
    return name, value.strip()
