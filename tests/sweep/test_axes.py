"""Axes: levels in order, bins where there are too many, and keys as people type them."""

import pytest

from grokyolo.errors import UsageError
from grokyolo.sweep.axes import NOTHING, Axis, axis_named, axis_of, differing, label_of, setting_of, spanning


def key_named(name, keys, option):
    return axis_named(name, [Axis(key, ()) for key in keys], option).key


def labels(axis):
    return [level.label for level in axis.levels]


class TestLevels:
    def test_numbers_rise(self):
        axis = axis_of("weight_decay", [1.0, 0, 0.3, 0])
        assert labels(axis) == ["0", "0.3", "1"]
        assert axis.numeric
        assert [axis.place(value) for value in (0.3, 1, 1.0)] == [1, 2, 2]

    def test_words_stay_as_they_come(self):
        axis = axis_of("optimizer", ["SGD", "AdamW", "SGD"])
        assert labels(axis) == ["SGD", "AdamW"]
        assert not axis.numeric

    def test_models_stand_by_their_size(self):
        sizes = {"big.yaml": 9.0, "small.yaml": 2.0}
        assert labels(axis_of("model", ["big.yaml", "small.yaml"], sizes)) == ["small.yaml", "big.yaml"]

    def test_paths_are_named_by_their_last_part_where_that_tells_them_apart(self):
        axis = axis_of("data", ["/a/one.yaml", "/b/two.yaml"])
        assert labels(axis) == ["one.yaml", "two.yaml"]
        assert axis.place("/b/two.yaml") == 1
        assert labels(axis_of("data", ["/a/set.yaml", "/b/set.yaml"])) == ["/a/set.yaml", "/b/set.yaml"]

    def test_nothing_is_a_level_too(self):
        axis = axis_of("accelerate.grokfast.lamb", [2.0, None, 0.5])
        assert labels(axis) == ["0.5", "2", "null"]
        assert axis.place(None) == 2

    def test_many_numbers_are_cut_into_bins(self):
        values = [10 ** (-4 + i / 10) for i in range(31)]
        axis = axis_of("lr0", values)
        assert axis.binned
        assert len(axis.levels) == 8
        assert axis.levels[0].high / axis.levels[0].low == pytest.approx(axis.levels[7].high / axis.levels[7].low)
        assert (axis.place(values[0]), axis.place(values[-1])) == (0, 7)
        places = [axis.place(value) for value in values]
        assert places == sorted(places)

    def test_those_of_one_size_evenly(self):
        axis = axis_of("fraction", [0.1 + i / 50 for i in range(40)])
        assert axis.levels[0].high - axis.levels[0].low == pytest.approx(axis.levels[7].high - axis.levels[7].low)

    def test_seeds_never_are(self):
        assert len(axis_of("seed", list(range(40))).levels) == 40

    @pytest.mark.parametrize(
        ("value", "label"),
        [(0.3, "0.3"), (1.0, "1"), (True, "true"), (None, "null"), ("a", "a"), (1234567, "1234567"), (1e-4, "0.0001")],
    )
    def test_labels_are_what_is_typed(self, value, label):
        assert label_of(value) == label


class TestKind:
    @pytest.mark.parametrize("key", ["seed", "train.seed", "data.seed"])
    def test_seeds(self, key):
        assert axis_of(key, [0, 1]).is_seed

    @pytest.mark.parametrize("key", ["fraction", "data.fraction", "data.modulus"])
    def test_amounts_of_data(self, key):
        assert axis_of(key, [0.2, 0.4]).is_size

    def test_models(self):
        assert axis_of("model", ["a", "b"]).is_model

    def test_names_leave_train_out(self):
        assert axis_of("train.lr0", [1, 2]).name == "lr0"


class TestDiffering:
    def test_what_is_the_same_everywhere_is_none(self):
        assert differing([{"a": 1, "b": 1}, {"a": 2, "b": 1.0}], ["a", "b"]) == ["a"]

    def test_a_name_that_each_run_has_for_itself_is_none(self):
        runs = [{"data": f"/tmp/{i}", "lr0": i % 2} for i in range(6)]
        assert differing(runs, ["data", "lr0"]) == ["lr0"]

    def test_numbers_are_even_then(self):
        assert differing([{"lr0": i / 7} for i in range(6)], ["lr0"]) == ["lr0"]


class TestNamed:
    KEYS = ("train.lr0", "data.fraction", "train.fraction", "seed")

    @pytest.mark.parametrize(
        ("typed", "key"),
        [("train.lr0", "train.lr0"), ("lr0", "train.lr0"), ("data.fraction", "data.fraction"), ("seed", "seed")],
    )
    def test_in_full_or_in_short(self, typed, key):
        assert key_named(typed, self.KEYS, "--axes") == key

    def test_train_arguments_come_first(self):
        assert key_named("fraction", self.KEYS, "--axes") == "train.fraction"

    def test_the_last_part_is_enough_where_one_has_it(self):
        assert key_named("fraction", ["data.fraction", "lr0"], "--axes") == "data.fraction"

    def test_two_of_a_name_are_an_error(self):
        with pytest.raises(UsageError) as caught:
            key_named("seed", ["data.seed", "probe.seed"], "--axes")
        assert caught.value.what == "seed may be data.seed or probe.seed"

    def test_a_slip_is_set_right(self):
        with pytest.raises(UsageError) as caught:
            key_named("lr", self.KEYS, "--axes")
        assert caught.value.hint == "did you mean lr0?"


class TestSpanning:
    def test_the_two_with_most_levels_in_their_order(self):
        few, most, many = axis_of("a", [1, 2]), axis_of("b", [1, 2, 3, 4]), axis_of("c", [1, 2, 3])
        assert spanning([few, most, many]) == (most, many)

    def test_data_goes_across(self):
        size, decay = axis_of("data.fraction", [0.4, 0.6, 0.8]), axis_of("weight_decay", [0, 1])
        assert spanning([size, decay]) == (decay, size)

    def test_names_too_many_to_be_read_do_not(self):
        data, decay = axis_of("data", [f"{i}.yaml" for i in range(20)]), axis_of("weight_decay", [0, 1])
        assert spanning([data, decay]) == (NOTHING, decay)

    def test_seeds_span_nothing(self):
        seed, decay = axis_of("seed", range(9)), axis_of("weight_decay", [0, 1])
        assert spanning([seed, decay]) == (NOTHING, decay)
        assert spanning([seed]) == (NOTHING, NOTHING)


def test_a_setting_is_all_but_the_seed():
    axes = [axis_of("weight_decay", [0, 1]), axis_of("seed", [0, 1])]
    one, same, other = (
        {"weight_decay": 1, "seed": 0},
        {"weight_decay": 1.0, "seed": 1},
        {"weight_decay": 0, "seed": 0},
    )
    assert setting_of(one, axes) == setting_of(same, axes) != setting_of(other, axes)
