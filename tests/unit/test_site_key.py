"""The site's key and its signatures: who signed is told offline, and a key that others could use signs nothing."""

from __future__ import annotations

import builtins
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from controller.record.archive import SIGNATURE
from controller.record.signature import Signed, check, signed_by
from controller.record.site import SiteJournal, closed, objections
from controller.record.site_key import SiteKey, SiteKeyError, keys_in, load, make, public_keys, publish, ready
from controller.record.verify import verify
from tests.unit.recorded_run import STARTED, Bench

UTC = "2026-11-21T10:00:00+00:00"


def write_run(path: Path, seed: int = 1) -> None:
    """A record of a few rows."""
    bench = Bench(path)
    bench.recorder.describe(run_id="demo-0001", seed=seed)
    bench.recorder.event(STARTED)
    bench.recorder.sample()
    bench.recorder.close("PROCESS_COMPLETE", "PASS")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    record = tmp_path_factory.mktemp("written") / "run.sqlite"
    write_run(record)
    return record


@pytest.fixture
def runs(written: Path, tmp_path: Path) -> Path:
    """A folder of runs with a closed record."""
    shutil.copytree(written.parent, tmp_path / "runs" / "demo-0001")
    return tmp_path / "runs"


def says(record: Path, *keys: Path) -> Signed:
    return check(record, verify(record).head.hex(), public_keys(*keys))


def test_a_signed_record_says_by_which_key_and_nothing_else_passes(runs: Path, tmp_path: Path) -> None:
    record, key = runs / "demo-0001" / "run.sqlite", make(tmp_path / "site.key", runs)
    stranger = make(tmp_path / "stranger.key", tmp_path / "elsewhere")
    assert str(says(record, *keys_in(runs))) == "unsigned"

    ready(tmp_path / "site.key", runs).sign(record)
    assert says(record, *keys_in(runs)) == Signed(key.id)
    assert signed_by(record) == key.id
    assert check(record, verify(record).head.hex(), None) == Signed(key.id, checked=False)

    stranger.sign(record)
    assert "none of this site's" in says(record, *keys_in(runs)).problem
    key.sign(record)
    written = (record.parent / SIGNATURE).read_text(encoding="utf-8")
    for name in ("key", "head_sha256", "signature"):
        data = json.loads(written)
        data[name] = ("0" if data[name][0] != "0" else "1") + data[name][1:]
        (record.parent / SIGNATURE).write_text(json.dumps(data), encoding="utf-8")
        assert says(record, *keys_in(runs)).problem, name


def test_the_signature_of_a_record_that_was_changed_and_chained_anew_is_wrong(runs: Path, tmp_path: Path) -> None:
    record = runs / "demo-0001" / "run.sqlite"
    make(tmp_path / "site.key", runs).sign(record)
    record.unlink()
    write_run(record, seed=8)

    assert verify(record).intact
    assert "of another record, or of this one before it was changed" in says(record, *keys_in(runs)).problem


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "no JSON", '{"key": 1, "head_sha256": "", "signature": "zz"}', "\xff"]
)
def test_a_signature_that_cannot_be_read_is_a_problem_and_no_traceback(text: str, runs: Path) -> None:
    record = runs / "demo-0001" / "run.sqlite"
    (record.parent / SIGNATURE).write_bytes(text.encode("latin-1"))

    assert says(record).problem
    assert signed_by(record)


def test_a_signature_that_was_taken_away_is_missed_by_the_journal(runs: Path, tmp_path: Path) -> None:
    record = runs / "demo-0001" / "run.sqlite"
    make(tmp_path / "site.key", runs).sign(record)
    SiteJournal(runs).enter([closed(record, UTC)])
    assert objections(runs) == []

    (record.parent / SIGNATURE).unlink()

    assert [(one.path, "the signature is gone" in one.problem) for one in objections(runs)] == [(record, True)]


def test_a_key_is_its_owners_alone_and_lies_outside_the_runs(runs: Path, tmp_path: Path) -> None:
    path = tmp_path / "site.key"
    made = make(path, runs)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load(path, runs).id == made.id

    def refused(path: Path) -> str:
        with pytest.raises(SiteKeyError) as found:
            load(path, runs)
        return str(found.value)

    path.chmod(0o640)
    assert f"others may read it; chmod 600 {path}" in refused(path)
    path.chmod(0o600)
    (tmp_path / "link.key").symlink_to(path)
    assert "link.key" in refused(tmp_path / "link.key")
    shutil.copy(path, runs / "site.key")
    assert "lies among the runs" in refused(runs / "site.key")
    os.mkfifo(tmp_path / "pipe.key", 0o600)
    assert "no plain file" in refused(tmp_path / "pipe.key")
    assert "springback site key make" in refused(tmp_path / "nothing.key")
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for content, why in ((b"", "no private key"), (b"\x00" * 20_000, "no private key"), (other, "no Ed25519 key")):
        path.write_bytes(content)
        assert why in refused(path)


def test_a_key_is_never_written_over_and_only_a_published_one_signs(runs: Path, tmp_path: Path) -> None:
    path = tmp_path / "site.key"
    key = make(path, tmp_path / "elsewhere")
    content = path.read_bytes()
    with pytest.raises(SiteKeyError, match="never written over"):
        make(path, runs)
    assert path.read_bytes() == content
    with pytest.raises(SiteKeyError, match="springback site key publish"):
        ready(path, runs)
    publish(key, runs)
    assert ready(path, runs).id == key.id
    (tmp_path / "bad.pub").write_bytes(b"no key")
    with pytest.raises(SiteKeyError, match="no public key"):
        public_keys(tmp_path / "bad.pub")


def test_without_the_library_a_key_refuses_with_what_to_install(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "site.key", runs)
    before = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("cryptography"):
            raise ImportError(name)
        return before(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)

    for act in (lambda: load(tmp_path / "site.key", runs), lambda: make(tmp_path / "other.key", runs)):
        with pytest.raises(SiteKeyError, match=r"pip install \"springback\[sign\]\""):
            act()
    assert not (tmp_path / "other.key").exists()


def test_the_library_is_not_loaded_where_nothing_is_signed(runs: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from controller.cli.verify import verify_runs;"
        "code = verify_runs(None, Path(sys.argv[1]), None, as_json=False); print('cryptography' in sys.modules, code)"
    )
    command = [sys.executable, "-c", program, str(runs)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    out = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout

    assert out.splitlines()[0].endswith("records, unsigned")
    assert out.splitlines()[-1] == "False 0"


def test_the_id_of_a_key_is_that_of_its_public_half(runs: Path, tmp_path: Path) -> None:
    key: SiteKey = make(tmp_path / "site.key", runs)

    assert [path.stem for path in keys_in(runs)] == [key.id] == list(public_keys(*keys_in(runs)))
