"""What args.yaml, or opt.yaml and hyp.yaml, say about the run beside them."""

import math

import pytest

from grokyolo.gap.settings import Settings, read_settings


def read(folder, **files):
    for stem, text in files.items():
        (folder / f"{stem}.yaml").write_text(text)
    return read_settings(folder)


class TestFiles:
    def test_args_yaml(self, tmp_path):
        found = read(tmp_path, args="epochs: 40\noptimizer: AdamW\nwarmup_epochs: 0\nval: false\n")
        assert found.file == "args.yaml"
        assert (found.epochs, found.optimizer, found.warmup_epochs, found.val) == (40, "adamw", 0.0, False)

    def test_opt_and_hyp_yaml(self, tmp_path):
        found = read(
            tmp_path, opt="epochs: 300\nbatch_size: 16\nnoval: true\n", hyp="weight_decay: 0.0005\nmosaic: 1.0\n"
        )
        assert found.file == "opt.yaml"
        assert (found.epochs, found.mosaic, found.val) == (300, 1.0, False)
        assert found.effective_decay == 0.0005

    def test_hyp_within_opt(self, tmp_path):
        found = read(tmp_path, opt="epochs: 300\nbatch_size: 64\nhyp:\n  weight_decay: 0.001\n")
        assert found.effective_decay == 0.001

    def test_none(self, tmp_path):
        assert read(tmp_path) == Settings()

    def test_broken(self, tmp_path):
        found = read(tmp_path, args="{{{")
        assert found.file == ""
        assert "not valid YAML" in found.notes[0]

    @pytest.mark.parametrize(
        "text", ["epochs: many\nbatch: [1]\nmosaic: {a: 1}\nclose_mosaic: -3\nnbs: 0\n", "epochs: 0\n"]
    )
    def test_values_of_the_wrong_type_are_unknown(self, tmp_path, text):
        found = read(tmp_path, args=text)
        assert found.epochs is None
        assert found.close_mosaic == 0
        assert math.isnan(found.effective_decay)

    def test_a_time_limit_leaves_the_length_open(self, tmp_path):
        assert read(tmp_path, args="epochs: 40\ntime: 1.5\n").epochs is None


class TestEffectiveDecay:
    @pytest.mark.parametrize(
        ("batch", "nbs", "effective"),
        [(64, 64, 0.01), (16, 64, 0.01), (24, 64, 0.01125), (128, 64, 0.02), (16, 16, 0.01), (4, 64, 0.01)],
    )
    def test_as_the_trainers_scale_it(self, tmp_path, batch, nbs, effective):
        found = read(tmp_path, args=f"weight_decay: 0.01\nbatch: {batch}\nnbs: {nbs}\n")
        assert found.effective_decay == pytest.approx(effective)

    @pytest.mark.parametrize("batch", ["-1", "0.9", "null"])
    def test_unknown_with_an_automatic_batch(self, tmp_path, batch):
        assert math.isnan(read(tmp_path, args=f"weight_decay: 0.01\nbatch: {batch}\n").effective_decay)


class TestSchedule:
    def test_a_line(self):
        plan = Settings(epochs=100, final_lr=0.1).schedule
        assert [plan(epoch) for epoch in (0, 50, 100, 120)] == pytest.approx([1, 0.55, 0.1, 0.1])

    def test_a_cosine(self):
        plan = Settings(epochs=100, final_lr=0.1, cosine=True).schedule
        assert [plan(epoch) for epoch in (0, 25, 50, 100)] == pytest.approx(
            [1, 0.1 + 0.9 * (1 + 0.5**0.5) / 2, 0.55, 0.1]
        )

    def test_of_unknown_length(self):
        assert Settings(final_lr=0.1).schedule(50) == 1

    def test_as_the_settings_say(self, tmp_path):
        found = read(tmp_path, args="epochs: 100\nlrf: 0.0\ncos_lr: true\nbatch: 16\n")
        assert (found.final_lr, found.cosine, found.accumulate) == (0.0, True, 4)
        assert read(tmp_path, args="epochs: 100\nbatch: -1\n") == Settings("args.yaml", epochs=100)


class TestMosaic:
    CLOSING = Settings(file="args.yaml", epochs=100, close_mosaic=10, mosaic=1.0)

    @pytest.mark.parametrize(("last", "epoch"), [(100, 91), (91, 91), (90, None), (101, None)])
    def test_when_it_closed(self, last, epoch):
        assert self.CLOSING.mosaic_closed_at(last, "mAP50-95") == epoch

    @pytest.mark.parametrize(
        "settings",
        [
            Settings(epochs=100, close_mosaic=0, mosaic=1.0),
            Settings(epochs=100, close_mosaic=10, mosaic=0.0),
            Settings(epochs=None, close_mosaic=10, mosaic=1.0),
            Settings(epochs=100, close_mosaic=100, mosaic=1.0),
        ],
    )
    def test_where_there_was_none_to_close(self, settings):
        assert settings.mosaic_closed_at(100, "mAP50-95") is None

    def test_classifiers_have_none(self):
        assert self.CLOSING.mosaic_closed_at(100, "top1") is None

    def test_its_kin_close_with_it(self, tmp_path):
        found = read(tmp_path, args="epochs: 100\nclose_mosaic: 10\nmosaic: 0.0\nmixup: 0.5\n")
        assert found.mosaic_closed_at(100, "mAP50-95") == 91


class TestNotes:
    def test_nothing_to_say(self):
        assert Settings(file="args.yaml", epochs=100, optimizer="sgd").notes_for(100, 0) == ()

    @pytest.mark.parametrize(
        ("settings", "restarts", "words"),
        [
            (Settings(), 0, "no args.yaml or opt.yaml"),
            (Settings(file="args.yaml", epochs=50), 0, "args.yaml plans 50 epochs, the log has 100"),
            (Settings(file="args.yaml", optimizer="auto"), 0, "optimizer `auto`"),
            (Settings(file="args.yaml", resumed=True), 0, "was resumed, and the log does not show where"),
            (Settings(notes=("args.yaml holds no settings",)), 0, "args.yaml holds no settings"),
        ],
    )
    def test_each_of_them_alone(self, settings, restarts, words):
        (note,) = settings.notes_for(100, restarts)
        assert words in note

    def test_a_resumption_that_the_log_shows(self):
        assert Settings(file="args.yaml", resumed=True).notes_for(100, 1) == ()
