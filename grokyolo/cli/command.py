"""A verb's command: Typer's own, but for errors of three lines, options whose value may be left out, and the help."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import typer
from typer.core import TyperCommand, TyperGroup

from grokyolo.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from typer._click import Command as ClickCommand
    from typer._click import Context, HelpFormatter, Parameter

PICTURES = frozenset({".png", ".svg", ".pdf", ".html", ".htm"})


class Verb(Protocol):
    """A module of this package: one verb."""

    DESCRIPTION: str
    EXAMPLES: str

    run: Callable[..., int]


def _is_no_run(word: str) -> bool:
    """Tell whether the word behind --plot is the FILE to draw, and no RUN that happens to stand there."""
    path = Path(word)
    return not path.is_dir() and (path.suffix.lower() in PICTURES or not path.exists())


def _is_no_override(word: str) -> bool:
    """Tell whether the word behind --ray or --slurm is an ADDRESS or a FILE, and no KEY=VALUE."""
    return "=" not in word or "://" in word


OPTIONAL_VALUES: Mapping[str, Callable[[str], bool]] = {
    "--plot": _is_no_run,
    "--ray": _is_no_override,
    "--slurm": _is_no_override,
}
"""Options whose value may be left out, which then is empty: is the word behind one its value?"""


class Arranging:
    """Looks at the words of a command before Typer does, and says what is wrong with them in our way.

    Attributes:
        second_words: words that make another verb of this one, as in `sweep show`.
    """

    second_words: Sequence[str] = ()

    def unknown(self, ctx: Context, word: str, names: Sequence[str], words: Sequence[str]) -> UsageError:
        """Return the error for an option that there is not, with the nearest one."""
        name = word.partition("=")[0]
        key = name.lstrip("-").replace("-", "_")
        if f"-{name}" in names:
            hint = shlex.join([*ctx.command_path.split(), *(f"-{one}" if one == word else one for one in words)])
        elif self._trains_with(ctx, key):
            hint = self._as_argument(ctx, word, key, words)
        else:
            hint = did_you_mean(name, [known for known in names if known.startswith("--")])
        return UsageError(f"unrecognized arguments: {word}", where=ctx.command_path, hint=hint or help_of(ctx))

    @staticmethod
    def _as_argument(ctx: Context, word: str, key: str, words: Sequence[str]) -> str:
        """Return the command with a train argument that was typed as an option, its value behind it."""
        at = list(words).index(word)
        before, behind = list(words[:at]), list(words[at + 1 :])
        value = word.partition("=")[2]
        if not value and behind and not behind[0].startswith("--") and "=" not in behind[0]:
            value = behind.pop(0)
        if not value:
            return f"write {key} and its value with a = between, and no dashes"
        return shlex.join([*ctx.command_path.split(), *before, f"{key}={value}", *behind])

    def arranged(self, ctx: Context, words: Sequence[str]) -> list[str]:
        """Return the words as Typer understands them: each option with its value in one word.

        Raises:
            UsageError: an option is unknown or lacks its value, or something required is missing.
        """
        options = {name: one for one in ctx.command.get_params(ctx) for name in one.opts if name.startswith("-")}
        seen: set[str] = set()
        placed: list[str] = []
        left = list(words)
        done: list[str] = []
        while left and left[0] != "--":
            word = left.pop(0)
            name, equals, _ = word.partition("=")
            if not word.startswith("-") or word == "-":
                if isinstance(ctx.command, TyperGroup):
                    return [*done, word, *left]
                placed.append(word)
                done.append(word)
                continue
            option: Any = options.get(name) or (options.get(name[:2]) if word[1] != "-" else None)
            if option is None or (name not in options and f"-{name}" in options):
                raise self.unknown(ctx, word, list(options), words)
            seen.add(option.name)
            if option.is_flag and equals:
                raise UsageError(f"argument {name}: takes no value", where=ctx.command_path, hint=help_of(ctx))
            if not option.is_flag and not equals and name in options:
                word = _with_value(ctx, option, word, left, options)
            done.append(word)
            if option.name == "recipe":
                self._check_recipe(ctx, words, word.partition("=")[2])
        placed += left[1:]
        if "help" not in seen:
            self._check_names(ctx, words, placed, seen)
            self._check_count(ctx, placed, seen)
        return [*done, *left]

    def _check_names(self, ctx: Context, words: Sequence[str], placed: Sequence[str], seen: set[str]) -> None:
        """See that only KEY=VALUE stands where only that can, and no recipe whose option was forgotten."""
        named = {one.name: one for one in ctx.command.params}
        if "overrides" not in named or "recipe" in seen:
            return
        before = [one for one in named.values() if one.param_type_name == "argument" and one.nargs == 1]
        for word in placed[len(before) :]:
            if "=" in word:
                continue
            if "recipe" not in named:
                raise UsageError(f"unrecognized arguments: {word}", where=ctx.command_path, hint=help_of(ctx))
            if near := did_you_mean(word, self.second_words):
                what = f"there is no verb {f'{ctx.command_path} {word}'.partition(' ')[2]!r}"
                raise UsageError(what, where=f"{ctx.command_path} {word}", hint=near)
            at = list(words).index(word)
            typed = [*ctx.command_path.split(), *words[:at], "--recipe", _file_of(word) or word, *words[at + 1 :]]
            raise UsageError(f"{word!r} is not KEY=VALUE", where=ctx.command_path, hint=shlex.join(typed))

    def _check_recipe(self, ctx: Context, words: Sequence[str], name: str) -> None:
        """See that --recipe does not name a file of this folder without its suffix."""
        if file := _file_of(name):
            typed = [file if word == name else word.replace(f"--recipe={name}", f"--recipe={file}") for word in words]
            hint = shlex.join([*ctx.command_path.split(), *typed])
            raise UsageError(f"there is no recipe {name!r}, but a file {file}", where=f"--recipe {name}", hint=hint)

    def _check_count(self, ctx: Context, placed: Sequence[str], seen: set[str]) -> None:
        """See that nothing required is missing and nothing is left over."""
        params: list[Any] = ctx.command.get_params(ctx)
        arguments = [one for one in params if one.param_type_name == "argument"]
        needed = [one for one in arguments if one.required]
        missing = [one.metavar for one in needed[len(placed) :]]
        missing += [one.opts[0] for one in params if one not in arguments and one.required and one.name not in seen]
        if missing:
            what = f"the following arguments are required: {', '.join(missing)}"
            raise UsageError(what, where=ctx.command_path, hint=help_of(ctx))
        if all(one.nargs == 1 for one in arguments) and (more := placed[len(arguments) :]):
            raise UsageError(f"unrecognized arguments: {' '.join(more)}", where=ctx.command_path, hint=help_of(ctx))

    def _trains_with(self, ctx: Context, key: str) -> bool:
        """Tell whether `key` is a train argument that this verb takes as KEY=VALUE."""
        from grokyolo.recipe.train_arguments import train_arguments

        return any(one.name == "overrides" for one in ctx.command.params) and key in train_arguments()


def _with_value(ctx: Context, option: Parameter, word: str, left: list[str], options: Mapping[str, object]) -> str:
    """Return an option and its value in one word, the value taken from what is `left`."""
    following = left[0] if left else None
    if following in options or (following or "").startswith("--"):
        following = None
    takes = OPTIONAL_VALUES.get(word)
    if takes is not None and (following is None or following.startswith("-") or not takes(following)):
        return f"{word}="
    if following is None:
        what = f"argument {'/'.join(option.opts)}: expected one argument"
        raise UsageError(what, where=ctx.command_path, hint=help_of(ctx))
    left.pop(0)
    return f"{word}={following}" if word.startswith("--") else f"{word}{following}"


def _file_of(name: str) -> str | None:
    """Return the recipe file here that `name` means, None where it is the name of a recipe or there is no such file."""
    files = [f"{name}{suffix}" for suffix in (".yaml", ".yml") if name and Path(f"{name}{suffix}").is_file()]
    if not files or Path(name).exists():
        return None
    from grokyolo.recipe import list_recipes

    return None if name in {entry.name for entry in list_recipes()} else files[0]


def help_of(ctx: Context) -> str:
    """Return the command that explains the one of `ctx`."""
    return f"{ctx.command_path} --help"


class Command(Arranging, TyperCommand):
    """The command of one verb."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        """Return its own options, those that every command takes, and --help."""
        return with_shared(ctx, super().get_params(ctx))

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse as Typer does; errors are ours.

        Raises:
            UsageError: something is wrong with the words.
        """
        if ctx.resilient_parsing:  # completion: what stands there is not done yet
            return super().parse_args(ctx, args)
        try:
            return super().parse_args(ctx, self.arranged(ctx, args))
        except typer.BadParameter as error:
            name = error.param.opts[-1] if error.param else "?"
            what = f"argument {name}: {error.message.removeprefix('Value error, ').rstrip('.')}"
            raise UsageError(what, where=ctx.command_path, hint=help_of(ctx)) from error

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write usage, description, options and examples as plain text."""
        write_help(self, ctx, formatter)


class VerbGroup(Arranging, TyperGroup):
    """A verb with verbs of its own."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        """Return its own options, those that every command takes, and --help."""
        return with_shared(ctx, super().get_params(ctx))

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse what stands before the verb as Typer does; errors are ours."""
        return super().parse_args(ctx, args if ctx.resilient_parsing else self.arranged(ctx, args))

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, ClickCommand | None, list[str]]:
        """Return the verb that the words begin with, and the words behind it.

        Raises:
            UsageError: there is no such verb.
        """
        command = self.get_command(ctx, args[0])
        if command is None and not ctx.resilient_parsing:
            raise self.no_verb(ctx, args)
        return (args[0] if command else None), command, args[1:]

    def no_verb(self, ctx: Context, args: list[str]) -> UsageError:
        """Return the error for a verb that there is not, with the nearest one."""
        path = f"{ctx.command_path} {args[0]}"
        what = f"there is no verb {path.partition(' ')[2]!r}"
        return UsageError(what, where=path, hint=did_you_mean(args[0], self.list_commands(ctx)) or help_of(ctx))

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write usage, description, verbs, options and examples as plain text."""
        write_help(self, ctx, formatter)


def with_shared(ctx: Context, params: list[Parameter]) -> list[Parameter]:
    """Return the parameters of a command with those of the program that every command takes, --help last."""
    *own, helping = params
    root = ctx.find_root().command
    shared = [] if root is ctx.command else [one for one in root.params if one.name == "no_color"]
    found: list[Any] = [*own, *shared, helping]
    for one in found:
        if getattr(one, "is_flag", False) and one.default is None:
            one.default = False  # Typer loads pydantic to convert a flag of its own that was not given
    return found


def write_help(command: TyperCommand | TyperGroup, ctx: Context, formatter: HelpFormatter) -> None:
    """Write the help of a command: usage, description, verbs, arguments, options, examples."""
    params: list[Any] = command.get_params(ctx)
    arguments = [(one.metavar, one.help or "") for one in params if one.param_type_name == "argument"]
    options = [
        (
            ", ".join(sorted(one.opts, key=len)) + ("" if one.is_flag else f" {one.metavar}"),
            HELPING if one.name == "help" else one.help or "",
        )
        for one in params
        if one.param_type_name == "option" and not one.hidden
    ]
    verbs: list[tuple[str, str]] = []
    usage = [metavar for metavar, _ in arguments]
    if isinstance(command, TyperGroup):
        named = [(name, command.get_command(ctx, name)) for name in command.list_commands(ctx)]
        verbs = [(name, one.get_short_help_str(60)) for name, one in named if one]
        usage = [f"[{' | '.join(name for name, _ in verbs)}] ..."]
    formatter.write_usage(ctx.command_path, " ".join([*usage, "[OPTIONS]"]), prefix="usage: ")
    formatter.write(f"\n{command.help}\n")
    for heading, rows in (("verbs", verbs), ("arguments", arguments), ("options", options)):
        if rows:
            with formatter.section(heading):
                formatter.write_dl(rows, col_max=22)
    if command.epilog:
        formatter.write(f"\nexamples:\n{command.epilog}\n")


def command_of(verb: Verb, name: str) -> Command:
    """Return the command that a verb's module describes: the signature of `run`, DESCRIPTION and EXAMPLES."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, cls=Command, help=verb.DESCRIPTION, context_settings=HELP_NAMES)(verb.run)
    made = cast(Command, typer.main.get_command(app))
    made.epilog = verb.EXAMPLES  # as it is: Typer would take the indentation away
    return made


HELPING = "this page"
HELP_NAMES = {"help_option_names": ["-h", "--help"]}
