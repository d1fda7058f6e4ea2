"""The composition root: tool file -> lines -> instruments -> modules -> gate and guard.

The only place that names concrete instruments; it opens and closes them in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from controller.equipment.dispenser import MoldDispenser
from controller.equipment.grinder import Grinder, GrinderFacts
from controller.equipment.line import LineModule
from controller.equipment.press import Press
from controller.guard.alarms import load as load_alarms
from controller.guard.gate import Gate
from controller.guard.interlocks import conditions_in
from controller.guard.interlocks import load as load_interlocks
from controller.guard.scan import Guard
from controller.recipe.expression_bind import Slopes
from controller.recipe.expression_grammar import learn
from controller.recipe.expressions import Bound, ExpressionError, parse
from controller.recipe.problems import did_you_mean
from controller.recipe.source import read
from controller.recipe.verb import ToolFacts
from controller.record.events import Event, Intent
from controller.sequence.verb import Tool
from controller.tool import ToolFile
from drivers.errors import InstrumentError, WrongInstrument
from drivers.instrument import Instrument
from drivers.instruments.abb_acs355 import AbbAcs355
from drivers.instruments.druck_pace5000 import DruckPace5000
from drivers.instruments.eurotherm_3216 import Eurotherm3216
from drivers.instruments.heidenhain_nd287 import HeidenhainNd287
from drivers.instruments.line_plc import LinePlc
from drivers.instruments.nordson_ultimus_v import NordsonUltimusV
from drivers.instruments.sartorius_sbi import SartoriusSbi
from drivers.instruments.zaber_x import ZaberX
from drivers.links.line import Line
from drivers.links.open import KEYS, make_channel
from drivers.links.tap import Tap, TappedChannel
from drivers.reading import TagTable

T = TypeVar("T")
Bind = Callable[[str], Bound]

DRIVERS: Mapping[str, type[Instrument]] = {
    "line_plc": LinePlc,
    "druck_pace5000": DruckPace5000,
    "eurotherm_3216": Eurotherm3216,
    "abb_acs355": AbbAcs355,
    "nordson_ultimus_v": NordsonUltimusV,
    "sartorius_sbi": SartoriusSbi,
    "zaber_x": ZaberX,
    "heidenhain_nd287": HeidenhainNd287,
}
SEQUENCES = ("safe-release", "safe-dump")  # ways into the safe state that a recipe may name for on_abort
FIRST_READINGS_S = 5.0
STATION_KEYS = frozenset({"driver", "line", "module"})  # of an instrument in the tool file; the rest is the driver's


class StationError(Exception):
    """The station cannot be opened: what, where, what was found, what to do."""


class Record(Protocol):
    """What gate and guard write into."""

    def event(self, event: Event) -> None: ...

    async def intent(self, event: Intent) -> None: ...

    def sample(self) -> None: ...


class NoRecord:
    """Stands in for the record until a run brings one."""

    def event(self, event: Event) -> None:
        """Forget."""

    async def intent(self, event: Intent) -> None:
        """Forget."""

    def sample(self) -> None:
        """Forget."""


class Station:
    """One tool, ready to be opened. `addresses` replaces the tool file's, line by line, for a simulated station."""

    def __init__(self, tool: ToolFile, interlocks: Path, addresses: Mapping[str, str], tap: Tap | None = None) -> None:
        self._tap = tap
        self.file = tool
        self.texts = {"tool_text": tool.text}  # the configuration as it was read, for the record
        self.tags = TagTable()
        self.lines = {name: self._line(name, spec, addresses.get(name)) for name, spec in tool.lines.items()}
        self.instruments = {name: self._instrument(name, settings) for name, settings in tool.instruments.items()}
        self._name_tags()
        self.tool = self._modules(interlocks)
        self._opened: list[Line] = []
        self._from_file = not addresses  # a station with addresses of its own is simulated, whatever the file says

    async def open(self) -> None:
        """Connect every line, check every identity, start polling; returns when every polled value has been read.

        StationError names the line or instrument, what was found and what to do; whatever was opened is closed again.
        """
        try:
            opening = map(self._open_line, self.lines.values())  # all at once: some are slow, and VISA has much to load
            for error in await asyncio.gather(*opening, return_exceptions=True):
                if error is not None:
                    raise error
            self._check_simulated()
            await self._first_readings()
        except BaseException:
            await self.close()
            raise

    def facts(self) -> ToolFacts:
        """What recipes may use: tags with their units, limits, names of abort sequences. Needs nothing open."""
        units = {name: self.tags.units[self.tags.index(name)] for name in self.tags}
        return ToolFacts(units, self.file.limits, SEQUENCES, self.file.name)

    def attach(self, record: Record) -> None:
        """Let the gate and the guard write into the record of a run."""
        self.tool.guard.record = self.tool.guard.gate.record = record

    async def close(self) -> None:
        """Stop polling and release every line."""
        for line in reversed(self._opened):
            await line.close()
        self._opened.clear()

    @property
    def simulated(self) -> bool:
        """True when the tool file or the PLC's identity block says so (they agree, see `open`)."""
        plc = self.instruments["line_plc"]
        return isinstance(plc, LinePlc) and plc.simulated

    @property
    def links(self) -> list[str]:
        """Kinds of the resources that are open."""
        return sorted({line.channel.kind for line in self._opened})

    @property
    def link_of(self) -> dict[str, str]:
        """Kind of link by instrument."""
        return {name: instrument.line.channel.kind for name, instrument in self.instruments.items()}

    @property
    def exchanges(self) -> dict[str, int]:
        """Completed request-reply pairs by instrument."""
        return {name: instrument.line.exchanges[name] for name, instrument in self.instruments.items()}

    # ------------------------------------------------------------------------------------------ lines, instruments
    def _line(self, name: str, spec: Mapping[str, Any], address: str | None) -> Line:
        unknown = set(spec) - {*KEYS, "gap_s"}
        if unknown:
            wrong = sorted(unknown)[0]
            raise StationError(
                f"{self.file.path.name}: line {name} has an unknown setting {wrong}; {did_you_mean(wrong, KEYS)}"
            )
        try:
            channel = make_channel(spec if address is None else {**spec, "address": address})
        except (ValueError, TypeError) as error:
            raise StationError(f"{self.file.path.name}: line {name}: {error}") from None
        if self._tap is not None:
            channel = TappedChannel(channel, partial(self._tap, name))
        return Line(name, channel, gap_s=float(spec.get("gap_s", 0.0)))

    async def _open_line(self, line: Line) -> None:
        try:
            await line.open()
        except InstrumentError as error:
            raise StationError(f"line {line.name} ({line.channel.address}): {error}") from None
        self._opened.append(line)
        for instrument in self.instruments.values():
            if instrument.line is line:
                await self._connect(instrument)

    def _instrument(self, name: str, settings: Mapping[str, Any]) -> Instrument:
        driver = DRIVERS.get(str(settings.get("driver")))
        if driver is None:
            raise StationError(
                f"{self.file.path.name}: instrument {name} has driver {settings.get('driver')!r};"
                f" known are {', '.join(DRIVERS)}"
            )
        own = {key: value for key, value in settings.items() if key not in STATION_KEYS}
        try:
            instrument = driver(name, self.lines[str(settings["line"])], self.tags, own)
        except (ValueError, TypeError) as error:
            raise StationError(f"{self.file.path.name}: instrument {name}: {error}") from None
        if instrument.settings_left:
            unknown = ", ".join(instrument.settings_left)
            raise StationError(f"{self.file.path.name}: instrument {name} has unknown settings: {unknown}")
        return instrument

    async def _connect(self, instrument: Instrument) -> None:
        where = f"{instrument.name} on line {instrument.line.name} ({instrument.line.channel.address})"
        try:
            await instrument.connect()
        except WrongInstrument as error:
            raise StationError(f"{where}: the wrong instrument answers: {error}") from None
        except InstrumentError as error:
            raise StationError(f"{where}: {error}; check power, cable and address in {self.file.path.name}") from None

    def _check_simulated(self) -> None:
        if self._from_file and self.file.simulated != self.simulated:
            says, found = ("a simulated", "a machine") if self.file.simulated else ("a real", "a simulator")
            raise StationError(
                f"{self.file.path.name} describes {says} tool, but the PLC says it is {found};"
                " correct `simulated:` in the tool file or its addresses"
            )

    async def _first_readings(self) -> None:
        """Nothing may start on values that were never read."""
        columns = [i for instrument in self.instruments.values() for i in instrument.watched]
        try:
            async with asyncio.timeout(FIRST_READINGS_S):
                await self.tool.guard.until(lambda: all(self.tags.time_s[i] >= 0.0 for i in columns))
        except TimeoutError:
            missing = sorted({self.tags.names[i] for i in columns if self.tags.time_s[i] < 0.0})
            raise StationError(f"no reading of {', '.join(missing)}; look at these instruments") from None

    def _name_tags(self) -> None:
        for name, tag in self.file.names.items():
            if tag not in self.tags:
                raise StationError(
                    f"{self.file.path.name}: {name} stands for {tag}, which no instrument has;"
                    f" {did_you_mean(tag, self.tags)}"
                )
            self.tags.alias(name, tag)

    # ------------------------------------------------------------------------------------------ modules
    def _modules(self, interlocks: Path) -> Tool:
        plc = self._as(LinePlc, "line_plc")
        gate = Gate(NoRecord(), self.file.limits)
        guard = Guard(self.tags, gate, NoRecord(), plc)
        facts = self.file.machine
        line = LineModule(guard, plc)
        press = Press(
            guard,
            plc,
            self._as(DruckPace5000, "press_pressure"),
            self._as(Eurotherm3216, "platen_heater"),
            facts["release_kPa_s"],
        )
        dispenser = MoldDispenser(
            guard,
            plc,
            self._as(NordsonUltimusV, "dispenser"),
            self._as(SartoriusSbi, "balance"),
            self._as(Eurotherm3216, "mold_heater"),
        )
        grinder = Grinder(
            guard,
            plc,
            self._as(AbbAcs355, "spindle"),
            self._as(ZaberX, "z_stage"),
            self._as(HeidenhainNd287, "gauge"),
            GrinderFacts(**{name: facts[name] for name in GrinderFacts.__annotations__}),
        )
        guard.use(
            self._records(interlocks, "interlocks", load_interlocks)
            + self._records(interlocks.with_name("warnings.yaml"), "warnings", load_interlocks),
            self._records(interlocks.with_name("alarms.yaml"), "alarms", load_alarms),
        )
        guard.modules = {"press": press, "dispenser": dispenser, "grinder": grinder}
        guard.derivations = {module.name: module.derive for module in (line, press, dispenser, grinder)}
        guard.lines = list(self.lines.values())
        guard.answering.watch({
            name: (instrument, frozenset({str(self.file.instruments[name].get("module", "line"))}))
            for name, instrument in self.instruments.items()
        })  # fmt: skip
        plc.on_poll.append(guard.scan)
        plc.on_failure.append(lambda error: guard.scan_failed())
        return Tool(guard, line, press, dispenser, grinder, pot_life_s=facts["pot_life"])

    def _records(self, path: Path, key: str, load: Callable[[list[Mapping[str, Any]], Bind], list[T]]) -> list[T]:
        """The records of a file of the guard, bound to the tags."""
        tag_units = {name: self.tags.units[self.tags.index(name)] for name in self.tags}
        source = read(path)
        slopes: Slopes = {}
        self.texts[f"{key}_text"] = source.text
        learn(conditions_in(source.data[key]))
        try:
            return load(source.data[key], lambda text: parse(str(text), tag_units, {}).bind(self.tags, slopes))
        except (ExpressionError, KeyError, TypeError, ValueError) as error:
            raise StationError(f"{path.name}: {error}; correct this record") from None

    def _as(self, kind: type[Any], name: str) -> Any:
        instrument = self.instruments.get(name)
        if not isinstance(instrument, kind):
            raise StationError(f"{self.file.path.name}: {name} has to be a {kind.__name__}")
        return instrument
