"""The key of a site: who has it signs the records that were closed there. Ed25519, in files that openssl reads too.

It needs the library `cryptography`. The private half lies outside the runs, for its owner only; the public half lies in
`site/keys` of the runs, for whoever verifies. What a signature is says `signature.py`.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.record import signature
from controller.record.archive import SITE
from controller.record.runfile import RunFile

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEYS = "keys"
KEY_BYTES_MAX = 10_000
ABSENT = 'the library cryptography is not installed; install it with: pip install "springback[sign]"'
_NO_KEY = (ValueError, TypeError)  # of cryptography, for what is no key


class SiteKeyError(Exception):
    """The site's key cannot be used: which, why, what to do."""


@dataclass(frozen=True, slots=True)
class SiteKey:
    """A key that signs. `id` names it: the beginning of the hash of its public half."""

    id: str
    private: Ed25519PrivateKey

    def sign(self, record: Path) -> None:
        """Sign the head of a closed record, beside it; RecordError when that cannot be written."""
        with RunFile(record) as run:
            head = run.head_sha256
        signature.write(record, head, self.id, self.private.sign(signature.message(head)))


def make(path: Path, runs: Path) -> SiteKey:
    """Make a key: the private half in a new file, mode 0600, the public half in the site of `runs`. SiteKeyError."""
    ed25519, serialization = _library()
    _outside(path, runs)
    private = ed25519.Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    except FileExistsError:
        raise SiteKeyError(f"{path} exists already; a key is never written over, name another file") from None
    except OSError as error:
        raise SiteKeyError(f"cannot write {path}: {error.strerror}; name another file") from None
    key = SiteKey(_id(private.public_key()), private)
    publish(key, runs)
    return key


def publish(key: SiteKey, runs: Path) -> Path:
    """Write the public half into the site of `runs`, where `verify` looks for it; SiteKeyError."""
    _, serialization = _library()
    path = _published(key.id, runs)
    pem = key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pem)
    except OSError as error:
        raise SiteKeyError(f"cannot write {path}: {error.strerror}") from None
    return path


def load(path: Path, runs: Path) -> SiteKey:
    """Read a private key; SiteKeyError when it is none, lies among the runs, or others may read it."""
    ed25519, serialization = _library()
    _outside(path, runs)
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise SiteKeyError(f"site key {path}: it is no plain file")
            if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise SiteKeyError(f"site key {path}: others may read it; chmod 600 {path}")
            content = file.read(KEY_BYTES_MAX)
    except OSError as error:
        raise SiteKeyError(f"site key {path}: {error.strerror}; make one: springback site key make {path}") from None
    try:
        private = serialization.load_pem_private_key(content, None)
    except _NO_KEY as error:
        raise SiteKeyError(f"site key {path}: it is no private key: {str(error)[:80]}") from None
    if not isinstance(private, ed25519.Ed25519PrivateKey):
        raise SiteKeyError(f"site key {path}: it is no Ed25519 key; make one: springback site key make FILE")
    return SiteKey(_id(private.public_key()), private)


def ready(path: Path, runs: Path) -> SiteKey:
    """A key whose signatures `verify` will know; SiteKeyError."""
    key = load(path, runs)
    if not _published(key.id, runs).is_file():
        raise SiteKeyError(
            f"site key {path}: nobody could check its signatures, {_published(key.id, runs)} is missing;"
            f" springback site key publish {path}"
        )
    return key


def public_keys(*paths: Path) -> dict[str, Ed25519PublicKey]:
    """Public keys by their id; SiteKeyError for a file that holds none."""
    if not paths:
        return {}
    ed25519, serialization = _library()
    found = {}
    for path in paths:
        try:
            public = serialization.load_pem_public_key(path.read_bytes())
        except OSError as error:
            raise SiteKeyError(f"public key {path}: {error.strerror}") from None
        except _NO_KEY as error:
            raise SiteKeyError(f"public key {path}: it is no public key: {str(error)[:80]}") from None
        if not isinstance(public, ed25519.Ed25519PublicKey):
            raise SiteKeyError(f"public key {path}: it is no Ed25519 key")
        found[_id(public)] = public
    return found


def keys_in(runs: Path) -> list[Path]:
    """The files of the public keys of a site."""
    return sorted((runs / SITE / KEYS).glob("*.pub"))


def installed() -> bool:
    """True when signatures can be made and checked here."""
    try:
        _library()
    except SiteKeyError:
        return False
    return True


def _published(id: str, runs: Path) -> Path:
    return runs / SITE / KEYS / f"{id}.pub"


def _outside(path: Path, runs: Path) -> None:
    if path.resolve().is_relative_to(runs.resolve()):
        raise SiteKeyError(f"site key {path}: it lies among the runs that it signs; name a file outside {runs}")


def _id(public: Ed25519PublicKey) -> str:
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def _library() -> Any:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise SiteKeyError(f"a site key is wanted, and {ABSENT}") from None
    return ed25519, serialization
