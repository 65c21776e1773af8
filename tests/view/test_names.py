"""Names of runs for a terminal."""

import pytest

from grokyolo.view.names import broken, printable, printable_lines


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("runs/a", ["runs/a"]),
        ("runs/memorise-modular-addition", ["runs/", "memorise-modular-addition"]),
        ("/a/b/c/" + "d" * 28, ["/a/b/c/", "d" * 28]),
        ("x" * 60, ["x" * 60]),
        ("", [""]),
        ("/", ["/"]),
        ("runs/", ["runs/"]),
    ],
)
def test_long_paths_break_after_a_slash(path, lines):
    assert broken(path) == "\n".join(lines)


def test_letters_that_move_the_cursor_are_not_printed():
    assert printable("runs/\x1b[2Ja\nb") == r"runs/\x1b[2Ja\nb"
    assert printable_lines("runs/\x1b[2J") == r"runs/\x1b[2J"
