"""A run's samples as a table for other programs, and everything about a run in one archive.

CSV and JSON are always there; Parquet needs pyarrow and HDF5 h5py, which only those who want them install. A value that
was not to be trusted is empty, not a number.
"""

from __future__ import annotations

import csv
import json
import math
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from controller.record.archive import PART, RECORD, REPORT, SIGNATURE, TAGS
from controller.record.runfile import RunFile
from controller.record.store import RecordError
from controller.record.verify import verify

_DATE = (1980, 1, 1, 0, 0, 0)  # the same run gives the same archive


def columns(run: RunFile) -> Iterator[tuple[str, str, Sequence[float]]]:
    """Name, unit and values of each recorded column; of a tag and its aliases the name that people use."""
    names = {info.index: name for name, info in run.tags.items()}  # aliases come last
    for name in names.values():
        yield name, run.tags[name].unit, run.series(name)[1]


def times_s(run: RunFile) -> Sequence[float]:
    """When the samples were taken."""
    return run.series(next(iter(run.tags)))[0]


def write_csv(run: RunFile, out: TextIO) -> None:
    """One line per sample, `t_s` and one column per tag with its unit in the head."""
    table = list(columns(run))
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["t_s", *(f"{name} [{unit}]" if unit else name for name, unit, _ in table)])
    for t_s, *row in zip(times_s(run), *(values for _, _, values in table), strict=True):
        writer.writerow([f"{t_s:.3f}", *("" if math.isnan(value) else f"{value:.9g}" for value in row)])


def write_json(run: RunFile, out: TextIO) -> None:
    """One object, schema `springback.export/1`: facts, events, and samples by tag."""
    events = [{"seq": seq, "t_s": t_s, **event.to_json()} for t_s, event, seq in run.events()]
    tags = {
        name: {"unit": unit, "values": [value if math.isfinite(value) else None for value in values]}
        for name, unit, values in columns(run)
    }
    whole = {
        "schema": "springback.export/1",
        "facts": run.meta,
        "events": events,
        "samples": {"t_s": list(times_s(run)), "tags": tags},
    }
    json.dump(whole, out, allow_nan=False)


def write_parquet(run: RunFile, out: Path) -> None:
    """One row per sample, zstd, units in the metadata of the columns; RecordError when pyarrow is not installed."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise RecordError('Parquet needs pyarrow; install it with: pip install "springback[parquet]"') from None
    table = list(columns(run))
    fields = [pyarrow.field("t_s", pyarrow.float64(), metadata={"unit": "s"})]
    fields += [pyarrow.field(name, pyarrow.float64(), metadata={"unit": unit}) for name, unit, _ in table]
    facts = {key: json.dumps(value) for key, value in run.meta.items()}
    data = [times_s(run), *(values for _, _, values in table)]
    arrays = [pyarrow.array(values, pyarrow.float64(), from_pandas=True) for values in data]
    parquet.write_table(pyarrow.table(arrays, schema=pyarrow.schema(fields, metadata=facts)), out, compression="zstd")


def write_hdf5(run: RunFile, out: Path) -> None:
    """`samples/NAME` with its unit, `events/t_s` and `events/json`, and `facts/KEY` as JSON: large ones fit there.

    RecordError when h5py is not installed.
    """
    try:
        import h5py
    except ImportError:
        raise RecordError('HDF5 needs h5py; install it with: pip install "springback[hdf5]"') from None
    with out.open("w+b") as raw, h5py.File(raw, "w", track_order=True) as file:
        facts = file.create_group("facts", track_order=True)
        for key, value in run.meta.items():
            facts.create_dataset(key, data=json.dumps(value))
        samples = file.create_group("samples", track_order=True)
        for name, unit, values in [("t_s", "s", times_s(run)), *columns(run)]:
            packed = {"compression": "gzip", "shuffle": True} if len(values) else {}
            samples.create_dataset(name, data=values, dtype="f8", **packed).attrs["unit"] = unit
        stamped = run.events()
        events = file.create_group("events")
        events.create_dataset("t_s", data=[t_s for t_s, _, _ in stamped], dtype="f8")
        texts = [json.dumps(event.to_json()) for _, event, _ in stamped]
        events.create_dataset("json", data=texts, dtype=h5py.string_dtype())


def write_bundle(folder: Path, out: Path) -> list[str]:
    """One archive for a report of a problem: the record as it is, what it was run with, and what verify says."""
    parts: dict[str, bytes] = {
        name: (folder / name).read_bytes()
        for name in (RECORD, f"{RECORD}-wal", SIGNATURE, REPORT, TAGS, PART)
        if (folder / name).is_file()
    }
    with RunFile(folder / RECORD) as run:
        texts: dict[str, Any] = {
            "recipe.yaml": run.meta.get("recipe_text"),
            "tool.yaml": run.meta.get("tool_text"),
            "interlocks.yaml": run.meta.get("interlocks_text"),
            "warnings.yaml": run.meta.get("warnings_text"),
            "alarms.yaml": run.meta.get("alarms_text"),
            "versions.json": json.dumps(run.meta.get("versions", {}), indent=2),
            "verify.json": json.dumps({**verify(folder / RECORD).to_json(), "record": RECORD}, indent=2),
        }
    parts |= {name: text.encode() for name, text in texts.items() if text}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(f"{folder.name}/{name}", _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return sorted(parts)
