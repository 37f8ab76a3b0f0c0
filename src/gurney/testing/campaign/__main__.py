"""The campaign's command line: `python -m gurney.testing.campaign --to zoho --seeds 1:100`."""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from multiprocessing import get_context
from statistics import mean

from gurney.destinations.names import NAMES
from gurney.testing.campaign.play import Verdict, play_seed, stage
from gurney.testing.campaign.schedule import STAY


def main() -> int:
    options = _options()
    first, _, last = options.seeds.partition(":")
    seeds = range(int(first), int(last or first) + 1)
    began, failed = time.monotonic(), 0
    usual: list[float] = []
    with get_context("spawn").Pool(options.jobs, gc.disable) as pool:
        orders = [(options.to, seed) for seed in seeds]
        at_once = min(STAY, -(-len(seeds) // options.jobs))  # who plays a clinic undisturbed, plays its other seeds
        for number, verdict in enumerate(pool.imap_unordered(play_seed, orders, at_once), 1):
            failed += not verdict.ok
            if not verdict.schedule.is_large:
                usual.append(verdict.took_s)
            _tell(verdict, options)
            _progress(number, len(seeds), failed, began, options)
    took = time.monotonic() - began
    pace = f"{len(seeds) / took * 60:.0f} a minute"
    if usual:  # their undisturbed lives included
        pace += f", with clinics of 170 to 350 records {options.jobs * 60 / mean(usual):.0f}"
    print(f"{len(seeds)} schedules with {options.to} in {took:.0f} s ({pace}): {failed} failed")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m gurney.testing.campaign", description=__doc__)
    options.add_argument("--to", choices=NAMES, required=True)
    options.add_argument("--seeds", default="1:25", metavar="FIRST:LAST")
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--shrink", action="store_true", help="look for the fewest misfortunes that still fail")
    options.add_argument("--verbose", action="store_true", help="tell what happened in every schedule")
    return options.parse_args()


def _tell(verdict: Verdict, options: argparse.Namespace) -> None:
    if verdict.ok and not options.verbose:
        return
    print(f"seed {verdict.schedule.seed}: {'ok' if verdict.ok else 'BROKEN'}")
    for words in (
        *verdict.happened,
        *(f"  said {one}" for one in verdict.complaints),
        *(f"  {one}" for one in verdict.broken),
    ):
        print(f"  {words}")
    if not verdict.ok and options.shrink:
        print(f"  shrunk to {json.dumps(stage(options.to).shrink(verdict.schedule).as_json())}")


def _progress(number: int, count: int, failed: int, began: float, options: argparse.Namespace) -> None:
    if sys.stderr.isatty():
        left = (time.monotonic() - began) / number * (count - number)
        print(f"\r{number}/{count}, {failed} failed, {left:.0f} s left ", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
