"""A sweep that is killed at random moments comes to the same as one that nobody disturbed."""

import random
import signal

from grokyolo.sweep.folder import read_sweep
from tests.real.sweeps import Sweep, quiet_settings


def test_no_kill_of_a_sweep_or_of_its_trainings_leaves_a_trace(workplace, tmp_path_factory, undisturbed):
    rng = random.Random(1)
    sweep = Sweep(workplace, "--jobs", "2", **quiet_settings(tmp_path_factory.mktemp("settings")))

    sweep.start()  # killed itself: its trainings save and end, and the next command goes on with them
    sweep.wait_for(sweep.runs[0], rng.randint(2, 30))
    sweep.kill()

    sweep.start()  # one of its trainings is killed: that one is reported, the other one ends
    sweep.kill_training(sweep.runs[0], rng.randint(2, 30))
    assert sweep.end() == 1
    assert "failed seed=0: killed by SIGKILL; read runs/s/logs/seed=0.log" in sweep.said.read_text()
    assert not sweep.equals(undisturbed)

    sweep.start()  # a queue stops it
    sweep.wait_for(sweep.runs[0], sweep.epochs(sweep.runs[0]) + 2)
    sweep.process.send_signal(signal.SIGTERM)
    assert sweep.end() == 75

    sweep.start()
    assert sweep.end() == 0
    assert sweep.equals(undisturbed)
    assert [point.name for point in read_sweep(sweep.folder).points] == ["seed=0", "seed=1"]
