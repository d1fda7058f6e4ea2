"""A run in virtual time in a process of its own, beside one in this process: two cores, half the time.

The process is a fork, so what is loaded already need not be loaded again. It says how far it is, and in the end what
came of its run.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Any

from controller.cli.exits import CommandError, Exit
from controller.cli.failures import explain
from controller.cli.run import Progress, RunOptions, RunOutcome, run

ABORTING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def beside(options: RunOptions) -> Iterator[Beside]:
    """Begin a run; who leaves the block early aborts it through its gate, and waits until it has ended."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(options, ours, theirs), name=options.recipe)
    process.start()
    theirs.close()
    try:
        yield Beside(process, ours)
    finally:
        process.terminate()
        process.join()
        ours.close()


class Beside:
    """A run that goes on in another process."""

    def __init__(self, process: ForkProcess, pipe: Connection) -> None:
        self._process, self._pipe = process, pipe
        self._said: RunOutcome | CommandError | None = None

    def look(self, progress: Progress) -> None:
        """Pass on how far it is; never waits."""
        while self._said is None and self._pipe.poll():
            self._take(progress)

    def abort(self) -> None:
        """Abort it through its gate, as Ctrl-C does."""
        self._process.terminate()

    def outcome(self, progress: Progress) -> RunOutcome:
        """Wait until it has ended, passing on how far it is, and Ctrl-C to it. CommandError when it could not run."""
        with self._passing_on_signals():
            while self._said is None:
                self._take(progress)
        if isinstance(self._said, CommandError):
            raise self._said
        return self._said

    def _take(self, progress: Progress) -> None:
        try:
            said = self._pipe.recv()
        except EOFError:
            self._process.join()
            if -(self._process.exitcode or 0) in ABORTING:  # it had not begun yet
                raise KeyboardInterrupt from None
            text = f"the process of {self._process.name} ended with {self._process.exitcode} and no result"
            raise CommandError(f"{text}; run it by itself: springback run {self._process.name}", Exit.BUG) from None
        if isinstance(said, float):
            progress(said)
        else:
            self._said = CommandError(*said) if isinstance(said, tuple) else said

    @contextmanager
    def _passing_on_signals(self) -> Iterator[None]:
        """Whoever ends this process means the run."""

        def pass_on(number: int, frame: object) -> None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid or 0, number)

        before = {number: signal.signal(number, pass_on) for number in ABORTING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _work(options: RunOptions, theirs: Connection, ours: Connection) -> None:
    """Run, and say so through the pipe; in the new process."""
    theirs.close()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # before and after the run there is nothing to abort
    try:
        said: Any = run(options, ours.send)
    except Exception as error:
        text, code = explain(error, as_json=False)
        said = text.removeprefix("error: "), Exit(code)
    ours.send(said)
