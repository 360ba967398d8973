"""Variation: how far the cells of a chip are from what they should hold.

A file in conf/variation names the memory and the law of the errors, then gives every constant as
``field: {value: ..., unit: ..., source: ...}``. Conductances are shares of that of the fully set
cell; for charge-domain SRAM they are the capacitors of the cells that hold a one.
"""

from __future__ import annotations

__all__ = ["LAWS", "Variation"]

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from imctune.errors import InputError
from imctune.technology import AnyTechnology, PaperTechnology
from imctune.technology.constants import constant, read_constants

FloatArray = npt.NDArray[np.float64]

LAWS = ("gaussian", "lognormal")
MEMORIES = ("any", "rram", "sram")


@dataclass(frozen=True)
class Variation:
    """Errors of the cells of one memory, as shares of the largest conductance [1].

    Attributes
    ----------
    name : str
        Name of the file.
    memory : {"any", "rram", "sram"}
        Memory that it describes.
    law : {"gaussian", "lognormal"}
        Distribution of a cell's conductance; mean and standard deviation are the same in both.
    sigma_share : tuple of float
        Standard deviation after programming: coefficients of a polynomial in the conductance that
        the cell should have.
    stuck_off_share, stuck_on_share : float
        Cells that stay at the lowest, and at the highest conductance, whatever was written.
    read_noise_share : float
        Standard deviation of a cell's conductance from read to read.
    drift_share_per_log_s : float
        Change of the mean of all cells per e-fold of the time in seconds. It is the same at every
        level, so subtracting a reference column or the other cell of a pair takes it out.
    drift_spread_share, drift_spread_share_per_log_s : float
        Standard deviation of that change after 1 s, and what each further e-fold of time adds.
    time_s : float
        Time between programming and use, 1 s or more. [s]
    chip_sigma_spread : float
        Standard deviation, from chip to chip, of the logarithm of the errors' size.
    chip_conductance_spread : float
        Standard deviation, from chip to chip, of the mean conductance, relative.
    """

    name: str
    memory: str
    law: str
    sigma_share: tuple[float, ...] = constant("1", signed=True)
    stuck_off_share: float = constant("1", zero=True, most=1.0)
    stuck_on_share: float = constant("1", zero=True, most=1.0)
    read_noise_share: float = constant("1", zero=True)
    drift_share_per_log_s: float = constant("1", signed=True)
    drift_spread_share: float = constant("1", zero=True)
    drift_spread_share_per_log_s: float = constant("1", zero=True)
    time_s: float = constant("s")
    chip_sigma_spread: float = constant("1", zero=True)
    chip_conductance_spread: float = constant("1", zero=True)

    @property
    def is_none(self) -> bool:
        """Whether every cell holds exactly what it should, at every read."""
        sizes = (self.stuck_off_share, self.stuck_on_share, self.read_noise_share)
        return not any(sizes) and not self.conductance_sigma(np.linspace(0.0, 1.0, 101)).any()

    @property
    def mean_shift(self) -> float:
        """Change of the mean conductance of all cells at the time of use. [1]."""
        return self.drift_share_per_log_s * math.log(self.time_s)

    def conductance_sigma(self, conductance: npt.ArrayLike) -> FloatArray:
        r"""Standard deviation of a cell's conductance at the time of use, without read noise.

        .. math:: \sigma^2(g) = (\sum_i c_i g^i)^2 + (s_0 + s_1 \ln t)^2

        Parameters
        ----------
        conductance : array_like
            What the cell should have, over the largest conductance, 0 to 1. [1]

        Returns
        -------
        ndarray
            Same shape, over the largest conductance. [1]

        References
        ----------
        .. [1] AIHWKit, noise models ReRamWan2022NoiseModel and ReRamCMONoiseModel (the forms)
        """
        share = np.asarray(conductance, dtype=np.float64)
        programmed = np.zeros_like(share)
        for coefficient in reversed(self.sigma_share):
            programmed = programmed * share + coefficient
        drifted = self.drift_spread_share + self.drift_spread_share_per_log_s * math.log(
            self.time_s
        )
        return np.asarray(np.sqrt(np.square(programmed) + drifted * drifted))

    def scaled(self, factor: float) -> Variation:
        """Return cells whose errors, but for stuck ones, are so many times as large."""
        return replace(
            self,
            sigma_share=tuple(factor * coefficient for coefficient in self.sigma_share),
            read_noise_share=factor * self.read_noise_share,
            drift_spread_share=factor * self.drift_spread_share,
            drift_spread_share_per_log_s=factor * self.drift_spread_share_per_log_s,
        )

    def refuse_technology(self, technology: AnyTechnology) -> None:
        """Refuse a technology of another memory than the one described, or without accuracy."""
        where = f"variation {self.name}"
        if self.memory not in ("any", technology.memory):
            raise InputError(
                f"{where} must come with a technology of {self.memory} cells, got {technology.name}"
            )
        if isinstance(technology, PaperTechnology) and not self.is_none:
            raise InputError(
                f"{where} must come with assumptions=physical: the paper's profile has no cells "
                "that vary, only variation=none"
            )

    @classmethod
    def from_mapping(
        cls, mapping: Mapping[str, object], name: str, where: str | None = None
    ) -> Variation:
        """Build from the plain values of a variation file.

        Raises
        ------
        InputError
            If a constant is missing or unknown, lacks its unit or source, has another unit, or a
            value that is not a number of the allowed size.
        """
        where = where or f"variation {name}"
        words = {"memory": MEMORIES, "law": LAWS}
        for key, allowed in words.items():
            if mapping.get(key) not in allowed:
                raise InputError(
                    f"{where}: {key} must be one of {', '.join(allowed)}, got {mapping.get(key)!r}"
                )
        rest = {key: value for key, value in mapping.items() if key not in words}
        variation = cls(
            name=name,
            memory=str(mapping["memory"]),
            law=str(mapping["law"]),
            **read_constants(cls, rest, where),
        )
        _check_together(variation, where)
        return variation


def _check_together(variation: Variation, where: str) -> None:
    """Refuse values that are allowed one by one but not together."""
    stuck = variation.stuck_off_share + variation.stuck_on_share
    if stuck > 1.0:
        raise InputError(f"{where}: stuck_off_share + stuck_on_share must be <= 1, got {stuck:g}")
    if variation.time_s < 1.0:
        raise InputError(f"{where}: time_s must be >= 1, got {variation.time_s:g}")
    shares = np.linspace(0.0, 1.0, 101)
    programmed = np.polynomial.polynomial.polyval(shares, variation.sigma_share)
    if programmed.min() < 0.0:
        raise InputError(
            f"{where}: sigma_share must be >= 0 for conductances from 0 to 1, got "
            f"{programmed.min():.3g} at {shares[int(programmed.argmin())]:g}"
        )
