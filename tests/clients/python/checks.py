"""What the Python scripts share: a register of checks, each with a database of its own, and the count at the end."""

import itertools
import os
import sys
import time
import traceback
import uuid

URL = os.environ.get("SERVER_URL", "")
HOST, _, PORT = URL.removeprefix("http://").partition(":")
PROFILE = os.environ.get("SERVER_PROFILE", "1.8")
UDP_PORT = os.environ.get("SERVER_UDP", "").rpartition(":")[2]
USER = os.environ.get("SERVER_USER", "")
PASSWORD = os.environ.get("SERVER_PASSWORD", "")

# Nanoseconds that no double holds: a client or server that takes the way over floating point is found out.
T0 = 1_600_000_000_123_456_789

_numbers = itertools.count()
_run = uuid.uuid4().hex[:8]
_checks = []


def database():
    """A name that nobody used before."""
    return f"c{_run}_{next(_numbers)}"


def check(function=None, *, only=None):
    """Registers a check; `only` names the profile it belongs to."""

    def register(function):
        if only in (None, PROFILE):
            _checks.append(function)
        return function

    return register(function) if function else register


def _short(value, limit=2_000):
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def equal(got, wanted):
    """Fails with both values in the message."""
    assert got == wanted, f"\n     got {_short(got)}\n  wanted {_short(wanted)}"


def contains(text, part):
    """Fails with the text in the message."""
    assert part in text, f"\n     got {_short(text)}\n  wanted {part!r} in it"


def until(condition, seconds=10):
    """Asks again until the answer is true; the last answer counts."""
    end = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
    return answer


def main():
    """Runs every check; the exit code says whether all passed."""
    assert _checks, "no check was registered"
    failed = 0
    for function in _checks:
        name = function.__name__.replace("_", " ")
        try:
            function()
            print(f"  ok    {name}")
        except Exception:
            failed += 1
            print(f"  FAIL  {name}")
            traceback.print_exc(file=sys.stdout, limit=-3)
    print(f"{len(_checks) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
