"""What Typer's completion lacks: no blank behind `KEY=`, files behind it, names with blanks, the first key in zsh."""

from __future__ import annotations

import contextlib
import io
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typer._click import Command

ASKING = "_GROKYOLO_COMPLETE"
"""The environment variable by which a shell asks for completions."""
OPTIONS = ("--install-completion", "--show-completion")

BEHIND_EQUALS = """\
    if [[ ${COMP_WORDS[COMP_CWORD]} == = || ${COMP_WORDS[COMP_CWORD-1]} == = ]]; then
        COMPREPLY=()  # a value: files are proposed
        return 0
    fi
"""
AS_TYPED = """\
    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
    local i
    for i in "${!COMPREPLY[@]}"; do
        [[ ${COMPREPLY[i]} == *' '* ]] && COMPREPLY[i]=$(printf %%q "${COMPREPLY[i]}")
    done
"""
AUTOLOADED = """\
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then  # the first time, zsh reads this file to complete
    %(complete_func)s "$@"
fi
"""
ZSH_ENTRY = re.compile(r'"([^"]*=)"(?::"([^"]*)")?')
ZSH_FILES = "_files"


def teach() -> None:
    """Add what is missing to the scripts that Typer shows and installs; one it does not know stays as it is."""
    from typer import _completion_shared

    scripts = getattr(_completion_shared, "_completion_scripts", {})
    begin, end = "    local IFS=$'\n'\n", "    return 0\n"
    bash, zsh = scripts.get("bash", ""), scripts.get("zsh", "")
    if begin in bash and "nospace" not in bash:
        scripts["bash"] = bash.replace(end, AS_TYPED + end).replace(begin, begin + BEHIND_EQUALS)
    if "loadautofunc" not in zsh:
        scripts["zsh"] = f"{zsh.rstrip()}\n{AUTOLOADED}"


def answer(command: Command) -> str:
    """Return what a shell that asks for completions is to read.

    Args:
        command: the program; what is asked stands in the environment.
    """
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        command.main([], prog_name="grokyolo")
    said = out.getvalue()
    return for_zsh(said) if os.environ[ASKING].endswith("zsh") else said


def for_zsh(said: str) -> str:
    """Return what zsh evaluates: `KEY=` without a blank behind it, and files as values."""
    if said.strip() == ZSH_FILES:
        return f"compset -P '*='; {ZSH_FILES}\n"
    found = ZSH_ENTRY.findall(said)
    if not found:
        return said
    keys = " ".join(key for key, _ in found)
    lines = " ".join("'" + f"{key:20} {what}".replace("'", "''").replace("\\\\:", ":") + "'" for key, what in found)
    return f"local -a lines=({lines}); compadd -l -d lines -S '' -- {keys}\n"
