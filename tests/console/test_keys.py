"""What keys do, and what they never do: hold at once, abort that holds first, scans that press nothing."""

from __future__ import annotations

import pytest

from controller.server.protocol import Code, Refused
from tests.console.conftest import Bench
from tests.console.fake import ALARM, SCAN, TOOL


async def test_hold_asks_nothing(bench: Bench) -> None:
    await bench.key("H")

    assert bench.daemon.acted() == ["hold"]
    assert bench.app.seat.dialog is None


async def test_a_key_of_the_keyboard_reaches_the_daemon(bench: Bench) -> None:
    await bench.pilot.press("H")
    bench.clock.s += 0.05
    bench.app.seat.due()
    await bench.settled()

    assert bench.daemon.acted() == ["hold"]


async def test_abort_holds_first_and_asks_then(bench: Bench) -> None:
    await bench.key("X")

    assert bench.daemon.acted() == ["hold"]
    assert "HELD FIRST: what now?" in bench.screen

    bench.clock.s += 5.0
    await bench.key("3")
    assert bench.daemon.acted() == ["hold", "abort"]


async def test_a_second_x_within_two_seconds_aborts_without_asking(bench: Bench) -> None:
    await bench.key("X", "X")

    assert bench.daemon.acted() == ["hold", "abort"]
    assert bench.app.seat.dialog is None


async def test_a_second_x_later_does_not_abort(bench: Bench) -> None:
    await bench.key("X")
    bench.clock.s += 2.5
    await bench.key("X")

    assert "abort" not in bench.daemon.acted()


@pytest.mark.parametrize("gap_s", [0.0, 0.008, 0.016])
async def test_a_scan_is_never_a_command(bench: Bench, gap_s: float) -> None:
    for text in ("HX2231", "X4711", "XX", "LRH0009", "q4711", "1X2H3S", "a777", "R2D2"):
        await bench.scan(text, gap_s)

        assert bench.daemon.acted() == []
        assert bench.app.seat.dialog is None
        assert bench.app.view.page == 0
        assert f"scanned '{text}'" in bench.screen


async def test_a_burst_without_enter_is_ignored_and_said(bench: Bench) -> None:
    await bench.scan("HHHHHH", end="")

    assert bench.daemon.acted() == []
    assert "ignored 'HHHHHH'" in bench.screen


async def test_a_scan_answers_the_question_that_asks_for_it(bench: Bench) -> None:
    bench.daemon.tell_state(prompts=[SCAN])
    await bench.settled()
    await bench.scan("C-0418")

    answers = [params for method, params in bench.daemon.asked if method == "answer"]
    assert answers == [{"prompt": "Load.carrier", "value": "C-0418"}]


async def test_a_scan_chooses_nothing_in_an_open_dialog(bench: Bench) -> None:
    await bench.key("X")
    bench.clock.s += 5.0
    await bench.scan("3123")

    assert bench.daemon.acted() == ["hold"]


async def test_a_paste_presses_nothing(bench: Bench) -> None:
    from textual.events import Paste

    bench.app.on_paste(Paste("HXR"))
    await bench.settled()

    assert bench.daemon.acted() == []


async def test_a_refusal_says_why_and_what_fixes_it(bench: Bench) -> None:
    bench.daemon.refuse["resume"] = Refused(Code.STATE, "the job is PROCESSING", "hold it first")
    await bench.key("R")

    assert "resume refused: the job is PROCESSING. Fix: hold it first" in bench.screen


async def test_acknowledging_resumes_and_resets_nothing(bench: Bench) -> None:
    bench.daemon.tell_state(alarms=[ALARM])
    await bench.settled()
    await bench.key("6", "a")
    await bench.type("watching")

    assert bench.daemon.acted() == ["acknowledge"]
    assert ("acknowledge", {"alarm": "monitor.track", "reason": "watching"}) in bench.daemon.asked


async def test_who_acknowledged_stands_in_the_banner(bench: Bench) -> None:
    new = {"old": "UNACKNOWLEDGED", "new": "ACKNOWLEDGED", "by": "otto (operator)", "reason": "watching"}
    bench.daemon.tell_event(kind="alarm_state", code="monitor.track", of="", **new)
    bench.daemon.tell_state(alarms=[{**ALARM, "state": "ACKNOWLEDGED"}])
    await bench.settled()

    assert "ACTIVE acked otto (operator)" in bench.screen.splitlines()[3]
    assert "unacked" not in bench.screen.splitlines()[1]


async def test_a_start_is_offered_only_when_all_is_ready(bench: Bench) -> None:
    bench.daemon.tell_state(trip={"code": "line.estop", "reason": "pressed"}, job=None)
    await bench.settled()
    await bench.key("5", "S")

    assert "✗ line.estop has tripped: T" in bench.screen
    await bench.key("1")
    assert "start" not in bench.daemon.acted()

    await bench.key("escape")
    bench.daemon.tell_state(trip=None)
    await bench.settled()
    await bench.key("S")
    await bench.key("1")
    assert ("start", {"recipe": "compress-release", "set": {}}) in bench.daemon.asked


async def test_on_a_real_tool_an_engineer_is_asked_why_before_a_draft_starts(bench: Bench) -> None:
    bench.app.view.facts["simulated"] = False
    bench.daemon.release = {"state": "draft", "why": "it was never signed", "fix": ""}
    bench.daemon.tell_state(job=None)
    await bench.settled()
    await bench.key("5", "S")
    assert "✗ not released: it was never signed" in bench.screen
    await bench.key("1")
    await bench.key("2")
    assert "for an engineer: L" in bench.screen
    assert "start" not in bench.daemon.acted()

    await bench.key("escape")
    bench.app.view.facts["may"] = [*bench.app.view.facts["may"], "engineering"]
    await bench.key("S")
    await bench.key("2")
    assert "ENGINEERING RUN of compress-release" in bench.screen
    await bench.key("enter")
    assert "a reason is wanted" in bench.screen
    await bench.type("new pads")
    assert ("start", {"recipe": "compress-release", "set": {}, "engineering": "new pads"}) in bench.daemon.asked

    bench.daemon.tell_state(job={**TOOL["snapshot"]["state"]["job"], "engineering": "new pads"})
    await bench.settled()
    assert "ENGINEERING RUN: new pads" in bench.screen.splitlines()[1]


async def test_signing_and_releasing_are_typed_with_their_reason(bench: Bench) -> None:
    await bench.key(":")
    await bench.type("sign smoke made for the line")

    assert ("sign", {"recipe": "smoke", "reason": "made for the line"}) in bench.daemon.asked


async def test_a_parameter_is_set_on_the_ready_sheet(bench: Bench) -> None:
    bench.daemon.tell_state(job=None)
    await bench.settled()
    await bench.key("5", "S")
    await bench.key("2")
    await bench.type("peak=380 kPa")
    await bench.key("1")

    assert ("start", {"recipe": "compress-release", "set": {"peak": "380 kPa"}}) in bench.daemon.asked


async def test_logging_in_changes_the_role_on_the_screen_and_hides_the_pin(bench: Bench) -> None:
    await bench.key("L", "1")
    await bench.type("emma")
    await bench.key(*"4711")
    assert "4711" not in bench.screen
    assert "••••" in bench.screen

    await bench.key("enter")
    assert ("login", {"user": "emma", "pin": "4711"}) in bench.daemon.asked
    assert "emma engineer" in bench.screen.splitlines()[0]


async def test_a_question_that_somebody_else_answers_is_withdrawn(bench: Bench) -> None:
    bench.daemon.tell_state(prompts=[SCAN])
    await bench.settled()
    await bench.key("p")
    assert "Load asks" in bench.screen

    bench.daemon.tell_state(prompts=[])
    await bench.settled()
    assert bench.app.seat.dialog is None
    assert "was answered elsewhere" in bench.screen


async def test_a_wrong_answer_is_asked_again_with_the_reason(bench: Bench) -> None:
    bench.daemon.tell_state(prompts=[SCAN])
    bench.daemon.refuse["answer"] = Refused(Code.PARAMS, 'Load.carrier: "C-1" is not a scan', "answer with a scan")
    await bench.settled()
    await bench.key("p")
    await bench.type("C-1")

    assert "answer refused" in bench.screen
    assert "Load asks" in bench.screen


async def test_typed_commands_speak_the_words_of_the_command_line(bench: Bench) -> None:
    await bench.key(":")
    await bench.type("hold seal looks wrong")
    await bench.key(":")
    await bench.type("open the door")

    assert ("hold", {"reason": "seal looks wrong"}) in bench.daemon.asked
    assert "is no command" in bench.screen


class TestReadOnly:
    @pytest.fixture
    def readonly(self) -> bool:
        return True

    async def test_nothing_can_be_told(self, bench: Bench) -> None:
        bench.daemon.tell_state(prompts=[SCAN], alarms=[ALARM])
        await bench.settled()
        for key in "HRXTp":
            await bench.key(key)
        await bench.key("escape", "5", "S", "1", "escape")
        await bench.scan("C-0418")

        assert bench.daemon.acted() == []
        assert "READ ONLY" in bench.screen


class TestObserver:
    @pytest.fixture
    def role(self) -> str:
        return "observer"

    async def test_what_the_role_may_not_is_said_with_its_fix(self, bench: Bench) -> None:
        await bench.key("7")

        line = next(line for line in bench.screen.splitlines() if " R resume" in line)
        assert "not for the role observer" in line
        assert "Fix: L, log in" in line


async def test_page_7_says_of_each_action_what_the_gate_would_say_and_what_fixes_it(bench: Bench) -> None:
    await bench.key("7")
    await bench.app.caller.look_at_permissives()
    await bench.settled()
    assert "▶✗ dispenser.calibrate      Fix: put the cup under the needle" in bench.screen
    assert "refused by disp.calibrate: dispenser.cup_present is not met" in bench.screen
    await bench.key("end")

    assert "refused by" not in bench.screen and "would be taken" in bench.screen
    assert bench.daemon.acted() == []
