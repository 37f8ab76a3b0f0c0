"""`make bench`: every benchmark in turn, then docs/performance.md from what they said. Never an assertion.

python -m benchmarks --only compare --only ceiling-zoho
python -m benchmarks --quick            # small sizes, to see that all of it works; the page stays as it is
python -m benchmarks --page             # the page alone, from the figures of earlier runs
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks import book, page
from benchmarks.runs import RUNS


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", action="append", metavar="NAME", help="a run, or how several begin")
    options.add_argument("--quick", action="store_true")
    options.add_argument("--page", action="store_true")
    options.add_argument("--list", action="store_true")
    given = options.parse_args()
    wanted = [one for one in RUNS if not given.only or _is_among(one.name, given.only)]
    if given.list:
        print("\n".join(one.name for one in wanted))
        return
    failed = []
    if not given.page:
        runnable = [one for one in wanted if not given.quick or one.quick is not None]
        failed = [one.name for one in runnable if not book.run(one, quick=given.quick)]
    if not given.quick:
        page.write(list(book.entries()))
    if failed:
        sys.exit(f"Without figures: {', '.join(failed)}")


def _is_among(name: str, wanted: Sequence[str]) -> bool:
    """Whether a run is named, or all that begins like it: `route` names every route."""
    return any(name == one or name.startswith(f"{one}-") for one in wanted)


if __name__ == "__main__":
    main()
