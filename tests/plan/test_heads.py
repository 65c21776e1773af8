"""Heads: with every number of classes and bins, against those of Ultralytics."""

import pytest

from grokyolo.plan import heads

CHANNELS = (16, 32, 64)
KINDS = {
    "Detect": (),
    "Segment": (8, 24),
    "Segment26": (8, 24),
    "OBB": (1,),
    "OBB26": (1,),
    "Pose": (),
    "Pose26": (),
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("classes, bins, end2end", [(1, 16, False), (150, 1, True)])
def test_a_head_has_the_parameters_of_its_module(name, classes, bins, end2end, monkeypatch):
    from ultralytics.nn import modules

    shape = heads.Shape(classes, bins, end2end, legacy=False, channels=CHANNELS, keypoints=(5, 2))
    extra = ((5, 2),) if name.startswith("Pose") else KINDS[name]
    module = getattr(modules, name, None) or getattr(modules.head, name)
    monkeypatch.setattr(module, "legacy", False)  # building a YOLOv8 sets it for good, on the class
    real = module(classes, *extra, bins, end2end, CHANNELS)
    assert heads.HEADS[name](shape, *KINDS[name]).total == sum(p.numel() for p in real.parameters())


def test_a_classifier():
    from ultralytics.nn.modules import Classify

    real = Classify(3, 31, [2, 32], 32, 0)
    assert heads.classify(3, 31, [2, 32], 32, 0).total == sum(p.numel() for p in real.parameters())
