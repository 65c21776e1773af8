"""What a recipe will really do, in the units that matter, before anything runs.

`make_plan` is the way in. Nothing here imports torch or ultralytics, writes a file or downloads anything; only
`make_plan(measured=True)` trains, in a process of its own.
"""

from grokyolo.plan.advice import BUDGET
from grokyolo.plan.data import BRIEF, Data, Limits, Split
from grokyolo.plan.measuring import Timing
from grokyolo.plan.model import family_of, known_models
from grokyolo.plan.planning import Plan, make_plan
from grokyolo.plan.preflight import another_family
from grokyolo.plan.reaching import CONTROL, Change
from grokyolo.plan.schedule import Schedule, schedule
from grokyolo.plan.serial import to_json
from grokyolo.plan.settings import Settings, settings_of

__all__ = [
    "BRIEF",
    "BUDGET",
    "CONTROL",
    "Change",
    "Data",
    "Limits",
    "Plan",
    "Schedule",
    "Settings",
    "Split",
    "Timing",
    "another_family",
    "family_of",
    "known_models",
    "make_plan",
    "schedule",
    "settings_of",
    "to_json",
]
