"""Workloads: the networks that a chip must run, read from conf/workload/NAME.yaml.

How to write one (all shapes are of one image or prompt; batch is 1)::

    source: "Where the shapes and statistics are from."
    parameters: {tokens: 128, rows: tokens}     # optional: names for whole numbers, to use below
    input: [224, 224, 3]                        # optional: height, width, channels of the input
    inputs:                                     # optional: statistics of kinds of input data
      usual: {zero_share: 0.57, magnitude_density: 0.17, twos_complement_density: 0.18,
              signed: false}                    # of every layer that names no other kind
      image: {zero_share: 0.02, magnitude_density: 0.44, twos_complement_density: 0.5,
              signed: false}                    # of layers with `data: image`
    weights: {offset_density: 0.5, magnitude_density: 0.35}    # optional: their statistics
    embeddings: {words: [30000, 128]}           # optional: tables that are looked up; only counted
    layers:
      - conv: {out: 64, kernel: 7, stride: 2, padding: 3, activation: relu, data: image}
      - repeat: 2                               # a block: its layers, that many times
        layers:
          - conv: {out: 64, kernel: 3, padding: 1, batch_norm: true}
          - add: {activation: relu}

A user sets a parameter with ``workloads=[{name: NAME, tokens: 64}]``. Only names and whole numbers
are allowed where a size is asked for; nothing is computed.

Every layer takes the output of the one before it; on a side branch, say ``in``. All layers know
``name``, ``data``, and ``activation`` (none, relu, relu6, hardswish, hardsigmoid, sigmoid, tanh,
gelu, silu). ``[H, W, C]`` is height, width, channels; a sequence is ``[tokens, 1, C]``.

======= ======================================================================================
conv    ``out``, ``kernel`` (a number, or [height, width]); ``in: [H, W, C]``, ``stride`` 1,
        ``padding`` 0 (or [height, width]), ``groups`` 1 (= C: depthwise), ``bias`` true,
        ``batch_norm`` false (folded; takes the place of the bias)
linear  ``out``; ``in`` (features), ``tokens`` (rows), ``bias`` true, ``affine`` false (a scale
        and shift that is folded)
matmul  product of activations, per group (head) [tokens x inner] times [inner x out]:
        ``inner``, ``out``; ``groups`` 1, ``tokens``
scale   each channel times a number of its own: ``in: [H, W, C]``; ``affine: true`` if it is trained
pool    ``kernel``, or ``kernel: all`` for the whole image; ``function`` max (or average),
        ``in: [H, W, C]``, ``stride`` (else the kernel), ``padding`` 0
softmax ``in: [H, W, C]``
norm    layer normalisation, not folded: ``in: [H, W, C]``, ``affine`` true (trained scale, shift)
add     element by element: ``in: [H, W, C]``, ``inputs`` 2 (1: adds a constant per channel),
        ``affine`` false
======= ======================================================================================

A block is ``repeat``, ``layers`` and, if wanted, ``name`` and ``concat: true``: the channels of its
input are then put beside those of its output (DenseNet).

``signed`` says whether at least half of the data of that kind, by multiply-accumulates, may be
negative. ``magnitude_density`` is the share of ones in an 8-bit field of sign and magnitude whose
sign bit counts as zero, as CiMLoop's histograms give it; `Layer` holds it times 8/7, the share
among magnitude bits alone. A file without ``inputs`` or ``weights`` is taken to hold random bits:
no zeros, half ones, unsigned inputs.
"""

from __future__ import annotations

__all__ = ["ACTIVATIONS", "Layer", "Workload"]

from imctune.workload.layer import ACTIVATIONS, Layer
from imctune.workload.workload import Workload
