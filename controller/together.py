"""Works beside each other that stand or fall together.

Not by asyncio.TaskGroup: in Python 3.11 it may leave its own cancellation on the task that waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def together(*works: Coroutine[Any, Any, None]) -> None:
    """Return when all have ended; when one fails, or this is cancelled, the others are cancelled and have ended too.

    The error of the one that failed is raised, plainly; what the others say while they tidy up does not count.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if task in done:
            task.result()
