"""Ctrl-C, SIGTERM and a closed terminal abort through the gate; the run ends when the safe state is read back.

Who has asked once need not ask again: from then on these signals are ignored, so that the run gets its report.
"""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from controller.sequence.sequencer import Sequencer


class Signals:
    """In force as a context manager; a signal that comes before there is a sequencer aborts it when there is one."""

    def __init__(self) -> None:
        self.received = ""  # name of the first signal, e.g. SIGINT
        self._loop = asyncio.get_running_loop()
        self._sequencer: Sequencer | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Signals:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_IGN if self.received else handler)

    def abort(self, sequencer: Sequencer) -> None:
        """From now on signals go to this sequencer."""
        self._sequencer = sequencer
        if self.received:
            self._post()

    def _take(self, number: int, frame: object) -> None:
        self.received = self.received or signal.Signals(number).name
        if self._sequencer is not None:
            self._loop.call_soon_threadsafe(self._post)

    def _post(self) -> None:
        assert self._sequencer is not None
        self._sequencer.post("abort", "operator", f"aborted by {self.received}")
