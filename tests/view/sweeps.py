"""SweepPlan-up sweeps to look at."""

from dataclasses import replace

from grokyolo.sweep.diagram import Phases, Query, SweepRuns, answer
from grokyolo.sweep.outcome import Outcome, State
from grokyolo.verdict import Verdict
from tests.sweep.points import finished, grid, grokked, memorising

HOSTILE = "<script>alert(1)</script>"


def border(weight_decay, fraction, seed, lr0=0.002):
    """A jump at a budget that shrinks with the data; below a fraction of 0.5, and without decay, none."""
    rate = 9 * lr0 * weight_decay
    images = {"rate": rate, "train_images": round(961 * fraction)}
    epoch = 2.3 * (0.6 / fraction) / rate * (1 + 0.03 * seed) if rate else 1e9
    if fraction < 0.5 or epoch > 280:
        return memorising(**images)
    return grokked(round(epoch), **images)


def shown(runs, *, name="runs/sweep", parameters=None, **question) -> Phases:
    known = SweepRuns(name, "recipe", tuple(runs[0].values), tuple(runs), parameters or {})
    return answer(known, Query(**question))


def sweep(**question) -> Phases:
    """Three weight decays by three fractions by three seeds."""
    return shown(grid(border, weight_decay=[0, 0.5, 1], fraction=[0.4, 0.6, 0.8], seed=[0, 1, 2]), **question)


def half_done(**question) -> Phases:
    """One of every kind: finished, unfinished, failed, not started."""
    kinds = {
        1: grokked(),
        2: replace(memorising(), state=State.UNFINISHED),
        3: Outcome(State.FAILED, reason="disk full"),
        4: Outcome(State.NOT_STARTED),
        5: finished(Verdict.UNDECIDED, learned=False),
    }
    return shown(grid(lambda batch: kinds[batch], batch=list(kinds)), **question)


def panels(**question) -> Phases:
    """A panel for each of two learning rates."""
    return shown(
        grid(border, weight_decay=[0.5, 1], fraction=[0.4, 0.6, 0.8], seed=[0, 1], lr0=[0.002, 0.004]), **question
    )


def wide(columns: int = 12, lr0=(1,), **question) -> Phases:
    """A diagram of twelve columns whose cells do not agree."""
    fractions = [round(0.2 + 0.05 * i, 2) for i in range(columns)]
    return shown(
        grid(
            lambda fraction, seed, **_: grokked(1234) if fraction > 0.4 and seed else memorising(),
            weight_decay=[0.5, 1],
            fraction=fractions,
            seed=[0, 1, 2],
            lr0=lr0,
        ),
        **question,
    )


def models(**question) -> Phases:
    """Test error over three models, twice descending over widths."""
    scores = {"n.yaml": 0.5, "s.yaml": 0.6, "m.yaml": 0.7}
    return shown(
        grid(lambda model, seed: finished(Verdict.GENERALISING, score=scores[model]), model=list(scores), seed=[0, 1]),
        parameters={"n.yaml": 2.5e6, "s.yaml": 9.5e6, "m.yaml": 2e7},
        **question,
    )


def hostile(**question) -> Phases:
    """A sweep in which every name is one that must be escaped."""
    runs = grid(
        lambda model, seed: replace(grokked(), reason=HOSTILE),
        model=[f"{HOSTILE}{i} [bold]$x$" for i in range(2)],
        seed=[0, 1],
    )
    return shown(runs, name=f"runs/{HOSTILE}", **question)


def hostile_models(**question) -> Phases:
    """Test error over models with names that must be escaped."""
    models = [f"{HOSTILE}{i} [bold]$x$" for i in range(3)]
    runs = grid(lambda model: finished(Verdict.GENERALISING, score=0.5), model=[models[i // 2] for i in range(6)])
    return shown(runs, descent="model", **question)
