"""The fast sampler proposes what the stock sampler proposes."""

import warnings

import numpy as np
import optuna
import pytest

from imctune.search.samplers.fast import FastNsga2, quietly

DISTRIBUTIONS: dict[str, optuna.distributions.BaseDistribution] = {
    **{f"gene_{i}": optuna.distributions.IntDistribution(0, 3 + i) for i in range(6)},
    "word": optuna.distributions.CategoricalDistribution(["a", "b", "c"]),
    "fixed": optuna.distributions.IntDistribution(2, 2),
}


def proposals(sampler: optuna.samplers.BaseSampler, n_trials: int, batch: int) -> list[object]:
    """Run a study with three objectives and two constraints; return all parameters."""
    study = quietly(optuna.create_study, directions=["minimize"] * 3, sampler=sampler)
    proposed: list[object] = []
    for _ in range(n_trials // batch):
        trials = [study.ask(DISTRIBUTIONS) for _ in range(batch)]
        for trial in trials:
            proposed.append(trial.params)
            genes = np.array([trial.params[f"gene_{i}"] for i in range(6)], dtype=float)
            word = "abc".index(trial.params["word"])
            trial.set_constraint("sum", float(8.0 - genes.sum()))
            trial.set_constraint("first", float(genes[0] - 2.5))
            values = [genes.sum() + word, ((genes - 2.0) ** 2).sum(), abs(genes[3] - genes[4])]
            study.tell(trial, [float(value) for value in values])
    return proposed


@pytest.mark.parametrize("batch", [50, 20, 1])
def test_same_seed_gives_the_designs_of_the_stock_sampler_for_500_trials(batch: int) -> None:
    stock = optuna.samplers.NSGAIISampler(population_size=50, seed=7)
    fast = FastNsga2(DISTRIBUTIONS, population_size=50, seed=7)
    assert proposals(fast, 500, batch) == proposals(stock, 500, batch)


def test_failed_trials_do_not_fill_a_generation() -> None:
    def numbers(sampler: optuna.samplers.BaseSampler) -> list[object]:
        study = quietly(optuna.create_study, directions=["minimize"] * 2, sampler=sampler)
        params: list[object] = []
        for number in range(120):
            trial = study.ask(DISTRIBUTIONS)
            params.append(trial.params)
            if number % 7 == 3:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, [float(trial.params["gene_0"]), float(trial.params["gene_1"])])
        return params

    stock = optuna.samplers.NSGAIISampler(population_size=10, seed=3)
    assert numbers(FastNsga2(DISTRIBUTIONS, population_size=10, seed=3)) == numbers(stock)


def test_quietly_says_nothing_and_restores_what_optuna_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = optuna.logging.get_verbosity()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quietly(FastNsga2, space=DISTRIBUTIONS, children=lambda *_: {})
        quietly(optuna.create_study)
    assert capsys.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == before
