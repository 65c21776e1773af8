"""Series in, Assessment out: pure numpy, no files, no clock.

The path of a verdict: `measurements` (what was measured) → `memorising`, `rise`, `decline`,
`confounders` (what happened) → `evidence` (gathered) → `late_rise`, `decide` (the rules, in order) → `assess`.
Every threshold stands in `rules`; `waiting` says what is known about waiting for a jump.
"""

from grokyolo.verdict.assess import assess
from grokyolo.verdict.assessment import Assessment, Confidence, Jump, Verdict
from grokyolo.verdict.waiting import Outlook, outlook

__all__ = ["Assessment", "Confidence", "Jump", "Outlook", "Verdict", "assess", "outlook"]
