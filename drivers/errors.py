"""What can go wrong between us and an instrument: one class per meaning that a caller must tell apart.

Each message says what was wanted, what was got, where, and what to do next.
"""

from __future__ import annotations


class InstrumentError(Exception):
    """Anything an instrument or its line did not do as asked."""


class LinkLost(InstrumentError):
    """The connection is closed or could not be opened. Retry later; the state of the instrument is unknown."""


class NoReply(InstrumentError):
    """No complete reply within the deadline. The request may or may not have been carried out."""


class GarbledReply(InstrumentError):
    """A reply that breaks the protocol: checksum, framing, wrong header or wrong unit. Nothing of it may be used."""


class Refused(InstrumentError):
    """The instrument understood and said no: out of range, busy, not in remote. Repeating does not help."""


class WrongInstrument(InstrumentError):
    """Another box answers at this address. Do not command it."""


class ReadbackMismatch(InstrumentError):
    """A setpoint read back differs from what was written: someone else is writing, or the instrument ignored it."""


class Superseded(InstrumentError):
    """The command was still waiting when a trip raised the epoch; it was never sent."""
