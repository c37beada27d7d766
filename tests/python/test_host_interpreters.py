"""A host that has several Python interpreters in one process, as mod_wsgi has by default."""

from __future__ import annotations

from typing import Any

# `told(text)` runs the text in an interpreter of its own, and gives what it says with say().
OTHERS = '''
import tempfile
try: import _interpreters as interpreters
except ImportError: import _xxsubinterpreters as interpreters
def told(text):
    with tempfile.NamedTemporaryFile("r") as said:
        interpreters.run_string(interpreters.create(), f"""
import sys
sys.path[:] = {sys.path}
def say(words):
    with open({said.name!r}, "w") as file: file.write(words)
{text}
""")
        return said.read()
IMPORT = """
try: import wayfare
except ImportError as error: say(str(error))
else: say("it was imported")
"""
'''
WORDS = (
    "wayfare works in the main interpreter of a process only, and this is a sub-interpreter; "
    "under mod_wsgi, set WSGIApplicationGroup %{GLOBAL}\n"
)


def test_a_sub_interpreter_is_refused_while_the_main_one_works(host: Any, answering: str) -> None:
    text = """
used = client()
print(used.chat("x").text)
print(told(IMPORT))
print(told(IMPORT))
print(used.chat("x").text, used.usage()[0].calls)
"""
    assert host.run(OTHERS + text, answering) == f"pong\n{WORDS * 2}pong 2\n"


def test_a_sub_interpreter_is_refused_before_the_main_one_imports(
    host: Any, answering: str
) -> None:
    host.START = host.START.replace(", wayfare", "")
    text = """
assert "wayfare" not in sys.modules
print(told(IMPORT))
import wayfare
print(client().chat("x").text)
print(told(IMPORT))
"""
    assert host.run(OTHERS + text, answering) == f"{WORDS}pong\n{WORDS}"
