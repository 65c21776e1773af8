"""A terminal made of a string: what the last frame on it looks like."""

import io
import re

from rich.console import Console

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A console that writes into memory and can be resized."""

    def __init__(self, width: int = 80, height: int = 24, **options) -> None:
        self.written = io.StringIO()
        self.console = Console(
            file=self.written, force_terminal=True, width=width, height=height, highlight=False, **options
        )

    def resize(self, width: int, height: int) -> None:
        self.console.size = (width, height)

    @property
    def raw(self) -> str:
        return self.written.getvalue()

    def frames(self) -> list[str]:
        """Return every picture that was drawn in place, without colours."""
        parts = re.split(r"\r?(?:\x1b\[2K(?:\x1b\[1A)?)+", self.raw)
        return [CONTROL.sub("", part) for part in parts if CONTROL.sub("", part).strip()]

    def last(self) -> list[str]:
        """Return the lines of the last picture."""
        return self.frames()[-1].rstrip("\n").split("\n")
