"""Accuracy of the arithmetic: noise of an analog product against the product without error.

Distributions of the operands, counts of a column, what converters and cells add to them, and the
signal-to-noise ratio of layers and workloads, in closed form.
"""
