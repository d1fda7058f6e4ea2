"""The monitor, which knows nothing of us: on wire, plant and record for the campaign, without the plant for `run`."""

from simulators.watch.live import WireWatch
from simulators.watch.rule import Violation
from simulators.watch.twin import MODULES as CHANNELS
from simulators.watch.twin import Signature
from simulators.watch.watch import Watch

__all__ = ["CHANNELS", "Signature", "Violation", "Watch", "WireWatch"]
