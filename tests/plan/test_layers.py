"""Single layers: against the modules of Ultralytics, in all their variants."""

import pytest

from grokyolo.plan import layers

VARIANTS = [
    ("Conv", (8, 16, 3)),
    ("Conv", (8, 16, [2, 32])),
    ("Conv", (8, 16, 3, 1, None, 4)),
    ("DWConv", (8, 12, 3)),
    ("Bottleneck", (16, 16)),
    ("C2f", (16, 32, 2, True)),
    ("C3", (16, 32, 3)),
    ("C3k2", (16, 32, 2, False, 0.25)),
    ("C3k2", (16, 32, 2, True)),
    ("C3k2", (64, 128, 1, True, 0.5, True)),
    ("C2PSA", (128, 128, 2)),
    ("PSA", (128, 128)),
    ("SPP", (16, 32)),
    ("SPPF", (16, 32, 5, 3, True)),
    ("SCDown", (16, 32, 3, 2)),
    ("C2fCIB", (32, 32, 2, True, True)),
    ("C2fCIB", (32, 32, 1)),
    ("A2C2f", (64, 64, 2, True, 4)),
    ("A2C2f", (64, 64, 1, True, 1, True, 1.2)),
    ("A2C2f", (64, 64, 1, False, -1)),
]


@pytest.mark.parametrize("name, arguments", VARIANTS)
def test_a_layer_has_the_parameters_of_its_module(name, arguments):
    from ultralytics.nn import modules

    module = getattr(modules, name, None) or getattr(modules.block, name)
    real = module(*arguments)
    assert layers.BLOCKS[name](*arguments).total == sum(parameter.numel() for parameter in real.parameters())


def test_every_layer_is_tried():
    assert {name for name, _ in VARIANTS} == set(layers.BLOCKS)


def test_weights_add_up():
    one = layers.Weights(1, 2, 3, 4, 5)
    assert one + one == one * 2 == layers.Weights(2, 4, 6, 8, 10)
    assert (one.decayed, one.total) == (3, 11)
