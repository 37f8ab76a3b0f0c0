"""docs/performance.md from the figures: tables by a template, aims beside what was reached, misses shown as misses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.book import Entry

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
NAMES = {
    "cliniko": "Cliniko", "zoho": "Zoho CRM", "salesforce": "Salesforce", "pipedrive": "Pipedrive",
    "highlevel": "HighLevel", "freshsales": "Freshsales",
}  # fmt: skip
BATCH = ("zoho", "salesforce")
"""Destinations whose stand-ins take many records a call."""
BUSY = 0.05
"""From this share on other work is named beside a figure."""
Figure = dict[str, Any]


@dataclass(frozen=True)
class Aim:
    """What was promised, and what came of it."""

    what: str
    aim: str
    reached: str = "not measured"
    met: bool | None = None

    @property
    def word(self) -> str:
        """For the last column."""
        return {True: "reached", False: "**missed**", None: "open"}[self.met]


class Figures:
    """All figures, each with the entry that it comes from."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self._all = [({**figure}, entry) for entry in entries for figure in entry.figures]

    def of(self, kind: str, **wanted: Any) -> list[Figure]:
        """Figures of a kind with these values."""
        return [
            figure
            for figure, _ in self._all
            if figure["kind"] == kind and all(figure.get(name) == value for name, value in wanted.items())
        ]

    def largest(self, kind: str, by: str, **wanted: Any) -> Figure | None:
        """The one with the most of something."""
        return max(self.of(kind, **wanted), key=lambda figure: figure[by], default=None)


def write(entries: Sequence[Entry]) -> None:
    """Write the page anew."""
    PAGE.write_text(rendered(entries), "utf-8")
    print(f"{PAGE.name} is written from {len(entries)} runs.")


def rendered(entries: Sequence[Entry]) -> str:
    """The page's text."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {"whole": whole, "share": share, "us": us, "mb": mb, "name": NAMES.__getitem__}
    figures = Figures(entries)
    template = environment.get_template("performance.md.jinja")
    return template.render(figures=figures, aims=list(aims(figures)), jobs=jobs(figures), entries=entries, busy=BUSY)


def jobs(figures: Figures) -> list[Figure]:
    """The main job by destination and size."""
    order = list(NAMES)
    return sorted(figures.of("main_job"), key=lambda one: (order.index(one["to"]), one["asked"]))


def aims(figures: Figures) -> Iterator[Aim]:
    """Every aim with what was reached: the worst of the runs that it speaks of."""
    batch = [one for one in jobs(figures) if one["to"] in BATCH]
    middle = [one for one in batch if one["asked"] == 100_000] or batch
    yield from _throughput(middle)
    million = [one for one in batch if one["asked"] >= 1_000_000]
    yield _peak(million or middle)
    yield _most("An idle delta sweep", "≤ 25 calls", 25, [one["calls"] for one in figures.of("sweep")], "calls")
    yield from _ceilings(figures)
    yield _forecast(figures)
    yield from _against(figures)


def _throughput(middle: Sequence[Figure]) -> Iterator[Aim]:
    reads = [one["stages"][0]["rate"] for one in middle]
    yield _least("Extraction", "≥ 20,000 records/s", 20_000, reads, "records/s")
    both = [one["rate"] for one in middle]
    yield _least("Read and load, Zoho and Salesforce", "≥ 8,000 records/s", 8_000, both, "records/s")
    yield _most("CPU of the same, a source record", "≤ 120 µs", 120, [one["cpu_us"] for one in middle], "µs")


def _peak(some: Sequence[Figure]) -> Aim:
    if not some:
        return Aim("Peak memory at 1,000,000 records", "≤ 200 MB")
    size = max(one["source"] for one in some)
    worst = max(one["peak_mb"] for one in some)
    met = worst <= 200 if size > 500_000 else None if worst <= 200 else False
    return Aim("Peak memory at 1,000,000 records", "≤ 200 MB", f"{worst:,.0f} MB at {size:,}", met)


def _ceilings(figures: Figures) -> Iterator[Aim]:
    for vendor in NAMES:
        told = figures.of("ceiling", vendor=vendor)
        if told:
            best = max(one["share"] for one in told)
            yield Aim(f"The ceiling of {NAMES[vendor]}", "≥ 95 %", share(best), best >= 0.95)


def _forecast(figures: Figures) -> Aim:
    told = figures.of("forecast")
    if not told:
        return Aim("Forecast of time, three sizes, five destinations", "within 15 %")
    worst = max(abs(one["told_s"] / one["took_s"] - 1) for one in told)
    reached = f"{worst:.1%} off at the most, {len(told)} migrations"
    return Aim("Forecast of time, three sizes, five destinations", "within 15 %", reached, worst <= 0.15)


def _against(figures: Figures) -> Iterator[Aim]:
    for tool, times in (("dlt", 2.0), ("Singer", 2.5)):
        theirs, ours = figures.of("compare", tool=tool), figures.of("compare", tool="Gurney")
        what, aim = f"Throughput beside {tool}'s, same work", f"≥ {times} times"
        if theirs and ours:
            ratio = ours[0]["rate"] / theirs[0]["rate"]
            yield Aim(what, aim, f"{ratio:.2f} times", ratio >= times)
        else:
            yield Aim(what, aim)


def _least(what: str, aim: str, bound: float, found: Sequence[float], unit: str) -> Aim:
    return Aim(what, aim, f"{min(found):,.0f} {unit}", min(found) >= bound) if found else Aim(what, aim)


def _most(what: str, aim: str, bound: float, found: Sequence[float], unit: str) -> Aim:
    return Aim(what, aim, f"{max(found):,.0f} {unit}", max(found) <= bound) if found else Aim(what, aim)


def whole(number: float) -> str:
    return f"{number:,.0f}"


def share(part: float) -> str:
    return f"{part * 100:.1f} %"


def us(number: float) -> str:
    return f"{number:,.0f} µs"


def mb(number: float) -> str:
    return f"{number:,.0f} MB"
