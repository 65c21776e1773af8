"""What a recipe will really do, in the units that matter, before anything runs.

`make_plan` is the way in. Nothing here imports torch or ultralytics, writes a file or downloads anything; only
`make_plan(measured=True)` trains, in a process of its own.
"""

from grokyolo.plan.data import BRIEF, Data, Limits, Split
from grokyolo.plan.machine import Timing
from grokyolo.plan.model import family_of, known_models
from grokyolo.plan.planning import Plan, make_plan, to_json
from grokyolo.plan.preflight import another_family
from grokyolo.plan.schedule import Schedule, schedule
from grokyolo.plan.settings import TrainSettings, settings_of
from grokyolo.plan.suggestions import BUDGET, Change

__all__ = [
    "BRIEF",
    "BUDGET",
    "Change",
    "Data",
    "Limits",
    "Plan",
    "Schedule",
    "Split",
    "Timing",
    "TrainSettings",
    "another_family",
    "family_of",
    "known_models",
    "make_plan",
    "schedule",
    "settings_of",
    "to_json",
]
