"""Ultralytics' results.csv."""

from grokyolo.run import results


def test_rows_look_as_ultralytics_writes_them(tmp_path):
    csv = tmp_path / "results.csv"
    results.append(csv, results.header(["train/loss", "lr/pg0"]))
    for epoch in (1, 2):
        metrics = {"train/loss": 0.123456789, "lr/pg0": 1e-5}
        results.append(csv, results.row(epoch, 1.5 * epoch, metrics))
    assert csv.read_text() == "epoch,time,train/loss,lr/pg0\n1,1.5,0.123457,1e-05\n2,3,0.123457,1e-05\n"
