"""`grokyolo plan` and `grokyolo train --dry-run`."""

import json
import shlex

import pytest

from tests.cli.conftest import problem
from tests.plan.recipes import box, detection

GLOSSARY = "model: yolo26n.yaml\ndata: coco8.yaml\ntrain: {epochs: 1000, patience: 0, weight_decay: 0.01}\n"


@pytest.fixture
def glossary(workplace):
    """COCO8 is not here, but its file says how many images and classes it has."""
    (workplace / "mine.yaml").write_text(GLOSSARY)
    return "mine.yaml"


def test_the_run_of_the_glossary_on_one_screen(grokyolo, glossary):
    """What a user of `yolo train epochs=1000 patience=0 weight_decay=0.01` has to know."""
    code, out, err = grokyolo("plan", "--recipe", glossary)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert max(len(line) for line in lines if not line.startswith("next: ")) <= 80
    assert len(lines) <= 40
    text = " ".join(out.split())
    assert "steps 250: 1 batch an epoch, a step every 4 (nbs 64 / batch 16)" in text
    assert "budget 0.00015 e-folds: weights shrink by 0.015 %. Control: 2.0 to 2.7" in text
    assert "optimizer AdamW (auto: lr0 ignored), learning rate 0 → 0.000119 → 0.0000017" in text
    assert "98.5 % of the decayed weights feed a normalisation: decay only changes their pace; strong decay" in text
    assert "weight_decay=1.0" not in text


def test_who_asks_for_strong_decay_is_told_the_way(grokyolo, glossary):
    _, out, _ = grokyolo("plan", "--recipe", glossary, "weight_decay=0.1")
    text = " ".join(out.split())
    assert "Far too small a budget: nothing that works through weight decay can show." in text
    for change in ("nbs=16 ×4", "lrf=1.0 ×2", "weight_decay=1.0 ×10", "epochs=2500 ×2.5"):
        assert change in text, change
    assert text.count("next: grokyolo plan --recipe mine.yaml optimizer=AdamW lr0=0.001") == 1


def test_plain_it_is_what_yolo_train_would_do(grokyolo, glossary):
    typed = ("epochs=1000", "patience=0", "weight_decay=0.1")
    code, out, err = grokyolo("plan", "--plain", *typed)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "yolo train: yolo26n.pt on coco8.yaml, detect, 1,000 epochs"
    assert "next: grokyolo plan --plain patience=0 optimizer=AdamW lr0=0.001" in out
    plain, same = (
        json.loads(grokyolo("plan", *given, "--json")[1])
        for given in (("--plain", *typed), ("--recipe", glossary, *typed))
    )
    assert {**plain, "recipe": "", "recipe_hash": "", "model": ""} == {
        **same,
        "recipe": "",
        "recipe_hash": "",
        "model": "",
    }


def test_the_command_to_type_next_is_one_line_however_narrow(grokyolo, workplace, monkeypatch):
    (workplace / "my recipe.yaml").write_text(GLOSSARY)
    monkeypatch.setenv("COLUMNS", "40")
    _, out, _ = grokyolo("plan", "--recipe", "my recipe.yaml", "epochs=500", "weight_decay=0.1")
    (line,) = [line for line in out.splitlines() if line.startswith("next: ")]
    words = shlex.split(line)
    assert words[1:5] == ["grokyolo", "plan", "--recipe", "my recipe.yaml"]
    assert grokyolo(*words[2:])[0] == 0


@pytest.mark.parametrize("typed", [["train", "--dry-run", "--name", "mine"], ["plan", "--no-color"]])
def test_the_command_to_type_next_keeps_all_that_was_typed(grokyolo, glossary, typed):
    _, out, _ = grokyolo(*typed, "--recipe", glossary, "epochs=500", "weight_decay=0.1")
    (line,) = [line for line in out.splitlines() if line.startswith("next: ")]
    command = ["grokyolo", *typed, "--recipe", glossary]
    assert shlex.split(line)[1 : 1 + len(command)] == command
    assert grokyolo(*shlex.split(line)[2:])[0] == 0


def test_an_error_of_the_plan_is_mended_by_a_whole_command(grokyolo, detect):
    _, out, _ = grokyolo("plan", *detect, "freeze=50", "gap.every=2")
    (line,) = [line for line in out.splitlines() if line.startswith("try: ") and "freeze" in line]
    words = shlex.split(line)[2:]
    assert words[:4] == ["plan", *detect, "gap.every=2"]
    assert grokyolo(*words)[0] == 0


@pytest.mark.parametrize("verb", [["plan"], ["plan", "--json"], ["train", "--dry-run"]])
def test_what_the_plan_calls_an_error_ends_with_2(grokyolo, workplace, verb):
    folder = workplace / "set"
    for split in ("train", "val"):
        (folder / "images" / split).mkdir(parents=True)
        (folder / "images" / split / "0.png").write_bytes(b"no picture")
    (folder / "data.yaml").write_text("train: images/train\nval: images/val\nnames: {0: a}\n")
    code, out, err = grokyolo(*verb, "--recipe", "long", "data=set/data.yaml", "model=yolo26n.yaml")
    assert (code, err) == (2, "")
    assert "not one training image can be used" in " ".join(out.split())


def test_a_name_without_the_option_is_told_where_it_goes(grokyolo):
    code, _, err = grokyolo("plan", "long-coco8", "epochs=5")
    assert (code, problem(err)[2]) == (2, "grokyolo plan --recipe long-coco8 epochs=5")


def test_the_command_it_proposes_leads_to_the_control(grokyolo, glossary):
    _, out, _ = grokyolo("plan", "--recipe", glossary, "epochs=500", "weight_decay=0.1")
    text = " ".join(out.split())
    command = text.partition("next: grokyolo ")[2].partition(" warning:")[0].split()
    command = [word for word in command if word in {"plan", "--recipe", glossary} or "=" in word]
    assert "epochs=500" not in command
    code, out, _ = grokyolo(*command, "--json")
    assert code == 0
    found = json.loads(out)
    assert found["optimizer"]["acting_budget"] >= 2.4
    assert found["ways"] == []


def test_json_is_one_object_and_nothing_else(grokyolo, glossary):
    code, out, err = grokyolo("plan", "--recipe", glossary, "--json")
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    found = json.loads(out)
    assert found["optimizer"]["steps"] == 250
    assert found["optimizer"]["acting_budget"] == pytest.approx(0.00015, rel=0.01)


def test_a_dry_run_is_a_plan(grokyolo, glossary, workplace):
    code, plan, _ = grokyolo("plan", "--recipe", glossary)
    dry_code, dry, err = grokyolo("train", "--recipe", glossary, "--dry-run")
    assert (code, dry_code, err) == (0, 0, "")
    assert dry == plan
    assert not (workplace / "runs").exists()


def test_overrides_change_the_plan(grokyolo):
    _, out, _ = grokyolo("plan", "--recipe", "grok-modular-addition", "epochs=10", "--json")
    assert json.loads(out)["optimizer"]["steps"] == 90


def test_time_is_measured_where_asked_for(grokyolo, workplace):
    given = ("--recipe", "grok-modular-addition", "data.modulus=5", "gap.probe=4", "epochs=1000")
    _, out, _ = grokyolo("plan", *given)
    assert "not measured: add --measure" in out
    code, out, err = grokyolo("plan", *given, "--measure", "--json")
    assert (code, err) == (0, "measuring: 5 epochs of at most 8 batches, in a temporary folder\n")
    assert json.loads(out)["time"]["total"] > 0
    assert not (workplace / "runs").exists()


def test_errors_are_those_of_recipes(grokyolo):
    code, out, err = grokyolo("plan", "--recipe", "nothing")
    assert (code, out) == (2, "")
    assert problem(err)[0] == "there is no recipe 'nothing'"
    code, out, err = grokyolo("plan", "--recipe", "long-coco8", "epochs=many")
    assert (code, out) == (2, "")


def test_a_training_says_briefly_what_it_will_do(grokyolo):
    code, _, err = grokyolo("train", "--recipe", "grok-modular-addition", "data.modulus=5", "epochs=2", "gap.probe=4")
    assert code == 0
    assert err.splitlines()[:4] == [
        "plan: looking at model and data; torch is loaded next",
        "plan: 2 optimizer steps in 2 epochs, AdamW, learning rate 0.002, weight decay 1",
        "plan: 0.004 e-folds: weights shrink by 0.4 %; the positive control jumps at 2.0 to 2.7",
        "plan: far too small a budget: nothing that works through weight decay can show",
    ]


def test_a_training_that_would_surely_break_does_not_start(grokyolo, workplace):
    file = detection(workplace / "set", [box(0)] * 2, [box(0)])
    for path in (workplace / "set/images/train").iterdir():
        path.write_bytes(b"broken")
    code, out, err = grokyolo("train", "--recipe", "long", f"data={file}", "model=yolo26n.yaml")
    assert (code, out) == (2, "")
    what, where, _ = problem(err)
    assert what == "not one training image can be used: cannot be read"
    assert where == f"data: {file}"
    assert not (workplace / "runs").exists()


@pytest.fixture
def nvidia_smi(workplace, monkeypatch):
    """Put a command of that name on PATH, which shows one GPU with so many MiB free."""

    def show(free: int) -> None:
        command = workplace / "bin" / "nvidia-smi"
        command.parent.mkdir(exist_ok=True)
        command.write_text(f"#!/bin/sh\necho '0, GPU-aa, NVIDIA A10, 23028, {free}'\n")
        command.chmod(0o755)
        monkeypatch.setenv("PATH", f"{command.parent}:/usr/bin:/bin")
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    return show


def test_free_memory_of_the_gpu_beside_the_need(grokyolo, nvidia_smi):
    nvidia_smi(22000)
    command = ("plan", "--recipe", "long-coco8", "batch=4", "nbs=4")
    _, out, _ = grokyolo(*command)
    assert "gpu       about 1.3 GB, 23 GB free: 733 MB for 4 images, 57 MB for weights" in out
    nvidia_smi(1000)
    _, out, _ = grokyolo(*command)
    text = " ".join(out.split())
    assert "GPU 0 (NVIDIA A10) has 1.0 GB free, but 4 images of 640 pixels need about 1.3 GB" in text
    assert "Try: batch=2 nbs=2" in text
    costs = json.loads(grokyolo(*command, "--json")[1])["costs"]
    assert costs["gpu"]["total"] > costs["gpu_free"] == 1000 * 2**20


def test_a_gpu_without_room_for_the_weights_stops_a_training(grokyolo, nvidia_smi, workplace):
    nvidia_smi(40)
    file = detection(workplace / "set", [box(0)] * 2, [box(0)])
    given = ("--recipe", "long", f"data={file}", "model=yolo26n.yaml")
    code, out, err = grokyolo("train", *given)
    assert (code, out) == (2, "")
    what, where, hint = problem(err)
    assert what.startswith("GPU 0 (NVIDIA A10) has 42 MB free, but weights, gradients and optimizer alone take ")
    assert (where, hint) == ("device: 0", "nvidia-smi")
    assert "error: GPU 0" in grokyolo("plan", *given)[1]


def test_a_training_is_warned_of_what_stands_in_its_way(grokyolo, workplace):
    file = detection(workplace / "set", [box(0)] * 4, [box(1)] * 2)
    given = (f"data={file}", "model=yolo26n.yaml", "epochs=1", "imgsz=32", "batch=4", "nbs=4")
    code, _, err = grokyolo("train", "--recipe", "long", *given)
    assert code == 0
    expected = "warning: 1 of 1 validation classes have no training image (class1). Try: move some there"
    assert expected in err.splitlines()
