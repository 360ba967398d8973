"""Units: the coherent set used inside, and the factors to the reported ones.

Inside the simulator every quantity is in V, kΩ, fF, fJ, ps, µm², bit, mW, so that formulas need no
factors: fF·V² = fJ, kΩ·fF = ps, fJ/ps = mW. Results are reported in mJ, ms, mm² and W.
"""

from __future__ import annotations

__all__ = [
    "MJ_PER_FJ",
    "MM2_PER_UM2",
    "MS_PER_PS",
    "NS_PER_PS",
    "PJ_PER_FJ",
    "PS_PER_NS",
    "W_PER_MW",
]

MJ_PER_FJ = 1e-12
MS_PER_PS = 1e-9
MM2_PER_UM2 = 1e-6
W_PER_MW = 1e-3
PS_PER_NS = 1e3
NS_PER_PS = 1e-3
PJ_PER_FJ = 1e-3
