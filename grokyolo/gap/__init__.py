"""gap.csv and foreign logs in, one `Series` type out. Imports neither torch nor ultralytics."""

from grokyolo.gap.log import EpochRecord, GapWriter
from grokyolo.gap.run import read_run
from grokyolo.gap.series import Event, EventKind, Series, Source

__all__ = ["EpochRecord", "Event", "EventKind", "GapWriter", "Series", "Source", "read_run"]
