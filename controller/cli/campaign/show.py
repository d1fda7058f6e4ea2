"""A campaign in the terminal: what failed and how to play it again, and what each fault came to."""

from __future__ import annotations

from collections import Counter

from controller.cli.campaign.campaign import Campaign


def show_campaign(campaign: Campaign) -> str:
    """The whole text, without the last line break."""
    told = campaign.to_json()
    lines = [
        f"{told['seeds']} seeds, {told['faults']} faults, {told['process_s'] / 60:.0f} min of process:"
        f" {told['violations']} violations, {told['escaped']} escaped to the part",
        "ended " + ", ".join(f"{state} {n}" for state, n in told["states"].items()),
        "",
        *_table(campaign),
    ]
    for title, rows in (("VIOLATED", told["failing"]), ("ESCAPED", told["escapes"])):
        for row in rows:
            lines += ["", f"{title}  seed {row['seed']}", *(f"  {text}" for text in row["found"])]
            lines += [f"  faults  {', '.join(row['faults'])}", f"  again   {row['replay']}"]
    return "\n".join(lines)


def _table(campaign: Campaign) -> list[str]:
    rows = [f"{'FAULT':<28}{'times':>6}{'detected':>10}{'safe':>6}{'escaped':>9}  in steps"]
    for fault, steps in campaign.coverage().items():
        total: Counter[str] = sum(steps.values(), Counter())
        where = " ".join(f"{step}:{cell['times']}" for step, cell in steps.items())
        figures = f"{total['times']:>6}{total['detected']:>10}{total['safe']:>6}{total['escaped']:>9}"
        rows.append(f"{fault:<28}{figures}  {where}")
    return rows
