"""The command line: one module per verb. Options in, one call, print."""

from grokyolo.cli.app import HELP, SUMMARIES, VERBS, main

__all__ = ["HELP", "SUMMARIES", "VERBS", "main"]
