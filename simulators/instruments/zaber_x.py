"""Simulated Zaber X-series stage that carries the grinding wheel: Zaber ASCII, one device with one axis.

After the maker's ASCII protocol manual for firmware 7. Position 0 is the home position with the wheel 60 mm above
the chuck, and the position grows as the wheel goes down. The motion is the plant's; a reply says only what is accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulators.instruments.zaber_settings import Rejection, Setting, integer, settings_of
from simulators.protocols.lines import LinePort
from simulators.protocols.zaber_packet import LONGEST_PACKET, Request, parse, reply
from simulators.wire.firmware import Answer, Firmware, PlantPorts

UM_PER_MICROSTEP = 0.047625
HOME_HEIGHT_UM = 60_000.0
SPEED_SCALE = 1.6384  # native speed = microsteps per second times this
# A motion that the plant has not begun yet already counts as busy: it begins with the next step of the plant's grid.
BEGINS_WITHIN_S = 0.12

DRIVER_DISABLED, NO_REFERENCE, INTERRUPTED, NO_WARNING = "FO", "WR", "NI", "--"


@dataclass(frozen=True, slots=True)
class ZaberSettings:
    """The rating plate, and the address on the chain."""

    address: int = 1
    device_id: int = 50341
    serial: int = 104_417
    version: str = "7.38"


class ZaberX:
    """One stage. The flag of a reply is FO without drive power, else WR until homed, else NI after a stop on the way.

    Without power every motion is rejected with DRIVERDISABLED; without reference the absolute ones with BADDATA, since
    no position is known to lie within the limits. A packet with a wrong checksum is ignored.
    """

    def __init__(self, plant: PlantPorts, clock: Callable[[], float], settings: ZaberSettings | None = None) -> None:
        self._plant = plant
        self._clock = clock
        self._address = (settings or ZaberSettings()).address
        self._first_port = LinePort(self._obey, LONGEST_PACKET)
        self._begins_until_s = 0.0
        self._interrupted = False
        self._settings = settings_of(settings or ZaberSettings(), self._position)
        self._axis_commands: dict[str, Callable[[tuple[str, ...]], str]] = {
            "home": self._home,
            "move": self._move,
            "stop": self._stop,
            "estop": self._stop,
            "warnings": self._warnings,
        }

    def receive(self, data: bytes) -> list[Answer]:
        """Answer every complete packet among what has arrived that is for this device."""
        return self._first_port.receive(data)

    def connection(self) -> Firmware:
        """Return a further port to the same chain, with an input buffer of its own (one for each socket)."""
        return LinePort(self._obey, LONGEST_PACKET)

    def _obey(self, line: bytes) -> bytes | None:
        request = parse(line)
        if request is None or request.device not in (0, self._address):
            return None
        return self._answer(request)

    def _answer(self, request: Request) -> bytes:
        try:
            verdict, data = "OK", self._execute(request)
        except Rejection as rejection:
            verdict, data = "RJ", str(rejection)
        message_id = f" {request.message_id:0>2}" if request.message_id is not None else ""
        status = "BUSY" if self._busy() else "IDLE"
        return reply(
            f"{self._address:02d} {request.axis}{message_id}",
            f"{verdict} {status} {self._flags()[0]} {data}",
            request.summed or self._settings["comm.checksum"].value == 1,
        )

    def _execute(self, request: Request) -> str:
        if request.axis > 1:
            raise Rejection("BADAXIS")
        if not request.words:
            return "0"
        name, *arguments = request.words
        if name in ("get", "set"):
            return self._access(name, tuple(arguments), request.axis)
        command = self._axis_commands.get(name)
        if command is None:
            raise Rejection("BADCOMMAND")
        return command(tuple(arguments))

    def _access(self, name: str, arguments: tuple[str, ...], axis: int) -> str:
        setting: Setting | None = self._settings.get(arguments[0]) if arguments else None
        if setting is None or len(arguments) != (1 if name == "get" else 2):
            raise Rejection("BADCOMMAND")
        if axis and setting.device_only:
            raise Rejection("DEVICEONLY")
        if name == "get":
            return setting.show()
        setting.store(arguments[1])
        return "0"

    # ------------------------------------------------------------------ state

    def _position(self) -> int:
        return round((HOME_HEIGHT_UM - self._plant.sense("z")) / UM_PER_MICROSTEP)

    def _busy(self) -> bool:
        if self._plant.sense("z_moving"):
            self._begins_until_s = 0.0
            return True
        return self._clock() < self._begins_until_s

    def _flags(self) -> list[str]:
        """Return the active warnings, the most important first; the "none" flag stands alone."""
        flags = []
        if not self._plant.sense("z_enabled"):
            flags.append(DRIVER_DISABLED)
        if not self._plant.sense("z_homed"):
            flags.append(NO_REFERENCE)
        if self._interrupted:
            flags.append(INTERRUPTED)
        return flags or [NO_WARNING]

    def _warnings(self, arguments: tuple[str, ...]) -> str:
        """List the warnings; with `clear`, forget after that those which do not persist."""
        if arguments not in ((), ("clear",)):
            raise Rejection("BADCOMMAND")
        flags = [flag for flag in self._flags() if flag != NO_WARNING]
        if arguments:
            self._interrupted = False
        return " ".join([f"{len(flags):02d}", *flags])

    # ------------------------------------------------------------------ motion

    def _home(self, arguments: tuple[str, ...]) -> str:
        if arguments:
            raise Rejection("BADCOMMAND")
        self._begin()
        self._plant.drive("z_home", 1.0)
        return "0"

    def _move(self, arguments: tuple[str, ...]) -> str:
        match arguments:
            case ("abs", number):
                self._go_to(integer(number), self._settings["maxspeed"].value)
            case ("rel", number):
                self._go_to(self._position() + integer(number), self._settings["maxspeed"].value, referenced=False)
            case ("vel", number):
                self._go_at(integer(number))
            case ("min" | "max" as end,):
                self._go_to(self._settings[f"limit.{end}"].value, self._settings["maxspeed"].value)
            case _:
                raise Rejection("BADCOMMAND")
        return "0"

    def _go_at(self, speed: int) -> None:
        """Move at this native speed to the limit in its direction; speed 0 stops."""
        if abs(speed) > self._settings["maxspeed"].highest:
            raise Rejection("BADDATA")
        if speed == 0:
            self._halt()
            return
        end = self._settings["limit.max" if speed > 0 else "limit.min"].value
        self._go_to(end, abs(speed), referenced=False)

    def _go_to(self, position: int, speed: int, referenced: bool = True) -> None:
        within = self._settings["limit.min"].value <= position <= self._settings["limit.max"].value
        if not within or (referenced and not self._plant.sense("z_homed")):
            raise Rejection("BADDATA")
        self._begin()
        self._plant.drive("z_speed", speed / SPEED_SCALE * UM_PER_MICROSTEP)
        self._plant.drive("z_target", HOME_HEIGHT_UM - position * UM_PER_MICROSTEP)

    def _begin(self) -> None:
        if not self._plant.sense("z_enabled"):
            raise Rejection("DRIVERDISABLED")
        self._interrupted = False
        self._begins_until_s = self._clock() + BEGINS_WITHIN_S

    def _stop(self, arguments: tuple[str, ...]) -> str:
        if arguments:
            raise Rejection("BADCOMMAND")
        self._halt()
        return "0"

    def _halt(self) -> None:
        self._interrupted = self._interrupted or self._busy()
        self._begins_until_s = 0.0
        self._plant.drive("z_stop", 1.0)
