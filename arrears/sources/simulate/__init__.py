"""A power utility that does not exist: its billing database and its meter files, to try things out on."""

from .books import SimulationSummary, simulate

__all__ = ["SimulationSummary", "simulate"]
