"""Time of one position on an array: by hand, and step by step."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from imctune.simulator.timing import mvm_time_ps

times = st.integers(0, 100_000)


def test_reads_and_conversions_overlap_with_sample_and_hold() -> None:
    # 8 steps, read 10 ns, 8 columns x 1.5 ns = 12 ns, add 0.5 ns:
    # 10 + 7 x 12 + 12 + 0.5 = 106.5 ns; without, 8 x 22 + 0.5 = 176.5 ns.
    assert float(mvm_time_ps(8, 10_000, 12_000, 500, True)) == 106_500
    assert float(mvm_time_ps(8, 10_000, 12_000, 500, False)) == 176_500


def test_the_slower_of_both_sets_the_pace() -> None:
    # Read 20, convert 12: 20 + 7 x 20 + 12 = 172.
    assert float(mvm_time_ps(8, 20, 12, 0, True)) == 172
    # One step has nothing to overlap with.
    assert float(mvm_time_ps(1, 20, 12, 3, True)) == float(mvm_time_ps(1, 20, 12, 3, False)) == 35


@given(steps=st.integers(1, 40), read=times, convert=times, add=times)
def test_it_equals_a_walk_through_the_steps(steps: int, read: int, convert: int, add: int) -> None:
    read_done = convert_done = 0
    for _ in range(steps):
        # The sample of this step is taken once the one before has been converted.
        read_done = max(read_done + read, convert_done)
        convert_done = read_done + convert
    assert float(mvm_time_ps(steps, read, convert, add, True)) == convert_done + add
    apart = sum(read + convert for _ in range(steps)) + add
    assert float(mvm_time_ps(steps, read, convert, add, False)) == apart
    assert apart >= convert_done + add
