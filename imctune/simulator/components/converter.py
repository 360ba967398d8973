r"""Analog-to-digital converters: models under one form, chosen by name.

Published models disagree by 2 to 30 times in energy, so the model is a choice of the technology
file, and its energy is multiplied there by a factor for the class of converter. Delays are at
nominal supply. All hold for 1 to 12 bits; silicon covers 3 to 10.

A conversion may stop after fewer bits than the converter is built for. Successive approximation
then saves comparisons and logic, but its capacitors have the size that noise asks for at all bits,
and are charged whole. Models that do not tell these apart spend the same in every cycle: one to
sample and one for each bit [estimate]. Of parallel comparators, those above the range are gated.

References
----------
.. [1] J. Sun, P. Houshmand, M. Verhelst, ICCAD 2023 (ZigZag-IMC), imc_array.py: fit on three 28 nm
   chips
.. [2] T. Andrulis et al., Accelergy ADC plug-in, model.yaml: regression on B. Murmann's survey
.. [3] NeuroSim V1.4, SarADC.cpp: fit on circuit simulation
.. [4] A. Shafiee et al., ISCA 2016 (ISAAC), scaled with M. Saberi et al., IEEE TCAS-I 2011
.. [5] Form of R. H. Walden, IEEE JSAC 17(4), 1999, doi:10.1109/49.761034; the level is between the
   0.2 to 20 fJ that macros of few active rows leave for 3- and 4-bit readouts at 22-55 nm
"""

from __future__ import annotations

__all__ = ["CONVERTERS", "ConverterModel"]

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imctune.simulator.arrays import FloatArray, as_floats
from imctune.simulator.components.scaling import (
    analog_area_scale,
    capacitance_scale,
    interpolate_log,
    logic_delay_scale,
    nominal_supply_v,
)

ConverterFunction = Callable[
    [npt.ArrayLike, npt.ArrayLike, npt.ArrayLike, npt.ArrayLike], FloatArray
]
ConverterEnergy = Callable[
    [npt.ArrayLike, npt.ArrayLike, npt.ArrayLike, npt.ArrayLike, npt.ArrayLike], FloatArray
]

_ISAAC_BITS = (4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0)
_ISAAC_FJ = (790.0, 990.0, 1200.0, 1420.0, 1667.0, 1970.0, 2380.0)
_ISAAC_UM2 = (361.0, 477.0, 627.0, 845.0, 1200.0, 1828.0, 3002.0)
_ISAAC_NM = 32.0
_ACCELERGY_HZ = 1e8
_NEUROSIM_NODES = (7.0, 10.0, 14.0, 22.0, 32.0, 45.0, 65.0, 90.0, 130.0)
# Power [uW] = slope * bits + fixed + amplitude [V^2] / (column resistance * 0.5 V / read voltage).
_NEUROSIM_SLOPE_UW = (0.1061, 0.1823, 0.3132, 0.538, 1.1294, 2.1691, 3.7506, 5.9869, 8.4483)
_NEUROSIM_FIXED_UW = (0.8847, 1.5073, 2.5681, 4.3753, 8.8998, 16.693, 25.844, 37.462, 65.243)
_NEUROSIM_AMPLITUDE_V2 = (
    *(0.043555, 0.05158, 0.061085, 0.072341, 0.079449),
    *(0.100225, 0.121272, 0.144323, 0.16938),
)
_NEUROSIM_COLUMN_OHM = 3000.0
# Implied by the energies that NeuroSim gives at 7, 32 and 65 nm for 3 kohm.
_NEUROSIM_READ_NODES, _NEUROSIM_READ_V = (7.0, 32.0, 65.0), (0.265, 0.51, 0.55)
# [estimate] 1 fJ (0.2-20) per level at 0.9 V.
_SENSE_FJ, _SENSE_V = 1.0, 0.9
# Flash of current sense amplifiers: smooth fit of 4- to 7-bit converters in NeuroSim V1.4 chips.
_FLASH_NODES = (7.0, 14.0, 22.0, 45.0, 65.0)
_FLASH_FJ_PER_LEVEL = (0.64, 0.95, 1.7, 3.7, 7.6)
_FLASH_SLOWNESS = (0.85, 0.93, 1.0, 4.7, 7.2)
_FLASH_UM2, _FLASH_UM2_PER_LEVEL, _FLASH_NM = 25.0, 1.6, 22.0
_FLASH_PS, _FLASH_PS_PER_LEVEL = 1250.0, 12.5


@dataclass(frozen=True)
class ConverterModel:
    """A converter: functions of bits, supply [V], node [nm] and rows of the array.

    Attributes
    ----------
    name : str
        Name in the technology file.
    early_energy_fj : callable
        Energy of one conversion that may stop early; after the bits that it resolves come those
        that the converter is built for, at least as many. [fJ]
    area_um2 : callable
        Area of one converter. [um2]
    delay_ps : callable
        Time of one conversion at nominal supply. [ps]
    """

    name: str
    early_energy_fj: ConverterEnergy
    area_um2: ConverterFunction
    delay_ps: ConverterFunction

    def energy_fj(
        self,
        bits: npt.ArrayLike,
        supply_v: npt.ArrayLike,
        node_nm: npt.ArrayLike,
        rows: npt.ArrayLike,
    ) -> FloatArray:
        """Energy of one conversion to the last bit. [fJ]."""
        return self.early_energy_fj(bits, bits, supply_v, node_nm, rows)


def _supply_ratio(supply_v: npt.ArrayLike, node_nm: npt.ArrayLike) -> FloatArray:
    """Energy over that at nominal supply, for models that know no supply."""
    return np.square(as_floats(supply_v) / nominal_supply_v(node_nm))


def _cycles_share(bits: npt.ArrayLike, built_bits: npt.ArrayLike) -> FloatArray:
    """Share of the cycles of a whole conversion: one to sample, and one for each bit."""
    return (as_floats(bits) + 1.0) / (as_floats(built_bits) + 1.0)


def _zigzag_capacitance_ff(bits: npt.ArrayLike, built_bits: npt.ArrayLike) -> FloatArray:
    """Switched capacitance at 28 nm: logic per bit, and capacitors against thermal noise."""
    return 100.0 * as_floats(bits) + 0.001 * np.power(4.0, built_bits)


def _zigzag_area_um2(bits: npt.ArrayLike) -> FloatArray:
    """Area at 28 nm."""
    b = as_floats(bits)
    return np.power(10.0, 1.206 - 0.0369 * b) * np.power(2.0, b)


def _imctune_energy_fj(
    bits: npt.ArrayLike,
    built_bits: npt.ArrayLike,
    supply_v: npt.ArrayLike,
    node_nm: npt.ArrayLike,
    rows: npt.ArrayLike,
) -> FloatArray:
    r"""E = (100 fF b + 0.001 fF 4^B) V^2 (n/28)^0.8: the form of [1], softer in node."""
    node = np.power(as_floats(node_nm) / 28.0, 0.8)
    return as_floats(
        _zigzag_capacitance_ff(bits, built_bits) * np.square(as_floats(supply_v)) * node
    )


def _imctune_area_um2(
    bits: npt.ArrayLike, supply_v: npt.ArrayLike, node_nm: npt.ArrayLike, rows: npt.ArrayLike
) -> FloatArray:
    """Geometric mean of [1] and [4], which differ by up to 2.7 times."""
    isaac = _isaac_area_um2(bits, supply_v, node_nm, rows)
    zigzag = _zigzag_area_um2(bits) * analog_area_scale(node_nm)
    return as_floats(np.sqrt(isaac * zigzag))


def _imctune_delay_ps(
    bits: npt.ArrayLike, supply_v: npt.ArrayLike, node_nm: npt.ArrayLike, rows: npt.ArrayLike
) -> FloatArray:
    """Successive approximation: sample, then one comparison a bit, 0.6 ns each at 28 nm."""
    return (as_floats(bits) + 1.0) * 600.0 * logic_delay_scale(node_nm)


def _zigzag_energy_fj(
    bits: npt.ArrayLike,
    built_bits: npt.ArrayLike,
    supply_v: npt.ArrayLike,
    node_nm: npt.ArrayLike,
    rows: npt.ArrayLike,
) -> FloatArray:
    """E = (100 b + 0.001 4^B) V^2 at 28 nm [1], scaled as capacitance."""
    capacitance = _zigzag_capacitance_ff(bits, built_bits) * capacitance_scale(node_nm)
    return capacitance * np.square(as_floats(supply_v))


def _zigzag_model_area_um2(
    bits: npt.ArrayLike, supply_v: npt.ArrayLike, node_nm: npt.ArrayLike, rows: npt.ArrayLike
) -> FloatArray:
    return _zigzag_area_um2(bits) * analog_area_scale(node_nm)


def _zigzag_delay_ps(
    bits: npt.ArrayLike, supply_v: npt.ArrayLike, node_nm: npt.ArrayLike, rows: npt.ArrayLike
) -> FloatArray:
    """Time per bit grows with the rows: it holds the settling of the array too [1]."""
    per_bit = 6.53 * as_floats(rows) + 640.0
    return as_floats(bits) * per_bit * logic_delay_scale(node_nm)


def _accelergy_nominal_fj(bits: npt.ArrayLike, node_nm: npt.ArrayLike) -> FloatArray:
    """Energy at nominal supply and 1e8 samples/s, the regression of [2]."""
    # Below 4 bits the regression rises again; a quarter less per bit is taken instead.
    b = np.maximum(as_floats(bits), 4.0)
    merit_db = np.minimum(
        213.78067 - 2.871903 * np.log(_ACCELERGY_HZ), 128.30683 + 3.220484 * np.ceil(b)
    )
    signal_db = 6.0206 * b + 1.7609
    regression = 26.0496216 + 1.8800369 * np.log(as_floats(node_nm)) - 2.8291256 * np.log(b)
    energy_pj = 0.5 * np.power(10.0, (signal_db - merit_db) / 10.0) * np.exp(regression - 1.4702022)
    return as_floats(1e3 * energy_pj * np.power(0.75, b - as_floats(bits)))


def _accelergy_energy_fj(
    bits: npt.ArrayLike,
    built_bits: npt.ArrayLike,
    supply_v: npt.ArrayLike,
    node_nm: npt.ArrayLike,
    rows: npt.ArrayLike,
) -> FloatArray:
    whole = _accelergy_nominal_fj(built_bits, node_nm) * _supply_ratio(supply_v, node_nm)
    return whole * _cycles_share(bits, built_bits)


def _accelergy_area_um2(
    bits: npt.ArrayLike, supply_v: npt.ArrayLike, node_nm: npt.ArrayLike, rows: npt.ArrayLike
) -> FloatArray:
    """Area at 1e8 samples/s by the regression of [2] on node, rate and energy."""
    energy_pj = 1e-3 * _accelergy_nominal_fj(bits, node_nm)
    by_node = 1.346192 + 0.9932795 * np.log(as_floats(node_nm))
    by_rate = 0.1807154 * np.log(_ACCELERGY_HZ)
    return as_floats(np.exp(by_node + by_rate + 0.2991243 * np.log(energy_pj)))


def _accelergy_delay_ps(
    bits: npt.ArrayLike, supply_v: npt.ArrayLike, node_nm: npt.ArrayLike, rows: npt.ArrayLike
) -> FloatArray:
    """One period of the sample rate at which energy and area are taken, at any node."""
    return (1e12 / _ACCELERGY_HZ) * np.ones(np.broadcast_shapes(np.shape(bits), np.shape(node_nm)))


def _neurosim_energy_fj(
    bits: npt.ArrayLike,
    built_bits: npt.ArrayLike,
    supply_v: npt.ArrayLike,
    node_nm: npt.ArrayLike,
    rows: npt.ArrayLike,
) -> FloatArray:
    """Power of [3] for a column of 3 kohm, times (b + 1) ns."""
    slope_uw = interpolate_log(node_nm, _NEUROSIM_NODES, _NEUROSIM_SLOPE_UW)
    fixed_uw = interpolate_log(node_nm, _NEUROSIM_NODES, _NEUROSIM_FIXED_UW)
    amplitude_v2 = interpolate_log(node_nm, _NEUROSIM_NODES, _NEUROSIM_AMPLITUDE_V2)
    read_v = interpolate_log(node_nm, _NEUROSIM_READ_NODES, _NEUROSIM_READ_V)
    column_uw = 1e6 * amplitude_v2 * read_v / (0.5 * _NEUROSIM_COLUMN_OHM)
    power_uw = slope_uw * as_floats(built_bits) + fixed_uw + column_uw
    # uW times ns is fJ.
    return power_uw * (as_floats(bits) + 1.0) * _supply_ratio(supply_v, node_nm)


def _neurosim_area_um2(
    bits: npt.ArrayLike, supply_v: npt.ArrayLike, node_nm: npt.ArrayLike, rows: npt.ArrayLike
) -> FloatArray:
    """Transistor count of [3], 226 squared feature sizes each.

    The count is 269 + 109 (b - 1) n-type and 209 + 73 (b - 1) p-type devices. The size is that
    which reproduces the converter area of NeuroSim V1.4 chips at 22 nm, 5 and 7 bits, within 2 %.
    """
    devices = 478.0 + 182.0 * (as_floats(bits) - 1.0)
    return devices * 226.0 * np.square(as_floats(node_nm) * 1e-3)


def _neurosim_delay_ps(
    bits: npt.ArrayLike, supply_v: npt.ArrayLike, node_nm: npt.ArrayLike, rows: npt.ArrayLike
) -> FloatArray:
    """(b + 1) ns at any node [3]."""
    return 1000.0 * (as_floats(bits) + 1.0) * np.ones(np.shape(node_nm))


def _isaac_table(bits: npt.ArrayLike, values: tuple[float, ...]) -> FloatArray:
    """Table at 32 nm, straight in bits and log value, continued with its end slopes."""
    b, logs = as_floats(bits), np.log(values)
    inside = np.interp(b, _ISAAC_BITS, logs)
    below = np.minimum(b - _ISAAC_BITS[0], 0.0) * (logs[1] - logs[0])
    above = np.maximum(b - _ISAAC_BITS[-1], 0.0) * (logs[-1] - logs[-2])
    return as_floats(np.exp(inside + below + above))


def _isaac_energy_fj(
    bits: npt.ArrayLike,
    built_bits: npt.ArrayLike,
    supply_v: npt.ArrayLike,
    node_nm: npt.ArrayLike,
    rows: npt.ArrayLike,
) -> FloatArray:
    """Table of [4] at 32 nm and nominal supply, scaled as capacitance."""
    node = capacitance_scale(node_nm) / capacitance_scale(_ISAAC_NM)
    supply = np.square(as_floats(supply_v) / nominal_supply_v(_ISAAC_NM))
    whole = _isaac_table(built_bits, _ISAAC_FJ) * node * supply
    return whole * _cycles_share(bits, built_bits)


def _isaac_area_um2(
    bits: npt.ArrayLike, supply_v: npt.ArrayLike, node_nm: npt.ArrayLike, rows: npt.ArrayLike
) -> FloatArray:
    node = analog_area_scale(node_nm) / analog_area_scale(_ISAAC_NM)
    return _isaac_table(bits, _ISAAC_UM2) * node


def _isaac_delay_ps(
    bits: npt.ArrayLike, supply_v: npt.ArrayLike, node_nm: npt.ArrayLike, rows: npt.ArrayLike
) -> FloatArray:
    """1.28e9 samples/s at 32 nm for any resolution [4]."""
    node = logic_delay_scale(node_nm) / logic_delay_scale(_ISAAC_NM)
    return (1e12 / 1.28e9) * node * np.ones(np.shape(bits))


def _current_sense_energy_fj(
    bits: npt.ArrayLike,
    built_bits: npt.ArrayLike,
    supply_v: npt.ArrayLike,
    node_nm: npt.ArrayLike,
    rows: npt.ArrayLike,
) -> FloatArray:
    """E = 1 fJ 2^b at 28 nm and 0.9 V: a column current compared with scaled references [5]."""
    at_nominal = _SENSE_FJ * np.power(2.0, bits) * np.power(as_floats(node_nm) / 28.0, 0.8)
    return as_floats(at_nominal * np.square(as_floats(supply_v) / _SENSE_V))


def _flash_energy_fj(
    bits: npt.ArrayLike,
    built_bits: npt.ArrayLike,
    supply_v: npt.ArrayLike,
    node_nm: npt.ArrayLike,
    rows: npt.ArrayLike,
) -> FloatArray:
    """One sense amplifier per level, all deciding at once."""
    per_level = interpolate_log(node_nm, _FLASH_NODES, _FLASH_FJ_PER_LEVEL)
    return per_level * np.power(2.0, bits) * _supply_ratio(supply_v, node_nm)


def _flash_area_um2(
    bits: npt.ArrayLike, supply_v: npt.ArrayLike, node_nm: npt.ArrayLike, rows: npt.ArrayLike
) -> FloatArray:
    devices = _FLASH_UM2 + _FLASH_UM2_PER_LEVEL * np.power(2.0, bits)
    return as_floats(devices * np.square(as_floats(node_nm) / _FLASH_NM))


def _flash_delay_ps(
    bits: npt.ArrayLike, supply_v: npt.ArrayLike, node_nm: npt.ArrayLike, rows: npt.ArrayLike
) -> FloatArray:
    at_22_nm = _FLASH_PS + _FLASH_PS_PER_LEVEL * np.power(2.0, bits)
    return at_22_nm * interpolate_log(node_nm, _FLASH_NODES, _FLASH_SLOWNESS)


CONVERTERS: dict[str, ConverterModel] = {
    model.name: model
    for model in (
        ConverterModel("imctune", _imctune_energy_fj, _imctune_area_um2, _imctune_delay_ps),
        ConverterModel("zigzag", _zigzag_energy_fj, _zigzag_model_area_um2, _zigzag_delay_ps),
        ConverterModel("accelergy", _accelergy_energy_fj, _accelergy_area_um2, _accelergy_delay_ps),
        ConverterModel("neurosim", _neurosim_energy_fj, _neurosim_area_um2, _neurosim_delay_ps),
        ConverterModel("isaac", _isaac_energy_fj, _isaac_area_um2, _isaac_delay_ps),
        ConverterModel(
            "current_sense", _current_sense_energy_fj, _imctune_area_um2, _imctune_delay_ps
        ),
        ConverterModel("neurosim_flash", _flash_energy_fj, _flash_area_um2, _flash_delay_ps),
    )
}
