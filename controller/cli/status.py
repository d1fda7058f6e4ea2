"""`springback status`, `hold`, `abort`, `answer`, `handover` and the like: one question to a daemon, one answer.

It imports nothing but the client, since an operator's command must not wait for a program to load.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from controller.cli.boundary import show
from controller.cli.daemon import talking
from controller.cli.exits import Exit
from controller.record.text import engineering_words
from controller.server.picture import stood_words

SCHEMA = "springback.status/1"


def show_status(daemon: str | None, *, as_json: bool) -> int:
    """Print the status."""
    with talking(daemon) as client:
        status = client.call("status")
    show(json.dumps({"schema": SCHEMA, **status}) if as_json else "\n".join(_lines(status)))
    return Exit.PASSED


def tell_daemon(daemon: str | None, command: str, **params: Any) -> int:
    """Say one command and print what came of it; CommandError when the daemon says no."""
    with talking(daemon) as client:
        result = client.call(command, **params)
    said = ", ".join(f"{key} {value}" for key, value in result.items())
    show(f"{command}: {said}" if said else f"{command}: done")
    return Exit.PASSED


def show_lot(daemon: str | None) -> int:
    """Print which lot is loaded."""
    with talking(daemon) as client:
        lot = client.call("status").get("lot")
    show("\n".join(_lot_line(lot)) or "no lot is loaded")
    return Exit.PASSED


def hand_over(daemon: str | None, text: str) -> int:
    """Leave a note for the next shift, or without a text print those that stand."""
    if text:
        return tell_daemon(daemon, "handover", text=text)
    with talking(daemon) as client:
        notes = client.call("status").get("notes", ())
    for note in notes:
        show(printable(f"{note['utc']}  {note['by']}: {note['text']}"))
        for line in note["situation"]:
            show(printable(f"  then: {line}"))
    show("the next person takes over at the console: N" if notes else "no note stands")
    return Exit.PASSED


def printable(text: object) -> str:
    """Without control characters: what an instrument or a recipe says must not command the terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))


def _lines(status: Mapping[str, Any]) -> Iterator[str]:
    badge = "SIMULATED  " if status["simulated"] else ""
    yield f"{badge}{status['tool']}  you are {status['user']} ({status['role']})"
    if status["down"]:
        yield printable(f"down     {status['down']}")
    if lost := [name for name, about in status["instruments"].items() if about["lost"]]:
        yield printable(f"lost     {', '.join(lost)}: no answer")
    job = status["job"]
    if job is not None:
        step = job["step"]
        at = f"  step {step['index'] + 1}/{len(job['steps'])} {step['name']}, {step['phase']}" if step else ""
        yield printable(f"job      {job['recipe']} v{job['version']}  {job['state']}{at}")
        if job["engineering"]:
            yield printable(f"         {engineering_words(job['engineering'])}")
        if job["reason"]:
            yield printable(f"reason   {job['reason']}")
    else:
        yield "job      none"
    if status["trip"]:
        yield printable(f"trip     {status['trip']['code']}: {status['trip']['reason']}")
    for alarm in status["alarms"]:
        yield printable(f"alarm    {alarm['name']} ({alarm['state']}): {alarm['happened']}; do: {alarm['do']}")
    for prompt in status["prompts"]:
        yield printable(f"asked    {prompt['id']}: {prompt['text']} ({prompt['expects']})")
    yield from _lot_line(status.get("lot"))  # older daemons have neither lot nor notes
    yield from _interrupted_lines(status)
    for note in status.get("notes", ()):
        yield printable(f"note     {note['utc']}  {note['by']}: {note['text']}")
    for waiting in status["queue"]:
        yield printable(f"queue    {waiting['id']}{'' if waiting['started'] else ', not started'}")
    if status["last"]:
        last = status["last"]
        yield printable(f"last     {last['id']}  {last['state']}  {last['verdict']}  {last['folder']}")


def _interrupted_lines(status: Mapping[str, Any]) -> Iterator[str]:
    for one in status.get("interrupted", ()):
        yield printable(f"crashed  {one['run']}  interrupted {one['interrupted_utc']}  {stood_words(one)}")
        if one["pot_life_ends_utc"]:
            yield printable(f"         pot life of its lot ends {one['pot_life_ends_utc']}")
        for tag, percent in one["cure_percent"].items():
            yield printable(f"         {tag} was {percent:g} %, and goes on while the zone is warm")
        moves = ", ".join(move["move"] for move in one["moves"])
        yield printable(f"         {moves}: springback resume {one['run']} --attach {status['tool']}")


def _lot_line(lot: Mapping[str, Any] | None) -> Iterator[str]:
    if lot is not None:
        carrier = f"  carrier {lot['carrier']}" if lot["carrier"] else ""
        coming = f"  next {lot['next']['part']}" if lot["next"] else ""
        yield printable(f"lot      {lot['lot']}{carrier}  {lot['left']} of {lot['parts']} parts left{coming}")
