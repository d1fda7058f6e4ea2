"""What the curves of a finished run say about the tool: signs of a fault that no single reading shows.

Each rule compares a curve with another one or with itself, after the run, so that it costs nothing while the run goes
on. Bands are those of this line: outside of what its healthy runs show (chosen). What a scan can judge is a
warning, in `config/warnings.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, count, groupby, pairwise
from operator import eq, sub
from statistics import fmean

from controller.record.runfile import RunFile
from controller.record.text import clock_text

Curve = Sequence[float]
Rule = Callable[..., Iterator[str]]  # (times_s, a curve for each tag of the rule) -> sentences

FEW = 10  # samples of a mean
SAME = 7  # scans with the very same value of a channel that has noise: one healthy run in hundreds shows five
SAME_W = 12  # the same for the power of the spindle, which is told in whole W
HEADS_um = 0.4  # between the means of five scans; noise makes 0.2
VENTED_kPa = 0.08  # between the means of ten scans; noise makes 0.04
VENTED_S = 1.5  # after the vent has opened
WEATHER_S = 60.0  # in which the air's own pressure stands still
PUMPED_kPa = (3.3, 1.25)  # below the air; between them the bleed, wide open, works against the pump
PUMPED_S = 1.4  # in less than this only a weak pump lets it rise; healthy is 1.9 s and more
RELEASED_kPa = 1.5  # above what was asked for, with both valves of the controller shut; healthy is 1.0
SETTLED_S = 5.0
EFFORT_percent = 0.5  # when settled; healthy is 0.02
TURNING_rpm = 300.0
FREE_mm = 2.0  # height of a wheel that touches nothing
IDLE_percent = (5.0, 7.8)  # torque of a wheel in the air, a mean of ten scans; healthy is 5.3 to 7.1
HEATED_S = 90.0
HEATED_K = 0.6  # between the energy that went in and the temperature; healthy is 0.3
AMBIENT_degC = 25.0


@dataclass(frozen=True, slots=True)
class Heated:
    """What a heated tool is known by since its commissioning: full power, heat capacity, losses."""

    name: str
    power_W: float
    capacity_J_K: float
    losses_W_K: float


MOLD = Heated("mold", 1000.0, 2150.0, 2.05)
PLATEN = Heated("platen", 1500.0, 6000.0, 4.0)


def signs(run: RunFile) -> list[str]:
    """One sentence for each sign; empty when the curves are those of a healthy tool. Rules without their tags rest."""
    wanted = {tag for tags, _ in RULES for tag in tags if tag in run.tags}
    series = {tag: run.series(tag) for tag in wanted}
    times_s = next((times_s for times_s, _ in series.values()), ())
    told = [rule(times_s, *(series[tag][1] for tag in tags)) for tags, rule in RULES if wanted.issuperset(tags)]
    return [sentence for sentences in told for sentence in sentences]


def _frozen(tag: str, most: int = SAME) -> Rule:
    def rule(times_s: Curve, beat: Curve, values: Curve) -> Iterator[str]:
        """Judge every new answer: a heartbeat, or the noise of a neighbour, tells it from a repeated one."""
        if b"\1" * (most - 1) not in bytes(map(eq, values, values[1:])):
            return
        answers = [(values[i], times_s[i]) for i in range(len(beat)) if not i or beat[i] != beat[i - 1]]
        for value, group in groupby(answers, key=lambda answer: answer[0]):
            same = [at_s for _, at_s in group]
            if len(same) >= most and value == value:  # without a part a gap head shows nothing
                yield f"{tag} has stood at {value:.2f} since {clock_text(same[0])}, without its noise: look at it."
                return

    return rule


def _outlier(tag: str, far: float) -> Rule:
    def rule(times_s: Curve, values: Curve) -> Iterator[str]:
        """There and back within two scans is no process of this line."""
        steps = list(map(sub, values[1:], values))
        if max(steps, default=0.0) <= far or min(steps, default=0.0) >= -far:
            return
        for k, (there, back) in enumerate(pairwise(steps), 1):
            if min(abs(there), abs(back)) > far and (there < 0.0) != (back < 0.0):
                yield f"{tag} showed {values[k]:.2f} once at {clock_text(times_s[k])}: look at its wires and shield."
                return

    return rule


def _heads(times_s: Curve, clamp: Curve, *gaps: Curve) -> Iterator[str]:
    """Three heads look at one stiff platen: their differences do not jump while a part is clamped."""
    for one, other in ((0, 1), (1, 2)):
        rows = zip(times_s, clamp, gaps[one], gaps[other], strict=True)
        apart = [(at_s, first - second) for at_s, on, first, second in rows if on]
        apart = [row for row in apart if row[1] == row[1]]
        sums = list(accumulate((um for _, um in apart), initial=0.0))
        jumps = [abs(a - 2.0 * b + c) / 5.0 for a, b, c in zip(sums, sums[5:], sums[10:], strict=False)]
        jump_um, k = max(zip(jumps, count(5), strict=False), default=(0.0, 0))
        if jump_um > HEADS_um:
            yield (
                f"Gap heads {one + 1} and {other + 1} jumped apart by {jump_um:.1f} um at {clock_text(apart[k][0])}:"
                " look at the heads, their terminals and the part's seat."
            )
            return


def _vented(times_s: Curve, shut: Curve, inner: Curve) -> Iterator[str]:
    """What is open to the air has the air's pressure, and the air's does not change in a minute."""
    means: list[tuple[float, float]] = []
    recent: list[float] = []
    since_s = times_s[0] if times_s else 0.0
    for at_s, closed, kPa in zip(times_s, shut, inner, strict=True):
        if closed or kPa != kPa:
            since_s, recent = at_s, []
        elif at_s - since_s >= VENTED_S:
            recent.append(kPa)
        if len(recent) == FEW:
            means.append((at_s, fmean(recent)))
            recent = []
            lately = [mean for mean_s, mean in means[-FEW * 6 :] if mean_s >= at_s - WEATHER_S]
            if max(lately) - min(lately) > VENTED_kPa:
                yield (
                    f"The inner side moved by {max(lately) - min(lately):.2f} kPa while its vent was open, until"
                    f" {clock_text(at_s)}: look at vent, port and vacuum gauge."
                )
                return


def _pumped(times_s: Curve, shut: Curve, pumping: Curve, controlled: Curve, inner: Curve) -> Iterator[str]:
    """Back to air with the pump running: how fast the last of it goes tells how much the pump draws."""
    air_kPa = began_s = None
    below_kPa = 0.0
    for i, at_s in enumerate(times_s):
        if not shut[i] and inner[i] == inner[i]:
            air_kPa = inner[i] if air_kPa is None else air_kPa + 0.1 * (inner[i] - air_kPa)
        before_kPa, below_kPa = below_kPa, (air_kPa or 0.0) - inner[i]
        if not (shut[i] and pumping[i] and controlled[i]):
            began_s = None
        elif below_kPa < PUMPED_kPa[0] <= before_kPa:
            began_s = at_s
        elif began_s is not None and below_kPa < PUMPED_kPa[1]:
            if at_s - began_s < PUMPED_S:
                yield (
                    f"The inner side rose to {below_kPa:.1f} kPa below the air in {at_s - began_s:.1f} s against the"
                    f" pump at {clock_text(at_s)}, 2 s is usual: look at pump and vacuum line."
                )
                return
            began_s = None


def _released(times_s: Curve, control: Curve, dump_shut: Curve, asked: Curve, pressure: Curve) -> Iterator[str]:
    """With both valves of the controller shut nothing comes into the chamber."""
    rows = zip(times_s, control, dump_shut, asked, pressure, strict=True)
    left = ((kPa - max(0.0, to), at_s) for at_s, on, closed, to, kPa in rows if closed and not on and kPa == kPa)
    over_kPa, at_s = max(left, default=(0.0, 0.0))
    if over_kPa > RELEASED_kPa:
        yield (
            f"The pressure stood {over_kPa:.1f} kPa too high at {clock_text(at_s)}, with the controller off: look at"
            " the inlet valve of the booster."
        )


def _settled(times_s: Curve, control: Curve, asked: Curve, setpoint: Curve, effort: Curve) -> Iterator[str]:
    """A tight chamber at its pressure asks nothing of the controller."""
    since_s, before_kPa = None, 0.0
    for i, at_s in enumerate(times_s):
        new, before_kPa = asked[i] != before_kPa, asked[i]
        if new or not control[i] or asked[i] < RELEASED_kPa or abs(setpoint[i] - asked[i]) > 0.1:
            since_s = None
            continue
        since_s = at_s if since_s is None else since_s
        if at_s - since_s > SETTLED_S and effort[i] > EFFORT_percent:
            yield (
                f"The pressure controller worked with {effort[i]:.1f} % at {clock_text(at_s)}, long after the pressure"
                " was reached: look at the inlet valve of the booster, and for a leak."
            )
            return


def _idle(times_s: Curve, speed: Curve, height: Curve, torque: Curve) -> Iterator[str]:
    """A wheel in the air costs the same at every speed, also on its ramps."""
    idle = [i for i, mm in enumerate(height) if mm > FREE_mm and speed[i] > TURNING_rpm and torque[i] == torque[i]]
    for k in range(0, len(idle) - FEW + 1, FEW):
        mean = fmean(torque[i] for i in idle[k : k + FEW])
        if not IDLE_percent[0] <= mean <= IDLE_percent[1]:
            yield f"Idle torque was {mean:.1f} % at {clock_text(times_s[idle[k]])}: look at the bearing and the wheel."
            return


def _heater(tool: Heated) -> Rule:
    def rule(times_s: Curve, contactor: Curve, output: Curve, degC: Curve) -> Iterator[str]:
        """What the heater puts in is what the thermocouple shows, but for the losses."""
        began_s = expected = None
        for i in range(1, len(times_s)):
            if contactor[i] and not contactor[i - 1]:
                began_s, expected = times_s[i], fmean(degC[max(0, i - FEW) : i + 1])
            if not contactor[i] or began_s is None or expected is None or times_s[i] - began_s > HEATED_S:
                continue
            power_W = 0.01 * output[i - 1] * tool.power_W - tool.losses_W_K * (expected - AMBIENT_degC)
            expected += power_W * (times_s[i] - times_s[i - 1]) / tool.capacity_J_K
            off_K = degC[i] - expected
            if abs(off_K) > HEATED_K:
                yield (
                    f"The {tool.name} showed {off_K:+.1f} K at {clock_text(times_s[i])} against the heat that went in:"
                    " look at the seat of its thermocouple, and at the heater."
                )
                return

    return rule


# Channels of the PLC: each answer has its own noise; beyond 20 standard deviations of it a value is an outlier.
_NOISY = {
    "press.pressure_coarse": 3.0, "press.vacuum": 0.4, "press.clamp_pressure": 10.0, "press.supply": 10.0,
    "line_plc.gap1": 1.0, "line_plc.gap2": 1.0, "line_plc.gap3": 1.0, "grinder.coolant": 0.6,
    "grinder.chuck_vacuum": 6.0,
}  # fmt: skip
RULES: tuple[tuple[tuple[str, ...], Rule], ...] = (
    *((("line_plc.hb_plc", tag), _frozen(tag)) for tag in _NOISY),
    *(((tag,), _outlier(tag, far)) for tag, far in _NOISY.items()),
    (("line_plc.out_clamp", "line_plc.gap1", "line_plc.gap2", "line_plc.gap3"), _heads),
    (("line_plc.out_inner_vent_shut", "press.vacuum"), _vented),
    (
        (
            "line_plc.out_inner_vent_shut", "line_plc.out_inner_vacuum", "line_plc.out_inner_control", "press.vacuum",
        ),
        _pumped,
    ),
    (("press_pressure.control", "line_plc.out_dump_shut", "press.asked", "press.pressure"), _released),
    (("press_pressure.control", "press.asked", "press.setpoint", "press.effort"), _settled),
    (("grinder.torque", "grinder.power"), _frozen("grinder.power", SAME_W)),
    (("grinder.spindle", "grinder.z", "grinder.torque"), _idle),
    (("line_plc.out_mold_contactor", "mold.output", "mold.temperature"), _heater(MOLD)),
    (("line_plc.out_platen_contactor", "press.platen_output", "press.platen"), _heater(PLATEN)),
)  # fmt: skip
