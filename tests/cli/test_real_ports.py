"""The same command on real sockets, ptys and VISA resources: simulators in this process, or in another (`--live`)."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.record.events import PhaseChanged
from controller.record.runfile import RunFile
from tests.cli.commands import RECIPES, at_terminal, begin, refused, simulated_station, springback, wait_for

QUESTIONS = RECIPES / "questions.yaml"
END_OF_INPUT = "\x04"
REAL_LINKS = ["modbus-rtu", "modbus-tcp", "serial", "visa"]


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The tool file of a simulated station in another process."""
    with simulated_station(tmp_path_factory.mktemp("station")) as (_, tool):
        yield tool


def changed(tool: Path, folder: Path, change: str, value: Any = None) -> Path:
    """The tool file with one mistake: two line names whose addresses are exchanged, or a path and a value."""
    data = yaml.safe_load(tool.read_text(encoding="utf-8"))
    if "<->" in change:
        one, other = (data["lines"][name] for name in change.split("<->"))
        one["address"], other["address"] = other["address"], one["address"]
    else:
        *path, last = change.split(".")
        place = data
        for key in path:
            place = place[key]
        place[last] = value
    path_out = folder / "tool.yaml"
    path_out.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return path_out


def wait_for_step(step: str, path: Path) -> None:
    """Return when a run that is still being recorded has begun a step."""
    for _ in range(600):
        with RunFile(path) as record:
            if any(isinstance(event, PhaseChanged) and event.step == step for _, event, _ in record.events()):
                return
        time.sleep(0.05)
    raise AssertionError(f"{step} has not begun")


def live(tool: Path, folder: Path) -> str:
    """What a live run says that cannot start, whether its recipe is released or not."""
    return refused(springback("run", "smoke", "--live", "--engineering", "test", "--tool", tool, cwd=folder), 4)


# ---------------------------------------------------------------------------------------------- passing
def test_smoke_passes_in_real_time_on_real_ports(tmp_path: Path) -> None:
    run = springback("run", "smoke", "--real-time", "--json", "--out", tmp_path / "run")

    result = run.json
    assert (run.code, result["state"], result["verdict"]) == (0, "PROCESS_COMPLETE", "PASS"), run.err
    assert result["links"] == REAL_LINKS
    assert result["process_s"] <= 20.0
    assert all(count > 0 for count in result["exchanges"].values())


def test_smoke_passes_live_against_simulators_in_another_process(station: Path, tmp_path: Path) -> None:
    run = springback("run", "smoke", "--live", "--tool", station, "--json", "--out", tmp_path / "run")

    result = run.json
    assert (run.code, result["state"], result["verdict"]) == (0, "PROCESS_COMPLETE", "PASS"), run.err
    assert (result["links"], result["simulated"]) == (REAL_LINKS, True)


# ---------------------------------------------------------------------------------------------- cannot start
def test_a_station_that_is_not_there_is_named_with_its_address(station: Path, tmp_path: Path) -> None:
    tool = changed(station, tmp_path, "lines.plc.address", "tcp://127.0.0.1:9")

    message = live(tool, tmp_path)

    assert message.startswith("error: line plc (tcp://127.0.0.1:9): cannot connect to tcp://127.0.0.1:9")
    assert not (tmp_path / "runs").exists()


def test_a_missing_serial_port_is_refused_with_the_ports_that_there_are(station: Path, tmp_path: Path) -> None:
    message = live(changed(station, tmp_path, "lines.stage.address", "/dev/ttyNOPE7"), tmp_path)

    assert message.startswith(
        "error: line stage (/dev/ttyNOPE7): serial port /dev/ttyNOPE7 does not exist; there are: "
    )


def test_a_missing_visa_port_is_refused_by_its_name(station: Path, tmp_path: Path) -> None:
    message = live(changed(station, tmp_path, "lines.gauge.address", "ASRL/dev/ttyNOPE7::INSTR"), tmp_path)

    assert "line gauge (ASRL/dev/ttyNOPE7::INSTR)" in message
    assert "could not open port /dev/ttyNOPE7" in message


def test_a_simulated_station_is_not_taken_for_a_machine(station: Path, tmp_path: Path) -> None:
    message = live(changed(station, tmp_path, "simulated", False), tmp_path)

    assert "tool.yaml describes a real tool, but the PLC says it is a simulator; correct `simulated:`" in message


def test_an_instrument_at_another_ones_place_is_refused_with_what_was_found(station: Path, tmp_path: Path) -> None:
    tool = changed(station, tmp_path, "instruments.spindle.unit", 1)
    tool = changed(tool, tmp_path, "instruments.platen_heater.unit", 3)

    message = live(tool, tmp_path)

    assert "platen_heater on line rs485_a" in message
    assert "the wrong instrument answers: platen_heater: wanted a Eurotherm 3216, but unit 3" in message


def test_two_lines_exchanged_are_refused_with_line_and_address(tmp_path: Path) -> None:
    with simulated_station(tmp_path) as (_, tool):
        address = yaml.safe_load(tool.read_text(encoding="utf-8"))["lines"]["balance"]["address"]
        message = live(changed(tool, tmp_path, "dispenser<->balance"), tmp_path)

    assert message.startswith(f"error: dispenser on line dispenser ({address}): ")
    assert "got nothing" in message


def test_questions_of_a_live_run_without_a_terminal_are_refused(station: Path, tmp_path: Path) -> None:
    run = springback("run", "compress-release", "--live", "--tool", station, cwd=tmp_path)

    assert "nobody would answer Load.confirm, Load.carrier" in refused(run, 5)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(("option", "value"), [("--fault", "line.estop"), ("--part", "part.json")])
def test_live_takes_no_faults_and_no_part_of_a_simulation(station: Path, option: str, value: str) -> None:
    run = springback("run", "smoke", "--live", "--tool", station, option, value)

    assert "--live takes no --fault, --part" in refused(run, 2)


# ---------------------------------------------------------------------------------------------- the terminal asks
def test_a_live_run_asks_in_the_terminal_until_the_answer_fits(station: Path, tmp_path: Path) -> None:
    with at_terminal("run", QUESTIONS, "--live", "--tool", station, "--json", "--out", tmp_path / "run") as terminal:
        terminal.read_until("Load: lot (text)")
        terminal.type("L-7")
        terminal.read_until("Load: scan the carrier (a scan that matches C-[0-9]{4})")
        terminal.type("X-1")
        terminal.read_until('"X-1" is not a scan that matches C-[0-9]{4}')
        terminal.type("C-0001")
        code, out = terminal.end()

    assert (code, json.loads(out)["state"]) == (0, "PROCESS_COMPLETE")


def test_ctrl_c_at_a_question_does_not_wait_for_the_answer(station: Path, tmp_path: Path) -> None:
    with at_terminal("run", QUESTIONS, "--live", "--tool", station, "--json", "--out", tmp_path / "run") as terminal:
        terminal.read_until("Load: lot (text)")
        terminal.process.send_signal(signal.SIGINT)
        code, out = terminal.end()

    assert (code, json.loads(out)["state"]) == (7, "ABORTED")


def test_a_terminal_that_is_closed_at_a_question_ends_the_run(station: Path, tmp_path: Path) -> None:
    with at_terminal("run", QUESTIONS, "--live", "--tool", station, "--json", "--out", tmp_path / "run") as terminal:
        terminal.read_until("Load: lot (text)")
        terminal.press(END_OF_INPUT)
        code, out = terminal.end()

    assert (code, json.loads(out)["state"]) == (6, "ABORTED")


# ---------------------------------------------------------------------------------------------- sim up
def test_sim_up_ends_cleanly_when_it_is_told_to(tmp_path: Path) -> None:
    with simulated_station(tmp_path) as (process, _):
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (0, "")
    assert '"simulated": true' in out


def test_a_tool_file_that_cannot_be_written_is_said_before_anything_is_served(tmp_path: Path) -> None:
    message = refused(springback("sim", "up", "--write-tool", tmp_path / "no" / "tool.yaml"), 2)

    assert "cannot write" in message


# ---------------------------------------------------------------------------------------------- lost on the way
def test_a_live_run_aborts_through_the_gate_on_ctrl_c(station: Path, tmp_path: Path) -> None:
    process = begin("run", "smoke", "--live", "--tool", station, "--json", "--out", tmp_path / "run")
    wait_for(tmp_path / "run" / "run.sqlite", process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 7, err
    assert '"state": "ABORTED"' in out
    assert (tmp_path / "run" / "report.html").is_file()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_station_that_dies_during_a_live_run_aborts_it_in_bounded_time(tmp_path: Path) -> None:
    with simulated_station(tmp_path) as (simulators, tool):
        process = begin("run", "smoke", "--live", "--tool", tool, "--json", "--out", tmp_path / "run")
        wait_for(tmp_path / "run" / "run.sqlite", process)
        wait_for_step("Press", tmp_path / "run" / "run.sqlite")
        simulators.kill()
        out, err = process.communicate(timeout=200)

    assert process.returncode == 6, err
    assert "does not answer" in err
    assert '"state": "ABORTED"' in out
    assert (tmp_path / "run" / "report.html").is_file()
