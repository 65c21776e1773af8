"""The console of every command: what a terminal would act on is written out, whoever put it into a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook
from rich.segment import Segment

from grokyolo.format import printable


class SafeConsole(Console):
    """A Rich console that prints no control character but the end of a line and its own colours.

    Names of runs, files and settings, events and warnings may come from a stranger; here they all pass.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.push_render_hook(_Hook())

    def on_broken_pipe(self) -> None:
        """Let the program end in order: Rich would leave with 1, but a reader that has seen enough is no failure."""
        raise BrokenPipeError


class _Hook(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_WrittenOut(renderable) for renderable in renderables]


class _WrittenOut:
    def __init__(self, renderable: ConsoleRenderable) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self._renderable, options):
            yield segment if segment.control else Segment(printable(segment.text, keep_lines=True), segment.style)
