"""What a module may ask of an instrument, whoever made it.

Each actuating method needs the gate's permit, returns when the instrument has *accepted* and gives back what it read
back; `reached` is a matter of the polled tags.

Raises everywhere: Refused (the instrument said no), NoReply, GarbledReply, LinkLost, Superseded (a trip came first).
"""

from __future__ import annotations

from typing import Protocol

from drivers.permit import Permit


class Outputs(Protocol):
    """Named outputs and setpoints of a PLC (names and ranges: its map)."""

    async def set_output(self, name: str, value: float, permit: Permit) -> float:
        """Write one output; returns the register read back."""
        ...

    async def output(self, name: str) -> float:
        """Read one output or setpoint as the PLC holds it; changes nothing."""
        ...

    @property
    def heartbeat(self) -> int:
        """Value of the host heartbeat that the next scan writes; the guard alone changes it."""
        ...

    def beat(self) -> None:
        """Let the host heartbeat change in the next scan."""
        ...

    def calm(self, nothing_moves: bool) -> None:
        """Scan more slowly while nothing moves."""
        ...


class PressureControl(Protocol):
    """A pressure controller; gauge pressures. Tags: pressure, target, effort, source, in_limits, control, vent.

    `rate`, `target` and `control` read what it holds and change nothing.
    """

    async def rate(self) -> float: ...

    async def target(self) -> float: ...

    async def control(self) -> float: ...

    async def set_rate(self, rate_kPa_s: float, permit: Permit) -> float: ...

    async def set_target(self, pressure_kPa: float, permit: Permit) -> float: ...

    async def set_control(self, on: bool, permit: Permit) -> float: ...

    async def vent(self, permit: Permit) -> float: ...


class TemperatureControl(Protocol):
    """A temperature loop. Tags: temperature, setpoint, output, sensor_break, loop_break."""

    async def use_remote(self, on: bool, permit: Permit) -> float:
        """Let the loop follow the remote setpoint (1) or its own (0)."""
        ...

    async def remote(self) -> float:
        """Read whether the loop follows the remote setpoint, 1 or 0; changes nothing."""
        ...

    async def remote_setpoint(self) -> float:
        """Read the remote setpoint, degC; changes nothing."""
        ...

    async def set_setpoint(self, temperature_degC: float, permit: Permit) -> float:
        """Write the volatile (remote) setpoint, never the one in EEPROM."""
        ...


class Spindle(Protocol):
    """A speed drive. Tags: speed, current, torque, status, fault."""

    async def start(self, permit: Permit) -> float:
        """Walk the drive to 'operation enabled'; returns the status word read back."""
        ...

    async def reference(self) -> float:
        """Read the speed that is asked of the drive, rpm; changes nothing."""
        ...

    async def set_speed(self, speed_rpm: float, permit: Permit) -> float: ...

    async def stop(self, permit: Permit) -> float:
        """Ramp down and switch off; legal and harmless in every state."""
        ...

    async def reset_fault(self, permit: Permit) -> float: ...


class Dispenser(Protocol):
    """A time-pressure dispenser. Tags: pressure, time, shots, alarm."""

    async def pressure(self) -> float:
        """Read the dispense pressure that is set, kPa; changes nothing."""
        ...

    async def time(self) -> float:
        """Read the length of a shot that is set, s; changes nothing."""
        ...

    async def set_pressure(self, pressure_kPa: float, permit: Permit) -> float: ...

    async def set_vacuum(self, vacuum_kPa: float, permit: Permit) -> float: ...

    async def set_time(self, time_s: float, permit: Permit) -> float: ...

    async def shoot(self, permit: Permit) -> float:
        """Start one timed shot; never repeated blindly. Returns the shot count read *before* the shot."""
        ...


class Balance(Protocol):
    """A balance, read on demand. Tag: mass."""

    async def weigh(self, settle_s: float) -> float:
        """Ask until the balance says stable; returns grams. NoReply after `settle_s` seconds."""
        ...

    async def tare(self, permit: Permit) -> float: ...


class Axis(Protocol):
    """A linear stage, as height above a datum. Tags: position, moving, warning."""

    async def home(self, permit: Permit) -> float: ...

    async def move_to(self, position_mm: float, speed_um_s: float, permit: Permit) -> float:
        """Start a move; returns the target as accepted."""
        ...

    async def stop(self, permit: Permit) -> float: ...


class ThicknessGauge(Protocol):
    """A length gauge. Tag: thickness."""

    def feeding(self, on: bool) -> None:
        """Read at the fast rate while the wheel feeds."""
        ...
