"""What the reader sees: one typed model per report, rendered to JSON and to one self-contained HTML page.

A stage fills a model with plain data; nothing here queries a store or a vendor. No report holds a record's value
unless the operator asked for values: then only the sample's diff and the delta's conflicts do.
"""
