"""Composed YAML to checked records.

`locations` says where the shipped configs are, `files` finds and reads YAML, `record` turns plain
values into a settings dataclass, `by_name` loads single records, `values` checks single values, and
`gather` builds the `Config` of a run.
"""
