"""Disk, memory and probe: against what the training part really does."""

from dataclasses import replace

import pytest

from grokyolo.plan import costs as module
from grokyolo.plan import make_plan
from grokyolo.plan.machine import Gpu
from grokyolo.recipe import load
from tests.plan.recipes import QUIET_MACHINE, box, detection, recipe

pytestmark = pytest.mark.usefixtures("workplace")
WITH_GPU = replace(QUIET_MACHINE, gpus=(Gpu(0, "A", 80 * 10**9, 79 * 10**9),))


def costs(made, machine=QUIET_MACHINE):
    return make_plan(made, machine=machine).costs


@pytest.mark.parametrize("more", [(), ("nbs=512", "accelerate.grokfast.alpha=0.98")])
def test_states_and_weights_on_disk(grokyolo, workplace, more):
    given = ("epochs=2", "data.modulus=31", *more)
    assert grokyolo("train", "--recipe", "grok-modular-addition", *given, "--name", "a")[0] == 0
    run = workplace / "runs" / "a"
    planned = costs(load("grok-modular-addition", given))
    state = max(path.stat().st_size for path in (run / "state").glob("epoch-*.pt"))
    assert planned.state_bytes == pytest.approx(state, rel=0.03)
    weights = sum(path.stat().st_size for path in (run / "weights").iterdir())
    assert planned.weights_bytes == pytest.approx(weights, rel=0.05)
    logs = sum((run / name).stat().st_size for name in ("gap.csv", "results.csv"))
    assert 0.2 < logs / planned.log_bytes < 2
    assert planned.disk_bytes == 4 * planned.state_bytes + planned.weights_bytes + planned.log_bytes


def test_constants_are_those_of_the_training_part():
    from grokyolo.training import prepared

    assert module.random_arguments is prepared.random_arguments


def test_inputs_of_the_control_are_kept():
    planned = costs(load("grok-modular-addition"))
    assert planned.prepared == ("training", "validation", "probe")
    assert planned.prepared_bytes == (576 + 385 + 256) * 3 * 32 * 32 * 4
    assert planned.input_limit == 2 * 10**9


def test_random_inputs_are_not_kept(workplace):
    made = recipe("imgsz=64", data=detection(workplace / "set", [box(0)] * 5, [box(0)] * 2))
    planned = costs(made)
    assert planned.prepared == ("validation", "probe")
    assert planned.prepared_bytes == (2 + 5) * 3 * 64 * 64


def test_what_does_not_fit_is_not_kept(workplace):
    file = detection(workplace / "set", [box(0)], [box(0)])
    one = 3 * 4096**2
    limits = {"200MB": ("validation", "probe"), "51MB": ("validation",), "50MB": (), "0": ()}
    for limit, prepared in limits.items():
        planned = costs(recipe("imgsz=4096", f"inputs.memory={limit}", data=file))
        assert planned.input_bytes == {"validation": one, "probe": one}
        assert planned.prepared == prepared
        assert planned.prepared_bytes == len(prepared) * one


def test_training_inputs_come_first():
    planned = costs(load("grok-modular-addition", ["inputs.memory=13MB"]))
    assert planned.input_bytes == {
        name: n * 12288 for name, n in (("training", 576), ("validation", 385), ("probe", 256))
    }
    assert planned.prepared == ("training", "validation")


def test_the_probe():
    planned = costs(load("grok-modular-addition", ["gap.probe=1000", "gap.every=5", "gap.budget=0.2"]))
    assert planned.probe_images == 576
    assert (planned.every, planned.budget) == (5, 0.2)
    assert planned.probe_share == pytest.approx(576 / (3 * 576 + 385 + 576))
    assert costs(load("grok-modular-addition", ["gap.probe=0"])).probe_share == 0


def test_loader_processes_need_shared_memory(workplace):
    made = recipe("imgsz=64", "batch=2", "workers=3", data=detection(workplace / "set", [box(0)] * 9, [box(0)]))
    assert costs(made, WITH_GPU).loader_bytes == 3 * 4 * 2 * 3 * 64 * 64
    assert costs(made).loader_bytes == 0  # a CPU loads by itself
    assert costs(recipe("batch=16", data=str(workplace / "set/data.yaml")), WITH_GPU).loader_bytes == 0  # one batch


def test_several_gpus_prepare_nothing():
    assert costs(load("grok-modular-addition", ["device=[0, 1]"])).prepared == ()


def test_inputs_of_unknown_sets_have_no_known_size():
    planned = costs(recipe(data="nowhere.yaml"))
    assert (planned.input_bytes, planned.prepared, planned.prepared_bytes) == ({}, (), None)


def test_a_model_of_unknown_size_has_no_known_cost():
    planned = costs(recipe(model="best.pt"))
    assert (planned.state_bytes, planned.weights_bytes, planned.disk_bytes) == (None, None, None)
