"""``wayfare sandbox``: plays OpenRouter on this machine, for tests."""

from __future__ import annotations

from ._output import put, say
from ._words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any


def add_parser(subparsers: Any) -> None:
    from ..sandbox.program import ABOUT, add_options

    parser = subparsers.add_parser("sandbox", description=ABOUT)
    add_options(parser)
    parser.add_argument("words", nargs="*", metavar="-- COMMAND", help="what runs beside it")


def run(arguments: argparse.Namespace) -> int:
    from ..sandbox import program

    def tell(sandbox: Any) -> None:
        say(sandbox.base_url)
        put({"base_url": sandbox.base_url, "authority": sandbox.authority})

    try:
        return program.run(arguments, arguments.words, tell)
    except ImportError as error:
        raise UsageError(str(error), "pip install 'wayfare[sandbox]'") from None
    except (ValueError, ArithmeticError) as error:
        raise UsageError(
            f"wayfare sandbox: {error}", '"wayfare sandbox --help" tells more'
        ) from None
