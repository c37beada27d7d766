"""The command ``wayfare``. ``wayfare --help`` is its reference.

``import wayfare`` loads nothing of it. A command loads its own module and no other one.
"""

from __future__ import annotations

import sys

from ..errors import Error
from . import _output
from ._commands import COMMANDS, PLAIN, module_of
from ._words import UsageError, find_command, help_text, read_plainly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["main"]


def main(words: Sequence[str] | None = None) -> int:
    """Carries out one command and returns its exit code."""
    words = list(sys.argv[1:] if words is None else words)
    options = words[: words.index("--")] if "--" in words else words
    _output.begin("--json" in options)
    try:
        code = carry_out(words)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of a pipe has gone, such as head
        return _output.reader_is_gone()
    except UsageError as error:
        return _output.fail("usage", str(error), error.advice)
    except KeyboardInterrupt:
        return _output.fail("interrupted", "interrupted")
    except OSError as error:
        return _output.fail("failed", str(error))
    except Error as error:
        return _output.fail_with(error)
    return code


def carry_out(words: list[str]) -> int:
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    name, rest = find_command(words)
    if name is None:
        return without_command(words)
    module = module_of(name)
    given: Any = read_plainly(name, rest) if name in PLAIN else None
    if given is None:
        from ._parser import parser_for

        given = parser_for(module, name).parse_all(rest)
    return int(module.run(given))


def without_command(words: list[str]) -> int:
    if "--version" in words:
        from .. import __version__, versions

        _output.say(f"wayfare {__version__}")
        if _output.for_program():  # it loads more
            _output.put(versions().to_dict())
        return 0
    _output.say(help_text())
    _output.put({"commands": {name: about for name, (_, about) in COMMANDS.items()}})
    return 0
