"""Train arguments as numbers, defaults included."""

import pytest

from tests.plan.recipes import settings

pytestmark = pytest.mark.usefixtures("workplace")


def test_what_nobody_says_is_the_default_of_ultralytics():
    from ultralytics.cfg import get_cfg

    s, real = settings(), get_cfg()
    for name in ("epochs", "batch", "nbs", "lr0", "lrf", "momentum", "weight_decay", "warmup_epochs", "patience"):
        assert getattr(s, name) == getattr(real, name), name
    assert (s.optimizer, s.imgsz, s.workers) == ("auto", 640, 8)


def test_a_batch_that_the_gpu_chooses_is_assumed():
    assert (settings("batch=-1").batch, settings("batch=-1").batch_assumed) == (16, True)
    assert (settings("batch=0.7").batch, settings("batch=0.7").batch_assumed) == (16, True)
    assert (settings("batch=8").batch, settings("batch=8").batch_assumed) == (8, False)


@pytest.mark.parametrize("given, gpus", [("0", 1), ("[0, 1]", 2), ("'0,1,2'", 3), ("cpu", 1), ("null", 1)])
def test_gpus_that_share_a_batch(given, gpus):
    assert settings(f"device={given}").gpus == gpus


@pytest.mark.parametrize(
    "given, devices",
    [
        ("null", (0,)),
        ("cpu", (0,)),
        ("1", (1,)),
        ("[0, 2]", (0, 2)),
        ("'0,2'", (0, 2)),
        ("-1", (-1,)),
        ("cuda:1", (1,)),
    ],
)
def test_the_numbers_of_the_gpus(given, devices):
    assert settings(f"device={given}").devices == devices


def test_images_are_rounded_up_and_small_for_a_classifier():
    assert settings("imgsz=100").imgsz == 128
    assert settings(model="yolo26n-cls.yaml", data="folder").imgsz == 224
    assert settings("imgsz=64", model="yolo26n-cls.yaml", data="folder").imgsz == 64


@pytest.mark.parametrize(
    "given, both", [("0.5", (0.5, 1.0)), ("8", (8, 1.0)), ("[0.5, 8]", (0.5, 8)), ("1.0", (1.0, 1.0))]
)
def test_fractions_of_both_splits(given, both):
    from ultralytics.data.utils import get_split_fraction

    s = settings(f"fraction={given}")
    assert s.fraction == both
    value = eval(given)
    assert s.fraction == (get_split_fraction(value, "train"), get_split_fraction(value, "val"))


def test_frozen_layers():
    assert settings("freeze=3").freeze == (0, 1, 2)
    assert settings("freeze=[4, 23.cv2]").freeze == (4, "23.cv2")
    assert settings().freeze == ()
