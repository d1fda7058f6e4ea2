"""The clocks that commands run on: the wall's, at some speed, and one that jumps. They are no simulators."""

from __future__ import annotations

from simulators.scaled_time import ScaledLoop
from simulators.virtual_time import VirtualLoop

__all__ = ["ScaledLoop", "VirtualLoop"]
