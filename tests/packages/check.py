"""Tests the packages as installed: the wheels, the archive of the C library and the sdist.

Without arguments, looks into each package, installs it and runs the programs of the README with it,
in environments of their own and in bare trees of Debian. With arguments, runs pytest with these on
the wheel, such as `tests/python`. With --table, tells what it takes to install them and others.
"""

from __future__ import annotations

import argparse
import re
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "core/packaging"))

import bare  # noqa: E402
import consumers  # noqa: E402
import environments  # noqa: E402
import looks  # noqa: E402
import table  # noqa: E402
from interpreters import Interpreter, find  # noqa: E402
from sbom import version  # noqa: E402
from steps import PACKAGES, Failed, say  # noqa: E402
from target import GLIBC, MUSL, of_archive  # noqa: E402

README = (ROOT / "README.md").read_text()
PROGRAMS = re.findall(r"<!-- test: python -->\n```python\n(.*?)```", README, re.DOTALL)
# What a package with its own libraries inside may break, and a build with those of the system not.
SUITE = ("tests/python/test_host_neighbours.py", "tests/python/test_tls.py")
UNPACKING = re.findall(r"<!-- test: unpacked -->\n```sh\n(.*?)```", README, re.DOTALL)


def wheels() -> list[tuple[Interpreter, Path]]:
    found, _ = find()
    pairs = [(one, environments.wheel_of(one)) for one in found]
    there = [(one, wheel) for one, wheel in pairs if wheel]
    if not there:
        raise Failed("there is no wheel for a Python of this machine: ./run wheel")
    return there


def in_an_environment(interpreter: Interpreter, wheel: Path) -> str:
    """The README's programs, with nothing but the wheel and what the sandbox needs."""
    python = environments.installed(interpreter, wheel, "plain", "aiohttp>=3.9")
    state = str(python.parent.parent / "state")
    told = environments.python_run(python, looks.VERSIONS, {})
    looks.compare_versions(told)
    looks.command(python)
    with environments.sandbox(python) as base_url:
        for program in PROGRAMS:
            environments.python_run(python, program, environments.environment(base_url, state))
    return f"{len(PROGRAMS)} programs; {looks.import_cost(python)}"


def in_a_bare_tree(
    interpreter: Interpreter, wheel: Path, server: Path, suite: str = bare.SUITE
) -> str:
    """The same in a Debian that has Python, and neither a compiler nor libcurl.

    The oldest one runs its own Python, because those of this machine may need a newer glibc.
    """
    with bare.tree("python", ["python3", "python3-venv"], suite) as tree:
        program = "python3"
        if suite == bare.SUITE and not interpreter.program.startswith("/usr/"):
            prefix = Path(interpreter.program).parent.parent
            tree.put_folder(prefix)
            program = interpreter.program
        there = tree.put(wheel)
        for at, text in enumerate(PROGRAMS):
            (tree.folder / f"packages/{at}.py").write_text(text)
        with environments.sandbox(server) as base_url:
            done = tree.run(
                "! command -v cc gcc c++ ld\n"
                f"{program} -m venv /app\n"
                f"/app/bin/pip install --quiet --no-index {there} 2>&1\n"
                "for one in /packages/*.py; do /app/bin/python -I $one; done\n"
                "ls /usr/lib/x86_64-linux-gnu/libcurl* 2>/dev/null || echo no libcurl\n"
                "ldd --version | head -n 1",
                **environments.environment(base_url, "/root/state"),
            )
    if done.returncode != 0 or "no libcurl" not in done.stdout:
        raise Failed(done.stdout[-2000:] + done.stderr[-2000:])
    return f"{len(PROGRAMS)} programs, glibc {done.stdout.split()[-1]}"


def c_in_a_bare_tree(archive: Path, server: Path) -> str:
    """The README's lines for C, in a Debian that has a C compiler and nothing else of a build."""
    lines = UNPACKING[0].replace(f"-{GLIBC.name}", f"-{of_archive(archive).name}")
    packages, name = ["gcc", "libc6-dev"], "c"
    if of_archive(archive) == MUSL:  # by its compiler and its loader
        packages, name = [*packages, "musl-tools"], "musl"
        lines = lines.replace("\ncc ", "\nmusl-gcc ") + "\nmusl-ldd chat | grep libwayfare\n"
    assert archive.name in lines
    with bare.tree(name, packages) as tree:
        tree.put(archive, "/build/packages")
        with environments.sandbox(server) as base_url:
            variables = environments.environment(base_url, "/root/state")
            done = tree.run(lines, **variables)
            if done.returncode != 0 or '"done"' not in done.stdout:
                raise Failed(done.stdout[-2000:] + done.stderr[-2000:])
    return "the lines of the README"


def everything() -> int:
    failed = 0

    def check(name: str, test: Callable[[], str]) -> None:
        nonlocal failed
        try:
            told = test()
        except bare.Unavailable as missing:
            told = f"left out: {missing}"
        except Exception as error:
            failed += 1
            told = "FAILED: " + "".join(traceback.format_exception_only(type(error), error)).strip()
        print(f"{name:<50} {told}", flush=True)

    found = wheels()
    for interpreter, wheel in found:
        check(wheel.name.split("-manylinux")[0], partial(looks.wheel, wheel))
        check(
            f"  in an environment of {interpreter.name}",
            partial(in_an_environment, interpreter, wheel),
        )
    check(
        "  beside other libraries, and over TLS",
        partial(environments.tested, *found[-1], *SUITE),
    )
    server = environments.installed(*found[-1], "plain", "aiohttp>=3.9")
    for interpreter, wheel in dict.fromkeys([found[0], found[-1]]):
        check(
            f"  {interpreter.name} in a bare Debian",
            partial(in_a_bare_tree, interpreter, wheel, server),
        )
    for interpreter, wheel in found:
        if interpreter.tag == "cp39":  # the Python of that Debian
            check(
                "  in the oldest Debian that can be had",
                partial(in_a_bare_tree, interpreter, wheel, server, bare.OLDEST),
            )
    for archive in sorted(PACKAGES.glob("wayfare-*-linux-*.tar.gz")):
        check(archive.name, partial(looks.archive, archive))
        check("  in a bare Debian", partial(c_in_a_bare_tree, archive, server))
        if of_archive(archive) == GLIBC:
            check("  on this machine", partial(consumers.of_the_archive, archive))
    for package in sorted(PACKAGES.glob("wayfare-*.tgz")):
        check(package.name, partial(looks.npm, package))
    sources = PACKAGES / f"wayfare-{version()}.tar.gz"
    if sources.exists():
        check(sources.name, partial(looks.sdist, sources))
        check("  on this machine", partial(consumers.of_the_sources, sources, server))
        check("  by pip", partial(consumers.by_pip, sources, server))
    check("the recipe for Conan", partial(consumers.of_conan, server))
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run packages", description=__doc__)
    parser.add_argument("pytest", nargs=argparse.REMAINDER, help="arguments for pytest")
    parser.add_argument("--table", action="store_true", help="tell only what installing takes")
    asked = parser.parse_args()
    words = asked.pytest
    try:
        if asked.table:
            table.show(*wheels()[-1])
            return 0
        if words:
            return environments.suite(*wheels()[-1], words)
        failed = everything()
    except Failed as error:
        say(str(error))
        return 1
    say("everything held" if failed == 0 else f"{failed} failed")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
