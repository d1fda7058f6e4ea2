"""The monitor that watches a simulated station for the campaign; it sees wire, plant and record, and nothing of us."""

from simulators.watch.twin import MODULES as CHANNELS
from simulators.watch.watch import Watch

__all__ = ["CHANNELS", "Watch"]
