"""`springback verify`: follow the chain of records, offline, say where it breaks, and who has signed them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from controller.cli.boundary import show
from controller.cli.exits import Exit
from controller.record.archive import RECORD, find
from controller.record.signature import Signed, check, signed_by
from controller.record.site import objections
from controller.record.site_key import installed, keys_in, public_keys
from controller.record.store import unwritten
from controller.record.verify import Finding, verify

SAYS = {
    "intact": "intact, {records} records",
    "running": "intact so far, {records} records; the run is under way",
    "open": "NOT CLOSED after {records} records; `springback runs recover` closes it",
    "damaged": "DAMAGED at {bad}: {problem}; {records} records before it are sound",
}


def verify_runs(name: str | None, folder: Path, key: Path | None = None, *, as_json: bool) -> int:
    """Verify one run, or all below `folder` when no name is given; not intact is an exit code of its own.

    The journal of the site says what it knows of them, and of the ledger of releases: a run is as good as its witness.
    With `key`, a public key, only its signatures count, and a closed record without one is not intact.
    """
    places = [find(name, folder)] if name else sorted(path.parent for path in folder.rglob(RECORD))
    found = [(verify(place / RECORD), _running(place)) for place in places]
    states = ["running" if running and one.state == "open" else one.state for one, running in found]
    able = key or (any(signed_by(one.path) for one, _ in found) and installed())
    keys = public_keys(*([key] if key else keys_in(folder))) if able else None
    signed = [check(one.path, one.head.hex(), keys) for one, _ in found]
    if key:
        signed = [_wanted(one, state) for one, state in zip(signed, states, strict=True)]
    whole = all(state in ("intact", "running") for state in states) and not any(one.problem for one in signed)
    one_run = places[0].resolve() if name else None
    against = objections(one_run.parent, one_run.name) if one_run else objections(folder)
    whole = whole and not against
    if as_json:
        records = [
            {**one.to_json(), "state": state, "signature": asdict(mark)}
            for (one, _), state, mark in zip(found, states, signed, strict=True)
        ]
        said = [{"path": str(one.path), "problem": one.problem} for one in against]
        show(json.dumps({"schema": "springback.verify/1", "intact": whole, "records": records, "site": said}))
    else:
        for (one, _), state, mark in zip(found, states, signed, strict=True):
            show(f"{one.path}: {_said(one, state)}{_marked(mark, state)}")
        for objection in against:
            show(f"{objection.path}: {objection.problem}")
        if not places:
            show(f"no run in {folder}")
    return Exit.PASSED if whole else Exit.NOT_INTACT


def _said(found: Finding, state: str) -> str:
    return SAYS[state].format(records=found.records, bad=found.bad, problem=found.problem)


def _marked(signed: Signed, state: str) -> str:
    """Nobody expects a signature of what has no end."""
    return f", {signed}" if state in ("intact", "damaged") or signed.key or signed.problem else ""


def _wanted(signed: Signed, state: str) -> Signed:
    missing = not signed.key and state != "running"
    return Signed(problem="there is none") if missing else signed


def _running(place: Path) -> bool:
    with unwritten(place) as free:
        return not free
