"""completion: what a shell needs to complete the words of a command.

The script has all words in it, so that a press of the Tab key starts no Python. A package such as
argcomplete starts the program at each press and would be a dependency.
"""

from __future__ import annotations

from ._codes import GOOD
from ._commands import COMMANDS, module_of
from ._output import put, say
from ._parser import parser_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

SHELLS = ("bash", "zsh", "fish")
FILES = ("FILE", "PATH", "DIR")  # the names of values that are files
EPILOG = """\
Put one of these into the start-up file of the shell:
  bash  eval "$(wayfare completion bash)"
  zsh   eval "$(wayfare completion zsh)"       (behind compinit)
  fish  wayfare completion fish | source"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("completion", epilog=EPILOG)
    parser.add_argument("shell", choices=SHELLS)


def run(arguments: argparse.Namespace) -> int:
    script = {"bash": bash, "zsh": zsh, "fish": fish}[arguments.shell]()
    say(script)
    put({"shell": arguments.shell, "script": script})
    return GOOD


def actions(command: str) -> list[argparse.Action]:
    return parser_for(module_of(command), command)._actions


def long_name(action: argparse.Action) -> str | None:
    return next((name for name in action.option_strings if name.startswith("--")), None)


def words_of(command: str) -> str:
    """Returns what may follow the command: deeper commands, options, and words to choose from."""
    words = [name.split()[1] for name in COMMANDS if name.startswith(command + " ")]
    for action in actions(command):
        name = long_name(action)
        words += [name] if name else [str(word) for word in action.choices or ()]
    return " ".join(words)


def values_of(command: str) -> dict[str, str]:
    """Returns for each option with a value what the value may be: words, or "" for a file."""
    values = {}
    for action in actions(command):
        name = long_name(action)
        if name and action.choices:
            values[name] = " ".join(map(str, action.choices))
        elif name and action.metavar in FILES:
            values[name] = ""
    return values


def bash() -> str:
    firsts = " ".join(dict.fromkeys(name.split()[0] for name in COMMANDS))
    lines = [
        "_wayfare() {",
        '  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"',
        '  local command="" words="" at',
        "  for ((at = 1; at < COMP_CWORD; at++)); do",
        '    case "${COMP_WORDS[at]}" in',
        "      -*) ;;",
        '      *) command="$command ${COMP_WORDS[at]}" ;;',
        "    esac",
        "  done",
        '  case "$command " in',
    ]
    # The longest names first, for "budget" also begins "budget set".
    for command in sorted(COMMANDS, key=len, reverse=True):
        lines.append(f'    " {command} "*)')
        lines.append(f'      words="{words_of(command)}"')
        values = values_of(command)
        if values:
            lines.append('      case "$before" in')
            for name, value in values.items():
                chosen = f'words="{value}"' if value else "words="
                lines.append(f"        {name}) {chosen} ;;")
            lines.append("      esac ;;")
        else:
            lines.append("      ;;")
    lines += [
        f'    *) words="{firsts} --help --version" ;;',
        "  esac",
        "  # Without a word that fits, it is a file.",
        '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
        '  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))',
        "}",
        "complete -o filenames -F _wayfare wayfare",
    ]
    return "\n".join(lines)


def zsh() -> str:
    """zsh runs the functions of bash."""
    return f"autoload -U +X bashcompinit && bashcompinit\n{bash()}"


def fish() -> str:
    lines = ["complete -c wayfare -e"]
    for command, (_, about) in COMMANDS.items():
        *above, last = command.split()
        deeper = [name.split()[1] for name in COMMANDS if name.startswith(command + " ")]
        condition = f"__fish_seen_subcommand_from {above[0]}" if above else "__fish_use_subcommand"
        lines.append(f"complete -c wayfare -f -n {quoted(condition)} -a {last} -d {quoted(about)}")
        condition = " && ".join(f"__fish_seen_subcommand_from {word}" for word in command.split())
        if deeper:
            condition += f" && not __fish_seen_subcommand_from {' '.join(deeper)}"
        for action in actions(command):
            lines.append(f"complete -c wayfare -n {quoted(condition)} {option_of(action)}")
    return "\n".join(line.rstrip() for line in lines)


def option_of(action: argparse.Action) -> str:
    """Returns the part of a line for fish that tells one option, or the words to choose from."""
    name = long_name(action)
    told = f"-d {quoted(action.help or '')}"
    chosen = f"-a {quoted(' '.join(map(str, action.choices)))}" if action.choices else ""
    if not name:
        return "-F" if action.metavar in FILES else f"-f {chosen}"
    value = "" if action.nargs == 0 else ("-r" if action.metavar in FILES else "-x")
    return f"-l {name[2:]} {value} {chosen} {told}"


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
