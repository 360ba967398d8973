"""The tables of the validation, from its results."""

from __future__ import annotations

__all__ = ["tables"]

from itertools import groupby

import numpy as np

from tests.validation.macros import CLASSES, SiliconMacro
from tests.validation.neurosim import QUANTITIES, NeurosimReport
from tests.validation.rollups import ISAAC_AREA_MM2, ISAAC_POWER_MW, PUBLISHED, isaac_tile
from tests.validation.silicon import MacroResult, SiliconReport
from tests.validation.statistics import median
from tests.validation.tables import Table, number

NAMES = {
    "analog_sram": "analog SRAM",
    "nonvolatile": "RRAM, PCM, MRAM, flash",
    "digital_sram": "digital SRAM",
}
# Errors of other tools, from their publications and their formulas run unchanged.
OTHERS = (
    ("ZigZag-IMC as published (5 of 7 macros kept)", "11 % mean", "-", "-"),
    ("ZigZag-IMC formulas unchanged, analog SRAM", "64 % median", "58 %", "-"),
    ("ZigZag-IMC formulas unchanged, nonvolatile", "98 % median", "29 %", "-"),
    ("the same with Accelergy's converter, analog SRAM", "136 % median", "-", "-"),
    ("the same with Accelergy's converter, nonvolatile", "268 % median", "-", "-"),
    ("CiMLoop, one converter factor set per macro", "2 to 8 %", "-", "-"),
)
MISS = 2.0
SETTLED = 0.1
# What differs between the points of a chip, from its publication.
LEFT = {
    "UIUC3": "1 or 5 bit from one converter: it counts levels, 31 times as long for 5 bit",
    "UIUC7": "27 or 64 rows: hardly any of its energy is fixed",
    "UIUC31": "weights of 2 or 4 bits: their combination costs more than the model's",
    "UIUC57": "inputs of 1 or 2 bits: the second bit costs a whole step here",
    "CL-Colonnade": "0.6 to 0.8 V: energy grows with V^4.8, not V^2",
}
SMALL_GROUP = 64.0


def tables(silicon: SiliconReport, neurosim: NeurosimReport) -> list[Table]:
    """Return every table of the validation."""
    return [
        silicon_table(silicon),
        others_table(),
        density_table(silicon),
        calibrated_table(silicon),
        misses_table(silicon),
        sweep_table(silicon),
        neurosim_table(neurosim),
        changes_table(neurosim),
        tile_table(),
    ]


def silicon_table(report: SiliconReport) -> Table:
    """Efficiency of every class."""
    rows = []
    for group in CLASSES:
        figures = report.figures(group)
        rows.append(
            (
                NAMES[group],
                number(figures["n"]),
                number(figures["median_factor"]),
                number(figures["within_2x"], ".0%"),
                number(figures["spearman"]),
            )
        )
    return Table(
        "Silicon: TOPS/W, no tuning per chip",
        ("class", "points", "median factor", "within 2x", "Spearman"),
        rows,
        "Factor: exp|ln(model / measured)|. Half of the bits are ones where a row does not say.",
    )


def others_table() -> Table:
    """Errors of other tools on such macros."""
    return Table(
        "Silicon: energy errors of other tools", ("tool", "error", "within 2x", "Spearman"), OTHERS
    )


def density_table(report: SiliconReport) -> Table:
    """Throughput per area of every class."""
    rows = []
    for group in CLASSES:
        figures = report.density_figures(group)
        rows.append(
            (
                NAMES[group],
                number(figures["n"]),
                number(figures["median_factor"]),
                number(figures["within_2x"], ".0%"),
                number(figures["spearman"]),
            )
        )
    return Table(
        "Silicon: TOPS/mm2, no tuning per chip",
        ("class", "points", "median factor", "within 2x", "Spearman"),
        rows,
        "Measured densities hold whole chips and the clock of the test; the model is one macro at "
        "its own pace, and so an upper bound.",
    )


def calibrated_table(report: SiliconReport) -> Table:
    """Error of every chip after one factor, and the likely reason where much is left."""
    rows = [
        (chip, number(points), number(error, ".0%"), _left_reason(chip, error))
        for chip, (points, error) in sorted(report.calibrated.items(), key=lambda x: x[1][1])
    ]
    errors = {group: [report.calibrated[x][1] for x in report.chips(group)] for group in CLASSES}
    for group in CLASSES:
        some = number(median(errors[group]), ".0%")
        rows.append((f"median of the chips: {NAMES[group]}", number(len(errors[group])), some, ""))
    every = [error for _, error in report.calibrated.values()]
    rows.append(("median of all chips", number(len(every)), number(median(every), ".0%"), ""))
    return Table(
        "Silicon: one factor per chip of two or more points",
        ("chip", "points", "median error", "likely reason"),
        rows,
    )


def _left_reason(chip: str, error: float) -> str:
    """Return why one factor does not settle a chip."""
    if error <= SETTLED:
        return ""
    return LEFT.get(chip, "points differ in what the model has no knob for")


def misses_table(report: SiliconReport) -> Table:
    """Points beyond a factor of two, with the likely reason."""
    rows = [
        (
            result.macro.id,
            NAMES[str(result.macro.group)],
            result.macro.name[:44],
            number(result.tops_w / result.macro.tops_w),
            reason(result),
        )
        for group in CLASSES
        for result in report.of(group)
        if result.error > MISS
    ]
    return Table(
        "Silicon: what is missed by more than a factor of two",
        ("row", "class", "macro", "model / measured", "likely reason"),
        rows,
    )


def reason(result: MacroResult) -> str:
    """Return the likely reason of a miss."""
    macro, is_high = result.macro, result.tops_w > result.macro.tops_w
    if macro.group == "digital_sram":
        return _digital_reason(macro, is_high)
    if macro.group == "nonvolatile":
        if is_high:
            return "energy outside array and converter: clamps, references, buffers, test logic"
        return "best-case data: sparser inputs than half; outputs kept at few bits"
    if is_high:
        return "ramp or current-summing readout, whose energy follows time rather than bits"
    if macro.terms <= SMALL_GROUP and macro.cell.startswith("6T"):
        return "short local bit lines; several weight columns share the conversion booked for one"
    return "own input converters or conversions cheaper than those of the class"


def _digital_reason(macro: SiliconMacro, is_high: bool) -> str:
    if "FA" in macro.cell:
        return "bit-serial pipeline: registers in every cell; energy grows with V^4.8 on this chip"
    if is_high:
        return "processor around the macro, or floating point, in the measured power"
    return "gated or sparse operation in the measured power"


def sweep_table(report: SiliconReport) -> Table:
    """Share of power that grows with the driven rows."""
    rows = [
        (
            sweep.name,
            f"{sweep.rows[0]:.0f}-{sweep.rows[-1]:.0f}",
            number(sweep.measured, ".0%"),
            number(sweep.model, ".0%"),
        )
        for sweep in report.sweeps
    ]
    return Table(
        "Silicon: share of power in rows and cells, from sweeps of driven rows",
        ("row", "rows", "measured", "model"),
        rows,
    )


def neurosim_table(report: NeurosimReport) -> Table:
    """Absolute agreement with NeuroSim after one calibration per quantity."""
    figures = report.figures()
    rows = [
        (
            quantity,
            number(len(report.runs)),
            number(scale),
            number(figures[f"median_factor_{quantity}"]),
            number(figures[f"spearman_{quantity}"], ".3f"),
        )
        for quantity, scale in zip(QUANTITIES, report.calibration, strict=True)
    ]
    return Table(
        "NeuroSim V1.4: whole chips, after one factor per quantity",
        ("quantity", "runs", "factor", "median factor left", "Spearman"),
        rows,
    )


def changes_table(report: NeurosimReport) -> Table:
    """Agreement on changes of one parameter."""
    ordered = sorted(report.changes, key=lambda x: x.parameter)
    rows = []
    for parameter, group in groupby(ordered, key=lambda x: x.parameter):
        some = list(group)
        rows.append(
            (
                parameter,
                number(len(some)),
                number(float(np.mean([x.is_right_way for x in some])), ".0%"),
                number(float(np.mean([x.is_close for x in some])), ".0%"),
            )
        )
    figures = report.figures()
    rows.append(
        (
            "all",
            number(len(ordered)),
            number(figures["direction"], ".0%"),
            number(figures["within_1_5"], ".0%"),
        )
    )
    missed = [
        f"{x.parameter} {x.before} to {x.after}: {x.quantity} x{x.neurosim:.2f}, model "
        f"x{x.model:.2f}"
        for x in ordered
        if not (x.is_right_way and x.is_close)
    ]
    return Table(
        "NeuroSim V1.4: changes of one parameter",
        ("parameter", "changes", "right way", "within 1.5x"),
        rows,
        "Missed: " + "; ".join(missed) + "." if missed else "",
    )


def tile_table() -> Table:
    """Roll-up of the published tile."""
    tile = isaac_tile()
    rows = []
    for name, (power, area) in tile.parts.items():
        published = PUBLISHED.get(name, (None, None))
        rows.append(
            (
                name,
                number(power, ".1f"),
                number(published[0], ".1f"),
                number(area, ".3f"),
                number(published[1], ".3f"),
            )
        )
    total = (number(tile.power_mw, ".0f"), number(ISAAC_POWER_MW, ".0f"))
    areas = (number(tile.area_mm2, ".3f"), number(ISAAC_AREA_MM2, ".3f"))
    rows.append(("tile", *total, *areas))
    return Table(
        "ISAAC tile (a simulated design): power [mW] and area [mm2]",
        ("part", "power", "published", "area", "published"),
        rows,
        "The model has larger drivers and column circuits (as silicon shows), cells of 100 kohm "
        "read from the supply, and 16-bit sums in full.",
    )
