"""Network files that cannot be used are refused in one line: what, where, allowed, got."""

from typing import Any

import pytest

from imctune.errors import InputError
from imctune.workload import Workload

FC: dict[str, Any] = {"tokens": 1, "in": 3, "out": 4, "name": "fc"}
CONV: dict[str, Any] = {"in": [8, 8, 4], "out": 4, "kernel": 3, "name": "conv"}
DATA: dict[str, Any] = {
    "zero_share": 0.1,
    "magnitude_density": 0.3,
    "twos_complement_density": 0.4,
    "signed": True,
}


def fc(**changes: object) -> dict[str, Any]:
    return {"layers": [{"linear": {**FC, **changes}}]}


def conv(**changes: object) -> dict[str, Any]:
    return {"layers": [{"conv": {**CONV, **changes}}]}


def with_section(name: str, value: object) -> dict[str, Any]:
    return {**fc(), name: value}


REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no layers": ({}, ["layers is missing"]),
    "empty layers": ({"layers": []}, ["layers", "at least one", "[]"]),
    "layers as a number": ({"layers": 3}, ["layers", "a list", "3"]),
    "unknown section": (with_section("sauce", 1), ["'sauce'", "did you mean source?", "layers"]),
    "source as a number": (with_section("source", 3), ["source", "text", "3"]),
    "unknown kind": ({"layers": [{"lineer": {}}]}, ["layers[1]", "'lineer'", "linear", "pool"]),
    "not a layer": ({"layers": [5]}, ["layers[1]", "one of conv, linear", "5"]),
    "two layers in one": ({"layers": [{"add": {}, "norm": {}}]}, ["layers[1]", "one of conv"]),
    "layer without fields": ({"layers": [{"linear": "fc"}]}, ["layers[1] linear", "'fc'"]),
    "unknown field": (fc(bais=True), ["layer fc", "'bais'", "did you mean bias?", "tokens"]),
    "missing field": ({"layers": [{"linear": {"tokens": 1, "in": 3}}]}, ["linear1", "out is mis"]),
    "nothing before": ({"layers": [{"norm": {}}]}, ["layer norm1", "in is missing"]),
    "no tokens before": ({"layers": [{"linear": {"out": 4}}]}, ["linear1", "tokens is missing"]),
    "K of 0": (fc(**{"in": 0}), ["layer fc", "in must be a whole number from 1", "got 0"]),
    "negative": (fc(out=-4), ["layer fc", "out", "got -4"]),
    "NaN": (fc(out=float("nan")), ["layer fc", "out", "nan"]),
    "fraction": (fc(out=4.5), ["layer fc", "out", "4.5"]),
    "true for a number": (fc(tokens=True), ["layer fc", "tokens", "True"]),
    "huge": (fc(out=10**9), ["layer fc", "out", "10000000", "1000000000"]),
    "too much work": (fc(tokens=10**7, out=10**7, **{"in": 10**7}), ["fc", "1.1e+15", "1.0e+21"]),
    "unknown parameter": (
        {**fc(tokens="token"), "parameters": {"tokens": 3}},
        ["layer fc", "tokens", "'token'", "did you mean tokens?"],
    ),
    "negative parameter": (with_section("parameters", {"tokens": -8}), ["tokens", "-8"]),
    "parameter of nothing": (with_section("parameters", {"a": "b"}), ["parameters: a", "'b'"]),
    "an expression": (
        {**fc(tokens="2*tokens"), "parameters": {"tokens": 3}},
        ["layer fc", "a whole number or a parameter", "'2*tokens'"],
    ),
    "number for true": (fc(bias=1), ["layer fc", "bias", "true or false", "1"]),
    "unknown activation": (
        fc(activation="rellu"),
        ["layer fc", "activation", "none, relu, relu6", "'rellu'", "did you mean relu?"],
    ),
    "unknown data": (fc(data="image"), ["layer fc", "data", "usual", "'image'"]),
    "name as a number": (fc(name=3), ["layers[1] linear", "name", "3"]),
    "short shape": (conv(**{"in": [8, 8]}), ["layer conv", "in", "3 whole numbers", "[8, 8]"]),
    "kernel beyond the input": (conv(kernel=11, padding=1), ["conv", "10 x 10", "11 x 11"]),
    "negative padding": (conv(padding=-1), ["layer conv", "padding", "from 0", "-1"]),
    "groups and inputs": (conv(groups=3, out=6), ["conv", "groups", "input channels, 4", "got 3"]),
    "groups and outputs": (conv(groups=2, out=3), ["conv", "groups must divide out, 3", "got 2"]),
    "unknown pool": (
        {"layers": [{"pool": {"in": [4, 4, 3], "kernel": 2, "function": "median"}}]},
        ["pool1", "function", "max, average", "'median'"],
    ),
    "three inputs": (
        {"layers": [{"add": {"in": [4, 4, 3], "inputs": 3}}]},
        ["add1", "inputs", "1 or 2", "3"],
    ),
    "no repeats": ({"layers": [{"repeat": 0, "layers": [{"linear": FC}]}]}, ["repeat", "0"]),
    "empty block": ({"layers": [{"repeat": 2, "layers": []}]}, ["layers[1].layers", "[]"]),
    "block without layers": ({"layers": [{"repeat": 2}]}, ["layers[1]", "layers is missing"]),
    "unknown field of a block": (
        {"layers": [{"repeat": 2, "layer": [], "layers": []}]},
        ["layers[1]", "'layer'", "repeat, name, concat, layers"],
    ),
    "endless block": (
        {"layers": [{"repeat": 10**7, "layers": [{"linear": FC}]}]},
        ["at most 10000 layers"],
    ),
    "concat of nothing": (
        {"layers": [{"concat": True, "layers": [{"linear": FC}]}]},
        ["layers[1]", "concat", "none"],
    ),
    "concat of two sizes": (
        {"input": [8, 8, 4], "layers": [{"concat": True, "layers": [{"pool": {"kernel": 2}}]}]},
        ["layers[1]", "concat", "8 x 8", "4 x 4"],
    ),
    "share above 1": (
        with_section("inputs", {"usual": {**DATA, "zero_share": 1.5}}),
        ["inputs.usual", "zero_share", "from 0 to 1", "1.5"],
    ),
    "share that is NaN": (
        with_section("inputs", {"usual": {**DATA, "zero_share": float("nan")}}),
        ["inputs.usual", "zero_share", "nan"],
    ),
    "more ones than magnitude bits": (
        with_section("weights", {"offset_density": 0.5, "magnitude_density": 0.9}),
        ["weights", "magnitude_density", "from 0 to 0.875", "0.9"],
    ),
    "statistics without a sign": (
        with_section("inputs", {"usual": {"zero_share": 0.1}}),
        ["inputs.usual", "signed is missing"],
    ),
    "embedding of one size": (
        with_section("embeddings", {"words": [30]}),
        ["embeddings", "words", "list of 2", "[30]"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_file_layer_allowed_and_given(name: str) -> None:
    mapping, words = REFUSED[name]
    with pytest.raises(InputError) as refused:
        Workload.from_mapping({"source": "test", **mapping}, "net", "workload ./net.yaml")
    message = str(refused.value)
    assert message.startswith("workload ./net.yaml: ")
    assert "\n" not in message
    for word in words:
        assert word in message, message


def test_a_file_must_state_its_source() -> None:
    with pytest.raises(InputError, match="workload net: source is missing"):
        Workload.from_mapping(fc(), "net")
