"""Faults that any sensor may have, one entry per channel: freeze, bias, spikes, two of them swapped.

They sit between the sensor and whoever reads it. A loop that steers by the channel is misled too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulators.channels import SENSORS
from simulators.faults.kind import FaultKind
from simulators.physics.sensors import STRIDE, TABLE_SIZE, Read, gaussian_table, noise_offset

if TYPE_CHECKING:
    from simulators.plant import Plant

# channel: bias, or height of the spikes, in its unit: clearly above its noise (chosen)
_DEVIATION = {
    "outer_coarse": 20.0, "outer_fine": 20.0, "inner": 2.0, "clamp_pressure": 50.0, "supply": 50.0,
    "gap1": 5.0, "gap2": 5.0, "gap3": 5.0, "platen": 10.0, "mold": 10.0, "coolant_flow": 1.0, "chuck_pressure": 10.0,
    "spindle_power": 100.0, "balance": 0.1, "thickness": 5.0,
}  # fmt: skip
# Neighbours at the same terminals.
_SWAPPED = {"gap1": "gap2", "outer_coarse": "clamp_pressure", "platen": "mold"}
_SPIKE_ABOVE = 2.0  # standard deviations: 2.3 % of the samples


def _freeze(read: Read, tick: int) -> Read:
    value = read(tick)
    return lambda _: value


def _bias(deviation: float) -> Callable[[Read, int], Read]:
    return lambda read, _: lambda tick: read(tick) + deviation


def _spikes(channel: str, seed: int, height: float) -> Callable[[Read, int], Read]:
    noise, start = gaussian_table(), noise_offset(seed, f"{channel}.spike")

    def change(read: Read, _: int) -> Read:
        return lambda tick: read(tick) + (height if noise[(tick * STRIDE + start) % TABLE_SIZE] > _SPIKE_ABOVE else 0.0)

    return change


def _of(channel: str) -> dict[str, FaultKind]:
    unit, default = SENSORS[channel][0], _DEVIATION[channel]

    def bias(plant: Plant, deviation: float) -> None:
        plant.disturb(channel, _bias(deviation))

    def spike(plant: Plant, height: float) -> None:
        plant.disturb(channel, _spikes(channel, plant.seed, height))

    return {
        f"sensor.{channel}.freeze": FaultKind(
            f"{channel} shows the same value for ever", lambda plant, _: plant.disturb(channel, _freeze)
        ),
        f"sensor.{channel}.bias": FaultKind(
            f"{channel} is off by this much", bias, "", unit, default, -1e3 * default, 1e3 * default
        ),
        f"sensor.{channel}.spike": FaultKind(
            f"{channel} shows outliers of this height, 2 % of its samples", spike, "", unit, default, -1e3 * default,
            1e3 * default,
        ),
    }  # fmt: skip


def _swap(first: str, second: str) -> FaultKind:
    def begin(plant: Plant, _: float) -> None:
        one, other = plant.signals.reads[first], plant.signals.reads[second]
        plant.disturb(first, lambda *_: other)
        plant.disturb(second, lambda *_: one)

    return FaultKind(f"{first} and {second} are swapped", begin)


FAULTS: dict[str, FaultKind] = {
    **{name: kind for channel in _DEVIATION for name, kind in _of(channel).items()},
    **{f"sensor.{first}.swap": _swap(first, second) for first, second in _SWAPPED.items()},
}
