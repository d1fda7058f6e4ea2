"""32-bit values in 16-bit registers: in which order makers put the four bytes.

A register itself is always big-endian on the wire (MODBUS application protocol V1.1b3, section 4.2); only how two of
them make one value is the maker's choice. So it is a setting, and test constants tell whether it is right.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from enum import Enum
from operator import itemgetter

_F32 = struct.Struct(">f")
_U32 = struct.Struct(">I")
_WORDS = struct.Struct(">HH")


class WordOrder(Enum):
    """Order of the bytes on the wire, A the most significant. Each order is its own inverse."""

    ABCD = (0, 1, 2, 3)
    CDAB = (2, 3, 0, 1)
    BADC = (1, 0, 3, 2)
    DCBA = (3, 2, 1, 0)

    def f32(self, words: Sequence[int]) -> float:
        """The float in two registers."""
        value: float = _F32.unpack(self._turn(_WORDS.pack(*words)))[0]
        return value

    def u32(self, words: Sequence[int]) -> int:
        """The unsigned integer in two registers."""
        value: int = _U32.unpack(self._turn(_WORDS.pack(*words)))[0]
        return value

    def f32_words(self, value: float) -> tuple[int, int]:
        """Two registers for a float, rounded to single precision."""
        return self._words(_F32.pack(value))

    def u32_words(self, value: int) -> tuple[int, int]:
        """Two registers for 0..4294967295."""
        return self._words(_U32.pack(value))

    def arranger(self, pairs: Sequence[int], size: int) -> Callable[[bytes], bytes]:
        """Make a function that puts a block of `size` bytes into big-endian order.

        `pairs` are the offsets of the block's 32-bit values; other bytes stay where they are.
        """
        if self is WordOrder.ABCD:
            return bytes
        source = list(range(size))
        for start in pairs:
            source[start : start + 4] = [start + i for i in self.value]
        pick = itemgetter(*source)
        return lambda block: bytes(pick(block))

    def _turn(self, data: bytes) -> bytes:
        return bytes(data[i] for i in self.value)

    def _words(self, big_endian: bytes) -> tuple[int, int]:
        high, low = _WORDS.unpack(self._turn(big_endian))
        return high, low


def f32(value: float) -> float:
    """The nearest single-precision number: what a float register can hold of `value`."""
    nearest: float = _F32.unpack(_F32.pack(value))[0]
    return nearest


def i16(word: int) -> int:
    """The signed value of a register."""
    return word - 0x10000 if word & 0x8000 else word


def i16_word(value: int) -> int:
    """The register for -32768..32767."""
    if not -0x8000 <= value <= 0x7FFF:
        raise ValueError(f"{value} does not fit a signed 16-bit register")
    return value & 0xFFFF
