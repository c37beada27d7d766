"""The command wayfare: its words, its exit codes, --json and its help."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import cli
import pytest
import wayfare
from wayfare import _wayfare
from wayfare.cli import _codes
from wayfare.cli._commands import COMMANDS, PLAIN, module_of
from wayfare.cli._parser import Parser, parser_for
from wayfare.cli._words import UsageError, find_command, read_plainly

pytestmark = pytest.mark.usefixtures("bare_environment")


# ---- Words.


def test_wayfare_alone_shows_the_help_and_makes_no_call(tmp_path: Path) -> None:
    done = cli.run(folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout == cli.run("--help").stdout
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout
    for number, meaning in _codes.MEANINGS.items():
        assert f"\n  {number:<4} {meaning}\n" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "like"),
    [
        ("stauts", 'did you mean "wayfare status"?'),
        ("agent creat x", 'did you mean "wayfare agent create"?'),
        ("agnet", 'did you mean "wayfare agent"?'),
        ("Say hello in five words", '"wayfare --help" tells what there is'),
        ("status --leger x", "did you mean --ledger?"),
        ("--jsn", "did you mean --json?"),
        ("budget sett x", 'did you mean "wayfare budget set"?'),
        ("budget set x --window dya", "did you mean day?"),
        ("usage --by modle", "did you mean model?"),
        ("completion bsh", "did you mean bash?"),
        ("ask --model", '"wayfare ask --help" tells more'),
        ("ask x --max-tokens 0", "'0' is no whole number above 0"),
        ("budget set x --limit five", "'five' is no amount of dollars"),
        ("block", "name one, such as --agent support, or --everything"),
        ("block --everything --user ann", "everything"),
        ("block --user=", "user"),
        ("ask", 'name it: wayfare ask "Say hello"'),
        ("usage --since soon", "2026-11-23"),
        ("usage --time-zone Nowhere/Land", "Europe/Berlin"),
        ("models --default gpt", "takes no WORD"),
        ("models --default --of-key", "not allowed with"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_nearest_word(
    words: str, like: str, tmp_path: Path
) -> None:
    with wayfare.Client(ledger=tmp_path / "ledger.db") as client:
        client.budget("b", limit="1", window="day")
    variables = {"WAYFARE_LEDGER": str(tmp_path / "ledger.db")}
    given = [words] if words.startswith("Say") else words.split()
    done = cli.run(*given, folder=tmp_path, **variables)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.count("\n") == 1, done
    assert done.stderr.startswith("wayfare") and like in done.stderr
    code, error = cli.told(*given, folder=tmp_path, **variables)
    assert code == error["exit_code"] == 2 and error["message"] in done.stderr


def test_options_of_every_command_stand_on_both_sides_of_it() -> None:
    for words in (
        "--ledger a --allow-http budget set x --limit 1",
        "budget set --ledger a x --allow-http --limit 1",
        "budget set x --limit=1 --ledger b --allow-http --ledger=a",
    ):
        name, rest = find_command(words.split())
        assert name == "budget set"
        arguments = parser_for(module_of(name), name).parse_all(rest)
        assert (arguments.ledger, arguments.allow_http, arguments.name) == ("a", True, "x")
    assert find_command(["ask", "budget", "set"]) == ("ask", ["budget", "set"])
    assert find_command(["--ledger", "ask"]) == (None, [])
    with pytest.raises(UsageError):
        find_command(["budgets"])


def test_every_command_has_a_help_and_takes_the_common_options() -> None:
    for name in COMMANDS:
        parser = parser_for(module_of(name), name)
        assert parser.prog == f"wayfare {name}"
        told = parser.format_help()
        assert parser.description and "--ledger PATH" in told and "--json" in told
    assert cli.told("budget", "set", "--help")[1]["help"].startswith("usage: wayfare budget set ")
    done = cli.run("help", "budget", "set")
    assert done.returncode == 0 and done.stdout.startswith("usage: wayfare budget set ")


def test_a_command_without_options_of_its_own_is_plain() -> None:
    common = Parser(prog="wayfare status")
    common.add_common()
    for name in COMMANDS:
        own = len(parser_for(module_of(name), name)._actions) > len(common._actions)
        assert (name in PLAIN) is not own, name


def test_plain_words_are_read_as_a_parser_reads_them() -> None:
    parser = parser_for(module_of("status"), "status")
    for words in (
        [],
        ["--ledger", "a", "--json", "--ledger", "b c"],
        ["--allow-key-to", "x", "--allow-http", "--allow-key-to", "y:1", "--env-folder", ""],
    ):
        plain = read_plainly("status", words)
        assert plain and vars(plain) == vars(parser.parse_all(words)), words
    for others in (["--ledger"], ["--ledger=a"], ["-h"], ["--ledger", "-x"], ["a"], ["--"]):
        assert read_plainly("status", others) is None, others


# ---- Exit codes.


def test_every_code_of_an_error_has_an_exit_code() -> None:
    numbers = {code: _codes.exit_code(code) for code in _wayfare.codes}
    failed = {code for code, number in numbers.items() if number == _codes.FAILED}
    assert failed == {"forked", "closed", "full", "no_memory", "busy", "internal"}
    assert set(numbers.values()) <= set(_codes.MEANINGS)
    named = " ".join(_codes._CODES.values()).split()
    own = {"usage", "over_budget", "interrupted"}
    own |= {"ledger_not_whole", "ledger_exists", "ledger_in_use"}
    assert len(named) == len(set(named)) and set(named) - set(_wayfare.codes) == own


def test_the_readme_has_the_same_exit_codes() -> None:
    page = (Path(__file__).parents[2] / "README.md").read_text()
    table = page.split("| exit code | meaning |\n| --- | --- |\n")[1].split("\n\n")[0]
    assert table == "\n".join(f"| {code} | {told} |" for code, told in _codes.MEANINGS.items())


# ---- --json.

EVERY = [
    "models gpt",
    "models --default",
    "models --of-key",
    "endpoints openai/gpt-4o-mini",
    "select hello --policy cheapest",
    "status",
    "usage --by day,model",
    "usage --by hour,requested_model --time-zone +02:00",
    "replay --model openai/gpt-4o --by day",
    "caching --by agent --since 7d",
    "entries --limit 2",
    "budget set b --limit 5.00 --window day --threshold 50",
    "budget override b 1 --until 2999-01-01",
    "budget",
    "budget check b",
    "block --agent bad",
    "blocks",
    "cooldowns",
    "rate-limit set r --requests 10 --agent a",
    "rate-limit",
    "rate-limit delete r",
    "unblock --agent bad",
    "unknown",
    "performance --hours 48",
    "verify",
    "mend",
    "backup copy.db",
    "restore copy.db --replace",
    "prune 2026-01-01",
    "reconcile",
    "accept-clock",
    "budget delete b",
    "completion bash",
    "agent create a --model openai/gpt-4o-mini",
    "agent edit a --notes x",
    "agent",
    "agent list --text a",
    "agent show a",
    "agent history a",
    "agent models --tools",
    "agent archive a",
    "agent restore a",
    "agent export",
    "agent export agents.json",
    "agent import agents.json",
    "select hello --agent a",
    "doctor",
    "ask hello --agent a",
    "chat",
    "--version",
    "--help",
]


@pytest.mark.slow
def test_every_command_tells_one_object_with_json(sandbox: Any, tmp_path: Path) -> None:
    variables = {
        "OPENROUTER_BASE_URL": sandbox.base_url,
        "OPENROUTER_API_KEY": "sk-or-v1-x",
        "WAYFARE_DIALECT": "openrouter",
        "WAYFARE_LEDGER": str(tmp_path / "ledger.db"),
    }
    assert cli.run("ask", "hello", "--agent", "a", **variables).returncode == 0
    for words in EVERY:
        code, told = cli.told(*words.split(), folder=tmp_path, given="hello\n", **variables)
        assert (code, type(told)) == (0, dict), (words, told)
    elsewhere = {"unknown settle", "sandbox", "explain"}  # they have tests of their own
    covered = {find_command(words.split())[0] for words in EVERY} | elsewhere
    assert covered - {None} >= set(COMMANDS)


ERROR = {
    "code", "message", "advice", "retryable", "http_status", "generation_id", "exit_code",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "number", "status"),
    [
        ("ask hello --model no/such", "not_found", 3, 400),
        ("ask hello --model sandbox/status-401", "unauthorized", 5, 401),
        ("ask hello --model sandbox/status-500 --max-tokens 9", "server_error", 6, 500),
        ("ask hello --max-cost 0.000000001", "max_cost", 4, None),
        ("ask hello --agent bad", "blocked", 9, None),
        ("ask hello --agent poor", "budget_exceeded", 4, None),
        ("agent show nosuch", "no_agent", 3, None),
        ("explain 01M8DFRD5G7XYR0EGFN1G28GJ6", "not_found", 3, None),
        ("budget check nosuch", "not_found", 3, None),
        ("budget delete nosuch", "not_found", 3, None),
        ("unknown settle 01M8DFRD5G7XYR0EGFN1G28GJ6 --cost 1 --reason x", "invalid", 2, None),
        ("prune 2999-01-01", "invalid", 2, None),
        ("restore nosuch.db", "not_found", 3, None),
        ("verify --ledger nosuch.db", "not_found", 3, None),
        ("tset", "usage", 2, None),
    ],
)
def test_an_error_is_one_object_too(
    sandbox: Any, tmp_path: Path, words: str, code: str, number: int, status: int | None
) -> None:
    variables = {
        "OPENROUTER_BASE_URL": sandbox.base_url,
        "OPENROUTER_API_KEY": "sk-or-v1-x",
        "WAYFARE_DIALECT": "openrouter",
        "WAYFARE_LEDGER": str(tmp_path / "ledger.db"),
    }
    with wayfare.Client(ledger=tmp_path / "ledger.db") as client:
        client.block(agent="bad")
        client.budget("poor", limit="0", window="day", agent="poor")
    exit_code, error = cli.told(*words.split(), folder=tmp_path, **variables)
    assert (exit_code, error["code"], error["http_status"]) == (number, code, status), error
    assert set(error) == ERROR and error["exit_code"] == number and error["message"]
    assert not (tmp_path / "nosuch.db").exists()
    done = cli.run(*words.split(), folder=tmp_path, **variables)
    assert (done.returncode, done.stdout) == (number, "") and done.stderr.count("\n") == 1


# ---- What is loaded.


def loaded(*words: str) -> set[str]:
    code = (
        "import sys; from wayfare.cli import main; code = main(sys.argv[1:]);"
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60
    )
    return set(done.stderr.split())


def test_a_command_loads_what_it_needs_and_rich_only_for_a_terminal(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys, wayfare; print(*sys.modules)"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not {name for name in done.stdout.split() if "wayfare.cli" in name}
    ledger = str(tmp_path / "ledger.db")
    with wayfare.Client(ledger=ledger) as client:
        client.budget("b", limit="1", window="day")
    for words in (
        ["status", "--ledger", ledger],
        ["--version"],
        ["models"],
        ["budget"],
        ["agent", "--ledger", ledger],
    ):
        modules = loaded(*words)
        assert "wayfare.cli" in modules
        assert not {"rich", "aiohttp", "asyncio", "wayfare.types", "difflib"} & modules, words
        assert not {"wayfare.cli.ask", "wayfare.cli.chat"} & modules
        assert ("argparse" in modules) is (words == ["models"])


# ---- Colours.


@pytest.mark.parametrize("columns", [60, 200])
def test_a_terminal_shows_the_same_text_with_and_without_rich(tmp_path: Path, columns: int) -> None:
    pytest.importorskip("rich")
    ledger = str(tmp_path / "ledger.db")
    with wayfare.Client(ledger=ledger) as client:
        client.budget("[bold]b :smile:", limit="0", window="lifetime", agent="\u4e2d\u6587")
    words = ("budget", "--ledger", ledger)
    styled = cli.shown(*words, columns=columns)
    plain = cli.shown(*words, columns=columns, program=cli.WITHOUT_RICH)
    assert ("\x1b[1m" if columns == 200 else "\x1b[2m") in styled
    assert "\x1b[31m" in styled and "[bold]b :smile:" in plain
    assert cli.STYLES.sub("", styled) == plain
    for variables in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert cli.shown(*words, columns=columns, **variables) == plain
    if columns == 200:
        assert cli.run(*words).stdout == plain


# ---- Completion.


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["st"], {"status"}),
        (["budget", "ch"], {"check"}),
        (["--json", "budget", "set", "--wind"], {"--window"}),
        (["budget", "set", "--window", "d"], {"day"}),
        (["completion", "f"], {"fish"}),
        (["agent", "ex"], {"export"}),
        (["agent", "edit", "support", "--without", "max-"], {"max-tokens", "max-cost"}),
        (["explain", "--js"], {"--json"}),
        (["ask", "--max-"], {"--max-tokens", "--max-cost"}),
    ],
)
def test_bash_completes(words: list[str], completed: set[str], tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(cli.run("completion", "bash").stdout)
    code = (
        f'. "{script}"; COMP_WORDS=(wayfare "$@"); COMP_CWORD=$#; _wayfare wayfare; '
        'echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", code, "bash", *words], capture_output=True, text=True, timeout=60
    )
    assert (set(done.stdout.split()), done.stderr) == (completed, "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_are_told_every_command_and_option(shell: str) -> None:
    script = cli.run("completion", shell).stdout
    for name in COMMANDS:
        assert name.split()[-1] in script
        for action in parser_for(module_of(name), name)._actions:
            for option in action.option_strings:
                if option.startswith("--"):
                    assert (f"-l {option[2:]} " if shell == "fish" else option) in script
