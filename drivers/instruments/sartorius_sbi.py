"""Sartorius balance with the SBI interface (Cubis, Entris II, Quintix), read on demand.

It gives masses in grams and says whether they are stable; shot masses and their limits are made elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from drivers.errors import NoReply, WrongInstrument
from drivers.instrument import Instrument
from drivers.links.line import Line
from drivers.links.request import Dialogue, Poll
from drivers.permit import Permit
from drivers.protocols.sbi import ASK_MODEL, ASK_WEIGHT, TARE, Weight
from drivers.reading import Quality, TagTable, Value

AGAIN_S = 0.2  # between two questions while the reading settles
FRESH_S = 10.0  # nobody asks by itself, so a mass stays usable this long


class SartoriusSbi(Instrument):
    """One balance; `Balance` of the capabilities. Setting: `model`, a text its model name must contain (any)."""

    DEADLINE_S = 1.0  # the balance answers after its present measuring cycle
    VALUES = (Value("mass", "g", -10_000.0, 10_000.0, "as shown, after tare; UNCERTAIN while not stable", at="P"),)

    def __init__(self, name: str, line: Line, tags: TagTable, settings: Mapping[str, Any]) -> None:
        super().__init__(name, line, tags, settings)
        self._model = str(self.setting("model", ""))
        tags.fresh_s[self.tag["mass"]] = FRESH_S

    def identify(self) -> Dialogue[str]:
        """Ask for the model."""
        model: str = yield ASK_MODEL
        if not model.isprintable() or self._model.upper() not in model.upper():
            raise WrongInstrument(
                f"{self.name}: wanted a Sartorius balance {self._model} at {self.line.channel.address}, but it says"
                f" {model!r}; check the address and `model` in the tool file"
            )
        return f"Sartorius {model}"

    def polls(self) -> Sequence[Poll]:
        """None: the balance is read on demand."""
        return []

    async def weigh(self, settle_s: float) -> float:
        """Ask until the balance says stable; returns grams. NoReply when it is not stable within `settle_s`."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + settle_s
        while True:
            weight = await self.ask(self._read)
            self._store(weight)
            if weight.stable:
                return weight.mass_g
            if loop.time() >= end_s:
                raise NoReply(
                    f"{self.name}: no stable mass within {settle_s:g} s, last {weight.mass_g:g} g; look for draught and"
                    " vibration, or allow more time"
                )
            await asyncio.sleep(AGAIN_S)

    async def tare(self, permit: Permit) -> float:
        """Tare and zero, which nothing answers; returns the mass shown right after it, in grams."""
        weight = await self.act(self._tare, permit)
        self._store(weight)
        return weight.mass_g

    def _read(self) -> Dialogue[Weight]:
        weight: Weight = yield ASK_WEIGHT
        return weight

    def _tare(self) -> Dialogue[Weight]:
        yield TARE
        return (yield from self._read())

    def _store(self, weight: Weight) -> None:
        now_s = asyncio.get_running_loop().time()
        self.put("mass", weight.mass_g, now_s, Quality.GOOD if weight.stable else Quality.UNCERTAIN)
