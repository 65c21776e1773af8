"""The only place that imports torch or ultralytics: the trainer and its parts."""

from grokyolo.training.session import go_on, train

__all__ = ["go_on", "train"]
