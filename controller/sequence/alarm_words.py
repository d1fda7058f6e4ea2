"""What a person may say about alarms during a run. The answer is why it is refused, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from controller.guard.alarms import Alarms
from controller.sequence.inbox import Message

Word = Callable[[Alarms, Message], str]


def _shelve(alarms: Alarms, message: Message) -> str:
    name, for_s = message.data
    return alarms.shelve(name, for_s, asyncio.get_running_loop().time(), message.by, message.reason)


ALARM_WORDS: Mapping[str, Word] = {  # `data` is the name of the alarm, of shelve (name, seconds)
    "acknowledge": lambda alarms, said: alarms.acknowledge(said.data, said.by, said.reason),
    "reset": lambda alarms, said: alarms.reset(said.data, said.by, said.reason),
    "shelve": _shelve,
    "unshelve": lambda alarms, said: alarms.unshelve(said.data, said.by, said.reason),
}
