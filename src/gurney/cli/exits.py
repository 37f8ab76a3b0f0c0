"""Exit codes: what a script may rely on. The reference page is generated from here."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """How a verb ended."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    DIFFERENCES = 4
    PAUSED = 75


MEANING = {
    Exit.DONE: "done",
    Exit.FAILED: "failed; the message says what and what to do next",
    Exit.USAGE: "the command or a document was written wrongly; nothing was done",
    Exit.REFUSED: "a gate or a check refused; nothing was written",
    Exit.DIFFERENCES: "done, with differences or failed records to look at",
    Exit.PAUSED: "paused because a vendor's allowance is spent; repeat the command to go on",
}
