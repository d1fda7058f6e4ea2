"""Close the record of a run whose process died: the terminal event that it lacks, and the end of its chain.

A record that somebody still writes is left alone, and so is one whose chain is broken.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from controller.record.chain import CLOSED, EVENT, FACT, Row, counts_by_name
from controller.record.events import RunEnded
from controller.record.journal import event_text
from controller.record.store import Batch, RecordError, Store, connect, unwritten
from controller.record.verify import Finding, verify

WHY = "the controller was killed, or lost its power"
INTERRUPTED = "interrupted"  # the `end_reason` of such a run


def recover(path: Path) -> bool:
    """Close the record at `path` as aborted, `end_reason` `interrupted`; True when that was done.

    False when it has its end, or a living process writes it. RecordError when its chain is broken: it stays as it is.
    """
    with unwritten(path.parent) as free:
        if not free:
            return False
        connect(path, "rw").close()  # SQLite takes back what was half done when the process died
        found = _sound(path)
        if found.closed:
            return False
        if not found.ended:
            ended = RunEnded("ABORTED", "NONE", WHY, INTERRUPTED)
            _write(found, [(EVENT, ended.kind, event_text(ended))])
            found = _sound(path)
        facts, events, samples = found.counts
        end = {"trace_sha256": found.trace_sha256, CLOSED: counts_by_name([facts + 2, events, samples])}
        _write(found, [(FACT, key, json.dumps(value)) for key, value in end.items()])
    return True


def left_open(folder: Path) -> list[Path]:
    """Records in the runs of `folder` that still have SQLite's side file: a process that ends in order removes it."""
    return sorted(side.with_name(side.name.removesuffix("-wal")) for side in folder.glob("*/run.sqlite-wal"))


def _sound(path: Path) -> Finding:
    found = verify(path)
    if found.problem:
        raise RecordError(f"run record {path}: {found.bad}: {found.problem}; it is left as it is, keep it as evidence")
    return found


def _write(found: Finding, rows: Iterable[tuple[int, str, Any]]) -> None:
    store = Store.append(found.path, found.head)
    batch = Batch()
    for seq, (table, first, second) in enumerate(rows, start=found.records + 1):
        batch.add(Row(table, seq, found.last_s, first, second))
    try:
        store.write(batch)
    finally:
        store.close()
