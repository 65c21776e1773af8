"""Bringing a message to a command or a URL, in a thread of its own, so that training never waits for it.

What the user typed may hold secrets: in messages a target is named by its host or its first word alone, and
`$NAME` or `${NAME}` in it is read from the environment each time it is used.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import IO
from urllib.parse import unquote, urlsplit, urlunsplit

from grokyolo.errors import UsageError
from grokyolo.notify import limited as limit

QUEUE = 100
"""Messages that wait for one target; beyond that the oldest give way."""
COMMAND_SECONDS = 60.0
REQUEST_SECONDS = 10.0
BACKOFF = (1.0, 5.0, 30.0)
"""Seconds before the second, third and fourth attempt at a URL."""
_TEMPORARY = frozenset({408, 425, 429})
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))")


class DeliveryError(Exception):
    """A message could not be delivered; the text holds no secret.

    Args:
        text: what was wrong.
        temporary: whether another attempt may succeed.
    """

    def __init__(self, text: str, *, temporary: bool = False) -> None:
        super().__init__(text)
        self.temporary = temporary


@dataclass(frozen=True, repr=False)
class Target:
    """Where to deliver to, as typed.

    Attributes:
        value: a URL, a command line, or one `$NAME` that holds either.
    """

    value: str

    def __str__(self) -> str:
        """Return a name without secrets: a URL's host, a command's first word, or the variable."""
        first, _, rest = self.value.strip().partition(" ")
        if match := _SCHEME.match(first):
            host = re.split(r"[/?#]", first[match.end() :], maxsplit=1)[0].rpartition("@")[2]
            return f"{match[0]}{host}/…"
        return f"{first} …" if rest else first

    __repr__ = __str__

    def check(self) -> None:
        """Find mistakes before a training begins.

        Raises:
            UsageError: it is empty, names a variable or a command that does not exist, has an open quote, or is no
                valid URL.
        """
        try:
            resolved = self.resolved()
            if not resolved:
                raise DeliveryError("it is empty")
            if not isinstance(resolved, str) and shutil.which(resolved[0]) is None:
                raise DeliveryError("there is no such command")
        except DeliveryError as error:
            hint = "write a command such as 'notify-send grokyolo', or a URL, behind --notify"
            raise UsageError(f"cannot notify {self}: {error}", where="--notify", hint=hint) from None

    def resolved(self) -> str | list[str]:
        """Return a URL, or the words of a command, with the variables of the environment put in.

        Raises:
            DeliveryError: a variable does not exist, the command has an open quote, or it is no valid URL.
        """
        text = self.value.strip()
        if _VARIABLE.fullmatch(text):
            text = _expanded(text).strip()
            return _checked_url(text) if _SCHEME.match(text) else _words(text)
        if _SCHEME.match(text):
            return _checked_url(_expanded(text))
        return [_expanded(word) for word in _words(text)]

    def deliver(self, body: bytes) -> None:
        """Bring one message, once.

        Raises:
            DeliveryError: it did not arrive, or not for certain.
        """
        resolved = self.resolved()
        if isinstance(resolved, str):
            _post(resolved, body)
        else:
            _run(resolved, body)


class Channel:
    """Delivers messages to one target, in order, in a daemon thread.

    Args:
        target: where to.
        deliver: brings one message, or raises DeliveryError; the target's own by default.
        size: messages that may wait.
        backoff: seconds before each further attempt after a temporary error.
    """

    def __init__(
        self,
        target: Target,
        deliver: Callable[[bytes], None] | None = None,
        *,
        size: int = QUEUE,
        backoff: tuple[float, ...] = BACKOFF,
    ) -> None:
        self.target, self._deliver, self._size, self._backoff = target, deliver or target.deliver, size, backoff
        self._waiting: deque[tuple[bytes, Callable[[], None] | None]] = deque()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._busy = False
        self._thread: threading.Thread | None = None
        self._problems: dict[str, bool] = {}

    def put(self, body: bytes, delivered: Callable[[], None] | None = None) -> None:
        """Take a message, never waiting; `delivered` is called, in the channel's thread, once it has arrived."""
        with self._changed:
            if len(self._waiting) >= self._size:
                self._waiting.popleft()
                self._problem("messages come faster than they can be delivered; the oldest are dropped")
            self._waiting.append((body, delivered))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=f"notify {self.target}", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def problems(self) -> list[str]:
        """Return what went wrong since the last call, each kind once in the channel's life."""
        with self._changed:
            new = [text for text, told in self._problems.items() if not told]
            self._problems.update(dict.fromkeys(new, True))
        return [f"cannot notify {self.target}: {text}" for text in new]

    def close(self, seconds: float) -> int:
        """Wait for what is not delivered yet, no longer than `seconds`, and return how much is left."""
        self._closing.set()  # further attempts come at once from here on
        with self._changed:
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._waiting and not self._busy, timeout=seconds)
            return len(self._waiting) + self._busy

    def _work(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting or self._closing.is_set())
                if not self._waiting:
                    return
                body, delivered = self._waiting.popleft()
                self._busy = True
            try:
                self._attempt(body)
                if delivered is not None:
                    delivered()
            except DeliveryError as error:
                self._note(str(error))
            except Exception as error:
                self._note(type(error).__name__)  # its text might hold what must not be shown

    def _attempt(self, body: bytes) -> None:
        for wait in self._backoff:
            try:
                return self._deliver(body)
            except DeliveryError as error:
                if not error.temporary:
                    raise
            self._closing.wait(wait)
        return self._deliver(body)

    def _note(self, text: str) -> None:
        with self._changed:
            self._problem(text)

    def _problem(self, text: str) -> None:
        self._problems.setdefault(text, False)


def close_all(channels: list[Channel], seconds: float) -> int:
    """Close all channels within `seconds` in all, and return how many messages are left undelivered."""
    deadline = time.monotonic() + seconds
    return sum(channel.close(max(0.0, deadline - time.monotonic())) for channel in channels)


def _checked_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        valid = parts.hostname and (parts.port is None or parts.port > 0) and not re.search(r"[\s\0]", text)
    except ValueError:
        valid = False
    if not valid:
        raise DeliveryError("this is no valid URL")
    if parts.scheme not in {"http", "https"}:
        raise DeliveryError("only commands and the schemes http and https are known")
    return text


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        raise DeliveryError("a quotation mark or a backslash has no end") from None


def _expanded(text: str) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in os.environ:
            raise DeliveryError(f"the environment has no {name}")
        return os.environ[name]

    return _VARIABLE.sub(value, text)


def _run(words: list[str], body: bytes) -> None:
    """Run a command through `limited`, which ends it in time even where this process is gone by then."""
    try:
        limited = subprocess.Popen(
            [sys.executable, "-I", limit.__file__, str(COMMAND_SECONDS), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # so that Ctrl-C in the terminal stops the training only
        )
    except OSError as error:
        raise DeliveryError(f"the command cannot be run: {error.strerror or 'unknown reason'}") from None
    except ValueError:
        raise DeliveryError("the command cannot be run: it holds a null byte") from None
    assert limited.stdin is not None and limited.stdout is not None, "both are pipes"
    threading.Thread(target=_feed, args=(limited.stdin, body), daemon=True).start()
    with limited.stdout as said:
        word = said.readline()
    if not word:
        raise DeliveryError("the command was ended from outside")
    ended = json.loads(word)
    if ended is None:
        raise DeliveryError(f"the command took longer than {COMMAND_SECONDS:g} s and was ended")
    if isinstance(ended, str):
        raise DeliveryError(f"the command cannot be run: {ended}")
    if ended:
        raise DeliveryError(f"the command ended with exit code {ended}")


def _feed(pipe: IO[bytes], body: bytes) -> None:
    with suppress(OSError), pipe:  # a command need not read what it is told
        pipe.write(body)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would arrive as a GET without its content, or somewhere the user never named."""

    def redirect_request(self, *_args: object) -> None:
        """Follow nothing."""


def _post(url: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "User-Agent": f"grokyolo/{version('grokyolo')}"}
    try:
        parts = urlsplit(url)
        user, _, host = parts.netloc.rpartition("@")
        if user:
            headers["Authorization"] = "Basic " + base64.b64encode(unquote(user).encode()).decode()
        bare = urlunsplit((parts.scheme.lower(), host, parts.path, parts.query, ""))
        request = urllib.request.Request(bare, body, headers, method="POST")
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=REQUEST_SECONDS):
            return
    except urllib.error.HTTPError as error:
        error.close()
        temporary = error.code in _TEMPORARY or error.code >= 500
        raise DeliveryError(f"the server answered {error.code}", temporary=temporary) from None
    except (http.client.InvalidURL, ValueError):
        raise DeliveryError("this is no valid URL") from None
    except TimeoutError:
        raise DeliveryError("the server does not answer in time", temporary=True) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        text = reason.strerror if isinstance(reason, OSError) and reason.strerror else type(reason).__name__
        raise DeliveryError(f"the server cannot be reached: {text}", temporary=True) from None
