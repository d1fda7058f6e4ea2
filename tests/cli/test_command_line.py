"""The command line as scripts use it: exit codes, one JSON object on stdout, messages on stderr, never a traceback."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from controller.record.verify import verify
from tests.cli.commands import ENVIRONMENT, MAIN, RECIPES, begin, refused, springback, wait_for

KEYS = {
    "schema", "run", "simulated", "recipe", "seed", "state", "verdict", "process_s", "wall_s", "trace_sha256", "links",
    "exchanges", "results", "alarm_load", "alarms", "bypassed", "engineering", "notes", "report",
    "resumes", "violations",
}  # fmt: skip


# ---------------------------------------------------------------------------------------------- help and check
@pytest.mark.parametrize(
    "arguments", [(), ("run",), ("check",), ("sim",), ("sim", "up"), ("demo",), ("model",)], ids=" ".join
)
def test_help_says_what_a_command_does(arguments: tuple[str, ...]) -> None:
    run = springback(*arguments, "--help")

    assert run.code == 0
    assert run.out.startswith("Usage: springback")
    assert run.err == ""


def telling(heavy: str) -> str:
    """The command, which tells at its end on stderr which of some modules it has loaded."""
    return (
        "import atexit, re, sys; from springback.main import main\n"
        f"atexit.register(lambda: print([m for m in sys.modules if re.fullmatch('{heavy}', m)], file=sys.stderr))\n"
        "main()"
    )


def test_help_lists_the_commands_and_imports_nothing_heavy() -> None:
    heavy = "numpy|pint|lark|pymodbus|pydantic|matplotlib|pyvisa|rich|jinja2|transitions"
    run = springback("--help", program=telling(heavy))

    assert (run.code, run.err.strip()) == (0, "[]")
    assert {"check", "run", "sim", "demo", "model"} <= {
        line.split()[0] for line in run.out.splitlines() if line.strip()
    }


def test_a_start_on_the_tool_loads_no_simulator_and_no_report_before_its_safe_state(tmp_path: Path) -> None:
    heavy = "jinja2|simulators[.](station|plant|workpiece)|controller[.](restart|record[.]report[.].*)"
    run = springback("run", "smoke", "--live", "--engineering", "a test", program=telling(heavy), cwd=tmp_path)

    assert run.code == 4, run.err  # its instruments are not there, and that is found after all was loaded
    assert run.err.splitlines()[-1] == "['controller.restart']"


def test_check_of_good_recipes_says_so_without_warnings() -> None:
    run = springback("check", "compress-release", "cover-grind-expose", "smoke")

    assert (run.code, run.err) == (0, "")
    assert [line.split(":")[0] for line in run.out.splitlines()] == [
        "compress-release v1", "cover-grind-expose v1", "smoke v1",
    ]  # fmt: skip


def test_check_of_a_bad_recipe_names_the_place_on_stderr() -> None:
    run = springback("check", "smoke", "recipes/bad/unknown-unit.yaml", cwd=Path(__file__).parents[2])

    assert run.code == 3
    assert 'error[R111] unknown unit "kpa" in "20 kpa"   unknown-unit.yaml:10:17' in run.err
    assert run.out.startswith("smoke v1: ok")


def test_check_with_json_prints_one_object() -> None:
    run = springback("check", "smoke", "--json")

    assert run.code == 0
    assert run.json == {
        "schema": "springback.check/1", "ok": True,
        "recipes": [{"recipe": "smoke", "ok": True, "steps": 7, "warnings": 0}],
    }  # fmt: skip


# ---------------------------------------------------------------------------------------------- results
def test_run_with_json_prints_exactly_the_result_object(tmp_path: Path) -> None:
    run = springback("run", "smoke", "--json", "--out", tmp_path / "run")

    assert (run.code, run.err) == (0, "")
    result = run.json
    assert set(result) == KEYS
    assert set(result["recipe"]) == {"name", "version", "sha256"}
    assert {frozenset(row) for row in result["results"]} == {
        frozenset({"name", "value", "unit", "low", "high", "pass", "source"})
    }
    assert (result["simulated"], result["state"], result["verdict"]) == (True, "PROCESS_COMPLETE", "PASS")
    assert (result["links"], result["seed"], result["alarms"]) == (["memory"], 1, [])
    assert Path(result["report"]).is_file()


def test_a_run_for_people_fits_the_terminal_and_says_simulated(tmp_path: Path) -> None:
    run = springback("run", "smoke", "--out", "run", cwd=tmp_path)

    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("SIMULATED  smoke v1  PROCESS_COMPLETE  PASS")
    assert max(map(len, run.out.splitlines())) <= 80


def test_a_failed_measurement_is_exit_code_1(tmp_path: Path) -> None:
    run = springback("run", RECIPES / "rework-limit.yaml", "--json", "--out", tmp_path / "run")

    assert (run.code, run.json["verdict"], run.json["state"]) == (1, "FAIL", "PROCESS_COMPLETE")


def test_an_alarm_is_exit_code_6_and_is_told_in_words_of_80_columns(tmp_path: Path) -> None:
    run = springback("run", RECIPES / "press-short.yaml", "--fault", "line.estop@75", "--out", "run", cwd=tmp_path)

    assert run.code == 6
    assert "first    At 1:15 line.estop: line.estop_chain is not met" in run.out
    assert max(map(len, run.out.splitlines())) <= 80


def test_an_aborted_run_with_json_says_why_on_stderr(tmp_path: Path) -> None:
    run = springback(
        "run", RECIPES / "press-short.yaml", "--fault", "line.estop@75", "--json", "--out", tmp_path / "run"
    )

    assert run.code == 6
    problem = json.loads(run.err)
    assert problem["exit"] == 6
    assert problem["error"].startswith("ABORTED: line.estop: line.estop_chain is not met")
    assert run.json["alarms"][0]["code"] == "line.estop"


def test_the_shipped_recipes_run_from_any_folder(tmp_path: Path) -> None:
    run = springback("run", "smoke", "--json", cwd=tmp_path)

    assert run.code == 0
    assert len(list((tmp_path / "runs").glob("smoke-*/run.sqlite"))) == 1


# ---------------------------------------------------------------------------------------------- refusals
def test_an_unknown_recipe_is_refused_with_the_one_that_was_meant() -> None:
    assert 'did you mean "compress-release"?' in refused(springback("run", "compres-release"), 3)


def test_a_missing_file_is_refused_with_the_one_that_was_meant() -> None:
    message = refused(springback("run", RECIPES / "pres-short.yaml"), 3)

    assert "there is no recipe file" in message
    assert 'did you mean "press-short"?' in message


@pytest.mark.parametrize("name", ["../smoke", "..", "a/../../smoke", "Smoke", "smoke\n"])
def test_a_name_never_leaves_the_recipe_folder(name: str) -> None:
    assert "recipe" in refused(springback("run", name), 3)


def test_a_setting_out_of_bounds_is_refused() -> None:
    message = refused(springback("run", "compress-release", "--set", "peak=500 kPa"), 3)

    assert 'peak: the value "500 kPa" is outside its bounds' in message
    assert "450 kPa" in message


def test_an_unknown_setting_is_refused_with_the_one_that_was_meant() -> None:
    assert 'did you mean "peak"?' in refused(springback("run", "compress-release", "--set", "peek=300 kPa"), 3)


def test_a_setting_without_value_is_a_usage_error() -> None:
    assert "--set wants NAME=VALUE" in refused(springback("run", "compress-release", "--set", "peak"), 2)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("press.dor=open", "did you mean 'press.door'?"),
        ("press.door=ajar", "'ajar' is not known"),
        ("line.estop@soon", "wanted a time such as 600, 600s, 10min or 1h"),
        ("gauge=deaf", "'deaf' is not known"),
    ],
)
def test_a_fault_that_does_not_exist_is_a_usage_error(fault: str, message: str) -> None:
    assert message in refused(springback("run", "smoke", "--fault", fault), 2)


def test_unanswered_questions_are_refused_and_leave_nothing_behind(tmp_path: Path) -> None:
    message = refused(springback("run", RECIPES / "questions.yaml", cwd=tmp_path), 5)

    assert "nobody would answer Load.lot, Load.carrier; put them into a file for --answers" in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--tool", "--answers", "--operator"])
def test_a_file_that_does_not_exist_is_refused_by_its_name(option: str, tmp_path: Path) -> None:
    message = refused(springback("run", "smoke", option, tmp_path / "nothing.yaml"), 3)

    assert "nothing.yaml" in message


def test_an_error_with_json_is_one_object_on_stderr() -> None:
    run = springback("run", "compres-release", "--json")

    assert (run.code, run.out) == (3, "")
    assert json.loads(run.err)["rule"] == "R151"


def test_a_mistyped_option_with_json_is_one_object_on_stderr() -> None:
    run = springback("run", "smoke", "--sed", "3", "--json")

    assert (run.code, run.out) == (2, "")
    assert json.loads(run.err)["error"].startswith("No such option '--sed'.")


SHELL = f'"{sys.executable}" -c "{MAIN}" run smoke --out run'


@pytest.mark.parametrize(
    ("streams", "code", "said"),
    [
        (">/dev/full", 130, "error: stdout takes nothing: No space left on device"),
        (">&-", 0, ""),
        (">&- 2>&- <&-", 0, ""),
        ("2>/dev/full", 0, ""),
    ],
)
def test_a_run_survives_streams_that_are_full_or_closed(tmp_path: Path, streams: str, code: int, said: str) -> None:
    done = subprocess.run(
        f"{SHELL} {streams}", shell=True, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=60
    )

    assert (done.returncode, done.stderr.strip()) == (code, said)
    assert verify(tmp_path / "run" / "run.sqlite").intact
    assert (tmp_path / "run" / "report.html").is_file()


def test_a_run_never_overwrites_another(tmp_path: Path) -> None:
    first = springback("run", "smoke", "--out", tmp_path / "run", "--json")

    assert first.code == 0
    assert "already holds a run" in refused(springback("run", "smoke", "--out", tmp_path / "run", "--json"), 2)


def test_speed_without_real_time_is_a_usage_error() -> None:
    assert "--speed goes with --real-time" in refused(springback("run", "smoke", "--speed", "2"), 2)


def test_a_recipe_for_a_part_that_nobody_has_is_refused(tmp_path: Path) -> None:
    text = (RECIPES / "press-short.yaml").read_text(encoding="utf-8")
    (tmp_path / "press-short.yaml").write_text(text.replace("WLP-200", "WLP-300"), encoding="utf-8")

    assert 'did you mean "WLP-200"?' in refused(springback("run", tmp_path / "press-short.yaml"), 3)


# ---------------------------------------------------------------------------------------------- interrupted
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_safe_with_record_and_report(number: signal.Signals, tmp_path: Path) -> None:
    process = begin("run", "cover-grind-expose", "--out", tmp_path / "run", "--json")
    wait_for(tmp_path / "run" / "run.sqlite", process)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)

    result = json.loads(out)
    assert process.returncode == 130
    assert (result["state"], result["verdict"]) == ("ABORTED", "NONE")
    assert json.loads(err) == {"error": f"ABORTED: aborted by {number.name}", "exit": 130}
    assert (tmp_path / "run" / "report.html").is_file()
    assert verify(tmp_path / "run" / "run.sqlite").intact
