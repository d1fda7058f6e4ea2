"""Noise of sensors as a pure function of (seed, channel, sample index): reading twice gives the same number.

The number of a sample is the table's at (sample * STRIDE + offset of the channel) modulo its size (textbook); there is
no shared generator whose state a read could move.
"""

from __future__ import annotations

from functools import lru_cache
from random import Random
from zlib import crc32

TABLE_SIZE = 16384
STRIDE = 40503  # odd, so that successive samples walk through the whole table


@lru_cache(maxsize=1)
def gaussian_table() -> tuple[float, ...]:
    """Return the table of standard normal numbers, the same in every process."""
    generator = Random(20011)
    return tuple(generator.gauss(0.0, 1.0) for _ in range(TABLE_SIZE))


def noise_offset(seed: int, channel: str) -> int:
    """Return where in the table a channel starts under a seed."""
    return crc32(f"{seed}:{channel}".encode()) % TABLE_SIZE
