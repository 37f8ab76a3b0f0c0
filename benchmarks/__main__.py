"""`make bench`: every benchmark in turn. Figures are printed, never asserted."""

from __future__ import annotations

import subprocess
import sys

RUNS = (
    ("benchmarks.store",),
    ("benchmarks.mapping",),
    ("benchmarks.main_job", "--records", "20000"),
    ("benchmarks.main_job", "--records", "200000"),
    ("benchmarks.main_job", "--records", "20000", "--to", "salesforce"),
    ("benchmarks.main_job", "--records", "20000", "--to", "pipedrive"),
    ("benchmarks.main_job", "--ceiling"),
    ("benchmarks.routes", "--to", "salesforce", "--route", "batch", "--records", "200000"),
    ("benchmarks.routes", "--to", "salesforce", "--route", "bulk", "--records", "200000"),
    ("benchmarks.routes", "--to", "pipedrive", "--records", "20000"),
    ("benchmarks.routes", "--to", "highlevel", "--records", "20000"),
    ("benchmarks.routes", "--to", "freshsales", "--route", "bulk", "--records", "20000"),
    ("benchmarks.routes", "--to", "freshsales", "--route", "single", "--records", "20000"),
    ("benchmarks.burst", "--to", "highlevel"),
    ("benchmarks.days",),
    ("benchmarks.days", "--to", "freshsales", "--patients", "400", "--scale", "60"),
)

for run in RUNS:
    print(f"\n== {' '.join(run)}", flush=True)
    subprocess.run([sys.executable, "-m", *run], check=False)
