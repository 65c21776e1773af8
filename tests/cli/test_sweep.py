"""`grokyolo sweep`: points of a grid, trained in processes of their own, stopped, gone on with, and grown."""

import json
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import PATIENCE, TINY, problem, problems, rows, wait_for_epochs

SWEEP = Path("runs") / "s"
TOLD = ("sweep: ", "started ", "finished ", "stopped seed", "failed ", "failed: ", "0 of ", "1 of ", "2 of ")
"""How lines of progress begin."""


@pytest.fixture(autouse=True)
def _plain(monkeypatch, tmp_path):
    """Trainings load no loggers: that takes longer than they do."""
    from ultralytics.utils import SETTINGS

    settings = tmp_path.parent / f"{tmp_path.name}-settings"
    (settings / "Ultralytics").mkdir(parents=True)
    (settings / "Ultralytics" / "settings.json").write_text(json.dumps({**SETTINGS, "mlflow": False}))
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(settings))


def command(*arguments: str) -> tuple[str, ...]:
    return ("sweep", *TINY, "--name", "s", *arguments)


def events(err: str) -> list[str]:
    """Return what happened to points, without what came of it."""
    told = [line.split(":")[0] for line in err.splitlines()]
    return sorted(line for line in told if line.split(" ")[0] in {"started", "finished", "failed", "stopped"})


def test_points_are_trained_skipped_and_added(grokyolo, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-a,GPU-b")  # a training need not see them to be given one
    code, out, err = grokyolo(*command("epochs=3", "weight_decay=0,1"))
    assert code == 0, err
    assert "2 points, 0 finished before, 2 at a time" in err
    assert [line.split() for line in out.splitlines()[2:]] == [
        ["0", "3", "–", "–", "0.000", "undecided"],
        ["1", "3", "–", "–", "0.000", "undecided"],
        ["done:", "runs/s"],
        ["next:", "grokyolo", "sweep", "show", "runs/s"],
    ]
    assert events(err) == [
        *("finished weight_decay=0", "finished weight_decay=1", "started weight_decay=0", "started weight_decay=1")
    ]
    assert [row["weight_decay"] for row in rows(SWEEP / "weight_decay=1")] == ["1.0"] * 3
    heads = [(SWEEP / "logs" / f"weight_decay={decay}.log").read_text().splitlines()[0] for decay in (0, 1)]
    assert "CUDA_VISIBLE_DEVICES=GPU-a grokyolo train" in heads[0]
    assert "CUDA_VISIBLE_DEVICES=GPU-b grokyolo train" in heads[1]
    before = (SWEEP / "weight_decay=1" / "gap.csv").stat().st_mtime_ns

    again = grokyolo(*command("epochs=3", "weight_decay=0,1", "--jobs", "1"))
    assert (again[0], again[1], events(again[2])) == (0, out, [])
    assert "2 points, 2 finished before" in again[2]

    code, out, err = grokyolo(*command("epochs=3", "weight_decay=0,0.5"))
    assert code == 0
    assert events(err) == ["finished weight_decay=0.5", "started weight_decay=0.5"]
    assert "2 points, 1 finished before, 2 at a time, 1 others are in the folder" in err
    assert (SWEEP / "weight_decay=1" / "gap.csv").stat().st_mtime_ns == before
    settings = yaml.safe_load((SWEEP / "sweep.yaml").read_text())
    assert [point["name"] for point in settings["points"]] == [f"weight_decay={decay}" for decay in ("0", "1", "0.5")]
    assert (settings["axes"], settings["overrides"]) == (["weight_decay"], ["data.modulus=5", "epochs=3"])


def test_a_point_that_fails_is_told_and_the_others_go_on(grokyolo):
    models = "model=nowhere.pt,models/modular-addition.yaml"
    code, out, err = grokyolo(*command("epochs=1", models))
    assert code == 1
    assert [line.split()[0] for line in out.splitlines()] == ["memo-", "model", "nowhere", "modular-addition"]
    assert out.splitlines()[2].rstrip().endswith("failed")
    assert problem(err, "warning: ", *TOLD) == (
        "1 of 2 points failed: the logs say why",
        "runs/s",
        f"grokyolo sweep --recipe grok-modular-addition data.modulus=5 epochs=1 {models} --name s",
    )
    (told,) = (line for line in err.splitlines() if line.startswith("failed: "))
    assert told.startswith("failed: model=nowhere: there is no file nowhere.pt")
    assert told.endswith("(exit code 2); read runs/s/logs/model=nowhere.log")
    assert "there is no file nowhere.pt" in (SWEEP / "logs" / "model=nowhere.log").read_text()


def test_a_signal_lets_the_points_save_and_meanwhile_nobody_else_runs_the_sweep(process, grokyolo, workplace):
    child = process(*command("epochs=100000", "seed=0,1,2", "--jobs", "2"))
    runs = [workplace / SWEEP / f"seed={seed}" for seed in (0, 1)]
    for run in runs:
        wait_for_epochs(run, 2, child)
    code, out, err = grokyolo(*command("epochs=100000", "seed=0,1,2"))
    assert (code, out) == (2, "")
    what, where, hint = problem(err)
    assert what.startswith(f"this sweep is being run by process {child.pid} on ")
    assert (where, hint) == ("runs/s", "wait until it is done, or choose another --name")
    code, _, err = grokyolo("resume", str(SWEEP / "seed=0"))
    assert code == 2 and "is being trained by process" in problem(err)[0]

    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=PATIENCE)
    assert (child.returncode, out) == (130, "")
    assert problem(err, *TOLD) == (
        "stopped by Ctrl-C; 0 of 3 points are finished, the others saved",
        "runs/s",
        "grokyolo sweep --recipe grok-modular-addition data.modulus=5 epochs=100000 seed=0,1,2 --name s --jobs 2",
    )
    for run in runs:
        (newest,) = sorted((run / "state").glob("epoch-*.pt"))[-1:]
        assert int(newest.name.split("-")[1]) == len(rows(run)) >= 2
    assert not (workplace / SWEEP / "seed=2").exists()


def test_at_the_time_limit_it_stops(grokyolo, workplace):
    code, out, err = grokyolo(*command("epochs=100000", "seed=0,1", "--time-limit", "1s"))
    assert (code, out) == (75, "")
    assert problem(err, *TOLD)[0] == "stopped at the time limit; 0 of 2 points are finished, the others saved"
    assert not (workplace / SWEEP / "seed=1").exists()


def test_a_dry_run_lists_every_point_and_leaves_nothing(grokyolo, workplace):
    code, out, err = grokyolo(*command("weight_decay=0,1", "seed=linear(0,2,3)", "--dry-run"))
    assert (code, out.splitlines()) == (
        0,
        [f"weight_decay={decay},seed={seed}  new" for decay in (0, 1) for seed in range(3)],
    )
    assert err == "sweep: runs/s: 6 points, 0 finished before, nothing is started\n"
    assert list(workplace.iterdir()) == []


def test_a_point_that_cannot_go_on_is_told_with_what_to_type(grokyolo, workplace):
    from grokyolo.gap import EpochRecord, GapWriter
    from grokyolo.run import folder
    from grokyolo.sweep.trials import plan_sweep

    asked = command("seed=0,1", "--dry-run")
    (trial, _) = plan_sweep(SWEEP, "grok-modular-addition", ["data.modulus=5", "seed=0,1"]).trials
    run = folder.claim("s/seed=0", chosen=True)
    folder.write_settings(run, trial.recipe)
    with GapWriter(run / "gap.csv") as log:
        log.append(EpochRecord(1, 1, 1.0))
    code, out, err = grokyolo(*asked)
    assert (code, out.splitlines()) == (0, ["seed=0  failed", "seed=1  new"])
    (told,) = (line for line in err.splitlines() if line.startswith("warning: seed=0: "))
    subprocess.run(told.partition("to train it anew: ")[2], shell=True, check=True, cwd=workplace)
    assert (SWEEP / "seed=0.old-1" / "gap.csv").exists() and not (SWEEP / "seed=0").exists()
    assert "warning: seed=0" not in grokyolo(*asked)[2]


def test_a_job_array_is_written_and_nothing_trained(grokyolo, workplace):
    code, out, _ = grokyolo(*command("seed=0,1", "--slurm", "--cpus", "4"))
    assert (code, out.splitlines()) == (
        0,
        ["written: runs/s/sweep.sbatch, 2 tasks; edit it for your cluster", "next: sbatch runs/s/sweep.sbatch"],
    )
    text = (SWEEP / "sweep.sbatch").read_text()
    assert "#SBATCH --cpus-per-task=4" in text and "sbatch runs/s/sweep.sbatch" in text
    assert not list(SWEEP.glob("seed*"))


def test_a_key_behind_slurm_is_no_file(grokyolo):
    assert grokyolo("sweep", *TINY, "--name", "s", "--slurm", "seed=0,1")[0] == 0
    assert (SWEEP / "sweep.sbatch").exists()


@pytest.mark.parametrize(
    ("arguments", "what", "where", "hint"),
    [
        (
            ["weight_decay=1"],
            "there is nothing to sweep over: no key has several values",
            "KEY=V1,V2,...",
            "give a key several values, such as weight_decay=0,0.3,1",
        ),
        (
            ["lr0=loguniform(1e-4,1e-1)"],
            "lr0 is drawn at random; how often?",
            "--samples",
            "grokyolo sweep --recipe grok-modular-addition data.modulus=5 'lr0=loguniform(1e-4,1e-1)' --samples 20",
        ),
        (
            ["seed=0,1", "--name", "a/b"],
            "'a/b' cannot be the name of a sweep",
            "--name",
            "use letters, digits, - and _: --name decay",
        ),
        (
            ["seed=0,1", "--ray", "--jobs", "2"],
            "--ray and --jobs do not go together",
            "--ray --jobs",
            "with --ray and --slurm, --cpus and --gpus of each point decide how many fit",
        ),
        (["seed=0,1", "--copy"], "--copy is for a Ray cluster", "--copy", "add --ray, or leave --copy out"),
        (["seed=0,1", "--gpus", "0.5"], "--gpus is for a Ray cluster", "--gpus", "add --ray, or leave --gpus out"),
        (
            ["seed=0,1", "--time-limit", "soon"],
            "'soon' is not a time such as 30s, 10m, 1h or 11h30m",
            "--time-limit soon",
            "grokyolo sweep --recipe grok-modular-addition data.modulus=5 seed=0,1 --time-limit 11h30m",
        ),
        (
            ["seed=0,1", "--jobs", "0"],
            "argument --jobs: 0 is no number from 1 on",
            "grokyolo sweep",
            "grokyolo sweep --help",
        ),
    ],
)
def test_wrong_commands(grokyolo, workplace, arguments, what, where, hint):
    code, out, err = grokyolo("sweep", *TINY, *arguments)
    assert (code, out) == (2, "")
    assert problem(err) == (what, where, hint)
    assert list(workplace.iterdir()) == []


def test_every_mistake_in_every_point_is_told_before_anything_starts(grokyolo, workplace):
    code, _, err = grokyolo(*command("weight_decay=0,2", "wieght_decay=1,2", "seed=0,1,2"))
    assert code == 2
    assert [what for what, _, _ in problems(err)] == [
        "wieght_decay cannot be set: Ultralytics has no such train argument",
        "train.weight_decay is 2, but must be a number from 0 to 1",
    ]
    assert list(workplace.iterdir()) == []


def test_a_cluster_that_does_not_answer(grokyolo, workplace):
    code, _, err = grokyolo(*command("seed=0,1", "--ray", "127.0.0.1:1"))
    assert code == 1
    assert problem(err) == (
        "cannot join Ray: Connection refused",
        "--ray 127.0.0.1:1",
        "--ray HOST:6379 as `ray start --head` prints it",
    )
    assert not (workplace / SWEEP).exists()


def test_threads_are_for_good(grokyolo):
    assert grokyolo(*command("seed=0,1", "--slurm", "--cpus", "2"))[0] == 0
    code, _, err = grokyolo(*command("seed=0,1", "--cpus", "3"))
    assert code == 2
    assert problem(err)[0] == "each point of this sweep has --cpus 2, and another number would change its last digits"


def test_show_is_a_verb_of_its_own(grokyolo):
    code, out, err = grokyolo("sweep", "show", "nowhere")
    assert (code, out) == (2, "")
    assert problem(err)[0] == "there is no folder `nowhere`"


def test_a_folder_that_cannot_be_written(grokyolo, workplace):
    (workplace / "runs").write_text("a file")
    code, _, err = grokyolo(*command("seed=0,1"))
    assert code == 2 and problem(err)[0].startswith("cannot write the sweep")
