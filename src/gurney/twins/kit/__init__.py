"""What every vendor's twin stands on: wire, server, clock, faults, journal, rules, tables.

A vendor's package writes a `Service` (what the vendor does) and hands it to a `Twin` (everything else).
"""
