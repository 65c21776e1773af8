"""A run folder from a stranger is data: what is opened, what is not, and where writing goes."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
import yaml

from grokyolo.errors import UsageError
from grokyolo.files import Refused, opened, parse_yaml, read_bounded, remove_torn, write_durably, write_output

MB = 1 << 20


def refusal(path: Path, within: Path | None = None) -> str:
    with pytest.raises(Refused) as caught:
        read_bounded(path, MB, within=within)
    return caught.value.strerror or ""


def test_a_file_of_the_run_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    assert read_bounded(tmp_path / "a", MB, within=tmp_path) == b"content"


def test_a_link_inside_the_run_to_inside_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    (tmp_path / "b").symlink_to("a")
    assert read_bounded(tmp_path / "b", MB, within=tmp_path) == b"content"


def test_the_run_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "a").write_bytes(b"content")
    (tmp_path / "link").symlink_to("run")
    assert read_bounded(tmp_path / "link" / "a", MB, within=tmp_path / "link") == b"content"


@pytest.mark.parametrize("target", ["../secret", "/dev/zero", "/dev/stdin", "../nowhere"])
def test_a_link_out_of_the_run_is_not_followed(tmp_path: Path, target: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    run = tmp_path / "run"
    run.mkdir()
    (run / "a").symlink_to(target)
    assert refusal(run / "a", run) == "it is a link that leads out of the run"


def test_a_folder_that_is_a_link_out_of_the_run_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a").write_bytes(b"secret")
    run = tmp_path / "run"
    run.mkdir()
    (run / "state").symlink_to(tmp_path / "other")
    assert refusal(run / "state" / "a", run) == "it is a link that leads out of the run"


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        assert refusal(tmp_path / "socket") == "it is a socket, not a file"
    assert refusal(tmp_path / "fifo", tmp_path) == "it is a named pipe, not a file"
    assert refusal(tmp_path / "folder", tmp_path) == "it is a folder, not a file"
    assert refusal(tmp_path / "loop", tmp_path) == "it is a link to itself, not a file"
    assert refusal(Path("/dev/zero")) == "it is a device, not a file"


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    assert "more than 1 MB" in refusal(tmp_path / "sparse", tmp_path)


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("nothing", "dangling"):
        with pytest.raises(FileNotFoundError):
            opened(tmp_path / name, MB, within=tmp_path)


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)
)
CHAIN = "a0: &a0 []\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 100))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BOMB, "values are in it"),
        ("a: &a [*a]", "contains itself"),
        ("a: &a {b: *a}", "contains itself"),
        ("&a [b, [*a]]", "contains itself"),
        ("[" * 900, "nested deeper|not valid|flow"),
        ("[" * 100_000, "nesting|nested"),
        ("a: " + "[" * 100 + "]" * 100, "nested deeper"),
        (CHAIN, "nested deeper"),
        ("a: 1" + ":1" * 100_000, "digits"),
        ("a: 0x" + "f" * 1000, "digits"),
        ("- []\n" * 600_000, "values are in it"),
    ],
    ids=["bomb", "self", "self in map", "root", "unclosed", "deep", "nested", "chain", "sexagesimal", "hex", "many"],
)
def test_yaml_that_would_never_end_is_refused(text: str, why: str) -> None:
    with pytest.raises(yaml.YAMLError, match=why):
        parse_yaml(text)


def test_yaml_with_ordinary_aliases_is_read() -> None:
    assert parse_yaml("a: &a [1, 2]\nb: *a\nc: {<<: {d: 1e-3}}\n") == {"a": [1, 2], "b": [1, 2], "c": {"d": "1e-3"}}
    long = "0" * 50 + "text " * 1000
    assert parse_yaml(f"a: {long}") == {"a": long.strip()}


def test_writing_never_goes_through_a_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    run = tmp_path / "run"
    run.mkdir()
    for name in ("grokyolo.yaml", "grokyolo.yaml.tmp"):
        (run / name).symlink_to(victim)
    write_durably(run / "grokyolo.yaml", b"new")
    assert victim.read_bytes() == b"mine"
    assert (run / "grokyolo.yaml").read_bytes() == b"new"
    assert not (run / "grokyolo.yaml").is_symlink()
    assert sorted(path.name for path in run.iterdir()) == ["grokyolo.yaml", "grokyolo.yaml.tmp"]


def test_only_our_own_torn_files_are_removed(tmp_path: Path) -> None:
    (tmp_path / f"last.pt.{'0123456789abcdef'}.tmp").write_bytes(b"torn")
    (tmp_path / "notes.tmp").write_bytes(b"the user's")
    (tmp_path / f"link.{'0' * 16}.tmp").symlink_to("notes.tmp")
    (tmp_path / f"folder.{'0' * 16}.tmp").mkdir()
    remove_torn(tmp_path)
    assert sorted(path.name[:6] for path in tmp_path.iterdir()) == ["folder", "link.0", "notes."]


# A file that the user named --------------------------------------------------------------------------------


def write(name: str, text: str = "text") -> None:
    write_output(Path(name), text, what="table", elsewhere="--csv FILE elsewhere")


def test_nothing_is_left_beside_the_file(workplace: Path) -> None:
    write("a.csv")
    write("a.csv", "new")
    assert [(path.name, path.read_text()) for path in workplace.iterdir()] == [("a.csv", "new")]


def test_a_new_file_has_the_permissions_that_new_files_get_and_threads_see_no_other(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.umask(0o027)
    monkeypatch.setattr(os, "umask", None)  # it belongs to the whole process
    try:
        write("a.csv")
        assert Path("a.csv").stat().st_mode & 0o777 == 0o640
        Path("a.csv").chmod(0o604)
        write("a.csv", "new")
        assert Path("a.csv").stat().st_mode & 0o777 == 0o604
    finally:
        monkeypatch.undo()
        os.umask(before)


def test_names_that_no_encoding_holds_do_not_stop_it(workplace: Path) -> None:
    write("a.csv", "a\udcffb")
    assert Path("a.csv").read_text() == "a?b"


@pytest.mark.parametrize(("name", "hint"), [("no/a.csv", "mkdir -p no"), (".", "--csv FILE elsewhere")])
def test_where_it_cannot_be_written(workplace: Path, name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        write(name)
    assert caught.value.what.startswith("cannot write the table: ")
    assert caught.value.hint == hint
    assert list(workplace.iterdir()) == []
