"""One module per command, found by name; each has `register(program)`.

A module is imported when its command is called. For the list of all commands the docstring
of its function of the same name is enough: `sellersync --help` waits for nobody's imports.
"""

import ast
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typing_extensions import override


class CommandsOnDemand(TyperGroup):
    """All commands of this package."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for file in sorted(Path(__file__).parent.glob("[!_]*.py")):
            self.add_command(_Unloaded(file))


class _Unloaded(TyperCommand):
    """A command of which only name and summary are known before it is called."""

    def __init__(self, file: Path) -> None:
        self._module = f"{__name__}.{file.stem}"
        super().__init__(file.stem.replace("_", "-"), short_help=_summary(file))

    @override
    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        # The context names the real command, and the caller goes on with that.
        alone = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
        import_module(self._module).register(alone)
        real = typer.main.get_group(alone).commands[self.name or ""]
        return real.make_context(info_name, args, parent, **extra)


def _summary(file: Path) -> str:
    """Return the first line of what the command says of itself, without running any of it."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == file.stem:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    return ""
