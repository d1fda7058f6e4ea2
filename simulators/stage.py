"""The wheel's height: motor stage with constant-speed moves, homing, and the pneumatic quick-lift on top of it."""

from __future__ import annotations

from simulators.parameters import Parameters

TICK_S = 0.01


class Stage:
    """Heights in um above the chuck; the encoder counts from power-up until the stage is homed."""

    def __init__(self, parameters: Parameters) -> None:
        self.height = parameters["stage.start"]
        self.wheel_down = False
        self.homed = False
        self.powered = False
        self.moving = False
        self.speed_um_s = parameters["stage.travel"]
        self.feed_um_s = 0.0
        self._zero = self.height
        self._target = self.height
        self._homing = False
        self._home, self._travel = parameters["stage.home"], parameters["stage.travel"]
        self._lift = parameters["wheel.lift"]

    @property
    def shown(self) -> float:
        """Position by the encoder."""
        return self.height - self._zero

    @property
    def lifted(self) -> bool:
        """Whether the quick-lift is up."""
        return not self.wheel_down

    @property
    def wheel_um(self) -> float:
        """Height of the wheel above the chuck, quick-lift included, wear not."""
        return self.height if self.wheel_down else self.height + self._lift

    def move(self, target_um: float) -> None:
        """Start a move to a position of the encoder, at the present speed setting."""
        if self.powered:
            self._start(target_um + self._zero, self.speed_um_s)

    def home(self, _: float = 1.0) -> None:
        """Start homing, upwards."""
        if self.powered:
            self._start(self._home, self._travel)
            self._homing = True

    def stop(self, _: float = 1.0) -> None:
        """Stand still at once."""
        self.moving, self._homing, self.feed_um_s = False, False, 0.0

    def set_power(self, on: bool) -> None:
        """Give or take the drive's power; without it the stage stands."""
        self.powered = on
        if not on:
            self.stop()

    def step(self, ticks: int) -> float:
        """Advance by ticks of 10 ms; return the mean speed in um/s, up is positive."""
        if not self.moving:
            return 0.0
        dt = ticks * TICK_S
        before = self.height
        way = self._target - before
        most = self.feed_um_s * dt
        if abs(way) <= most:
            self.height = self._target
            if self._homing:
                self._zero, self.homed = 0.0, True
            self.stop()
        else:
            self.height = before + (most if way > 0.0 else -most)
        return (self.height - before) / dt

    def _start(self, target: float, speed: float) -> None:
        self._target = min(self._home, max(0.0, target))
        self._homing = False
        self.feed_um_s = speed
        self.moving = speed > 0.0
