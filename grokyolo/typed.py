"""A command as somebody typed it, and as it is to be typed next: whole, and quoted for a shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

AGAIN = "type the command again"
"""A hint that stands for the command as it was typed."""
ASSIGNMENT = re.compile(r"[A-Za-z_][\w.]*=.+")
TAKING: dict[str, frozenset[str] | None] = {"train": None, "plan": None, "extend": None, "resume": frozenset({"data"})}
"""Verbs that take KEY=VALUE, and which keys; None for all."""


def completed(command: str, hint: str) -> str:
    """Return the whole command to type where a hint is nothing but arguments for it, else the hint as it is.

    Args:
        command: as it was typed.
        hint: of an error.
    """
    if hint == AGAIN:
        return command
    try:
        words, changes = shlex.split(command), shlex.split(hint)
    except ValueError:
        return hint
    if not _only_arguments(changes) or not _takes(words, changes):
        return hint
    return changed(words, changes)


def changed(command: Sequence[str], changes: Sequence[str]) -> str:
    """Return a command with arguments in place of those that they replace.

    Args:
        command: word by word.
        changes: `KEY=VALUE`, and options with their values.
    """
    keys = {_key(word) for word in changes if not _is_option(word)}
    options = {word: _has_value(changes, at) for at, word in enumerate(changes) if _is_option(word)}
    left: list[str] = []
    at = 0
    while at < len(command):
        word = command[at]
        if word in options:
            at += 1 + (options[word] and _has_value(command, at))
            continue
        if word.partition("=")[0] not in options and not (ASSIGNMENT.fullmatch(word) and _key(word) in keys):
            left.append(word)
        at += 1
    return shlex.join([*left, *changes])


def _only_arguments(words: Sequence[str]) -> bool:
    """Tell whether words are options, each with a value at most, and KEY=VALUE."""
    return bool(words) and all(
        _is_option(word) or ASSIGNMENT.fullmatch(word) or (at > 0 and _is_option(words[at - 1]))
        for at, word in enumerate(words)
    )


def _takes(command: Sequence[str], changes: Sequence[str]) -> bool:
    verb = command[1] if len(command) > 1 else ""
    keys = {_key(word) for at, word in enumerate(changes) if ASSIGNMENT.fullmatch(word) and not _is_value(changes, at)}
    allowed = TAKING.get(verb, frozenset())
    return not keys or allowed is None or keys <= allowed


def _is_value(words: Sequence[str], at: int) -> bool:
    return at > 0 and _is_option(words[at - 1]) and "=" not in words[at - 1]


def _has_value(words: Sequence[str], at: int) -> bool:
    """Tell whether the option at a place has its value in the next word."""
    return at + 1 < len(words) and not _is_option(words[at + 1]) and "=" not in words[at]


def _is_option(word: str) -> bool:
    return re.match(r"-[^\d]", word) is not None


def _key(word: str) -> str:
    return word.partition("=")[0].removeprefix("train.")
