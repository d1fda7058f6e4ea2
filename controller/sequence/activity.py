"""What the sequencer has under way: one task at a time, which reports its end to the inbox and can be replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from controller.sequence.inbox import Inbox

DROPPED_S = 2.0  # a dropped activity may take this long to tidy up


class Activity:
    """The current activity. `number` tells its report from those of activities that were dropped."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._task: asyncio.Task[None] | None = None
        self.number = 0

    @property
    def running(self) -> bool:
        """True until it has reported."""
        return self._task is not None and not self._task.done()

    def start(self, report: str, work: Coroutine[Any, Any, Any]) -> None:
        """Replace what is under way; `work` begins when the old one has tidied up, and ends in a message.

        The message is `report` with what `work` returned, or `failed` with its exception.
        """
        before = self._task
        self.number += 1
        number = self.number
        if before is not None:
            before.cancel()

        async def activity() -> None:
            if before is not None:
                await asyncio.wait({before}, timeout=DROPPED_S)
            try:
                data = await work
            except Exception as error:  # the boundary: whatever breaks an activity is decided by the sequencer
                self._inbox.post("failed", data=error, activity=number)
            else:
                self._inbox.post(report, data=data, activity=number)

        self._task = asyncio.get_running_loop().create_task(activity(), name=report)
        self._task.add_done_callback(lambda task: work.close())  # dropped before it had begun
