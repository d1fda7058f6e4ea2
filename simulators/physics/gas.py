"""Air in a chamber with its temperature: mass and energy balance, heat from the wall. The full model beside the
isothermal one of `pneumatics`.

Pure functions in SI units, pressures absolute. The state is mass and temperature; pressure follows from them. Mass and
energy are moved, not pressures, so both are conserved to rounding.

Sources: ideal gas with constant heat capacities, ISO 6358 flow with the correction sqrt(T0/Tu) for the temperature
upstream (textbook); exponential Rosenbrock-Euler step (textbook); heat by one constant coefficient (chosen).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, expm1, sqrt
from typing import NamedTuple

from simulators.physics.pneumatics import GAS_CONSTANT_AIR, REFERENCE_KELVIN, exchange, mass_flow

GAMMA = 1.4
_CP = GAMMA / (GAMMA - 1.0) * GAS_CONSTANT_AIR
_CV = GAS_CONSTANT_AIR / (GAMMA - 1.0)
_MOST_STEP = 0.01  # of the highest pressure in one sub-step


class Gas(NamedTuple):
    """Mass (kg) and temperature (K) of the air in a chamber."""

    mass_kg: float
    kelvin: float

    def pressure(self, volume_m3: float) -> float:
        """Return the absolute pressure in a volume, Pa."""
        return self.mass_kg * GAS_CONSTANT_AIR * self.kelvin / volume_m3

    @property
    def energy_J(self) -> float:
        """Internal energy, counted from 0 K."""
        return self.mass_kg * _CV * self.kelvin


class Port(NamedTuple):
    """An orifice to a large space: its pressure (Pa), its temperature (K), the conductance (m3/(s Pa))."""

    pressure_Pa: float
    kelvin: float
    conductance: float


@dataclass(frozen=True, slots=True)
class Vessel:
    """A rigid chamber: volume, heat transfer of its wall (W/K, 0 is adiabatic) and the wall's temperature."""

    volume_m3: float
    wall_W_K: float
    wall_K: float


def gas_at(pressure_Pa: float, kelvin: float, volume_m3: float) -> Gas:
    """Return the air that has this pressure and temperature in a volume."""
    return Gas(pressure_Pa * volume_m3 / (GAS_CONSTANT_AIR * kelvin), kelvin)


def gas_step(gas: Gas, vessel: Vessel, ports: Iterable[Port], critical: float, dt_s: float) -> Gas:
    """Advance the air over dt with constant ports; sub-steps move the pressure by at most 1 % of the highest."""
    open_ports = [port for port in ports if port.conductance > 0.0]
    volume = vessel.volume_m3
    left = dt_s
    while left > 1e-12:
        highest = max([gas.pressure(volume), *(port.pressure_Pa for port in open_ports)])
        mass_rate, energy_rate, slope = _exchange(gas, volume, open_ports, critical)
        pressure_rate = abs(energy_rate) * (GAMMA - 1.0) / volume
        most = _MOST_STEP * highest
        step = left if pressure_rate * left <= most else most / pressure_rate
        z = slope * step
        moved = step if abs(z) < 1e-9 else step * expm1(z) / z
        mass = gas.mass_kg + mass_rate * moved
        kelvin = (gas.energy_J + energy_rate * moved) / (mass * _CV)
        wall = vessel.wall_K
        gas = Gas(mass, wall + (kelvin - wall) * exp(-vessel.wall_W_K * step / (mass * _CV)))
        left -= step
    return gas


def _exchange(gas: Gas, volume_m3: float, ports: list[Port], critical: float) -> tuple[float, float, float]:
    """Return the mass rate (kg/s), the enthalpy rate (W) and how the pressure's rate changes with it (1/s)."""
    mass_rate = energy_rate = slope = 0.0
    pressure = gas.pressure(volume_m3)
    for outside, outside_K, conductance in ports:
        kelvin = outside_K if outside >= pressure else gas.kelvin
        flow, _, by_own = exchange(outside, pressure, critical)
        conductance *= sqrt(REFERENCE_KELVIN / kelvin)
        moved = mass_flow(conductance * flow)
        mass_rate += moved
        energy_rate += moved * _CP * kelvin
        slope += (GAMMA - 1.0) / volume_m3 * mass_flow(conductance * by_own) * _CP * kelvin
    return mass_rate, energy_rate, slope
