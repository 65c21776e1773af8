"""AdamW with its moments in one piece takes the steps of PyTorch's own."""

import copy

import pytest
import torch

from grokyolo.training.fused_adamw import FusedAdamW, step_all_at_once

SHAPES = ((16, 3, 3, 3), (16,), (40, 16, 3, 3), (40,), (300, 333), (7,), (1,))


class Pair:
    """The same weights under two optimizers, of which one is helped."""

    def __init__(self, kind=torch.optim.AdamW, **options):
        self.weights = [self._weights(), self._weights()]
        self.optimizers = [kind(self._groups(weights), lr=1e-3, **options) for weights in self.weights]
        self.helper = FusedAdamW(self.optimizers[1])
        self.steps = 0

    @staticmethod
    def _weights():
        random = torch.Generator().manual_seed(1)
        return [torch.nn.Parameter(torch.randn(shape, generator=random)) for shape in SHAPES]

    @staticmethod
    def _groups(weights):
        decayed, free = ([w for w in weights if (w.ndim > 1) is matrix] for matrix in (True, False))
        return [{"params": decayed, "weight_decay": 0.1}, {"params": free, "weight_decay": 0.0}]

    def step(self, without=()):
        """Step with both; return whether the helper took the step."""
        self.steps += 1
        for weights, optimizer in zip(self.weights, self.optimizers, strict=True):
            random = torch.Generator().manual_seed(100 + self.steps)
            for i, weight in enumerate(weights):
                scale = 10 ** (2 * torch.randn(1, generator=random))
                gradient = torch.randn(weight.shape, generator=random) * scale
                weight.grad = None if i in without else gradient
            for group in optimizer.param_groups:
                group["lr"] = 1e-3 / self.steps
        self.optimizers[0].step()
        helped = self.helper.step()
        if not helped:
            self.optimizers[1].step()
        return helped

    def are_same(self):
        """Tell whether weights and states are the same, bit for bit."""
        states = [optimizer.state_dict()["state"] for optimizer in self.optimizers]
        pairs = list(zip(*self.weights, strict=True))
        pairs += [(states[0][i][name], states[1][i][name]) for i in states[0] for name in states[0][i]]
        return all(one.detach().numpy().tobytes() == other.detach().numpy().tobytes() for one, other in pairs)


@pytest.fixture
def pair():
    return Pair()


def test_all_steps_but_the_first_are_taken_and_come_to_the_same(pair):
    assert [pair.step() for _ in range(30)] == [False] + [True] * 29
    assert pair.are_same()


def test_a_loaded_state_is_gone_on_with(pair):
    for _ in range(5):
        pair.step()
    for optimizer in pair.optimizers:
        optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert [pair.step() for _ in range(5)] == [True] * 5
    assert pair.are_same()


def test_a_saved_state_is_no_larger(pair, tmp_path):
    sizes = []
    for _ in range(2):
        pair.step()
        torch.save(pair.optimizers[1].state_dict(), tmp_path / "state.pt")
        sizes.append((tmp_path / "state.pt").stat().st_size)
    assert sizes[1] <= 1.05 * sizes[0]


def test_a_missing_gradient_ends_it_for_good(pair):
    for _ in range(3):
        pair.step()
    assert [pair.step(without={2}), pair.step(), pair.step()] == [False] * 3
    assert pair.are_same()


def test_different_numbers_of_steps_from_before_are_noticed(pair):
    pair.optimizers[1].state.clear()
    pair.step()
    for optimizer in pair.optimizers:
        optimizer.state[optimizer.param_groups[0]["params"][0]]["step"] += 1
    assert [pair.step() for _ in range(3)] == [False] * 3
    assert pair.are_same()


def test_hooks_of_others_are_called(pair):
    called = []
    pair.step()
    pair.optimizers[1].register_step_post_hook(lambda *_: called.append(1))
    assert not pair.step()
    assert called == [1]


@pytest.mark.parametrize(
    ("kind", "options"),
    [(torch.optim.AdamW, {"amsgrad": True}), (torch.optim.Adam, {}), (torch.optim.SGD, {"momentum": 0.9})],
)
def test_other_optimizers_step_themselves(kind, options):
    pair = Pair(kind, **options)
    assert not any(pair.step() for _ in range(3))
    assert pair.are_same()


@pytest.mark.parametrize(("kind", "changed"), [(torch.optim.AdamW, True), (torch.optim.NAdam, False)])
def test_only_optimizers_that_give_the_same_bits_step_over_lists(kind, changed):
    one = kind([torch.nn.Parameter(torch.full((3, 4), 2.0))], lr=0.1, weight_decay=0.5)
    step_all_at_once(one)
    assert all(bool(group["foreach"]) is changed for group in one.param_groups)
