"""How fast the simulated plant is alone: no instruments, no drivers, no event loop; a clock that jumps.

The press cycle of a compress-release recipe: clamp, heat, ramp, hold, release. CPU seconds, so that other work on the
machine counts little.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count

from simulators.plant import Plant
from simulators.workpiece import new_part

CYCLE_S = 1500.0
BEAT_S = 0.5  # the watchdog wants to see the host more often than each 0.8 s
CHANNELS = ("outer_coarse", "outer_fine", "inner", "clamp_pressure", "supply", "gap1", "gap2", "gap3", "platen")
DRIVES: dict[float, dict[str, float]] = {
    1.0: {"enable_reset": 1.0},
    2.0: {"door_lock": 1.0, "clamp": 1.0, "dump_shut": 1.0, "platen_contactor": 1.0, "platen_setpoint": 120.0},
    600.0: {"pressure_target": 400.0, "pressure_rate": 50.0, "pressure_control": 1.0},
    1300.0: {"pressure_target": 0.0, "pressure_rate": 10.0},
}


@dataclass(frozen=True, slots=True)
class Twin:
    """One run of the cycle; its end shows that it was one."""

    cpu_s: float
    gap_um: float
    platen_degC: float

    @property
    def speed(self) -> float:
        """Simulated seconds per CPU second."""
        return CYCLE_S / self.cpu_s


def twin(poll_s: float = 1.0, *, fine: bool = False) -> Twin:
    """Run the cycle, looking every `poll_s` seconds; `fine` forces steps of 10 ms all the time."""
    now_s = 0.0
    plant = Plant(1, lambda: now_s)
    part = new_part(1, "WLP-200", 1)
    plant.schedule(partial(setattr, plant.press, "part", part))
    plant.schedule(partial(plant.press_reset, True))
    if fine:
        plant.force_fine_steps()
    began_s = time.process_time()
    for now_s, beats, polls in instants(poll_s):
        if beats:
            plant.drive("heartbeat", now_s)
            for name, value in DRIVES.get(now_s, {}).items():
                plant.drive(name, value)
        if polls:
            plant.sense_many(CHANNELS)
    plant.advance()
    return Twin(time.process_time() - began_s, part.gap_um, plant.platen.body)


def instants(poll_s: float) -> Iterator[tuple[float, bool, bool]]:
    """Times at which something is asked of the plant: (s, whether the heart beats, whether somebody looks)."""
    beats, polls = count(1), count(1)
    beat_s, look_s = BEAT_S * next(beats), poll_s * next(polls)
    while min(beat_s, look_s) <= CYCLE_S:
        now_s = min(beat_s, look_s)
        yield now_s, now_s == beat_s, now_s == look_s
        if now_s == beat_s:
            beat_s = BEAT_S * next(beats)
        if now_s == look_s:
            look_s = poll_s * next(polls)


def measure(rounds: int = 5) -> list[tuple[str, str, str]]:
    """Rows of what, figure (best of the rounds), goal."""
    ways = (
        ("polled at 1 Hz", 1.0, False, "10,000"),
        ("polled at 100 Hz", 0.01, False, "-"),
        ("10 ms steps forced", 1.0, True, "1,200"),
    )
    found = []
    for label, poll_s, fine, goal in ways:
        best = max(twin(poll_s, fine=fine).speed for _ in range(rounds))
        found.append((label, f"{best:,.0f} simulated s per CPU s", goal))
    return found


if __name__ == "__main__":
    for row in measure():
        print(*row, sep="\t")
