"""Points of made-up sweeps: what became of each run is chosen, nothing is read."""

from itertools import product

from grokyolo.sweep.axes import Axis, axis_of
from grokyolo.sweep.outcome import Moment, Outcome, Run, State
from grokyolo.verdict import Verdict

EPOCHS = 300


def finished(verdict, *, rate=0.018, memorised=5, jump=None, epochs=EPOCHS, score=None, **fields) -> Outcome:
    """A finished run that spends `rate` e-folds an epoch."""

    def moment(epoch):
        return None if epoch is None else Moment(epoch, rate * epoch)

    default = {Verdict.GROKKED: 0.99, Verdict.MEMORISING: 0.01}.get(verdict, 0.5)
    known = {
        "state": State.FINISHED,
        "epochs": epochs,
        "planned": epochs,
        "verdict": verdict,
        "reason": "made up",
        "learned": True,
        "score_name": "top1",
        "like_for_like": True,
        "memorised": moment(memorised),
        "jump": moment(jump),
        "end": moment(epochs),
        "score": default if score is None else score,
    }
    return Outcome(**{**known, **fields})


def grokked(jump=128, **fields) -> Outcome:
    return finished(Verdict.GROKKED, jump=jump, **fields)


def memorising(**fields) -> Outcome:
    return finished(Verdict.MEMORISING, **fields)


def run(outcome, **values) -> Run:
    return Run(",".join(f"{key}={value}" for key, value in values.items()), values, outcome)


def grid(outcome_at, **levels) -> list[Run]:
    """A run at each combination of levels; `outcome_at` takes them by name."""
    points = [dict(zip(levels, values, strict=True)) for values in product(*levels.values())]
    return [run(outcome_at(**point), **point) for point in points]


def axes_of(runs) -> list[Axis]:
    return [axis_of(key, [one.values[key] for one in runs]) for key in runs[0].values]
