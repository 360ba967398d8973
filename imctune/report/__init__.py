"""What people read of a run: tables, a summary, and one self-contained page.

`facts` says what was asked, `comparison` sets the joint chip against the baselines, `tables` and
`figures` show it, `html` puts it on a page, `summary` in a small mapping; `detail` is for one
design. All are pure functions of a result; only `figures` and `html` lean on plotly.
"""
