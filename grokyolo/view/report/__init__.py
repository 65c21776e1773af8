"""The report: one HTML file with the verdicts, the curves and everything that is known about some runs."""

from grokyolo.view.report.page import render, save_report

__all__ = ["render", "save_report"]
