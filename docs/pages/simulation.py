"""Pages of the simulated station: its faults, and the parameters of its physics with their sources."""

from __future__ import annotations

from docs.pages.markdown import page, table
from simulators.faults import PLANT_FAULTS
from simulators.faults.kind import FaultKind
from simulators.parameters import PARAMETERS
from simulators.scenario import WIRE_FAULTS


def faults() -> str:
    """What `--fault` knows."""
    rows = [(f"`{name}`", _fault_value(kind), kind.doc) for name, kind in PLANT_FAULTS.items()]
    wires = [(f"`<instrument id>={word}`", doc) for word, doc in WIRE_FAULTS.items()]
    return page([
        "# Faults of the simulated station",
        "`--fault NAME[=VALUE][@TIME]`, may be repeated; the time counts from the start (`600`, `600s`, `10min`, `1h`),"
        " without one the fault is there from the beginning.",
        "## Machine",
        table(("name", "value", "what happens"), rows),
        "## Wire",
        table(("name", "what happens"), wires),
    ])  # fmt: skip


def _fault_value(kind: FaultKind) -> str:
    word = f"`{kind.word}`" if kind.word else ""
    if kind.unit is None:
        return word or "none"
    number = f"{kind.low:g} to {kind.high:g} {kind.unit}".rstrip()
    if kind.default:
        number += f", default {kind.default:g}"
    return f"{word} or {number}" if word else number


def plant_parameters() -> str:
    """Every parameter of the simulated plant with its source."""
    rows = [
        (f"`{name}`", f"{parameter.value:g}", parameter.unit, parameter.label.value, parameter.note)
        for name, parameter in PARAMETERS.items()
    ]  # fmt: skip
    return page([
        "# Parameters of the simulated plant",
        "`sourced` has a published figure behind it, `textbook` is a standard relation or constant, `chosen` is a"
        " plausible engineering value that nobody has measured. A simulated result is as good as the last of these.",
        table(("name", "value", "unit", "source", "meaning"), rows),
    ])  # fmt: skip
