"""Whole migrations under simulated faults: one seed gives one clinic, one clock, and one schedule of misfortunes.

`python -m gurney.testing.campaign --to zoho --seeds 1:100`. Twins run in this process, time is virtual, a kill
leaves the store as a dead process would. What must hold in the end is in `judge`, with the words of
docs/reliability.md.
"""
