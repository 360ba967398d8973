"""The shipped configs compose, name every setting, and give checked records."""

from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from imctune.assumptions import Assumptions
from imctune.config.by_name import load_knobs, load_settings, load_workload, load_workloads
from imctune.config.files import plain_values
from imctune.config.gather import Config, gather, reference_of
from imctune.config.knob_overrides import with_new_defaults
from imctune.config.locations import CONF
from imctune.errors import InputError
from imctune.knobs import KNOBS
from imctune.objectives import ObjectiveSettings
from imctune.search import SearchSettings
from imctune.tracking import TrackingSettings

SHIPPED = sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))
EXPERIMENTS = ["four_workloads", "nine_workloads"]
OTHER_TASKS = ("paper_", "compare_")
COMPARED = [x for x in SHIPPED if x not in EXPERIMENTS and not x.startswith(OTHER_TASKS)]
PAPER_SPACES = {"paper_rram": 12_096_000, "paper_sram4": 1_512_000, "paper_sram9": 4_064_256}
TECHNOLOGIES = ["rram_32nm", "sram_32nm"]


def composed(*overrides: str) -> Config:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", list(overrides), return_hydra_config=True)
    choices = dict(config.hydra.runtime.choices)
    own = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
    return gather(plain_values(own, "config"), choices)


@pytest.mark.parametrize("technology", TECHNOLOGIES)
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_composes(experiment: str, technology: str) -> None:
    config = composed(f"+experiment={experiment}", f"technology={technology}")
    assert config.study == experiment
    assert config.technology.name == technology
    assert config.plain["choices"] == {
        "technology": technology,
        "knobs": technology,
        "assumptions": "physical",
        "variation": "none",
    }


@pytest.mark.parametrize("experiment", COMPARED)
def test_experiments_with_a_reference_differ_from_it_as_they_say(experiment: str) -> None:
    config = composed(f"+experiment={experiment}")
    assert config.study == experiment
    assert config.reference is not None
    other = reference_of(config)
    assert other is not None
    assert other.reference is None
    assert (other.workloads, other.technology) == (config.workloads, config.technology)
    assert (other.search, other.seed) == (config.search, config.seed)
    for group in ("knobs", "assumptions", "variation", "objectives"):
        if group not in config.reference:
            assert getattr(other, group) == getattr(config, group)


@pytest.mark.parametrize("name", PAPER_SPACES)
def test_the_papers_spaces_have_its_sizes_and_assumptions(name: str) -> None:
    config = composed(f"+experiment={name}")
    assert config.study == name
    assert config.knobs.size == PAPER_SPACES[name]
    assert config.assumptions.name == "paper"
    assert len(config.workloads) == (9 if name.endswith("9") else 4)
    assert load_knobs(name, config.knobs.workloads) == config.knobs


def test_the_papers_rram_lists_with_more_router_groups() -> None:
    assert load_knobs("paper_rram9", ["gpt2_medium"]).size == 12_096_000 * 10 // 6


def test_knobs_follow_the_technology_unless_overridden() -> None:
    same = ("technology=sram_32nm", "knobs=rram_32nm", "workloads=[alexnet]")
    own, other = composed("technology=sram_32nm", "workloads=[alexnet]"), composed(*same)
    assert own.knobs != other.knobs
    assert other.knobs == composed("workloads=[alexnet]").knobs


def test_nine_workloads_are_those_of_the_paper() -> None:
    names = {workload.name for workload in composed("+experiment=nine_workloads").workloads}
    assert names == {path.stem for path in (CONF / "workload").glob("*.yaml")}
    assert len(names) == 9


@pytest.mark.parametrize("group", ["objectives", "search", "tracking", "assumptions"])
def test_no_default_hides_in_the_code(group: str) -> None:
    records: dict[str, type] = {
        "objectives": ObjectiveSettings,
        "search": SearchSettings,
        "tracking": TrackingSettings,
        "assumptions": Assumptions,
    }
    for path in (CONF / group).glob("*.yaml"):
        mapping = yaml.safe_load(path.read_text())
        if "defaults" not in mapping:
            assert set(mapping) == {field.name for field in fields(records[group])}


@pytest.mark.parametrize("technology", TECHNOLOGIES)
def test_a_knob_space_names_every_knob(technology: str) -> None:
    assert set(yaml.safe_load((CONF / "knobs" / f"{technology}.yaml").read_text())) == set(KNOBS)


def test_settings_files_build_on_each_other() -> None:
    assert load_settings(SearchSettings, "search", "random") == SearchSettings(sampler="random")
    changed = load_settings(SearchSettings, "search", "nsga2", {"n_trials": 7})
    assert changed == SearchSettings(n_trials=7)


def test_code_and_files_agree_on_the_defaults() -> None:
    assert load_settings(ObjectiveSettings, "objectives", "geomean") == ObjectiveSettings()


def test_a_parameter_changes_a_network() -> None:
    short, usual = (
        load_workload({"name": "gpt2_medium", "tokens": 64}),
        load_workload("gpt2_medium"),
    )
    assert short.name == usual.name == "gpt2_medium"
    assert short.macs < usual.macs / 3
    assert short.parameters == usual.parameters


def test_two_lengths_of_one_network_need_two_names() -> None:
    short = {"name": "gpt2_medium", "tokens": 64}
    with pytest.raises(InputError, match="each network may come once, got gpt2_medium 2 times"):
        load_workloads(["gpt2_medium", short])
    names = [each.name for each in load_workloads(["gpt2_medium", {**short, "as": "gpt2_64"}])]
    assert names == ["gpt2_medium", "gpt2_64"]


def test_one_network_needs_no_list() -> None:
    assert [each.name for each in load_workloads("alexnet")] == ["alexnet"]


def test_own_directory_comes_first(tmp_path: Path) -> None:
    (tmp_path / "workload").mkdir()
    layer = "{name: fc, tokens: 1, in: 8, out: 4, bias: false}"
    text = f"source: mine\nlayers: [linear: {layer}]\n"
    (tmp_path / "workload" / "alexnet.yaml").write_text(text)
    assert load_workload("alexnet", [tmp_path, CONF]).parameters == 8 * 4


@pytest.mark.parametrize(
    ("override", "default"),
    [
        ("knobs.rows.choices=[64,128]", 128),
        ("knobs.rows.choices=[64,256]", 256),
        ("knobs.other=1", 256),
    ],
)
def test_overridden_choices_move_the_default(override: str, default: int) -> None:
    choices = [64, 128] if "128" in override else [64, 256]
    plain = {"knobs": {"rows": {"choices": choices, "default": 256}}}
    assert with_new_defaults(plain, [override])["knobs"] == {
        "rows": {"choices": choices, "default": default}
    }


@pytest.mark.parametrize(
    ("told", "merged", "settled"),
    [
        (
            "knobs.k={low: 8, high: 24, step: 8}",
            {"choices": [1, 2], "low": 8, "high": 24, "step": 8, "default": 2},
            {"low": 8, "high": 24, "step": 8, "default": 8},
        ),
        (
            "knobs.k.choices=[1,4]",
            {"low": 2, "high": 6, "step": 2, "choices": [1, 4], "default": 6},
            {"choices": [1, 4], "default": 4},
        ),
        (
            "++knobs.k.low=4",
            {"low": 4, "high": 6, "step": 2, "default": 2},
            {"low": 4, "high": 6, "step": 2, "default": 4},
        ),
    ],
)
def test_a_range_replaces_choices_and_the_other_way_round(
    told: str, merged: dict[str, object], settled: dict[str, object]
) -> None:
    assert with_new_defaults({"knobs": {"k": merged}}, [told]) == {"knobs": {"k": settled}}


def test_a_default_that_was_overridden_too_stays() -> None:
    plain = {"knobs": {"rows": {"choices": [64, 128], "default": 96}}}
    overrides = ["knobs.rows.choices=[64,128]", "knobs.rows.default=96"]
    assert with_new_defaults(plain, overrides) == plain


def test_fingerprint_tells_settings_apart_but_not_where_results_go() -> None:
    first = composed("workloads=[alexnet]")
    assert first.fingerprint == composed("workloads=[alexnet]", "tracking=off").fingerprint
    assert first.fingerprint != composed("workloads=[alexnet]", "seed=2").fingerprint
    assert first.fingerprint != composed("workloads=[vgg16]").fingerprint
