"""The shipped networks against published totals, shapes and statistics."""

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imctune.workload import Layer, Workload
from tests.unit.workload.networks import NAMES, load, mapping_of

REFERENCE = Path(__file__).parents[4] / "shared" / "data"

# Parameters and GFLOPS (which are multiply-accumulates) as torchvision lists them with its weights.
TORCHVISION = {
    "alexnet": (61_100_840, 0.714),
    "vgg16": (138_357_544, 15.47),
    "resnet18": (11_689_512, 1.814),
    "resnet50": (25_557_032, 4.089),
    "mobilenet_v3": (5_483_032, 0.217),
    "densenet201": (20_013_928, 4.291),
    "vit_b16": (86_567_656, 17.564),
}
# Parameters as Hugging Face counts them. MobileBertModel: with word, position and type embeddings,
# without a task head. GPT-2: with position embeddings, and the tied token embedding once.
HUGGING_FACE = {"mobilebert": 24_581_888, "gpt2_medium": 354_823_168}


def test_the_nine_networks_are_shipped() -> None:
    assert set(NAMES) == {*TORCHVISION, *HUGGING_FACE}


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvision_totals(name: str) -> None:
    parameters, gmacs = TORCHVISION[name]
    workload = load(name)
    assert workload.parameters == parameters
    assert workload.macs / 1e9 == pytest.approx(gmacs, rel=0.01)


@pytest.mark.parametrize("name", HUGGING_FACE)
def test_hugging_face_parameters(name: str) -> None:
    assert load(name).parameters == HUGGING_FACE[name]


def test_what_mobilebert_and_gpt2_count_as_embeddings() -> None:
    # MobileBERT: 30,522 words of 128, 512 positions and 2 types of 512; none is multiplied.
    assert load("mobilebert").embedding_elements == 30_522 * 128 + 514 * 512
    # GPT-2: only positions; the token embedding is the output layer's weights.
    gpt2 = load("gpt2_medium")
    assert gpt2.embedding_elements == 1024 * 1024
    head = [layer for layer in gpt2.layers if layer.name == "head"]
    assert [layer.weight_elements for layer in head] == [50_257 * 1024]


@given(st.integers(1, 512))
def test_mobilebert_products_follow_the_hand_formula(tokens: int) -> None:
    # Per layer: 4 stacks of 128 x 512 both ways; 512 x 128 into both bottlenecks and the values,
    # and 128 x 512 out of one; 128 x 128 for queries, keys and the attention's output.
    weights = 384 * 512 + 24 * (12 * 512 * 128 + 3 * 128**2)
    # Scales of "NoNorm": 512 after the embedding; per layer 5 of 128 and one of 512.
    scales = 512 + 24 * (5 * 128 + 512)
    attention = 24 * 2 * tokens**2 * 128
    assert load("mobilebert", tokens=tokens).macs == tokens * (weights + scales) + attention


@given(st.integers(1, 1024), st.integers(1, 1024))
def test_gpt2_products_follow_the_hand_formula(tokens: int, head_positions: int) -> None:
    layers = 24 * (12 * 1024**2 * tokens + 2 * tokens**2 * 1024)
    head = 1024 * 50_257 * head_positions
    gpt2 = load("gpt2_medium", tokens=tokens, head_positions=head_positions)
    assert gpt2.macs == layers + head
    assert gpt2.parameters == HUGGING_FACE["gpt2_medium"]


def test_gpt2_head_runs_for_all_tokens_unless_told() -> None:
    assert load("gpt2_medium", tokens=64).layers[-1].positions == 64
    assert load("gpt2_medium", tokens=64).macs == (
        load("gpt2_medium", tokens=64, head_positions=64).macs
    )


@pytest.mark.parametrize("name", ["mobilebert", "gpt2_medium"])
def test_twice_the_tokens_cost_twice_the_weights_and_four_times_the_attention(name: str) -> None:
    once, twice = load(name, tokens=100), load(name, tokens=200)
    assert twice.weights == once.weights
    for short, long in zip(once.layers, twice.layers, strict=True):
        is_attention = short.name.endswith(("scores", "context"))
        assert long.macs == short.macs * (4 if is_attention else 2), short.name


def test_vit_follows_the_image() -> None:
    larger = load("vit_b16", image=384, tokens=577)
    assert larger.layers[0].positions == 24 * 24
    # torchvision lists 55.484 GFLOPS for the 384 x 384 ViT-B/16.
    assert larger.macs / 1e9 == pytest.approx(55.484, rel=0.01)


# DenseNet joins outputs, and ViT adds a token and cuts it out again.
@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("densenet201", "vit_b16")])
def test_every_input_is_an_earlier_output(name: str) -> None:
    workload = load(name)
    known = {workload.layers[0].input_elements}
    for layer in workload.layers:
        tensors = 2 if layer.kind == "add" and not layer.from_offchip else 1
        assert layer.input_elements // tensors in known, layer.name
        known.add(layer.output_elements)


@pytest.mark.parametrize("name", NAMES)
def test_only_the_first_layer_reads_from_offchip(name: str) -> None:
    flags = [layer.from_offchip for layer in load(name).layers]
    assert flags[0]
    assert not any(flags[1:])


@pytest.mark.parametrize("name", NAMES)
def test_files_state_their_source_and_totals(name: str) -> None:
    workload = load(name)
    header = (Path(__file__).parents[3] / "conf" / "workload" / f"{name}.yaml").read_text()
    assert f"{workload.parameters:,}" in header
    assert "arXiv" in workload.source or "Radford" in workload.source
    assert "CiMLoop" in mapping_of(name)["source"]


@cache
def _table(file: str) -> list[dict[str, str]]:
    if not (REFERENCE / file).is_file():
        pytest.skip("the reference tables lie beside the project, not in it")
    with (REFERENCE / file).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


# Our name: theirs, and the tokens that their tables were taken at. Theirs of resnet50 is another
# network (once-for-all, 62 layers), and their attention products lack the query dimension.
AGREEING: dict[str, tuple[str, dict[str, int]]] = {
    "alexnet": ("alexnet", {}),
    "vgg16": ("vgg16", {}),
    "resnet18": ("resnet18", {}),
    "mobilenet_v3": ("mobilenet_v3", {}),
    "densenet201": ("densenet201", {}),
    "vit_b16": ("vision_transformer", {}),
    "mobilebert": ("mobilebert", {"tokens": 139}),
    "gpt2_medium": ("gpt2_medium", {"tokens": 256}),
}


def _shapes(workload: Workload) -> Counter[tuple[int, ...]]:
    """Count products with weights by reduction length, outputs, groups and positions."""
    shapes: Counter[tuple[int, ...]] = Counter()
    for layer in workload.layers:
        if layer.operand == "weights":
            # ViT's queries, keys and values are three layers in the tables.
            parts = 3 if (layer.k, layer.m) == (768, 2304) else 1
            shapes[layer.k, layer.m // parts, layer.groups, layer.positions] += parts
    return shapes


@pytest.mark.parametrize("name", AGREEING)
def test_shapes_agree_with_the_reference_tables(name: str) -> None:
    theirs, parameters = AGREEING[name]
    shapes: Counter[tuple[int, ...]] = Counter()
    for row in _table("reference_workload_layers.csv"):
        if row["workload"] == theirs and "Attention" not in row["op"]:
            c, m, r, s, p, q, g = (int(row[key]) for key in "CMRSPQG")
            shapes[c * r * s, m, g, p * q] += 1
    assert _shapes(load(name, **parameters)) == shapes


def _mean(layers: list[Layer], values: list[float]) -> float:
    weights = [layer.macs for layer in layers]
    total = sum(weight * value for weight, value in zip(weights, values, strict=True))
    return total / sum(weights)


@pytest.mark.parametrize("name", AGREEING)
def test_statistics_average_to_the_reference(name: str) -> None:
    theirs, parameters = AGREEING[name]
    row = next(row for row in _table("workload_stats.csv") if row["net"] == theirs)
    workload = load(name, **parameters)
    layers = [layer for layer in workload.layers if layer.operand == "weights"]
    zero = _mean(layers, [layer.input_zero_share for layer in layers])
    ones = _mean(layers, [layer.input_bit_density * 7 / 8 for layer in layers])
    twos = _mean(layers, [layer.input_twos_complement_density for layer in layers])
    signed = _mean(layers, [float(layer.signed) for layer in layers])
    # Two digits: the raw image, taken as random bits, stands in for the normalised one.
    assert zero == pytest.approx(float(row["px0"]), abs=0.01)
    assert ones == pytest.approx(float(row["x_mag"]), abs=0.01)
    assert twos == pytest.approx(float(row["x_tc"]), abs=0.015)
    assert signed == pytest.approx(float(row["signed"]), abs=0.1)
    assert workload.weight_bit_density == pytest.approx(float(row["w_off"]), abs=1e-9)
    assert workload.weight_magnitude_density == pytest.approx(float(row["w_mag"]) * 8 / 7)


def test_resnet50_takes_the_statistics_of_resnet18() -> None:
    for section in ("inputs", "weights"):
        assert mapping_of("resnet50")[section] == mapping_of("resnet18")[section]
    assert "ResNet-18" in mapping_of("resnet50")["source"]


def test_signs_follow_the_activation_before() -> None:
    """ReLU, softmax and the image give unsigned inputs; linear layers and hardswish signed ones."""
    signed = {layer.name: layer.signed for layer in load("mobilenet_v3").layers}
    assert not signed["stem"]
    assert signed["block2.expand"]
    assert not signed["block2.depthwise"]
    assert signed["block8.depthwise"]
    assert not signed["block11.excite"]
    assert not any(layer.signed for layer in load("vgg16").layers)
    assert all(
        layer.signed != layer.name.endswith("context") for layer in load("gpt2_medium").layers
    )
