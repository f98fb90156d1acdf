"""The command line: the same stages and reads as the DAG, with progress, formats and exit codes."""

from arrears.cli.app import main

__all__ = ["main"]
