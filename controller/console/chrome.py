"""What stands on every page: whose tool, simulated or not, who is there, how old it is, job, banner, keys.

SIMULATED and the age of what is shown are here, so that no page can be without them.
"""

from __future__ import annotations

from controller.console import alarms
from controller.console.keys import KEYS
from controller.console.rows import Cell, Row, clean, ends, fit, rule, span
from controller.console.view import View
from controller.record.text import engineering_words

JOB_WORDS = {
    "QUEUED": "QUEUED", "SETTING_UP": "SETTING UP", "WAITING_FOR_START": "WAITING", "PROCESSING": "RUNNING",
    "PAUSING": "HOLDING", "PAUSED": "HELD", "STOPPING": "STOPPING", "ABORTING": "ABORTING",
    "PROCESS_COMPLETE": "COMPLETE", "STOPPED": "STOPPED", "ABORTED": "ABORTED",
}  # fmt: skip
TOP, BOTTOM = 4, 3  # rows above and below a page
SAID_S = 10.0  # an answer stands for so long, a refusal until the next key
PAGES = "0-9 pages"
PAGE_NAMES = "1 press 2 disp 3 grind 4 trend 5 recipe 6 alarms 7 acts 8 history 9 io"
WIDE = 150


def top(view: View, width: int) -> list[Row]:
    """Header, job, rule and banner."""
    return [_header(view, width), _job(view, width), rule(width), _banner(view, width)]


def bottom(view: View, width: int) -> list[Row]:
    """What the console has to say, a rule, and the keys."""
    text, style = view.said
    if not style and view.now_s() - view.said_s > SAID_S:
        text = ""
    if not text and view.job is not None and not view.link.live:
        text = "the job needs no screen: it goes on as long as its daemon lives"
    return [fit([(f" {text}", style)], width), rule(width), fit([(f" {footer(view, width)}", "")], width)]


def footer(view: View, width: int) -> str:
    """The keys that matter now."""
    words = [f"{key.key} {key.footer}" for key in KEYS if key.footer and not (key.acts and _off(view))]
    words.insert(-3, PAGE_NAMES if width >= WIDE else PAGES)
    if view.replay is not None:
        words = ["← → time", "home end", "[ ] speed", "space stand/go on", "? help", "q leave"]
    elif _off(view):
        words = [_off(view), "r retry", *words] if not view.link.live else [_off(view), *words]
    return "  ".join(words)


def _off(view: View) -> str:
    """Why the acting keys are off, or nothing."""
    if view.readonly:
        return "read only"
    if not view.link.live:
        return "keys H R X S off"
    return "" if view.fresh else "only H and X are sent"


def badge(view: View) -> list[Cell]:
    """SIMULATED, with its speed, and REPLAY."""
    out: list[Cell] = []
    if view.simulated:
        speed = float(view.facts.get("speed", 1))
        out += [(f"▌SIMULATED{f' ×{speed:g}' if speed != 1 else ''}▐", "badge"), (" ", "")]
    if view.replay is not None:
        out += [("▌REPLAY▐", "badge"), (" ", "")]
    return out


def _header(view: View, width: int) -> Row:
    who = view.facts.get("user", "")
    person = f"{who} {view.facts.get('role', '')}".strip() if view.facts else ""
    left: Row = [(f" {view.facts.get('tool', 'no tool yet')} ", "bold"), *badge(view)]
    if view.readonly:
        left.append(("READ ONLY ", "bold"))
    left.append((f" {person}", ""))
    return ends(left, [*link(view), (f"  {view.wall():%H:%M:%S} ", "")], width)


def link(view: View) -> list[Cell]:
    """How well the tool is seen, or where a replay is."""
    if view.replay is not None:
        at = view.replay
        going = f"×{at.speed:g}" if at.running else "standing"
        return [(f"at {span(at.t_s)} of {span(at.span_s)} {going}", "bold")]
    if not view.link.live:
        return [(f"▌{'LINK LOST' if view.picture else 'NO LINK'} {_age(view)}▐", "p1new")]
    if not view.fresh:
        return [(f"▌STALE {_age(view)}▐", "p1new")]
    return [("link ok", "dim")]


def _age(view: View) -> str:
    return "" if view.age_s == float("inf") else span(view.age_s)


def _job(view: View, width: int) -> Row:
    job, old = view.job, "" if view.fresh else "~"
    if job is not None:
        word = JOB_WORDS.get(job["state"], job["state"])
        if view.state.get("prompts") and word == "RUNNING":
            word = "WAITS FOR YOU"
        left: Row = [(f" {old}{word}", "p2" if word in ("HELD", "HOLDING", "STOPPING", "ABORTING") else "bold")]
        left.append((f"  {job['recipe']} v{job['version']}  ", ""))
        left += [(f"part {clean(job['part'])}  ", "")] if "part" in job else []
        if job["engineering"]:
            left += [(clean(engineering_words(job["engineering"])), "badge"), ("  ", "")]
        left.append((clean(job["title"]), "dim"))
    elif view.state.get("down"):
        left = [(f" {old}INSTRUMENTS NOT CONNECTED  ", "p2"), (clean(view.state["down"]), "")]
    elif view.state.get("trip"):
        left = [(f" {old}TRIPPED  ", "p1"), (f"{view.state['trip']['code']}; look at the machine, then T", "")]
    elif view.picture is None:
        left = [(" nothing known yet", "")]
    else:
        left = [(f" {old}IDLE", "bold"), (_idle(view), "")]
    found = [line for line in alarms.lines(view) if line.standing]
    unseen = sum(line.unseen for line in found)
    tail = f"  {len(found)} alarm{'s' if len(found) != 1 else ''}{f', {unseen} unacked' if unseen else ''} "
    return ends(left, [(tail, "p2" if unseen else "dim" if not found else "")], width)


def _idle(view: View) -> str:
    last, queue = view.state.get("last"), view.state.get("queue", ())
    lot = view.state.get("lot")
    waiting = f"  lot {clean(lot['lot'])}: {lot['left']} of {lot['parts']} parts left" if lot else ""
    waiting += f"  {len(queue)} in the queue" if queue else ""
    return (
        f"{waiting}  last: {last['recipe']} {JOB_WORDS.get(last['state'], last['state'])} {last['verdict']}"
        if last
        else waiting
    )


def _banner(view: View, width: int) -> Row:
    """Link first, then the gravest alarm, then why the job is held."""
    if not view.link.live and view.replay is None:
        wait_s = max(0.0, (view.link.retry_s or 0.0) - view.now_s())
        again = f"  trying again in {wait_s:.0f} s " if view.link.retry_s is not None else ""
        return ends([(f" {view.link.problem}", "p1")], [(again, "p1")], width)
    if not view.fresh and view.replay is None:
        return fit(
            [(" no sign of life from the daemon; values are OLD (~), the red button is at the tool", "p1")], width
        )
    if (alarm := alarms.worst(view)) is not None:
        words = f" {alarms.MARKS[alarm.rank].strip()} {alarm.name}  {alarm.said['happened']}"
        return ends([(words, alarm.style)], [(f" {alarm.word} {alarm.by}".rstrip() + " ", alarm.style)], width)
    job = view.job
    if job is not None and job["state"] in ("PAUSING", "PAUSED") and job["reason"]:
        return fit([(f" held: {job['reason']}", "p2")], width)
    return ends([(f" {view.link.note}", "p2")], [(" Esc ", "dim")], width) if view.link.note else fit([], width)
