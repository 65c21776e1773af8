"""gap.csv and foreign logs in, one `Series` type out. Imports neither torch nor ultralytics."""

from grokyolo.gap.intervals import Intervals, IntervalWriter, read_intervals
from grokyolo.gap.log import EpochRecord, GapWriter
from grokyolo.gap.run import find_runs, read_run
from grokyolo.gap.series import Event, EventKind, Series, Source

__all__ = [
    "EpochRecord",
    "Event",
    "EventKind",
    "GapWriter",
    "IntervalWriter",
    "Intervals",
    "Series",
    "Source",
    "find_runs",
    "read_intervals",
    "read_run",
]
