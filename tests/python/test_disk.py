"""Real disks: a small disk that fills up, and a disk that several machines share."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CALLS = """
import json, pathlib, sys
import wayfare
base_url, ledger, filler = sys.argv[1:]
client = wayfare.Client(api_key="k", base_url=base_url, ledger=ledger)
kept, refused = 0, None
while refused is None and kept < 5000:
    try:
        client.chat("x", charge_to={"agent": "a" * 100}, request_id="r" * 128)
        kept += 1
    except wayfare.errors.NotBooked:  # its reservation took the last page of the disk
        kept += 1
    except wayfare.Error as error:
        refused = error
told = {"code": refused.code, "message": str(refused), "advice": refused.advice,
        "retryable": refused.retryable, "kept": kept}
pathlib.Path(filler).unlink()
client.chat("x")  # there is space again
told["calls"] = client.usage()[0].calls
told["ok"] = client.verify().ok
client.close()
print(json.dumps(told))
"""


def test_a_disk_that_fills_up_refuses_calls_and_goes_on_with_room(
    answering: str, tmp_path: Path
) -> None:
    if not shutil.which("unshare"):
        pytest.skip("there is no unshare, to mount a small disk with")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=1500k tmpfs {disk}"
    inside = [
        "unshare",
        "--mount",
        "--propagation",
        "unchanged",
        *([] if os.geteuid() == 0 else ["--map-root-user"]),
        "sh",
        "-c",
    ]
    if (tried := subprocess.run([*inside, mount], capture_output=True, text=True)).returncode:
        pytest.skip(f"no small disk can be mounted here: {tried.stderr.strip()}")
    fill = f"head -c 700000 /dev/zero >{disk}/filler"
    script = tmp_path / "calls.py"
    script.write_text(CALLS)
    run = f'{mount} && {fill} && exec "$0" "$@"'
    done = subprocess.run(
        [*inside, run, sys.executable, str(script), answering, f"{disk}/l.db", f"{disk}/filler"],
        capture_output=True,
        text=True,
        timeout=300,  # a call whose end finds no room waits for 30 s before it says so
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["code"] == "ledger_unavailable"
    assert told["retryable"]
    assert "nothing was sent" in told["message"]
    assert told["advice"] == f"make room on the disk of {disk}/l.db"
    assert told["kept"] > 10
    assert told["calls"] == told["kept"] + 1
    assert told["ok"]


STATFS = """
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
int statfs(const char* path, struct statfs* found) {
  long done = syscall(SYS_statfs, path, found);
  found->f_type = 0x6969;
  return (int)done;
}
"""


def test_a_ledger_on_a_network_file_system_is_refused_unless_it_is_allowed(
    answering: str, tmp_path: Path
) -> None:
    """There is no network file system here, so statfs() of the C library is replaced."""
    (tmp_path / "statfs.c").write_text(STATFS)
    library = tmp_path / "statfs.so"
    subprocess.run(
        ["g++", "-x", "c", "-shared", "-fPIC", "-o", str(library), str(tmp_path / "statfs.c")],
        check=True,
    )
    text = """
import sys, wayfare
with wayfare.Client(api_key="k", base_url=sys.argv[1], ledger=sys.argv[2]) as client:
    try:
        client.chat("x")
    except wayfare.Error as error:
        print(error.code, error.retryable, error, error.advice, sep="|")
if sys.argv[3:]:
    options = {"base_url": sys.argv[1], "ledger": sys.argv[2], "allow_remote_ledger": True}
    with wayfare.Client(api_key="k", **options) as client:
        print(client.chat("x").text)
"""
    ledger = tmp_path / "l.db"

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", text, answering, str(ledger), *more],
            capture_output=True,
            text=True,
            env={**os.environ, "LD_PRELOAD": str(library)},
            timeout=60,
        )

    done = run()
    assert done.stderr == ""
    code, retryable, message, advice = done.stdout.strip().split("|")
    assert (code, retryable) == ("ledger_unavailable", "False")
    assert f"{tmp_path} is on NFS" in message
    assert advice.startswith("set allow_remote_ledger if only this machine uses the file, or ")
    assert "another path" in advice
    assert not ledger.exists()
    done = run("allowed")
    assert (done.stdout.splitlines()[1:], done.stderr) == (["pong"], "")
