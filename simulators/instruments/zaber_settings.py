"""The settings of a Zaber stage: what can be read, what can be written, within which limits, and at which level.

A table after the maker's protocol manual; it moves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

_INTEGER = re.compile(r"-?[0-9]{1,18}")


class Rejection(Exception):
    """The command is refused; the text is the reason word of the RJ reply."""


def integer(text: str) -> int:
    """Read a decimal integer; anything else is BADDATA."""
    if _INTEGER.fullmatch(text) is None:
        raise Rejection("BADDATA")
    return int(text)


class Setting:
    """One integer setting. Without limits it can only be read; device settings are refused to an axis."""

    def __init__(self, value: int, lowest: int = 0, highest: int = -1, device_only: bool = False) -> None:
        self.value = value
        self.lowest = lowest
        self.highest = highest
        self.device_only = device_only

    def show(self) -> str:
        return str(self.value)

    def store(self, text: str) -> None:
        """Take a new value; BADCOMMAND when it can only be read, BADDATA when it is no integer within the limits."""
        if self.highest < self.lowest:
            raise Rejection("BADCOMMAND")
        value = integer(text)
        if not self.lowest <= value <= self.highest:
            raise Rejection("BADDATA")
        self.value = value


class _Live(Setting):
    """A setting that is measured or fixed text."""

    def __init__(self, read: Callable[[], str], device_only: bool = False) -> None:
        super().__init__(0, device_only=device_only)
        self._read = read

    def show(self) -> str:
        return self._read()


class RatingPlate(Protocol):
    """What the settings take from the instrument's own description."""

    @property
    def address(self) -> int: ...
    @property
    def device_id(self) -> int: ...
    @property
    def serial(self) -> int: ...
    @property
    def version(self) -> str: ...


TRAVEL_MICROSTEPS = 1_259_842  # 60 mm
FASTEST_NATIVE = 1_048_576  # 64 microsteps, 16,384 full steps a second


def settings_of(plate: RatingPlate, position: Callable[[], int]) -> dict[str, Setting]:
    """Return the settings at power-up; alerts stay off because this unit never speaks unasked."""
    return {
        "pos": _Live(lambda: str(position())),
        "encoder.pos": _Live(lambda: str(position())),
        "maxspeed": Setting(153_600, 1, FASTEST_NATIVE),
        "accel": Setting(205, 0, 32_767),
        "limit.min": Setting(0, 0, TRAVEL_MICROSTEPS),
        "limit.max": Setting(TRAVEL_MICROSTEPS, 0, TRAVEL_MICROSTEPS),
        "resolution": Setting(64),
        "device.id": Setting(plate.device_id, device_only=True),
        "deviceid": Setting(plate.device_id, device_only=True),
        "system.serial": Setting(plate.serial, device_only=True),
        "system.access": Setting(1, 1, 2, device_only=True),
        "system.axiscount": Setting(1, device_only=True),
        "version": _Live(lambda: plate.version, device_only=True),
        "comm.address": Setting(plate.address, device_only=True),
        "comm.checksum": Setting(0, 0, 1, device_only=True),
        "comm.alert": Setting(0, 0, 0, device_only=True),
    }
