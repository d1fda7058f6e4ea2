"""`springback run --watch`: the wire part of the monitor beside a run, on a tool as on simulators."""

from __future__ import annotations

from controller.cli.exits import CommandError, Exit
from controller.cli.simulated.watch import Violation, WireWatch
from controller.guard.alarms import raised
from controller.guard.safe import FailureClass
from controller.guard.scan import Guard
from controller.recipe.model import Recipe
from controller.recipe_run import RecipeRun
from controller.tool import ToolFile
from springback.places import config_file


class Watching:
    """Hears the lines of a run, and says what its rules found: at once as an alarm, at the end in full."""

    def __init__(self, tool: ToolFile, recipe: Recipe) -> None:
        """CommandError when the tool has a line that the monitor cannot read."""
        self._guard: Guard | None = None
        self._watch = WireWatch(config_file("line_plc_map.yaml"), tool.text, recipe.text, self._tell)
        unknown = sorted(set(tool.lines) - self._watch.lines)
        if unknown:
            raise CommandError(
                f"--watch cannot read line {', '.join(unknown)}; it knows {', '.join(sorted(self._watch.lines))}",
                Exit.INVALID,
            )
        self.heard = self._watch.heard

    def begin(self, run: RecipeRun) -> None:
        """The record has begun."""
        self._guard = run.station.tool.guard
        self._watch.begin(run.recorder.path)

    def finish(self) -> list[str]:
        """The record is closed: every violation, in the order of time."""
        return [str(found) for found in self._watch.finish()]

    def _tell(self, found: Violation) -> None:
        if self._guard is not None:
            did = "went on: the monitor only watches"
            self._guard.inform(raised("watch.violated", FailureClass.INFORMATION, str(found), did, of=found.rule))
