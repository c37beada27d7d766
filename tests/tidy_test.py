"""The laws of the house, kept true by reading the sources:

components, the pure middle, thin skins, headers, and sizes.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SUFFIXES = {".c", ".cpp", ".h", ".hpp"}
SOURCES = sorted(
    p
    for part in ("core", "capi", "python")
    for p in (ROOT / part).rglob("*")
    if p.suffix in SUFFIXES
)
UNSHIPPED = sorted(
    p for part in ("tests", "benchmarks") for p in (ROOT / part).rglob("*") if p.suffix in SUFFIXES
)
SCRIPTS = sorted(
    p
    for part in ("core", "capi", "python", "tests", "benchmarks")
    for p in (ROOT / part).rglob("*.py*")
    if p.suffix in (".py", ".pyi")
)
MADE = "# Made by `./run generate`"  # how a file begins that nobody writes by hand
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def includes(path: Path) -> list[str]:
    return INCLUDE.findall(path.read_text())


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


CORE = ROOT / "core/src"
COMPONENTS = sorted(p.name for p in CORE.iterdir() if p.is_dir())


def law(component: str) -> set[str]:
    """What a component may include, as the second line of its README says."""
    line = (CORE / component / "README.md").read_text().splitlines()[1]
    found = re.fullmatch(r"May include: ([a-z_, ]+)\.", line)
    assert found, (
        f"core/src/{component}/README.md: the second line does not say what it may include"
    )
    return set(found[1].split(", ")) - {"nothing"}


def component_of(path: Path) -> str:
    return path.relative_to(CORE).parts[0]


def test_each_source_file_of_the_core_is_in_a_component() -> None:
    assert not [p.name for p in CORE.iterdir() if p.is_file()]
    assert COMPONENTS


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_includes_only_what_its_law_allows(component: str) -> None:
    allowed = law(component) | {component, "wayfare"}
    assert allowed <= {*COMPONENTS, "wayfare"}, "the law names a component that is not there"
    for path in sorted((CORE / component).rglob("*.?pp")):
        for include in includes(path):
            if "/" in include and include.endswith(".hpp"):
                assert include.split("/")[0] in allowed, f"{name(path)} includes {include}"


@pytest.mark.parametrize("component", COMPONENTS)
def test_each_law_is_needed(component: str) -> None:
    """A law that allows what the component does not include says less than it could."""
    used = {
        i.split("/")[0]
        for p in (CORE / component).rglob("*.?pp")
        for i in includes(p)
        if "/" in i and i.endswith(".hpp")
    }
    assert law(component) <= used, (
        f"core/src/{component}/README.md allows what no file includes: {law(component) - used}"
    )


def test_components_form_no_circle() -> None:
    layer: dict[str, int] = {}
    while len(layer) < len(COMPONENTS):
        ready = [one for one in COMPONENTS if one not in layer and law(one) <= set(layer)]
        assert ready, f"these components include each other: {set(COMPONENTS) - set(layer)}"
        for component in ready:
            layer[component] = 1 + max((layer[below] for below in law(component)), default=0)
    # The public headers are one more layer, and one more component.
    assert max(layer.values()) <= 8, "there are more than eight layers"
    assert len(COMPONENTS) <= 20


@pytest.mark.parametrize(
    ("library", "component"), [("curl/", "io"), ("sqlite3", "ledger"), ("rapidjson/", "base")]
)
def test_each_outside_library_is_known_to_one_component(library: str, component: str) -> None:
    """Its files include it, and no header of theirs that another component includes does."""
    users = {p for p in SOURCES if any(i.startswith(library) for i in includes(p))}
    assert users
    assert not [name(p) for p in users if not p.is_relative_to(CORE / component)]
    knowing = {p for p in users if p.suffix == ".hpp"}
    while (
        more := {
            p
            for p in (CORE / component).glob("*.hpp")
            if {str(k.relative_to(CORE)) for k in knowing} & set(includes(p))
        }
        - knowing
    ):
        knowing |= more
    for path in SOURCES:
        if path.is_relative_to(CORE) and not path.is_relative_to(CORE / component):
            assert not {str(k.relative_to(CORE)) for k in knowing} & set(includes(path)), name(path)


def test_each_file_of_a_component_stands_in_its_readme() -> None:
    for component in COMPONENTS:
        named = set(re.findall(r"`([a-z0-9_]+)`", (CORE / component / "README.md").read_text()))
        assert named == {p.stem for p in (CORE / component).rglob("*.?pp")}, component


def is_near(one: str, other: str) -> bool:
    """Whether the names are one, or differ by one letter."""
    if len(one) > len(other):
        one, other = other, one
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) < 2
    return any(other[:at] + other[at + 1 :] == one for at in range(len(other)))


def test_no_two_files_of_the_core_differ_by_a_letter_or_a_folder_alone() -> None:
    stems = sorted({(p.stem, component_of(p)) for p in CORE.rglob("*.?pp")})
    near = [
        (one, other)
        for at, one in enumerate(stems)
        for other in stems[at + 1 :]
        if is_near(one[0], other[0])
    ]
    assert not near
    assert is_near("endpoint", "endpoints") and is_near("needs", "needs")
    assert not is_near("reader", "reply")


def test_public_headers_include_only_the_standard_library_and_wayfare() -> None:
    headers = sorted((ROOT / "core/include").rglob("*.hpp"))
    assert headers
    for header in headers:
        for include in includes(header):
            assert re.fullmatch(r"wayfare/[a-z_]+\.hpp|[a-z_]+", include), (
                f"{name(header)} includes {include}"
            )


# What has a clock, a thread, a file or chance in it. <chrono> durations are values; clocks of it
# are looked for by name.
IMPURE = set(
    (
        "thread mutex condition_variable atomic future fstream filesystem iostream cstdio "
        "random ctime unistd.h"
    ).split()
)
CLOCKS = re.compile(r"\b(system_clock|steady_clock|clock_gettime|getenv|random_device|std::rand)\b")


PURE = ["wire/*.?pp", "select/*.?pp", "call/*.?pp", "config/dotenv.?pp", "catalogue/freshness.?pp"]


@pytest.mark.parametrize("files", PURE)
def test_the_middle_is_pure(files: str) -> None:
    paths = sorted(CORE.glob(files))
    assert paths
    for path in paths:
        assert not IMPURE & set(includes(path)), name(path)
        assert not CLOCKS.search(path.read_text()), name(path)


def test_the_python_module_includes_only_public_headers_and_read_fields() -> None:
    own = {p.name for p in (ROOT / "python/src").glob("*.hpp")}
    for path in sorted((ROOT / "python/src").glob("*.?pp")):
        for include in includes(path):
            allowed = (
                include.startswith(("wayfare/", "pybind11/", "base/read_fields"))
                or include in own
                or re.fullmatch(r"[a-z_]+|Python\.h|structmember\.h|[a-z/]+\.h", include)
            )
            assert allowed, f"{name(path)} includes {include}"
            assert include.split("/")[0] not in set(COMPONENTS) - {"base"}, name(path)


# At the start of a line, a variable of a type of the standard library that has a destructor. No `(`
# stands between its name and its value, where a function would have one.
OWNERS = (
    r"string|vector|deque|list|(unordered_)?(multi)?(map|set)|(shared|unique|weak)_ptr|function|"
    r"thread|jthread|(recursive_)?mutex|condition_variable|future|promise|[io]?fstream|"
    r"filesystem::path|any|regex"
)
OWNER = re.compile(
    r"^(?:(?:static|inline|const|extern|constinit|thread_local)\s+)*"
    rf"std::(?:{OWNERS}|(?:array|pair|tuple|optional|variant)\s*<[^;={{}}]*\bstd::(?:{OWNERS}))\b"
    r"(?:[^;={}()]*>|<[^;={}]*\)>)?(?:\s+const)?\s+\w+(?:\[\w*\])*\s*[;={]",
    re.MULTILINE,
)


@pytest.mark.parametrize(
    ("line", "owns"),
    [
        ('const std::string x = "x";', True),
        ("static const std::vector<int> x{1, 2};", True),
        ("std::string const x =\n    f();", True),
        ("thread_local std::function<void(int)> x;", True),
        ("std::map<std::string, std::pair<int, int>> x;", True),
        ("std::array<std::string, 2> x{};", True),
        ("std::optional<std::string> x;", True),
        ("std::string x[2];", True),
        ('constexpr std::string_view x = "x";', False),
        ("constexpr std::array<int, 2> x{};", False),
        ("std::string x(std::string_view y = {}) {", False),
        ("std::vector<int> f() { return {}; }", False),
        ("std::vector<std::string> f(std::vector<int> y = {});", False),
        ("std::optional<int> x;", False),
        ("  const std::string x = f();", False),
    ],
)
def test_an_owner_at_namespace_scope_is_seen(line: str, owns: bool) -> None:
    assert bool(OWNER.search(line)) is owns


def test_nothing_with_a_destructor_lives_at_namespace_scope() -> None:
    """Exits and forks may come after static destructors:

    a registry is a function's static pointer, never freed.
    """
    for path in SOURCES:
        found = OWNER.search(path.read_text())
        assert not found, f"{name(path)}: {found and found[0]}"


def test_the_library_runs_nothing_before_main_and_nothing_at_exit() -> None:
    """What the compiler has made of it tells the same, of every type."""
    archive = ROOT / "build/tree/libwayfare_core.a"
    if not archive.exists() or not shutil.which("nm"):
        pytest.skip("there is no build/tree, or no nm")
    told = subprocess.run(["nm", archive], capture_output=True, text=True, check=True).stdout
    assert " T " in told
    assert not re.findall(r"\S*_GLOBAL__sub_I_\S*|__cxa_atexit", told)


def test_no_signal_handlers_and_no_exit() -> None:
    banned = re.compile(r"\b(sigaction|std::signal|signal\(SIG|std::exit|abort|quick_exit)\s*\(")
    for path in SOURCES:
        assert not banned.search(path.read_text()), name(path)


@pytest.mark.parametrize("tool", ["clang-format", "ruff"])
def test_the_code_is_formatted(tool: str) -> None:
    """By the settings in .clang-format and pyproject.toml."""
    program = Path(sys.executable).with_name(tool)
    if not program.exists():
        pytest.skip(f"{tool} is not in the environment that runs the tests")
    if tool == "ruff":
        words = ["format", "--check", *(str(p) for p in SCRIPTS)]
    else:
        words = ["--dry-run", "--Werror", *(str(p) for p in [*SOURCES, *UNSHIPPED])]
    done = subprocess.run([str(program), *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:2000] + done.stdout[:2000]


def test_files_are_short_and_lines_fit() -> None:
    for path in [*SOURCES, *UNSHIPPED, *SCRIPTS]:
        text = path.read_text()
        count = 0 if text.startswith(MADE) else len(text.splitlines())
        assert count <= 400, f"{name(path)} has {count} lines: what is it really two of?"
    build = [ROOT / p for p in ("run", "pyproject.toml", "CMakeLists.txt")]
    build += [ROOT / "benchmarks/CMakeLists.txt", *(ROOT / "tests").rglob("CMakeLists.txt")]
    for path in [*SOURCES, *UNSHIPPED, *SCRIPTS, *build]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert len(line) <= 100, f"{name(path)}:{number} has {len(line)} characters"
            assert "\t" not in line, f"{name(path)}:{number} has a tab"


# A comment that begins so has no subject and no verb: it does not say what the next line does.
FRAGMENT = re.compile(r"^\s*//+ (Of|What|Who)\b", re.MULTILINE)


def test_comments_of_the_core_are_sentences() -> None:
    assert FRAGMENT.search("int a;\n  // Of the first attempt.\n")
    assert not FRAGMENT.search("// Often.\n// Returns what is left.\nint a; // of b\n")
    for path in sorted(CORE.rglob("*.?pp")):
        text = path.read_text()
        found = FRAGMENT.search(text)
        at = text.count("\n", 0, found.start() + 1) + 1 if found else 0
        assert not found, f"{name(path)}:{at}: {found and found[0].strip()} … is no sentence"


PAGES = sorted(
    p
    for p in [*ROOT.glob("*.md"), *(ROOT / "core").rglob("*.md"), *(ROOT / "capi").rglob("*.md")]
    if "node_modules" not in p.parts
) + sorted(p for part in ("python", "tests", "benchmarks") for p in (ROOT / part).rglob("*.md"))


def prose(text: str) -> list[tuple[int, str]]:
    """The numbered lines of a page that are neither code nor a row of a table."""
    found, is_code = [], False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            is_code = not is_code
        elif not is_code and not line.lstrip().startswith("|"):
            found.append((number, line))
    return found


def test_lines_of_pages_fit() -> None:
    assert prose("a\n```\nb\n```\n| c |\nd\n") == [(1, "a"), (6, "d")]
    assert len(PAGES) > 20
    for path in PAGES:
        for number, line in prose(path.read_text()):
            # A link is not broken.
            is_link = re.fullmatch(r"\S*\[.*\]\(\S+\)\S*|.*https?://\S+", line.strip())
            assert len(line) <= 100 or is_link, f"{name(path)}:{number} has {len(line)} characters"


def test_every_table_of_fields_is_held_to_its_struct() -> None:
    """fields_test.cpp compares the two, for the structs that it names and for the operations."""
    test = (ROOT / "tests/core/values/fields_test.cpp").read_text()
    for header in sorted((ROOT / "core/include").rglob("*.hpp")):
        if header.name in ("fields.hpp", "operations.hpp"):
            continue
        for struct in re.findall(r"fields_of<([A-Z]\w+)> =", header.read_text()):
            assert re.search(rf"\b{struct}\b", test), f"{struct} is not in fields_test.cpp"


def test_nothing_speaks_of_the_machine_it_was_made_on() -> None:
    banned = re.compile(r"/(root|work|home/[a-z]+|tmp/bash)[/\b]")
    for path in [
        *SOURCES,
        *sorted((ROOT / "python").rglob("*.py")),
        ROOT / "README.md",
        ROOT / "run",
        ROOT / "core/ARCHITECTURE.md",
    ]:
        assert not banned.search(path.read_text()), name(path)
