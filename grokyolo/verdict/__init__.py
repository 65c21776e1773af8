"""Series in, Assessment out: pure numpy, no files, no clock."""

from grokyolo.verdict.assess import assess
from grokyolo.verdict.assessment import Assessment, Confidence, Jump, Verdict

__all__ = ["Assessment", "Confidence", "Jump", "Verdict", "assess"]
