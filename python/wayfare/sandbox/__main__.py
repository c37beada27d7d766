"""python -m wayfare.sandbox: as the command `wayfare sandbox`."""

from __future__ import annotations

import argparse
import sys

from .program import ABOUT, add_options, run


def main() -> int:
    words = sys.argv[1:]
    at = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(
        "python -m wayfare.sandbox", description=f"{ABOUT}.", epilog="-- COMMAND…"
    )
    add_options(parser)
    options = parser.parse_args(words[:at])
    try:
        return run(options, words[at + 1 :], lambda sandbox: print(sandbox.base_url, flush=True))
    except (ValueError, ArithmeticError, ImportError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    sys.exit(main())
