"""A host that uses libcurl, OpenSSL and SQLite itself, in the same process and at the same time."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import wayfare

pytestmark = pytest.mark.slow

# Makes calls with wayfare from two threads all the time. `finish` ends them and returns the number
# of calls.
CALLING = """
used = client()
over, done = False, []
def work():
    while not over:
        assert used.chat("x").text == "pong"
        done.append(1)
        used.usage()
workers = [threading.Thread(target=work) for _ in range(2)]
for t in workers: t.start()
def finish():
    global over
    over = True
    for t in workers: t.join()
    used.close()
    print(len(done))
"""


def test_a_host_that_uses_the_same_libcurl(host: Any, secure: tuple[str, Path]) -> None:
    """Uses libcurl by ctypes, like a program that is linked with it: initialises it before us and
    while we run, and cleans it up while we run.
    """
    text = (
        """
import ctypes
curl = ctypes.CDLL("libcurl.so.4")
curl.curl_easy_init.restype = ctypes.c_void_p
set_text = lambda easy, option, value: curl.curl_easy_setopt(ctypes.c_void_p(easy), option,
ctypes.c_char_p(value.encode()))
def fetch():
    easy = curl.curl_easy_init()
    set_text(easy, 10002, base_url)  # CURLOPT_URL
    set_text(easy, 10065, ca_file)  # CURLOPT_CAINFO
    set_text(easy, 10015, "a body")  # CURLOPT_POSTFIELDS
    curl.curl_easy_setopt(ctypes.c_void_p(easy), 10001, ctypes.c_void_p(sink))  # CURLOPT_WRITEDATA
    code = curl.curl_easy_perform(ctypes.c_void_p(easy))
    curl.curl_easy_cleanup(ctypes.c_void_p(easy))
    assert code == 0, code
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
sink = libc.fopen(b"/dev/null", b"w")
curl.curl_global_init(3)
fetch()
"""
        + CALLING
        + """
for _ in range(20):
    curl.curl_global_init(3)
    fetch()
    curl.curl_global_cleanup()
curl.curl_global_cleanup()
assert used.chat("x").text == "pong"
done.append(1)
finish()
curl.curl_global_init(3)
fetch()
curl.curl_global_cleanup()
"""
    )
    assert Counter(settled=int(host.run(text, *secure))) == host.states()


def test_a_host_that_has_another_libcurl_and_another_openssl(
    host: Any, secure: tuple[str, Path]
) -> None:
    """The wheel of pycurl contains its own libcurl and OpenSSL."""
    pytest.importorskip("pycurl")
    text = (
        """
import io, pycurl
def fetch():
    got, one = io.BytesIO(), pycurl.Curl()
    one.setopt(one.URL, base_url)
    one.setopt(one.CAINFO, ca_file)
    one.setopt(one.POSTFIELDS, "a body")
    one.setopt(one.WRITEDATA, got)
    one.perform()
    one.close()
    assert b"pong" in got.getvalue()
fetch()
"""
        + CALLING
        + """
for _ in range(30): fetch()
finish()
fetch()
"""
    )
    assert Counter(settled=int(host.run(text, *secure))) == host.states()


def test_a_host_that_uses_openssl(host: Any, secure: tuple[str, Path]) -> None:
    text = (
        """
import ssl, urllib.error, urllib.request
context = ssl.create_default_context(cafile=ca_file)
def fetch():
    with urllib.request.urlopen(base_url, data=b"a body", context=context) as got:
        assert b"pong" in got.read()
    try: urllib.request.urlopen(base_url, data=b"a body", context=ssl.create_default_context())
    except urllib.error.URLError: pass  # leaves an error in OpenSSL's queue of this thread
fetch()
"""
        + CALLING
        + """
for _ in range(20): fetch(); assert used.chat("x").text == "pong"; done.append(1)
finish()
fetch()
"""
    )
    assert Counter(settled=int(host.run(text, *secure))) == host.states()


WRITER = """
with client() as c:
    count = 0
    while not os.path.exists(arguments[0]):
        c.chat("x")
        count += 1
print(count)
"""


@pytest.mark.parametrize(
    "read", ["sqlite3.connect(f'file:{ledger}?mode=ro', uri=True)", "sqlite3.connect(ledger)"]
)
def test_a_host_that_reads_the_ledger_with_its_own_sqlite(
    host: Any, answering: str, tmp_path: Path, read: str
) -> None:
    """The host opens and closes the ledger with the same SQLite library, while calls run in this
    process and in another one.
    """
    text = (
        "import sqlite3\n"
        + CALLING
        + f"""
while not done: time.sleep(0.01)
kept = {read}
for _ in range(100):
    one = {read}
    before = one.execute("SELECT count(*) FROM v1_entries").fetchone()[0]
    one.close()
    assert kept.execute("SELECT count(*) FROM v1_entries").fetchone()[0] >= before
finish()
assert kept.execute("SELECT count(*) FROM v1_entries").fetchone()[0] >= len(done)
kept.close()
"""
    )
    over = tmp_path / "over"
    other = host.start(WRITER, answering, "", str(over))
    here = int(host.run(text, answering))
    over.touch()
    code, count, complaint = host.end(other, 20)
    assert (code, complaint) == (0, "")
    assert host.states() == Counter(settled=here + int(count))


@pytest.mark.parametrize("which", ["", "-shm", "-wal", ".lock"])
def test_a_host_that_copies_the_ledger(host: Any, answering: str, which: str) -> None:
    """Closing a descriptor of a file drops all POSIX locks of the process on it, also those of
    SQLite. So our locks must not be POSIX locks. Meanwhile other programs read the ledger, each as
    the last one to close it, and another process writes to it.
    """
    text = (
        CALLING
        + f"""
import subprocess
while not done: time.sleep(0.01)
reader = '''
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
print(c.execute('SELECT count(*) FROM v1_entries').fetchone()[0])
c.close()
'''
for at in range(20):
    with open(ledger + "{which}", "rb") as copied: copied.read()
    before = len(done)
    ask = [sys.executable, "-S", "-c", reader, ledger]
    seen = subprocess.run(ask, capture_output=True, text=True)
    assert seen.stderr == "" and int(seen.stdout) >= before, (seen, before)
    if at % 5 == 0:
        writer = '''
import sys, wayfare
with wayfare.Client(api_key='k', base_url=sys.argv[1], ledger=sys.argv[2]) as c:
    c.chat('x')
'''
        subprocess.run([sys.executable, "-c", writer, base_url, ledger], check=True)
finish()
"""
    )
    here = int(host.run(text, answering))
    assert host.states() == Counter(settled=here + 4)


# How a second SQLite opens the ledger: that of apsw, and that of Python, where wayfare has its own.
BESIDE = {
    "apsw, to read": "apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)",
    "apsw, to write": "apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE)",
    "sqlite3, to read": "sqlite3.connect(f'file:{path}?mode=ro', uri=True)",
    "sqlite3, to write": "sqlite3.connect(path)",
}


@pytest.mark.parametrize("way", BESIDE)
def test_a_host_that_has_another_sqlite(
    host: Any, answering: str, tmp_path: Path, way: str
) -> None:
    """A second SQLite in the process does not see the POSIX locks of the first one, and drops them
    when it closes the file. It could rebuild the WAL's index while another connection writes it.
    Here it opens and closes the ledger without a pause. Meanwhile processes with the same SQLite
    come and go, each believing to be the last one, which would delete the WAL, and another process
    of wayfare writes.
    """
    module = way.split(",")[0]
    mine = wayfare.versions().sqlite
    if sqlite3.sqlite_version == mine:  # so both have that of the system; a wheel has its own
        if module == "sqlite3":
            pytest.skip("wayfare and Python have one SQLite")
        assert pytest.importorskip("apsw").sqlite_lib_version() != mine
    text = (
        f"""
import subprocess, {module}
def open_beside(path): return {BESIDE[way]}
"""
        + CALLING
        + f"""
while not done: time.sleep(0.01)
reader = '''
import sys, {module}
path = sys.argv[1]
c = {BESIDE[module + ", to write"]}
print(c.execute('SELECT count(*) FROM v1_entries').fetchone()[0])
c.close()
'''
for at in range(2000):
    before = len(done)
    beside = open_beside(ledger)
    assert beside.execute("SELECT count(*) FROM v1_entries").fetchone()[0] >= before
    beside.close()
    if at % 250 == 0:
        ask = [sys.executable, "-c", reader, ledger]
        seen = subprocess.run(ask, capture_output=True, text=True)
        assert seen.stderr == "" and int(seen.stdout) >= before, (seen, before)
assert used.verify().ok
finish()
"""
    )
    over = tmp_path / "over"
    other = host.start(WRITER, answering, "", str(over))
    here = int(host.run(text, answering))
    over.touch()
    code, count, complaint = host.end(other, 20)
    assert (code, complaint) == (0, "")
    assert host.states() == Counter(settled=here + int(count))
