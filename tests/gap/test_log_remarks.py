"""warnings.csv."""

from grokyolo import read_run
from grokyolo.gap import EpochRecord, GapWriter
from grokyolo.gap.log import append_remark, read_remarks


def test_each_sentence_is_read_once_with_the_epoch_it_began(tmp_path):
    append_remark(tmp_path, 3, 'a "quoted", odd\nsentence')
    append_remark(tmp_path, 9, "another")
    append_remark(tmp_path, 12, "another")
    assert read_remarks(tmp_path) == ('epoch 3: a "quoted", odd\nsentence', "epoch 9: another")


def test_no_file_or_a_torn_one_is_no_error(tmp_path):
    assert read_remarks(tmp_path) == ()
    (tmp_path / "warnings.csv").write_bytes(b'epoch,warning\n4,whole\n5,"to\xff')
    assert "epoch 4: whole" in read_remarks(tmp_path)


def test_they_are_notes_of_the_run(tmp_path):
    with GapWriter(tmp_path / "gap.csv") as log:
        log.append(EpochRecord(1, 9, 1.0, 0.002, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 1.0, 1.0, ()))
    append_remark(tmp_path, 1, "numbers vanish")
    assert "epoch 1: numbers vanish" in read_run(tmp_path).notes
