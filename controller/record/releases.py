"""Which recipes are released, and by whom: a chained file of acts, `site/releases.sqlite`, of the form of a journal.

What is released is a recipe's text under the limits of a tool. One person signs it, naming the run of its twin, another
releases it, and one who has a reason retires it. Every act is entered into the journal of the day too, with the head of
this file: cut or replaced, it is found. Where texts, limits and twins come from says `controller/release.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from controller.record.archive import SITE
from controller.record.events import SiteAct
from controller.record.runfile import RunFile
from controller.record.site import LEDGER, SiteJournal, alone, sound_journal
from controller.record.store import RecordError

SIGNED, RELEASED, RETIRED = "recipe_signed", "recipe_released", "recipe_retired"


class Key(NamedTuple):
    """What a release is of: the name of a recipe, its text, and the limits that it was proven under."""

    recipe: str
    sha256: str
    limits_sha256: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who acts, as the system or a login knows them, and from where."""

    user: str
    uid: int
    login: bool
    where: str

    def may_be(self, other: Identity) -> bool:
        """True when both may be one person: their names are equal, or their user ids and not both are logins."""
        return self.user == other.user or (self.uid == other.uid and not (self.login and other.login))


class State(StrEnum):
    """Of a recipe's text under the limits of a tool. CHANGED: another text, or other limits, are released."""

    DRAFT = "draft"
    SIGNED = "signed"
    RELEASED = "released"
    CHANGED = "changed"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a recipe: `why` it is not released and what fixes it, and the acts that count."""

    state: State
    why: str = ""
    fix: str = ""
    acts: tuple[SiteAct, ...] = ()

    @property
    def released(self) -> bool:
        """True when it may run on the tool."""
        return self.state is State.RELEASED


@dataclass(slots=True)
class Releases:
    """The fold of all acts: those that count, by what they are of."""

    acts: dict[Key, tuple[SiteAct, ...]] = field(default_factory=dict)

    @classmethod
    def fold(cls, acts: Iterable[SiteAct]) -> Releases:
        """Of acts in their order."""
        found = cls()
        for act in acts:
            key = key_in(act)
            before = () if act.act == SIGNED else found.acts.get(key, ())
            found.acts[key] = (*before, act)
        return found

    def state(self, key: Key) -> State:
        """Of one text under some limits by itself."""
        acts = self.acts.get(key, ())
        last = acts[-1].act if acts else ""
        return {SIGNED: State.SIGNED, RELEASED: State.RELEASED, RETIRED: State.RETIRED}.get(last, State.DRAFT)

    def standing(self, key: Key, option: str = "") -> Standing:
        """How it stands, and what a person must know who wants to run it; `option` of commands names the tool file."""
        name, acts, state = key.recipe, self.acts.get(key, ()), self.state(key)
        run, sign, release = (
            f"springback run {name}{option}",
            f"springback recipe sign {name}{option} --reason WHY",
            f"another user: springback recipe release {name}{option} --reason WHY",
        )
        anew = f"{run}, then {sign}; {release}"
        if state is State.RELEASED:
            return Standing(state, acts=acts)
        if state is State.SIGNED:
            return Standing(state, f"it was signed {by(acts[0])}, and nobody else has released it", release, acts)
        if state is State.RETIRED:
            why = f"it was retired {by(acts[-1])}: {acts[-1].facts['why']}"
            return Standing(state, why, f"run a released version, or sign it anew: {anew}", acts)
        others = [found for found in self.acts if found.recipe == name and self.state(found) is State.RELEASED]
        if not others:
            return Standing(State.DRAFT, "it was never signed", anew)
        same_text = [found for found in others if found.sha256 == key.sha256]
        if same_text:
            released = self.acts[same_text[-1]]
            why = f"the limits of the tool are not those that it was released under {by(released[-1])}"
            return Standing(State.CHANGED, why, f"sign it under these: {anew}", released)
        released = self.acts[others[-1]]
        why = f"its text is not that of version {released[-1].facts['version']}, released {by(released[-1])}"
        return Standing(State.CHANGED, why, f"take the released text, or sign this one: {anew}", released)

    def standing_of(self, recipe: str, version: int | None) -> list[SiteAct]:
        """The last acts of what is signed or released of a recipe, or of one version of it."""
        return [
            acts[-1]
            for key, acts in self.acts.items()
            if key.recipe == recipe and acts[-1].act != RETIRED and version in (None, acts[-1].facts["version"])
        ]

    def released_as(self, recipe: str, version: int) -> set[str]:
        """The texts that were ever released under this number."""
        return {
            key.sha256
            for key, acts in self.acts.items()
            if key.recipe == recipe and any(a.act == RELEASED and a.facts["version"] == version for a in acts)
        }

    def twins(self) -> set[str]:
        """The runs that what is signed or released rests on."""
        return {str(acts[0].facts["twin"]["run"]) for acts in self.acts.values() if acts[-1].act != RETIRED}


class Ledger:
    """The acts of one folder of runs."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self._path = runs / SITE / LEDGER

    def read(self) -> Releases:
        """All acts; RecordError when their file is damaged: then nothing counts as released."""
        if not self._path.exists():
            return Releases()
        sound_journal(self._path)
        try:
            with RunFile(self._path) as file:
                return Releases.fold(act for _, act, _ in file.events(SiteAct) if isinstance(act, SiteAct))
        except (KeyError, TypeError) as error:
            raise RecordError(f"{self._path}: an act without {error}; read it with the version that wrote it") from None

    def change(self, decide: Callable[[Releases], Sequence[SiteAct]]) -> list[SiteAct]:
        """Enter what `decide` makes of the present state, durably, while nobody else enters anything."""
        journal = SiteJournal(self.runs)
        with alone(self._path.parent):
            acts = list(decide(self.read()))
            head = journal.append_to(self._path, acts)
            journal.append([SiteAct(act.act, act.utc, {**act.facts, "ledger_sha256": head}) for act in acts])
        return acts


def act_on(act: str, utc: str, key: Key, version: int, who: Identity, why: str, **more: Any) -> SiteAct:
    """An act of a person on a version of a recipe."""
    return SiteAct(act, utc, {**key._asdict(), "version": version, "by": asdict(who), "why": why, **more})


def key_in(act: SiteAct) -> Key:
    """What an act is on."""
    return Key(*(act.facts[name] for name in Key._fields))


def by(act: SiteAct) -> str:
    """Who did it and when, in words."""
    return f"by {act.facts['by']['user']} on {act.utc[:16].replace('T', ' ')} UTC"
