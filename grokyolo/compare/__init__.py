"""Runs next to each other: what differs between them, which of them generalised first, and at what cost."""

from grokyolo.compare.alignment import By, clock, clocks
from grokyolo.compare.comparing import Compared, Comparison, compare
from grokyolo.compare.differences import Difference, differences, settings_of
from grokyolo.compare.milestones import Cost, crossing, final_level

__all__ = [
    "By",
    "Compared",
    "Comparison",
    "Cost",
    "Difference",
    "clock",
    "clocks",
    "compare",
    "crossing",
    "differences",
    "final_level",
    "settings_of",
]
