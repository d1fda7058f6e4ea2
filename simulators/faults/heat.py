"""Faults of the heated tools: elements, relays, thermocouples. The same for the platen and for the mold tool."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from simulators.faults.kind import FaultKind, switch

if TYPE_CHECKING:
    from simulators.plant import Plant


def _of(name: str, tool: str) -> dict[str, FaultKind]:
    heated = attrgetter(tool)

    def loosen(plant: Plant, factor: float) -> None:
        heated(plant).loosen_sensor(factor)

    return {
        f"{name}.heater": FaultKind(f"the {name}'s heating element breaks", switch(f"{tool}.element_open"), "open"),
        f"{name}.ssr": FaultKind(
            f"the {name}'s solid-state relay fails shorted: full power while its contactor is closed",
            switch(f"{tool}.ssr_shorted"), "shorted",
        ),
        f"{name}.sensor": FaultKind(
            f"the {name}'s thermocouple breaks: upscale reading", switch(f"{tool}.sensor_break"), "break"
        ),
        f"{name}.sensor_short": FaultKind(
            f"the {name}'s thermocouple is shorted outside: it reads ambient", switch(f"{tool}.sensor_short"), "short"
        ),
        f"{name}.sensor_loose": FaultKind(
            f"the {name}'s thermocouple sits loose: it lags so many times more", loosen, "loose", "", 10.0, 1.0, 1000.0
        ),
    }  # fmt: skip


FAULTS: dict[str, FaultKind] = {**_of("platen", "platen"), **_of("mold", "mold_heater")}
