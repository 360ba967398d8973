"""Composed YAML to checked records.

`files` finds and reads YAML, `record` turns plain values into a settings dataclass, `gather` builds
the `Config` of a run and loads single records by name.
"""
