"""The only place that imports torch or ultralytics: trainer, probe, run folder."""

from grokyolo.training.session import Listener, Progress, go_on, train

__all__ = ["Listener", "Progress", "go_on", "train"]
