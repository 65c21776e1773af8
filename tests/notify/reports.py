"""What a training reports, made by hand."""

from typing import Any

from grokyolo.gap import EpochRecord
from grokyolo.notify.figures import Figures
from grokyolo.notify.listener import Progress
from grokyolo.verdict import Assessment, Confidence, Jump, Verdict

MEASURED = {
    "train_loss": 1.5,
    "probe_loss": 1.0,
    "val_loss": 3.0,
    "probe_score": 0.75,
    "val_score": 0.25,
}
ALWAYS = {"lr": 0.002, "weight_decay": 0.5, "norm_decayed": 20.0, "norm_free": 5.0}


def record(epoch: int, **values: float | None) -> EpochRecord:
    """Nine optimizer steps and two seconds an epoch."""
    return EpochRecord(**({"epoch": epoch, "step": 9 * epoch, "seconds": 2.0 * epoch} | ALWAYS | MEASURED | values))


def unmeasured(epoch: int) -> EpochRecord:
    return record(epoch, probe_loss=None, val_loss=None, probe_score=None, val_score=None)


def assessment(verdict: Verdict = Verdict.MEMORISING, jump_at: int | None = None) -> Assessment:
    jump = None if jump_at is None else Jump(jump_at, jump_at - 5, jump_at + 5, 0.0, 0.9, 20.0)
    return Assessment("runs/a", verdict, "it is so", Confidence.FIRM, 100, "top1", like_for_like=True, jump=jump)


def progress(row: EpochRecord, verdict: Assessment | None = None, epochs: int = 100, **figures: Any) -> Progress:
    known = {"decay_budget": 0.25, "usual_seconds": 2.0, "saved_epoch": 7, "just_assessed": verdict is not None}
    return Progress(row, epochs, "top1", Figures(record=row, assessment=verdict, **(known | figures)))
