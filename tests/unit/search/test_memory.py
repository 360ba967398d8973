"""What a run knows already is not simulated again, and changes nothing."""

from dataclasses import replace

import numpy as np
import pytest

from imctune.columns import metrics_arrays
from imctune.errors import InputError
from imctune.knobs import DesignBatch
from imctune.objectives import Metrics
from imctune.search import memory
from imctune.search.memory import remembering
from tests.unit.search.toy import evaluate, every_design, toy_space

DESIGNS = every_design(toy_space()).take(np.arange(0, 40_000, 131))


def test_known_designs_are_answered_from_memory_in_any_order() -> None:
    asked: list[bytes] = []

    def counted(designs: DesignBatch) -> Metrics:
        asked.extend(designs.keys())
        return evaluate(designs)

    known = np.arange(0, len(DESIGNS), 2)
    answer = remembering(counted, (DESIGNS.take(known), evaluate(DESIGNS.take(known))))
    assert len(asked) == memory.N_CHECKED
    asked.clear()
    order = np.random.default_rng(1).permutation(len(DESIGNS))
    for rows in (order, known[::-1], known[:-1] + 1):
        wanted = metrics_arrays(evaluate(DESIGNS.take(rows)))
        for name, values in metrics_arrays(answer(DESIGNS.take(rows))).items():
            np.testing.assert_array_equal(values, wanted[name], err_msg=name)
    assert set(asked) == set(DESIGNS.take(np.arange(1, len(DESIGNS), 2)).keys())
    assert not set(asked) & set(DESIGNS.take(known).keys())


def test_a_model_that_changed_is_refused() -> None:
    def other(designs: DesignBatch) -> Metrics:
        metrics = evaluate(designs)
        return replace(metrics, latency_ms=metrics.latency_ms * (1.0 + 1e-15))

    with pytest.raises(InputError, match=r"resume: .* other results .* \(latency_ms\)") as refusal:
        remembering(other, (DESIGNS, evaluate(DESIGNS)))
    assert "\n" not in str(refusal.value)
