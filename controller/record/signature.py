"""The signature over the head of a closed record, beside it: what the chain alone cannot say, who vouches for it.

It reads, writes and checks signatures; keys are `site_key.py`. Only checking one needs the library `cryptography`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.record.archive import SIGNATURE
from controller.record.store import RecordError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_UNREADABLE = (OSError, ValueError, TypeError, KeyError)


@dataclass(frozen=True, slots=True)
class Signed:
    """What a record's signature says: by which `key`, and the `problem` when it does not hold. No key: unsigned."""

    key: str = ""
    problem: str = ""
    checked: bool = True

    def __str__(self) -> str:
        if self.problem:
            return f"WRONG SIGNATURE: {self.problem}"
        if not self.key:
            return "unsigned"
        unchecked = ', NOT CHECKED: that needs pip install "springback[sign]"'
        return f"signed by site key {self.key}{'' if self.checked else unchecked}"


def message(head_sha256: str) -> bytes:
    """What is signed."""
    return b"springback record " + head_sha256.encode()


def write(record: Path, head_sha256: str, key: str, signature: bytes) -> None:
    """Write the signature of a record beside it; RecordError when that is not possible."""
    path = record.with_name(SIGNATURE)
    try:
        path.write_text(
            json.dumps({"key": key, "head_sha256": head_sha256, "signature": signature.hex()}), encoding="utf-8"
        )
    except OSError as error:
        raise RecordError(f"{path}: {error.strerror}; the record is not signed") from None


def signed_by(record: Path) -> str:
    """The id of the key that a record says it was signed with, unchecked; nothing when there is no signature."""
    try:
        return str(_read(record)["key"])
    except FileNotFoundError:
        return ""
    except _UNREADABLE:
        return "?"


def check(record: Path, head_sha256: str, keys: Mapping[str, Ed25519PublicKey] | None) -> Signed:
    """What the signature of a record says, whose last row has this hash; `keys` is None when none can be checked."""
    try:
        said = _read(record)
        key, head, signature = str(said["key"]), str(said["head_sha256"]), bytes.fromhex(said["signature"])
    except FileNotFoundError:
        return Signed()
    except _UNREADABLE as error:
        return Signed("?", f"{record.with_name(SIGNATURE)} cannot be read: {error}")
    if head != head_sha256:
        return Signed(key, "it is of another record, or of this one before it was changed")
    if keys is None:
        return Signed(key, checked=False)
    if key not in keys:
        return Signed(key, f"by key {key[:64]}, which is none of this site's")
    from cryptography.exceptions import InvalidSignature

    try:
        keys[key].verify(signature, message(head))
    except InvalidSignature:
        return Signed(key, f"key {key} did not make it")
    return Signed(key)


def _read(record: Path) -> dict[str, Any]:
    said = json.loads(record.with_name(SIGNATURE).read_text(encoding="utf-8"))
    if not isinstance(said, dict):
        raise TypeError("it is no object")
    return said
