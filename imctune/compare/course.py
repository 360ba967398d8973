"""What one search found, design by design."""

from __future__ import annotations

__all__ = ["Course"]

import io
import zipfile
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """A search from its first design to its last.

    Attributes
    ----------
    sampler : str
    seed : int
    budget : int
        Distinct designs that it was given.
    score : ndarray
        Of the distinct designs in the order in which it met them, infinite where infeasible, (n,).
    objectives : ndarray
        Energy, latency and area, (n, 3).
    cpu_seconds : ndarray
        CPU time from the start of the search until each was evaluated, (n,). [s]
    """

    sampler: str
    seed: int
    budget: int
    score: FloatArray
    objectives: FloatArray
    cpu_seconds: FloatArray

    def __len__(self) -> int:
        return len(self.score)

    @property
    def best(self) -> FloatArray:
        """Lowest score so far, (n,)."""
        return np.minimum.accumulate(self.score)

    def front(self, n_designs: int) -> FloatArray:
        """Return the objectives of the feasible ones among the first designs, (m, 3)."""
        return self.objectives[:n_designs][np.isfinite(self.score[:n_designs])]

    def to_bytes(self) -> bytes:
        """Return the course as the content of a file."""
        content = io.BytesIO()
        np.savez_compressed(
            content,
            sampler=np.array(self.sampler),
            seed=np.array(self.seed),
            budget=np.array(self.budget),
            score=self.score,
            objectives=self.objectives,
            cpu_seconds=self.cpu_seconds,
        )
        return content.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Course:
        """Return the course that a file holds; a ValueError says that it holds none."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                found = cls(
                    sampler=str(arrays["sampler"]),
                    seed=int(arrays["seed"]),
                    budget=int(arrays["budget"]),
                    score=arrays["score"].astype(np.float64),
                    objectives=arrays["objectives"].astype(np.float64),
                    cpu_seconds=arrays["cpu_seconds"].astype(np.float64),
                )
        except (KeyError, OSError, EOFError, TypeError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(f"holds no course of a search: {error}") from None
        n_designs = len(found.score)
        if found.objectives.shape != (n_designs, 3) or found.cpu_seconds.shape != (n_designs,):
            raise ValueError("holds no course of a search: its arrays differ in length")
        return found
