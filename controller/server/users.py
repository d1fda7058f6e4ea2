"""The people who may log in: a YAML file with salted scrypt hashes of PINs and badges, and the roles of peers.

It checks and writes; who is logged in where is the daemon's business. Hashing takes tens of milliseconds, so the daemon
calls `Users.find` in a thread.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import pwd
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from controller.recipe.problems import RecipeError
from controller.recipe.source import read
from controller.server.roles import ROLES

NAME = re.compile(r"[a-z][a-z0-9_.-]{0,31}")
OWN, OTHER = "own", "other"  # the daemon's user (and root), everybody else
PEERS = {OWN: "engineer", OTHER: "observer"}
COST = {"n": 2**14, "r": 8, "p": 1}  # about 50 ms and 16 MB: the least that RFC 7914 gives for logins
SALT_BYTES = 16
SECRET_MIN = 4


class UsersError(Exception):
    """The users file cannot be used: what, where, what to do."""


@dataclass(frozen=True, slots=True)
class User:
    """One person; the secrets are `<salt>$<hash>` in hex, empty when there is none."""

    role: str
    pin: str = ""
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Users:
    """All people, and the role of a connection before anybody has logged in: by user name, else own or other."""

    people: Mapping[str, User] = field(default_factory=dict)
    peers: Mapping[str, str] = field(default_factory=lambda: PEERS)

    def find(self, name: str, pin: str, badge: str) -> str | None:
        """The name of who has this PIN, or this badge (then `name` may be empty); None when nobody has."""
        if name:
            user = self.people.get(name, User(""))
            right = _fits(user.pin, pin) if pin else _fits(user.badge, badge)
            return name if right else None
        return next((other for other, user in self.people.items() if badge and _fits(user.badge, badge)), None)

    def role_of_peer(self, uid: int) -> str:
        """The role that the kernel's word about a connection gives."""
        fallback = OWN if uid in (0, os.getuid()) else OTHER
        return self.peers.get(user_name(uid), self.peers[fallback])


def user_name(uid: int) -> str:
    """The system's name of a user id."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def load(path: Path) -> Users:
    """Read the file; nobody when there is none. UsersError when it is wrong, or others may read it."""
    if not path.exists():
        return Users()
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsersError(f"{path} may be read by others; chmod 600 {path}")
    try:
        data = read(path).data
    except RecipeError as error:
        raise UsersError(error.render()) from None
    if not isinstance(data, dict) or set(data) - {"users", "peers"}:
        raise UsersError(f"{path}: a mapping with users and peers is wanted")
    peers = {**PEERS, **_section(data, "peers", path)}
    for peer, role in peers.items():
        _check_role(role, f"{path}: peer {peer}")
    return Users({str(n): _user(str(n), entry, path) for n, entry in _section(data, "users", path).items()}, peers)


def add(path: Path, name: str, role: str, pin: str, badge: str) -> None:
    """Write a person into the file, over an earlier entry of the same name; UsersError when that is not possible."""
    if not NAME.fullmatch(name):
        raise UsersError(f'"{name[:40]}" is no user name; small letters, digits, . - and _, at most 32')
    _check_role(role, name)
    for secret in filter(None, (pin, badge)):
        if len(secret) < SECRET_MIN:
            raise UsersError(f"a PIN or badge has at least {SECRET_MIN} characters")
    if not pin and not badge:
        raise UsersError("a PIN or a badge is wanted")
    users = load(path)
    people = {**users.people, name: User(role, _hashed(pin), _hashed(badge))}
    entries = {n: {"role": u.role, "pin": u.pin, "badge": u.badge} for n, u in people.items()}
    _write(path, yaml.safe_dump({"peers": dict(users.peers), "users": entries}, sort_keys=False))


def _write(path: Path, text: str) -> None:
    half = path.with_name(f".{path.name}.half")
    try:
        half.unlink(missing_ok=True)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        half.replace(path)
    except OSError as error:
        raise UsersError(f"cannot write {path}: {error.strerror}; name another file with --users") from None


def _section(data: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    section = data.get(key, {})
    if not isinstance(section, dict):
        raise UsersError(f"{path}: {key} is a mapping")
    return section


def _user(name: str, entry: Any, path: Path) -> User:
    if not isinstance(entry, dict) or set(entry) - {"role", "pin", "badge"}:
        raise UsersError(f"{path}: user {name} has role, pin and badge; write it with: springback user add {name}")
    _check_role(entry.get("role"), f"{path}: user {name}")
    return User(str(entry["role"]), str(entry.get("pin", "")), str(entry.get("badge", "")))


def _check_role(role: Any, where: str) -> None:
    if role not in ROLES:
        raise UsersError(f"{where}: the role is one of {', '.join(ROLES)}, not {str(role)[:40]}")


def _hashed(secret: str) -> str:
    if not secret:
        return ""
    salt = os.urandom(SALT_BYTES)
    return f"{salt.hex()}${_scrypt(secret, salt).hex()}"


def _fits(stored: str, secret: str) -> bool:
    salt, _, wanted = stored.partition("$")
    try:
        return bool(wanted) and hmac.compare_digest(_scrypt(secret, bytes.fromhex(salt)), bytes.fromhex(wanted))
    except ValueError:
        return False


def _scrypt(secret: str, salt: bytes) -> bytes:
    return hashlib.scrypt(secret.encode(), salt=salt, dklen=32, **COST)
