"""Ultralytics' results.csv."""

from grokyolo.run import results


def test_rows_look_as_ultralytics_writes_them(tmp_path):
    csv = tmp_path / "results.csv"
    for epoch in (1, 2):
        metrics = {"train/loss": 0.123456789, "lr/pg0": 1e-5}
        results.append(csv, results.row(epoch, 1.5 * epoch, metrics, header=epoch == 1))
    assert csv.read_text() == "epoch,time,train/loss,lr/pg0\n1,1.5,0.123457,1e-05\n2,3,0.123457,1e-05\n"


def test_rows_beyond_an_epoch_and_torn_ones_are_cut_off(tmp_path):
    csv = tmp_path / "results.csv"
    csv.write_text("epoch,time\n1,1\n2,2\n3,3\n4,")
    results.truncate_after(csv, 2)
    assert csv.read_text() == "epoch,time\n1,1\n2,2\n"


def test_no_row_left_is_no_file_left(tmp_path):
    csv = tmp_path / "results.csv"
    csv.write_text("epoch,time\n1,1\n")
    results.truncate_after(csv, 0)
    assert not csv.exists()
    results.truncate_after(csv, 0)


def test_a_whole_file_is_left_alone(tmp_path):
    csv = tmp_path / "results.csv"
    csv.write_text("epoch,time\n1,1\n")
    before = csv.stat().st_mtime_ns
    results.truncate_after(csv, 5)
    assert csv.stat().st_mtime_ns == before
