"""A comparison of samplers as tables, text, figure and page."""

import json
import math

import numpy as np

from imctune.compare import Course, Reference, outcomes
from imctune.report.compare import (
    CompareFacts,
    compare_headline,
    compare_page,
    compare_summary,
    compare_tables,
    compare_text,
    convergence_bands,
    convergence_bands_figure,
)
from tests.unit.report.examples import facts_of, two_networks


def course(sampler: str, seed: int, score: list[float]) -> Course:
    points = np.column_stack([np.nan_to_num(score, posinf=9.0), np.ones((len(score), 2))])
    return Course(sampler, seed, len(score), np.array(score), points, np.ones(len(score)))


COURSES = [
    course("ga", 1, [math.inf, 2.0, 1.0]),
    course("ga", 2, [4.0, 3.0, 1.5]),
    course("ga", 3, [2.0, 2.0, 2.0]),
    *(course("random", seed, [math.inf] * 3) for seed in (1, 2, 3)),
]
REFERENCE = Reference(1.0, np.array([[1.0, 1.0, 1.0]]), "as given", "the best of all")
FOUND = CompareFacts(
    facts_of(two_networks()), COURSES, outcomes(COURSES, [3], REFERENCE), REFERENCE
)


def test_the_headline_says_how_many_seeds_come_close() -> None:
    told = compare_headline(FOUND)
    assert "in 3 evaluations: ga in 1 of 3, random in 0 of 3." in told
    assert "EDAP 1.000 (as given)" in told


def test_bands_are_quartiles_of_the_best_so_far() -> None:
    places, bands = convergence_bands(COURSES, REFERENCE)["ga"]
    assert places.tolist() == [1, 2, 3]
    # Best so far: inf, 2, 1; 4, 3, 1.5; 2, 2, 2: of three values, the quartiles are the values.
    np.testing.assert_allclose(
        bands, [[100.0, 300.0, math.inf], [100.0, 100.0, 200.0], [0.0, 50.0, 100.0]]
    )


def test_the_figure_leaves_out_where_nothing_was_found() -> None:
    figure = convergence_bands_figure(COURSES, REFERENCE)
    json.dumps(figure, allow_nan=False)
    band, line = figure["data"]  # none of the sampler that found nothing
    assert line["x"] == [2, 3]
    assert line["y"] == [100.0, 50.0]
    assert band["y"] == [200.0, 100.0, 0.01, 100.0]  # no regret: the end of the axis


def test_text_is_narrow_and_files_have_every_search() -> None:
    text = compare_text(FOUND, 100)
    assert max(map(len, text.splitlines())) <= 100
    assert "…" not in text
    tables = compare_tables(FOUND)
    assert set(tables) == {"samplers", "pairs", "searches", "convergence"}
    assert len(tables["searches"].rows) == len(COURSES)
    summary = compare_summary(FOUND, 1.0)
    assert summary["samplers"][0]["n_within_1_percent"] == 1  # type: ignore[index]


def test_the_page_has_its_sections() -> None:
    page = compare_page(FOUND)
    for title in ("How they end", "How they get there", "Whether they differ"):
        assert f"<h2>{title}</h2>" in page
