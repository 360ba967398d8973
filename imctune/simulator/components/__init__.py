"""The parts of the chip, one per file: elementwise functions for energy, delay and area."""
