"""Arrears early warning for utilities."""

__version__ = "0.1.0"
