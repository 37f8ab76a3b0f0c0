"""Every run of `make bench`, as data: a module, what it is told, and what it is told for a quick try."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """One process. Its figures are kept under its name."""

    name: str
    module: str
    options: str = ""
    quick: str | None = None
    """Options for a try with small sizes; None leaves the run out of it."""

    def command(self, *, quick: bool) -> list[str]:
        """What `python -m` is given."""
        return [f"benchmarks.{self.module}", *((self.quick or "") if quick else self.options).split()]


BY_SIZE = {
    "zoho": (10_000, 100_000, 1_000_000),
    "salesforce": (10_000, 100_000, 1_000_000),
    "pipedrive": (10_000, 100_000),
    "highlevel": (10_000,),
    "freshsales": (10_000,),
}
"""Records of the clinic. Where a record is a call, the largest would take hours and measure the stand-in."""

ROUTES = (
    ("salesforce", "batch", 200_000),
    ("salesforce", "bulk", 200_000),
    ("zoho", "batch", 50_000),
    ("pipedrive", "single", 20_000),
    ("highlevel", "single", 20_000),
    ("freshsales", "bulk", 20_000),
    ("freshsales", "single", 20_000),
)

RUNS = (
    Run("store", "store", "", "--rows 2000 --rounds 1"),
    Run("mapping", "mapping", "", "--records 2000"),
    *(
        Run(f"main-{to}-{records}", "main_job", f"--to {to} --records {records}",
            f"--to {to} --records 1500" if records == 10_000 else None)
        for to, sizes in BY_SIZE.items() for records in sizes
    ),
    *(
        Run(f"route-{to}-{route}", "routes", f"--to {to} --route {route} --records {records}",
            f"--to {to} --route {route} --records 500")
        for to, route, records in ROUTES
    ),
    Run("ceiling-cliniko", "main_job", "--ceiling", "--ceiling --minutes 0.3"),
    Run("ceiling-zoho", "burst", "--to zoho --latency 2.0", "--to zoho --seconds 20"),
    Run("ceiling-pipedrive", "burst", "--to pipedrive", "--to pipedrive --seconds 10"),
    Run("ceiling-highlevel", "burst", "--to highlevel", "--to highlevel --seconds 20"),
    Run("ceiling-highlevel-slow", "burst", "--to highlevel --latency 1.4"),
    Run("ceiling-freshsales", "burst", "--to freshsales", "--to freshsales --seconds 60"),
    Run("days-pipedrive", "days", "--to pipedrive --patients 600 --scale 30"),
    Run("days-freshsales", "days", "--to freshsales --patients 400 --scale 60"),
    Run("compare", "compare", "--patients 5000", "--patients 300"),
    Run("compare-loader", "compare.loader", "--records 20000", "--records 500"),
    Run("forecast", "forecast", "", "--to zoho --patients 40"),
)  # fmt: skip
