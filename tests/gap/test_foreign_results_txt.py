"""results.txt: without a header, so it is read only where its columns are certain."""

import pytest

from grokyolo.errors import RunError
from grokyolo.gap import Source, read_run
from grokyolo.gap.foreign import is_results_txt


def row(epoch, planned=20, total=None, map50=None, ours=None, extra=""):
    fade = 1 / (1 + epoch)
    box, objectness, cls = 0.1 * fade, 0.05 * fade, 0.02 * fade
    total = box + objectness + cls if total is None else total
    map50 = 0.5 * (1 - fade) if map50 is None else map50
    ours = 0.3 * (1 - fade) if ours is None else ours
    losses = f"{box:.5g} {objectness:.5g} {cls:.5g} {total:.5g}"
    scores = f"{0.6 * (1 - fade):.4g} {0.4 * (1 - fade):.4g} {map50:.4g} {ours:.4g}"
    return (
        f"   {epoch}/{planned - 1}  2.19G  {losses}  35  640  {scores}  {box:.5g} {objectness:.5g} {cls:.5g}{extra}\n"
    )


def read(folder, text, **files):
    (folder / "results.txt").write_text(text)
    for stem, content in files.items():
        (folder / f"{stem}.yaml").write_text(content)
    return read_run(folder)


class TestRead:
    def test_curves(self, tmp_path):
        series = read(tmp_path, "".join(row(epoch) for epoch in range(20)))
        assert series.source is Source.YOLOV5
        assert series.score_name == "mAP50-95"
        assert series.epoch.tolist() == list(range(1, 21))
        assert series.val_score[-1] == pytest.approx(0.3 * 0.95)
        assert series.val_loss[0] == pytest.approx(0.17)
        assert series.train_loss[1] == pytest.approx(0.085)
        assert "has no header" in series.notes[0]

    def test_planned_epochs_come_from_the_rows(self, tmp_path):
        series = read(tmp_path, "".join(row(epoch) for epoch in range(5)), opt="epochs: 999\n")
        assert series.epochs_planned == 20

    def test_torn_and_foreign_rows_are_left_out(self, tmp_path):
        text = "".join(row(epoch) for epoch in range(8)) + row(8)[:40] + "\n" + row(9).replace("640", "???")
        series = read(tmp_path, text)
        assert series.epoch.tolist() == list(range(1, 9))
        assert "2 torn rows left out" in series.notes[1]

    @pytest.mark.parametrize(
        ("head", "it_is"), [(b"0/9 2G 1", True), (b" 12/299  0.5M 1", True), (b"epoch,a\n", False), (b"", False)]
    )
    def test_how_it_starts(self, head, it_is):
        assert is_results_txt(head) is it_is


class TestRefused:
    @pytest.mark.parametrize(
        ("rows", "why"),
        [
            ([row(e, extra=" 1 2") for e in range(9)], "it has 17 columns"),
            ([row(e, total=9.0) for e in range(9)], "do not add up"),
            ([row(e, ours=2 * 0.6 * 0.4 / 1.0 * (1 - 1 / (1 + e))) for e in range(9)], "F1 score of YOLOv3"),
            ([row(e, map50=0.1, ours=0.4) for e in range(9)], "larger than mAP50"),
            ([row(e).replace("640", "x") for e in range(9)], "no row is made of numbers"),
        ],
    )
    def test_where_the_columns_are_not_certain(self, tmp_path, rows, why):
        with pytest.raises(RunError, match="what its columns mean is not certain") as caught:
            read(tmp_path, "".join(rows))
        assert why in caught.value.what
        assert caught.value.hint
