"""Counted parameters: against the real models of Ultralytics, to the last one."""

from dataclasses import replace
from itertools import pairwise

import pytest

from grokyolo.plan import model as counting
from grokyolo.plan.model import Weights, architecture_file, read_model

pytestmark = pytest.mark.usefixtures("workplace")
CLASSES = 7
TASKS = ("", "-seg", "-pose", "-obb", "-cls")
MODELS = [f"{family}n{task}.yaml" for family in ("yolo26", "yolo11", "yolov8") for task in TASKS]
OTHERS = ["yolo26s-seg.yaml", "yolo26m.yaml", "yolo11l.yaml", "yolo12n.yaml", "yolov10n.yaml", "yolov5n.yaml"]


def real(name, keypoints=None, classes=CLASSES):
    """The model that Ultralytics builds for a data set of some classes."""
    from ultralytics.nn import tasks

    kinds = {"-seg": "SegmentationModel", "-pose": "PoseModel", "-obb": "OBBModel", "-cls": "ClassificationModel"}
    kind = next((kind for suffix, kind in kinds.items() if suffix in name), "DetectionModel")
    if "modular" in name or "own" in name:
        kind = "ClassificationModel"
    more = {"data_kpt_shape": keypoints} if keypoints else {}
    return getattr(tasks, kind)(name, nc=classes, verbose=False, **more)


def counted(model) -> Weights:
    """Its parameters by the rules of `BaseTrainer.build_optimizer`, and by what comes directly after them."""
    from torch import nn

    norms = tuple(v for k, v in vars(nn).items() if "Norm" in k)
    fed = set()
    for module in model.modules():
        children = list(module.children())
        for one, after in pairwise(children):
            if isinstance(after, norms) and hasattr(one, "weight"):
                fed.add(one.weight)
    found = dict.fromkeys(("normalised", "free", "spared", "norms", "fixed"), 0)
    for module_name, module in model.named_modules():
        for name, parameter in module.named_parameters(recurse=False):
            full, number = f"{module_name}.{name}", parameter.numel()
            if ".dfl" in full:  # `BaseTrainer._setup_train` freezes these
                found["fixed"] += number
            elif "bias" in full or isinstance(module, norms):
                found["spared"] += number
                found["norms"] += number if isinstance(module, norms) else 0
            else:
                found["normalised" if parameter in fed else "free"] += number
    return Weights(**found)


@pytest.mark.parametrize("name", MODELS + OTHERS)
def test_every_parameter_is_counted_as_what_it_is(name):
    model, built = read_model(name, classes=CLASSES), real(name)
    assert replace(model.weights, kept=0.0) == counted(built)
    assert model.weights.total == sum(parameter.numel() for parameter in built.parameters())
    assert not model.unknown


def test_the_positive_control_too(root):
    name = str(root / "recipes" / "models" / "modular-addition.yaml")
    model = read_model(name, classes=CLASSES)
    assert replace(model.weights, kept=0.0) == counted(real(name))
    assert model.task == "classify"


@pytest.mark.parametrize("classes", [1, 5, 63, 64, 65, 80, 99, 100, 101, 365])
@pytest.mark.parametrize("name", ["yolo26n.yaml", "yolov8n-seg.yaml", "yolo11n-pose.yaml", "yolo26n-cls.yaml"])
def test_any_number_of_classes(name, classes):
    assert replace(read_model(name, classes=classes).weights, kept=0.0) == counted(real(name, classes=classes))


def never(*_args, **_options):
    raise AssertionError("a model was built")


def test_the_tested_ultralytics_is_counted_without_building_anything(monkeypatch):
    monkeypatch.setattr(counting.subprocess, "run", never)
    assert read_model("yolo26n.pt", classes=3).weights
    assert read_model("yolo11m-seg.yaml").weights
    assert read_model("yolov8x.yaml").weights


def test_an_own_architecture_is_built_once(tmp_path, monkeypatch):
    monkeypatch.setenv("GROKYOLO_CACHE", str(tmp_path / "cache"))
    own = tmp_path / "own.yaml"
    own.write_text("nc: 3\nbackbone: [[-1, 1, Conv, [16, 3, 2]]]\nhead: [[-1, 1, Classify, [nc]]]\n")
    first = read_model(str(own), classes=9)
    assert not first.unknown
    monkeypatch.setattr(counting.subprocess, "run", never)
    assert read_model(str(own), classes=9) == first
    assert replace(first.weights, kept=0.0) == counted(real(str(own), classes=9))
    own.write_text(own.read_text().replace("16", "24"))
    with pytest.raises(AssertionError, match="built"):
        read_model(str(own), classes=9)


def test_keypoints_are_those_of_the_data():
    model = read_model("yolo26n-pose.yaml", classes=CLASSES, keypoints=(4, 2))
    assert replace(model.weights, kept=0.0) == counted(real("yolo26n-pose.yaml", keypoints=(4, 2)))


def test_weights_are_counted_by_the_architecture_of_their_name():
    assert read_model("yolo26n.pt", classes=3).weights == read_model("yolo26n.yaml", classes=3).weights
    assert read_model("yolo26n", classes=3).weights == read_model("yolo26n.yaml", classes=3).weights


def test_without_classes_those_of_the_architecture_count():
    assert read_model("yolo26n.yaml").weights == read_model("yolo26n.yaml", classes=80).weights


def test_the_share_that_no_normalisation_follows():
    weights = Weights(normalised=90, free=10, spared=7, norms=5, fixed=1)
    assert (weights.decayed, weights.total) == (100, 108)
    assert read_model("yolo26n.yaml", classes=1).free_share < 0.002
    assert read_model("yolo26n-cls.yaml", classes=100).free_share == pytest.approx(128_000 / 1_648_944)


def test_frozen_layers_do_not_decay():
    whole, some = read_model("yolo26n.yaml"), read_model("yolo26n.yaml", freeze=range(2))
    conv0, conv1 = 3 * 16 * 9, 16 * 32 * 9
    assert (whole.frozen, some.frozen) == (0, conv0 + conv1)
    assert read_model("yolo26n.yaml", freeze=["23.cv2"]).unknown == "freeze=23.cv2 is not counted"


@pytest.mark.parametrize("name", ["best.pt", "runs/exp1/weights/last.pt", "yolo99n.pt"])
def test_other_weights_are_unknown(name):
    model = read_model(name)
    assert model.weights is None
    assert model.free_share is None
    assert model.unknown == "its weights cannot be read without loading them"


@pytest.mark.parametrize(
    "text, reason",
    [
        ("nc: 3\n", "its architecture cannot be read"),
        ("- a list\n", "its architecture cannot be read"),
        ("a: [\n", "its architecture cannot be read"),
        ("nc: 3\nbackbone: [[-1, 1, Swin, [64]]]\nhead: []\n", "it cannot be counted: "),
        ("nc: 3\nbackbone: [[-1, 1, Conv, [64, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1]]]\nhead: []\n", "it cannot be counted: "),
    ],
)
def test_an_architecture_that_is_not_understood_is_no_error(tmp_path, text, reason):
    file = tmp_path / "own.yaml"
    file.write_text(text)
    model = read_model(str(file))
    assert model.weights is None
    assert reason in model.unknown


def test_an_architecture_runs_no_code_when_it_is_counted(tmp_path):
    trace = tmp_path / "trace"
    file = tmp_path / "evil.yaml"
    code = f"__import__('pathlib').Path('{trace}').touch()"
    for layer in ("[-1, 1, Conv, [16, 3, 2]]", f'[-1, 1, Conv, [16, "{code}", 2]]'):
        file.write_text(f'nc: 3\nactivation: "{code}"\nbackbone: [{layer}]\nhead: [[-1, 1, Classify, [nc]]]\n')
        assert read_model(str(file)).weights is None
        assert not trace.exists()


def test_own_architectures_come_before_shipped_ones(tmp_path):
    own = tmp_path / "own" / "yolo26n.yaml"
    own.parent.mkdir()
    own.write_text("nc: 3\nbackbone: []\nhead: []\n")
    assert architecture_file(str(own)) == own
    assert architecture_file("yolo26n.yaml").name == "yolo26.yaml"
    assert architecture_file("nothing.yaml") is None
