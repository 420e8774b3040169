"""Snakemake, imported once, for command after command.

Reads one request a line from stdin: a JSON list of the directory to run in, the
file that takes what the command prints, the seconds it may take, the variables of the
environment to set, and the words after `snakemake`, as one text that is split as a shell
would. Each is run in a fork; its exit code is answered on stdout, 124 if it took too
long. Ends when stdin does.

Knows nothing of cases. `sys.argv[0]`, `sys.path[0]`, the process group, and what is
open are as they are when the command is started anew.
"""

import atexit
import contextlib
import importlib
import json
import os
import shlex
import signal
import sys
import threading

COMMAND = os.path.join(os.path.dirname(sys.executable), "snakemake")

# What a run imports late, so that it need not in each fork.
LATE = [
    "docutils",
    "dpath",
    "jinja2",
    "requests",
    "smart_open",
    "snakemake.assets",
    "snakemake.logging",
    "snakemake.profiles",
    "snakemake.report.html_reporter",
    "snakemake.script",
    "snakemake.storage",
    "yaml",
    "yte",
]


def play(directory, told, environment, words):
    """The command itself; in the fork, and never returns."""
    code = 1
    try:
        os.setpgid(0, 0)
        told = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(told, 1)
        os.dup2(told, 2)
        os.close(told)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.chdir(directory)
        os.environ.update(environment, PWD=directory)
        sys.argv = [COMMAND, *shlex.split(words)]
        sys.path[0] = os.path.dirname(COMMAND)
        snakemake.cli.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        leave(code)


def leave(code):
    """Ends as an interpreter does, but waits for no timer of the scheduler: there is nothing left to schedule."""
    try:
        for thread in threading.enumerate():
            if isinstance(thread, threading.Timer):
                thread.cancel()
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


class TooLong(Exception):
    pass


def overdue(number, frame):
    raise TooLong


def wait(child, seconds):
    """The exit code of the child, as a shell would give it."""
    signal.signal(signal.SIGALRM, overdue)
    signal.alarm(seconds)
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return code if code >= 0 else 128 - code
    except TooLong:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return 124
    finally:
        signal.alarm(0)


import snakemake.cli

for late in LATE:
    with contextlib.suppress(ImportError):
        importlib.import_module(late)

for line in sys.stdin:
    directory, told, seconds, environment, words = json.loads(line)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        play(directory, told, environment, words)
    print(wait(child, seconds), flush=True)
