"""What a terminal would act on is written out, whoever put it into a name."""

import io

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grokyolo.view.console import SafeConsole

NASTY = "\x1b]0;owned\x07\x1b[2J \x9b31m \u202etxt\x7f\r\x00"


def printed(*what, **options) -> str:
    out = io.StringIO()
    SafeConsole(file=out, width=200, **options).print(*what)
    return out.getvalue()


def test_control_characters_are_written_out_in_text_and_tables():
    table = Table("name")
    table.add_row(Text(NASTY))
    for said in (printed(Text(NASTY)), printed(table), printed(NASTY, markup=False, soft_wrap=True)):
        assert r"\x1b]0;owned" in said
        assert r"\x1b[2J \x9b31m \u202etxt\x7f" in said
        assert all(c == "\n" or c.isprintable() for c in said)


def test_colours_of_its_own_stay():
    said = printed("[red]a\x1b[/]", force_terminal=True, color_system="standard", no_color=False)
    assert said == "\x1b[31ma\\x1b\x1b[0m\n"


def test_ordinary_text_is_printed_as_rich_does():
    out = io.StringIO()
    Console(file=out, width=40).print("größer → 10\u00a0% ✓ 日本語 👍")
    assert printed("größer → 10\u00a0% ✓ 日本語 👍") == out.getvalue()
