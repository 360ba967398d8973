"""Composed YAML to checked records.

`locations` says where the shipped configs are, `files` finds and reads YAML, `record` turns plain
values into a settings dataclass, `gather` builds the `Config` of a run and single records by name.
"""
