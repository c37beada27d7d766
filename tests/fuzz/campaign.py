"""Runs the fuzz targets of build/fuzz, one after the other, and prints a table. Exits with 1 if a
target found a fault. Its input is then in tests/fuzz/crashes. Which lines of core/src a target
reached is in build/fuzz/coverage/TARGET.txt.

    python tests/fuzz/campaign.py [SECONDS] [TARGET…]
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build/fuzz"
PROGRAM = BUILD / "wayfare_fuzz"
COVERAGE = BUILD / "coverage"
TARGETS = sorted(path.name for path in (HERE / "seeds").iterdir())
SAMPLES = ("answers", "c_abi", "events", "json", "plans")  # the targets that take tests/samples
# Threads outlive a client: the leak check takes what they hold for lost.
THREADED = ("c_abi", "damaged_ledgers")
SECONDS_MAX = 300  # for one input: the longest wait of damaged_ledgers, times its operations


@dataclass
class Ran:
    """What came of one target."""

    executions: int
    seconds: int
    edges: int
    features: int
    lines: int | None  # of core/src. A target that found something does not tell them.
    finding: str  # the input; empty if nothing was found


def _golden_bodies() -> Path:
    """A folder with the answers of the golden transcripts."""
    folder = BUILD / "golden"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path in sorted((ROOT / "tests/golden/answers").glob("*.txt")):
        body = path.read_bytes().partition(b"--- body\n")[2].partition(b"--- expected\n")[0]
        (folder / path.stem).write_bytes(body)
    return folder


def _folders(target: str) -> list[Path]:
    """Where inputs are read. New ones go to the first folder."""
    corpus = BUILD / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    folders = [corpus, HERE / "seeds" / target, HERE / "crashes" / target]
    if target in SAMPLES:
        folders.append(ROOT / "tests/samples")
    if target == "answers":
        folders.append(_golden_bodies())
    return folders


def _last(pattern: str, log: str) -> int:
    found = re.findall(pattern, log, re.MULTILINE)
    return int(found[-1]) if found else 0


def _llvm(tool: str, *words: str) -> str:
    """Runs a tool of LLVM, of the version of clang."""
    path = subprocess.check_output(["clang", f"-print-prog-name={tool}"], text=True).strip()
    return subprocess.check_output([path, *words], text=True)


def _lines(name: str, profiles: list[Path]) -> tuple[int, int]:
    """The lines of core/src that were reached, and all of them. Writes them by file."""
    joined = COVERAGE / f"{name}.profdata"
    _llvm("llvm-profdata", "merge", "-sparse", f"-o={joined}", *map(str, profiles))
    what = (f"-instr-profile={joined}", str(PROGRAM), str(ROOT / "core/src"))
    (COVERAGE / f"{name}.txt").write_text(_llvm("llvm-cov", "report", *what))
    totals = json.loads(_llvm("llvm-cov", "export", "-summary-only", *what))["data"][0]["totals"]
    return totals["lines"]["covered"], totals["lines"]["count"]


def _profile(target: str) -> Path:
    return COVERAGE / f"{target}.profraw"


def run(target: str, seconds: int) -> Ran:
    crashes = HERE / "crashes" / target
    crashes.mkdir(parents=True, exist_ok=True)
    words_of_input = HERE / "dictionaries" / f"{target}.txt"
    log_path = BUILD / f"{target}.log"
    words = [
        str(PROGRAM),
        f"-max_total_time={seconds}",
        *([f"-dict={words_of_input}"] if words_of_input.exists() else []),
        f"-artifact_prefix={crashes}/",
        f"-timeout={SECONDS_MAX}",
        f"-report_slow_units={SECONDS_MAX}",
        f"-detect_leaks={int(target not in THREADED)}",
        "-max_len=4096",
        "-print_final_stats=1",
        *map(str, _folders(target)),
    ]
    profile = _profile(target)
    profile.unlink(missing_ok=True)
    variables = {"WAYFARE_FUZZ": target, "LLVM_PROFILE_FILE": str(profile)}
    with log_path.open("w") as out:
        done = subprocess.run(words, stdout=out, stderr=out, env={**os.environ, **variables})
    log = log_path.read_text(errors="replace")
    if not any(crashes.iterdir()):
        crashes.rmdir()
    finding = re.search(r"Test unit written to (\S+)", log)
    told = finding[1] if finding else f"see {log_path}"
    lines = _lines(target, [profile]) if done.returncode == 0 else None
    return Ran(
        executions=_last(r"^stat::number_of_executed_units: (\d+)", log),
        seconds=seconds,
        edges=_last(r"cov: (\d+)", log),
        features=_last(r"ft: (\d+)", log),
        lines=lines[0] if lines else None,
        finding=told if done.returncode else "",
    )


def main(words: list[str]) -> int:
    seconds = int(words.pop(0)) if words and words[0].isdigit() else 60
    unknown = set(words) - set(TARGETS)
    if unknown:
        print(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
        return 2
    COVERAGE.mkdir(exist_ok=True)
    print(
        f"{'target':<16}{'executions':>12}{'a second':>10}{'edges':>8}{'features':>10}{'lines':>8}"
        "  finding"
    )
    found = 0
    profiles = []
    for target in words or TARGETS:
        ran = run(target, seconds)
        found += bool(ran.finding)
        if ran.lines is not None:
            profiles.append(_profile(target))
        lines = "-" if ran.lines is None else f"{ran.lines:,}"
        print(
            f"{target:<16}{ran.executions:>12,}{ran.executions // ran.seconds:>10,}{ran.edges:>8,}"
            f"{ran.features:>10,}{lines:>8}  {ran.finding or 'none'}",
            flush=True,
        )
    if profiles:
        reached, all_lines = _lines("all", profiles)
        print(
            f"together they reached {reached:,} of {all_lines:,} lines of core/src"
            f" ({reached / all_lines:.0%}); by file: {COVERAGE.relative_to(ROOT)}/all.txt"
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
