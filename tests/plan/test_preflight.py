"""What stands in the way, and the command that helps."""

import json
import shlex
from collections import Counter
from dataclasses import replace

import pytest

from grokyolo.findings import Severity
from grokyolo.format import format_size
from grokyolo.plan import make_plan
from grokyolo.plan.machine import Gpu
from tests.plan.recipes import QUIET_MACHINE, box, detection, folders, recipe

pytestmark = pytest.mark.usefixtures("workplace")
GIB = 1 << 30
WITH_GPU = replace(QUIET_MACHINE, gpus=(Gpu(0, "H100", 80 * GIB, 79 * GIB),))


@pytest.fixture
def sound(workplace):
    """A data set with nothing wrong: all classes in both splits."""
    return detection(workplace / "set", [box(0), box(1), box(2)], [box(0), box(1), box(2)])


def findings(data, *overrides, machine=QUIET_MACHINE, model="yolo26n.yaml"):
    return make_plan(recipe(*overrides, data=data, model=model), machine=machine).findings


def only(found):
    assert len(found) == 1, found
    return found[0]


def test_a_sound_set_on_a_large_machine_has_no_findings(sound):
    assert findings(sound) == ()
    assert findings(sound, machine=WITH_GPU) == ()


def test_no_data_set_is_fatal():
    one = only(findings("nowhere.yaml"))
    assert one.severity is Severity.ERROR
    assert one.what == "the data set nowhere.yaml is not here: there is no data set file nowhere.yaml"
    assert one.remedy == "write the path of your own data set file behind data="


@pytest.mark.parametrize(
    ("model", "what", "remedy"),
    [
        ("yolov99.yaml", "there is no architecture yolov99.yaml", "model=yolov9t.yaml"),
        ("mine.yaml", "there is no architecture mine.yaml", "model=yolo26n.yaml"),
        ("nothere.pt", "there is no file nothere.pt", "model=yolo26n.pt"),
        ("runs/x/weights/best.pt", "there is no file runs/x/weights/best.pt", "model=yolo26n.pt"),
    ],
)
def test_a_model_that_is_nowhere_is_fatal(sound, model, what, remedy):
    (one,) = findings(sound, model=model)
    assert (one.severity, one.what, one.remedy, one.location) == (Severity.ERROR, what, remedy, f"model: {model}")


@pytest.mark.parametrize("model", ["yolo26n.pt", "YOLO26n.pt", "yolo26x-seg.yaml", "yolo26n", "https://there.is/a.pt"])
def test_a_model_that_ultralytics_has_is_no_finding(sound, model):
    assert not [one for one in findings(sound, model=model) if "there is no" in one.what]


def test_weights_in_the_folder_of_ultralytics_are_here(sound, workplace, monkeypatch):
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(workplace))
    settings = workplace / "Ultralytics/settings.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"weights_dir": str(workplace / "kept")}))
    assert findings(sound, model="mine.pt")
    (workplace / "kept").mkdir()
    (workplace / "kept/mine.pt").touch()
    assert findings(sound, model="mine.pt") == ()


def test_one_that_ultralytics_downloads_is_no_finding():
    assert findings("coco8.yaml") == ()


def test_not_one_sound_image_is_fatal(sound, workplace):
    for path in (workplace / "set/images/train").iterdir():
        path.write_bytes(b"broken")
    first = findings(sound)[0]
    assert (first.severity, first.what) == (Severity.ERROR, "not one training image can be used: cannot be read")
    assert first.remedy == f"correct {workplace / 'set/images/train/0.png'} and the others"


def test_a_broken_image_is_named(sound, workplace):
    broken = workplace / "set/images/train/1.png"
    broken.write_bytes(b"broken")
    one = findings(sound)[1]  # the first: its class has no other image
    assert one.severity is Severity.WARNING
    assert one.what == "1 image of training cannot be used (3 looked at), the first: cannot be read"
    assert shlex.split(one.remedy) == ["rm", str(broken)]


def test_a_broken_label_is_named(sound, workplace):
    broken = workplace / "set/labels/val/1.txt"
    broken.write_text("1 320 240 50 50")
    one = only(findings(sound))
    assert one.what.startswith("1 label file of validation broken, so their images are left out (3 looked at)")
    assert one.what.endswith("coordinates outside 0 to 1: they must be shares of the image's sides")
    assert shlex.split(one.remedy) == ["head", "-3", str(broken)]


def test_missing_labels(sound, workplace):
    (workplace / "set/labels/train/1.txt").unlink()
    found = {one.what: one for one in findings(sound)}
    assert "1 of 3 training images have no label file and count as background" in found
    for split in ("train", "val"):
        for path in (workplace / "set/labels" / split).iterdir():
            path.unlink()
    found = {one.what: one.severity for one in findings(sound)}
    assert found["none of 3 training images has a label"] is Severity.ERROR  # Ultralytics refuses to train
    assert found["none of 3 validation images has a label"] is Severity.WARNING


@pytest.mark.parametrize(
    ("model", "kind", "suffix"),
    [
        ("yolo26n-depth.yaml", "depth", ".npy"),
        ("yolo26n-depth.yaml", "depth", ".png"),
        ("yolo26n-sem.yaml", "masks", ".png"),
    ],
)
def test_labels_that_are_pictures(sound, workplace, model, kind, suffix):
    for label in (workplace / "set/labels").rglob("*.txt"):
        label.unlink()
    one = next(one for one in findings(sound, model=model) if one.severity is Severity.ERROR)
    name = {"depth": "depth file", "masks": "mask file"}[kind]
    assert one.what == f"none of 3 training images has a {name}"
    assert one.remedy == f"put the {name}s into {workplace / 'set' / kind / 'train'}, named as the images are"
    for image in (workplace / "set/images").rglob("*.png"):
        beside = workplace / "set" / kind / image.parent.name / f"{image.stem}{suffix}"
        beside.parent.mkdir(parents=True, exist_ok=True)
        beside.touch()
    assert findings(sound, model=model) == ()


def test_outlines_stand_for_masks(sound):
    assert findings(sound, model="yolo26n-sem.yaml") == ()


def test_labels_that_lie_beside_the_images(sound, workplace):
    for file in (workplace / "set/labels/train").iterdir():
        file.rename(workplace / "set/images/train" / file.name)
    one = next(one for one in findings(sound) if one.severity is Severity.ERROR)
    places = (workplace / "set/images/train", workplace / "set/labels/train")
    assert one.what == "none of 3 training images has a label"
    assert one.remedy == f"move the .txt files from {places[0]} to {places[1]}, where Ultralytics looks for them"


def test_empty_label_files_are_background_and_can_be_trained_on(sound, workplace):
    for file in (workplace / "set/labels/train").iterdir():
        file.write_text("")
    assert not [one for one in findings(sound) if one.severity is Severity.ERROR]


FILES = {
    "kpt_shape": ("yolo26n-pose.yaml", "names: [a, b, c]\n", "data.yaml has no kpt_shape"),
    "counted from 1": ("yolo26n.yaml", "names: {1: a, 2: b}\n", "are numbered 1 to 2, but must be 0 to 1"),
    "nc": ("yolo26n.yaml", "names: [a]\nnc: 2\n", "data.yaml differ: 1 and 2"),
    "no number": ("yolo26n.yaml", "names: [a]\nnc: many\n", "data.yaml differ: 1 and many"),
    "no names": ("yolo26n.yaml", "names: []\n", "data.yaml is empty"),
    "type": ("yolo26n.yaml", "names: 3\n", "data.yaml must be a list or a map"),
}


@pytest.mark.parametrize("model, text, what", FILES.values(), ids=FILES)
def test_what_ultralytics_refuses_in_a_data_set_file(sound, workplace, model, text, what):
    from ultralytics.data.utils import check_det_dataset

    file = workplace / "set/data.yaml"
    file.write_text(f"train: images/train\nval: images/val\n{text}")
    first = findings(sound, model=model)[0]
    assert first.severity is Severity.ERROR
    assert what in first.what
    assert first.remedy
    if "pose" not in model:  # whose trainer looks for itself
        with pytest.raises((SyntaxError, KeyError, TypeError)):
            check_det_dataset(str(file))


def test_classes_that_are_no_names_say_so(workplace):
    first = findings(detection(workplace / "set", [box(3)] * 2, [box(3)], names=1))[0]
    assert first.what == "not one training image can be used: class 3, but the data set has 0 to 0"


@pytest.mark.parametrize("suffix, needed", [("-seg", "outlines"), ("-obb", "turned boxes")])
def test_boxes_for_a_model_that_needs_more(sound, suffix, needed):
    one = only(findings(sound, model=f"yolo26n{suffix}.yaml"))
    assert one.severity is Severity.ERROR
    assert one.what.startswith("3 of 3 labelled training images have boxes, but a model for ")
    assert one.what.endswith(f" needs {needed}")
    assert one.remedy == "model=yolo26n.yaml"


def test_outlines_for_a_model_that_needs_them(workplace):
    outline = "0 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5\n"
    file = detection(workplace / "set", [outline], [outline], names=1)
    assert findings(file, model="yolo26n-seg.yaml") == findings(file, model="yolo26n-obb.yaml") == ()
    assert findings(file) == ()


def test_a_folder_without_validation_images(workplace):
    root = folders(workplace / "pets", {"cat": 2, "dog": 2}, {})
    one = only(findings(root, model="yolo26n-cls.yaml"))
    assert one.severity is Severity.ERROR
    assert one.what == f"no validation images: there is no folder {root}/val"
    assert one.remedy == f"put some images of each class into {root}/val, and not into train"


def test_a_path_that_is_true_only_inside_the_data_set(sound, workplace, monkeypatch):
    """`path: .`, which CVAT writes, is the current folder."""
    file = workplace / "set/data.yaml"
    file.write_text("path: .\ntrain: images/train\nval: images/val\nnames: [a, b, c]\n")
    one = only(findings(sound))
    assert one.severity is Severity.ERROR
    assert one.remedy == (
        f"remove the line `path: .`, which is the current folder, from {file}: its images lie beside it"
    )
    monkeypatch.chdir(workplace / "set")
    assert findings(sound) == ()


@pytest.mark.parametrize("freeze", ["11", "22", "[0,1,2,3,4,5,6,7,8,9,10]"])
def test_a_model_of_which_nothing_is_left_to_train(workplace, freeze):
    root = folders(workplace / "pets", {"cat": 2, "dog": 2}, {"cat": 1, "dog": 1})
    one = only(findings(root, f"freeze={freeze}", model="yolo26n-cls.yaml"))
    assert one.severity is Severity.ERROR
    typed = "freeze=11" if freeze.startswith("[") else f"freeze={freeze}"
    assert one.what == f"{typed} leaves nothing to train: yolo26n-cls has 11 layers"
    assert one.remedy == "freeze=10"
    assert findings(root, one.remedy, model="yolo26n-cls.yaml") == ()


@pytest.mark.parametrize(
    "model, family",
    [
        ("rtdetr-l.yaml", "RT-DETR"),
        ("rtdetr-l.pt", "RT-DETR"),
        ("yolov8s-worldv2.yaml", "YOLO-World"),
        ("yoloe-26s.yaml", "YOLOE"),
        ("yoloe-11s-seg.pt", "YOLOE"),
    ],
)
def test_a_model_that_grokyolo_does_not_train(sound, model, family):
    first = findings(sound, model=model)[0]
    assert first.severity is Severity.ERROR
    assert first.what == f"grokyolo does not train {family} exactly, but measures it in your own script"
    assert "add_grokyolo_callback" in first.remedy


def test_a_gpu_where_there_is_none(sound):
    for device in ("device=0", "device=[0, 1]", "device=cuda:0"):
        one = only(findings(sound, device))
        assert (one.severity, one.what) == (Severity.ERROR, "there is no GPU on this machine")
        assert findings(sound, one.remedy) == ()
        assert findings(sound, device, machine=replace(QUIET_MACHINE, other_gpu=True)) == ()


def test_classes_of_validation_that_training_has_not(workplace):
    file = detection(workplace / "set", [box(0)], [box(0) + box(1, 0.2) + box(2, 0.8)])
    one = only(findings(file))
    assert one.severity is Severity.WARNING
    assert one.what == "2 of 3 validation classes have no training image (class1, class2)"


def test_classes_that_are_nowhere_are_a_note(workplace):
    one = only(findings(detection(workplace / "set", [box(0)], [box(0)], names=5)))
    assert one.severity is Severity.INFO
    assert one.what == "4 of 5 classes occur in no image (class1, class2, ...)"


def test_validation_folders_that_are_no_class(workplace):
    root = folders(workplace / "pets", {"cat": 3, "dog": 2}, {"cat": 1, "dog": 1, "cow": 2})
    one = only(findings(root, model="yolo26n-cls.yaml"))
    assert one.what == "2 validation images left out: their folders are no classes of training"


def test_a_full_disk(sound):
    needed = make_plan(recipe(data=sound), machine=QUIET_MACHINE).costs
    least = needed.state_bytes + needed.weights_bytes
    one = only(findings(sound, machine=replace(QUIET_MACHINE, disk_free=least - 1)))
    assert one.severity is Severity.ERROR
    assert one.what.endswith(f"free on this disk, but one state and the weights need {format_size(least)}")
    one = only(findings(sound, machine=replace(QUIET_MACHINE, disk_free=least)))
    assert (one.severity, one.remedy) == (Severity.WARNING, "checkpoint.keep=1")
    assert findings(sound, machine=replace(QUIET_MACHINE, disk_free=needed.disk_bytes)) == ()


def test_little_shared_memory(sound):
    small = replace(WITH_GPU, shared_free=1 << 20)
    assert findings(sound, machine=small) == ()  # one batch an epoch is loaded without processes
    one = only(findings(sound, "batch=1", machine=small))
    assert one.severity is Severity.WARNING
    assert one.what == "/dev/shm has 1.0 MB free, but loader processes may need 15 MB"
    assert one.remedy == "give the container more by --shm-size=1g, or add workers=0"
    assert findings(sound, "batch=1", "workers=0", machine=small) == ()
    assert findings(sound, "batch=1", machine=replace(small, shared_free=None)) == ()


def test_a_gpu_in_use(sound):
    used = replace(QUIET_MACHINE, gpus=(Gpu(0, "H100", 80 * GIB, 40 * GIB),))
    assert only(findings(sound, machine=used)).what == "GPU 0 (H100) is in use: 43 GB of 86 GB"
    assert findings(sound, "device=cpu", machine=used) == ()


A10 = Gpu(0, "A10", 24 * GIB, 23 * GIB)


def with_gpus(*free):
    return replace(QUIET_MACHINE, gpus=tuple(replace(A10, index=i, free=room) for i, room in enumerate(free)))


@pytest.fixture
def many(workplace):
    return detection(workplace / "many", [box(0)] * 64, [box(0)] * 24, names=1)


def need(data, *overrides):
    return make_plan(recipe(*overrides, data=data), machine=QUIET_MACHINE).costs.gpu


def test_a_batch_that_does_not_fit(many):
    wanted = need(many, "batch=64")
    assert findings(many, "batch=64", machine=with_gpus(wanted.total)) != ()  # in use, but it fits
    one = only(findings(many, "batch=64", machine=with_gpus(wanted.total - 1)))
    assert one.severity is Severity.WARNING
    room = f"GPU 0 (A10) has {format_size(wanted.total - 1)} free"
    assert (
        one.what
        == f"{room}, but 64 images of 640 pixels need about {format_size(wanted.total)} (an estimate from the layers)"
    )
    assert one.remedy == "batch=56 nbs=56"


def test_the_batch_that_it_proposes_fits(many):
    for free in range(2, 12):
        machine = with_gpus(free * GIB)
        for finding in findings(many, "batch=64", machine=machine):
            if finding.remedy.startswith("batch="):
                assert not [
                    one for one in findings(many, *finding.remedy.split(), machine=machine) if "need about" in one.what
                ]


def test_another_gpu_is_proposed_before_a_smaller_batch(many):
    machine = with_gpus(2 * GIB, 20 * GIB)
    assert only(findings(many, "batch=64", machine=machine)).remedy == "device=1"
    assert findings(many, "batch=64", "device=1", machine=machine) == ()
    assert findings(many, "batch=64", "device=-1", machine=machine) == ()


def test_not_even_one_image_fits(many):
    one = only(findings(many, "imgsz=4096", machine=with_gpus(2 * GIB)))
    assert one.remedy.startswith("batch=1 imgsz=")
    assert findings(many, *one.remedy.split(), machine=with_gpus(2 * GIB))[0].what.startswith("GPU 0 (A10) is in use")


def test_prepared_inputs_count_on_a_gpu(many):
    lean, full = need(many, "inputs.memory=0"), need(many)
    assert full.total - lean.total == full.inputs > 0
    least = with_gpus(need(many, "batch=1", "inputs.memory=0").total)
    assert only(findings(many, "batch=1", machine=least)).remedy == "inputs.memory=0"


def test_weights_alone_that_do_not_fit_are_fatal(many):
    large = need(many, "optimizer=AdamW")
    one = findings(many, "optimizer=AdamW", machine=with_gpus(large.weights - 1))[0]
    assert one.severity is Severity.ERROR
    assert one.what.endswith(f"weights, gradients and optimizer alone take {format_size(large.weights)}")


def test_a_batch_that_the_gpu_s_memory_chooses_is_never_too_large(many):
    assert "need about" not in only(findings(many, "batch=-1", machine=with_gpus(2 * GIB))).what


def test_several_gpus_share_the_need(many):
    assert need(many, "batch=64", "device=[0, 1]").images == 32


def test_a_gpu_that_is_not_there(many):
    one = only(findings(many, "device=3", machine=with_gpus(23 * GIB, 23 * GIB)))
    assert (one.what, one.remedy) == ("there is no GPU 3: nvidia-smi knows of 2 GPUs, counted from 0", "device=0")


def test_a_model_of_unknown_size_still_needs_some_memory(many, workplace):
    (workplace / "best.pt").touch()
    one = only(findings(many, model="best.pt", machine=with_gpus(GIB)))
    assert one.what == "GPU 0 (A10) has only 1.1 GB free of 26 GB"


def test_the_gravest_comes_first(workplace):
    file = detection(workplace / "set", [box(0)], [box(1)], names=5)
    found = findings(file, machine=replace(QUIET_MACHINE, disk_free=0))
    assert [one.severity for one in found] == [Severity.ERROR, Severity.WARNING, Severity.INFO]
    assert Counter(bool(one.remedy) for one in found) == Counter({True: 3})
