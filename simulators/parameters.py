"""Every parameter of the simulated plant: value, unit, and where the value comes from.

Models read them once, when they are built. `Parameters({"press.outer_volume": 3e-3})` changes single values; nothing
here computes. Labels: SOURCED has a published figure behind it, TEXTBOOK is a standard relation or constant, CHOSEN is
a plausible engineering value that nobody measured.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple


class Label(Enum):
    """Where a value comes from."""

    SOURCED = "sourced"
    TEXTBOOK = "textbook"
    CHOSEN = "chosen"


class Parameter(NamedTuple):
    """One value with its unit, label and a few words."""

    value: float
    unit: str
    label: Label
    note: str


_S, _T, _C = Label.SOURCED, Label.TEXTBOOK, Label.CHOSEN

PARAMETERS: dict[str, Parameter] = {
    "ambient.temperature": Parameter(25.0, "degC", _C, "air, barrel, cold tools"),
    "ambient.pressure": Parameter(101_325.0, "Pa", _T, "standard atmosphere"),
    # --- press, air
    "press.supply": Parameter(800e3, "Pa", _C, "absolute; factory air"),
    "press.supply_low": Parameter(350e3, "Pa", _C, "absolute; supply under the fault press.supply=low"),
    "press.outer_volume": Parameter(5e-3, "m3", _C, "outer chamber with manifold"),
    "press.inner_volume": Parameter(0.5e-3, "m3", _C, "inner chamber with manifold"),
    "press.c_fill": Parameter(8e-9, "m3/(s Pa)", _C, "booster, fill"),
    "press.c_vent": Parameter(4e-8, "m3/(s Pa)", _C, "booster, vent"),
    "press.c_dump": Parameter(5e-8, "m3/(s Pa)", _C, "dump valve"),
    "press.dump_blocks_supply": Parameter(1.0, "", _C, "1: a 3/2 dump valve that also cuts the booster's air"),
    "press.c_relief": Parameter(5e-8, "m3/(s Pa)", _C, "relief valve, full lift"),
    "press.relief": Parameter(680e3, "Pa", _C, "gauge; relief valve begins to open"),
    "press.relief_band": Parameter(10e3, "Pa", _C, "from closed to full lift"),
    "press.c_leak": Parameter(1e-14, "m3/(s Pa)", _C, "healthy chamber, about 1e-3 Pa m3/s at 500 kPa"),
    "press.c_leak_fault": Parameter(5e-9, "m3/(s Pa)", _C, "fault press.leak without a value"),
    "press.c_door": Parameter(1e-6, "m3/(s Pa)", _C, "open door"),
    "press.c_seal": Parameter(1e-7, "m3/(s Pa)", _C, "door seal when the clamp is too weak"),
    "press.critical_ratio": Parameter(0.3, "", _T, "b of real valves, 0.2 to 0.45"),
    "press.seal_area": Parameter(0.0491, "m2", _C, "250 mm door seal"),
    "press.clamp_area": Parameter(0.09, "m2", _C, "clamp piston"),
    "press.clamp_tau": Parameter(0.3, "s", _C, "filling of the clamp piston"),
    "press.clamp_regulator": Parameter(600e3, "Pa", _C, "gauge; regulator before the clamp"),
    "press.valve_tau": Parameter(0.05, "s", _S, "proportional valve; regulators are published with 50-100 ms"),
    "press.loop_tau": Parameter(0.3, "s", _C, "closed loop of the pressure controller"),
    "press.loop_integral": Parameter(2.0, "s", _C, "its integral time"),
    "press.vented": Parameter(500.0, "Pa", _C, "gauge; a vent is complete below"),
    "press.c_inner_vent": Parameter(5e-8, "m3/(s Pa)", _C, "inner vent valve"),
    "press.c_bleed": Parameter(5e-8, "m3/(s Pa)", _C, "inner metering bleed valve, fully open"),
    "press.c_inner_leak": Parameter(1e-14, "m3/(s Pa)", _C, "healthy inner side, about 1e-4 Pa m3/s"),
    "press.pump_speed": Parameter(1.1e-3, "m3/s", _S, "rotary vane pump of 4 m3/h"),
    "press.pump_ultimate": Parameter(50.0, "Pa", _C, "single-stage vane pump in use"),
    "press.line_conductance": Parameter(5e-3, "m3/s", _C, "vacuum line"),
    "press.gap_without_part": Parameter(1000.0, "um", _C, "gap heads see no platen"),
    # --- resilient element
    "pad.modulus": Parameter(1.0e6, "Pa", _S, "silicone; PDMS is published with 0.8-4.4 MPa"),
    "pad.height": Parameter(150.0, "um", _C, "printed height"),
    "pad.shape_factor": Parameter(1.0 / 0.6, "", _T, "D/(4h), D 1 mm"),
    "pad.coverage": Parameter(0.10, "", _C, "share of the pressed area"),
    "pad.g1": Parameter(0.10, "", _C, "Prony weight"),
    "pad.tau1": Parameter(1.0, "s", _C, ""),
    "pad.g2": Parameter(0.06, "", _C, "Prony weight"),
    "pad.tau2": Parameter(30.0, "s", _C, ""),
    "pad.g3": Parameter(0.04, "", _C, "Prony weight"),
    "pad.tau3": Parameter(600.0, "s", _C, ""),
    "pad.shift_energy": Parameter(15e3, "J/mol", _C, "time-temperature shift"),
    "pad.shift_reference": Parameter(393.15, "K", _C, "temperature at which the Prony times hold"),
    "pad.print_sigma": Parameter(0.03, "", _C, "scatter of printed height, 2-8 %"),
    # --- leads
    "lead.length": Parameter(240.0, "um", _C, ""),
    "lead.offset": Parameter(150.0, "um", _C, ""),
    "lead.thickness": Parameter(12.0, "um", _C, ""),
    "lead.fracture_strain": Parameter(0.18, "", _S, "median; electrolytic copper foil, local elongation 15-25 %"),
    "lead.fracture_scatter": Parameter(0.15, "", _C, "lognormal"),
    "lead.peel_travel": Parameter(40.0, "um", _C, "rise of the gap that peels a releasable end"),
    # --- heaters
    "platen.c1": Parameter(5500.0, "J/K", _C, "300x300x25 mm aluminium"),
    "platen.c2": Parameter(500.0, "J/K", _C, "carrier, wafer, pads"),
    "platen.g1": Parameter(3.5, "W/K", _C, ""),
    "platen.g2": Parameter(0.5, "W/K", _C, ""),
    "platen.g12": Parameter(40.0, "W/K", _C, "press closed"),
    "platen.power": Parameter(1500.0, "W", _C, ""),
    "platen.cutout": Parameter(210.0, "degC", _C, "manual reset"),
    "platen.gain": Parameter(240.0, "W/K", _T, "SIMC with 5 s dead time and 20 s closed loop"),
    "mold.c1": Parameter(2000.0, "J/K", _C, ""),
    "mold.c2": Parameter(150.0, "J/K", _C, "part and cover"),
    "mold.g1": Parameter(2.0, "W/K", _C, ""),
    "mold.g2": Parameter(0.05, "W/K", _C, ""),
    "mold.g12": Parameter(40.0, "W/K", _C, ""),
    "mold.power": Parameter(1000.0, "W", _C, ""),
    "mold.cutout": Parameter(220.0, "degC", _C, "manual reset"),
    "mold.gain": Parameter(80.0, "W/K", _T, "SIMC as the platen"),
    "heater.integral": Parameter(100.0, "s", _T, "SIMC"),
    "heater.sensor_tau": Parameter(2.0, "s", _C, "thermocouple in the tool"),
    "heater.loop_break_time": Parameter(120.0, "s", _C, "output high without response"),
    "heater.loop_break_rise": Parameter(2.0, "K", _C, "response that clears it"),
    "heater.burnout": Parameter(1372.0, "degC", _S, "upscale burn-out of a K thermocouple"),
    "heater.cutout_reset": Parameter(20.0, "K", _C, "the cut-out can be reset this far below its limit"),
    # --- dispenser, mold tool, balance
    "needle.radius": Parameter(0.60e-3, "m", _C, ""),
    "needle.length": Parameter(12.7e-3, "m", _C, ""),
    "needle.clogged": Parameter(0.9, "", _C, "radius under the fault dispenser.needle=clog"),
    "barrel.volume": Parameter(30e-6, "m3", _C, ""),
    "barrel.fill": Parameter(20e-6, "m3", _S, "at most 2/3 full"),
    "barrel.line": Parameter(2e-5, "m3/s", _C, "air line; tau = air volume / this"),
    "epoxy.viscosity": Parameter(10.0, "Pa s", _C, "at 25 degC"),
    "epoxy.activation": Parameter(50e3, "J/mol", _C, "of viscosity"),
    "epoxy.doubling": Parameter(86_400.0, "s", _C, "viscosity doubles in the pot"),
    "epoxy.density": Parameter(1803.0, "kg/m3", _C, "filled epoxy; 3.85 mL weigh 6.94 g"),
    "epoxy.tension": Parameter(0.035, "N/m", _C, "surface tension"),
    "epoxy.gel": Parameter(0.577, "", _T, "Flory-Stockmayer f 4, g 2"),
    "epoxy.shrinkage": Parameter(0.0015, "", _C, "linear, after gel, filled"),
    "epoxy.a1": Parameter(1.0e5, "1/s", _C, "Kamal"),
    "epoxy.e1": Parameter(65e3, "J/mol", _C, "Kamal"),
    "epoxy.a2": Parameter(1.2e6, "1/s", _C, "Kamal"),
    "epoxy.e2": Parameter(62e3, "J/mol", _C, "Kamal"),
    "epoxy.m": Parameter(1.0, "", _C, "Kamal"),
    "epoxy.n": Parameter(1.5, "", _C, "Kamal"),
    "epoxy.tg0": Parameter(-20.0, "degC", _C, "DiBenedetto"),
    "epoxy.tg1": Parameter(150.0, "degC", _C, "DiBenedetto"),
    "epoxy.lambda": Parameter(0.5, "", _C, "DiBenedetto"),
    "recess.area": Parameter(3.39795e-2, "m2", _T, "radius 104 mm"),
    "recess.below_face": Parameter(1.4759e-6, "m3", _T, "beside a 725 um wafer, less the ring 101-102 mm"),
    "recess.levelling_wave": Parameter(10e-3, "m", _C, "after spreading by hand"),
    "balance.cup": Parameter(12.5, "g", _C, "empty cup"),
    "balance.tau": Parameter(0.3, "s", _C, ""),
    "balance.stable_rate": Parameter(2e-3, "g", _C, "shown and true mass closer than this"),
    "balance.stable_after": Parameter(1.0, "s", _C, ""),
    # --- grinder
    "spindle.ramp": Parameter(500.0, "rpm/s", _C, ""),
    "spindle.coast": Parameter(150.0, "rpm/s", _C, "power removed"),
    "spindle.idle": Parameter(150.0, "W", _C, "at nominal speed"),
    "spindle.nominal_speed": Parameter(3000.0, "rpm", _C, ""),
    "spindle.nominal_power": Parameter(2400.0, "W", _C, ""),
    "spindle.nominal_current": Parameter(5.6, "A", _C, ""),
    "spindle.idle_current": Parameter(1.8, "A", _C, "magnetising"),
    "spindle.standstill": Parameter(5.0, "rpm", _C, ""),
    "spindle.standstill_time": Parameter(1.0, "s", _C, ""),
    "spindle.power_tau": Parameter(0.1, "s", _C, "power meter"),
    "wheel.radius": Parameter(0.15, "m", _C, "300 mm wheel"),
    "wheel.rim": Parameter(2827e-6, "m2", _C, "abrasive rim"),
    "wheel.grinding_ratio": Parameter(1000.0, "", _C, "volume removed per volume worn"),
    "wheel.lift": Parameter(5000.0, "um", _C, "quick-lift"),
    "grind.area": Parameter(3.39795e-2, "m2", _T, "cover in the recess"),
    "grind.energy": Parameter(10e9, "J/m3", _C, "epoxy at 3 um/s"),
    "grind.energy_exponent": Parameter(0.301, "", _C, "size effect: 20 J/mm3 at 0.3 um/s"),
    "grind.force_ratio": Parameter(0.3, "", _C, "tangential to normal force"),
    "grind.stiffness": Parameter(30e6, "N/m", _C, "machine and wheel contact"),
    "grind.undercured": Parameter(3.0, "", _C, "growth of the energy for a wholly uncured cover"),
    "grind.well_cured": Parameter(0.85, "", _C, "degree of cure from which the wheel cuts cleanly"),
    "grind.breaking_deflection": Parameter(60.0, "um", _C, "a part pressed harder breaks"),
    "stage.home": Parameter(60_000.0, "um", _C, ""),
    "stage.start": Parameter(45_000.0, "um", _C, "where it stands at power-up"),
    "stage.travel": Parameter(5000.0, "um/s", _C, ""),
    "coolant.flow": Parameter(5.0, "L/min", _C, ""),
    "coolant.tau": Parameter(0.5, "s", _C, ""),
    "chuck.vacuum": Parameter(-85.0, "kPa", _C, "gauge, with a part"),
    "chuck.open": Parameter(-15.0, "kPa", _C, "without"),
    "chuck.tau": Parameter(0.5, "s", _C, ""),
    "chuck.holds": Parameter(-20.0, "kPa", _C, "a weaker vacuum loses the part"),
    "gauge.tau": Parameter(0.05, "s", _C, ""),
    "gauge.jump": Parameter(8.0, "um", _C, "fault grinder.gauge=jump"),
}


class Parameters:
    """The table with some values changed; `p["press.relief"]` gives a number."""

    def __init__(self, changes: Mapping[str, float] | None = None) -> None:
        """Raise KeyError for a name that is not in the table; it says which was probably meant."""
        self._values = {name: parameter.value for name, parameter in PARAMETERS.items()}
        for name, value in (changes or {}).items():
            if name not in self._values:
                near = difflib.get_close_matches(name, self._values, 1)
                raise KeyError(f"no plant parameter {name!r}" + (f", did you mean {near[0]!r}?" if near else ""))
            self._values[name] = value

    def __getitem__(self, name: str) -> float:
        return self._values[name]
