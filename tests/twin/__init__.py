"""Slow, obvious versions of the simulator, which the vectorised one must equal exactly."""
