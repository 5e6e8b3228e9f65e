"""Debian's `influx` 1.6 shell: with -execute, on a terminal of its own, and with -import.

It sends every query by POST, which 0.10 refuses: there it writes and imports, and the answers are read without it.
"""

import csv
import gzip
import io
import json
import os
import pty
import select
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

from checks import HOST, PASSWORD, PORT, PROFILE, T0, URL, USER, check, contains, database, equal, main

SHELL = os.environ["INFLUX_SHELL"]
VERSION = {"1.8": "1.8.11-c1.2.0", "0.10": "0.10.3"}[PROFILE]
ACCESS = ["-username", USER, "-password", PASSWORD] if USER else []
HERE = ["-host", HOST, "-port", PORT]
# The shell keeps a history file there.
HOME = tempfile.mkdtemp(prefix="influx-shell-")


def shell(*arguments, access=ACCESS, ok=True):
    """One run without a terminal; gives what it printed on both streams."""
    run = subprocess.run(
        [SHELL, *HERE, *access, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env={"HOME": HOME, "TERM": "dumb"},
        check=False,
    )
    assert (run.returncode == 0) == ok, f"exit code {run.returncode}\n{run.stdout[:500]}{run.stderr[:500]}"
    return run.stdout + run.stderr


def execute(command, *arguments, **options):
    """What one command prints."""
    return shell("-execute", command, *arguments, **options)


def rows(command, *arguments):
    """The answer as CSV, in dictionaries."""
    return list(csv.DictReader(io.StringIO(execute(command, "-format", "csv", *arguments))))


def first_result(command, *arguments):
    """The first series of the answer as JSON."""
    return json.loads(execute(command, "-format", "json", *arguments))["results"][0]["series"][0]


class Session:
    """The shell on a terminal: a line in, what it prints up to the next prompt out."""

    def __enter__(self):
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.environ.update(HOME=HOME, TERM="dumb")
            os.execv(SHELL, [SHELL, *HERE, *ACCESS])
        self.banner = self._until_prompt()
        return self

    def _until_prompt(self):
        out, end = b"", time.monotonic() + 30
        while not out.endswith(b"> "):
            left = end - time.monotonic()
            assert left > 0 and select.select([self.terminal], [], [], left)[0], f"no prompt after {out!r}"
            try:
                got = os.read(self.terminal, 65536)
            except OSError:  # what Linux says once the other side is closed
                got = b""
            if not got:
                break
            out += got
        return out.decode().replace("\r\n", "\n").removesuffix("> ")

    def ask(self, line):
        """One command; gives what was printed, without the echo of the command."""
        os.write(self.terminal, line.encode() + b"\n")
        return self._until_prompt().removeprefix(line + "\n")

    def __exit__(self, *_):
        os.write(self.terminal, b"exit\n")
        self._until_prompt()
        _, status = os.waitpid(self.child, 0)
        os.close(self.terminal)
        assert status == 0, f"the shell ended with {status}"


@check(only="1.8")
def databases_are_created_shown_and_dropped():
    db = database()
    equal(execute(f"CREATE DATABASE {db}"), "")
    series = first_result("SHOW DATABASES")
    equal((series["name"], series["columns"]), ("databases", ["name"]))
    assert [db] in series["values"], series
    equal(execute(f"DROP DATABASE {db}"), "")
    assert db not in execute("SHOW DATABASES")


def four_types(db):
    execute(f"CREATE DATABASE {db}")
    line = f'INSERT cpu,host=a\\ b,zone=é n=9007199254740993i,s="x, \\"y\\"",t=true,v=1.5 {T0}'
    equal(execute(line, "-database", db), "")


@check(only="1.8")
def values_of_every_type_come_back_in_every_format():
    db = database()
    four_types(db)
    series = first_result("SELECT * FROM cpu", "-database", db)
    equal(series["columns"], ["time", "host", "n", "s", "t", "v", "zone"])
    equal(series["values"], [[T0, "a b", 9007199254740993, 'x, "y"', True, 1.5, "é"]])
    pretty = execute("SELECT * FROM cpu", "-database", db, "-format", "json", "-pretty")
    contains(pretty, '\n    "results": [')
    equal(json.loads(pretty)["results"][0]["series"][0], series)
    equal(
        rows("SELECT * FROM cpu", "-database", db),
        [dict(name="cpu", time=str(T0), host="a b", n="9007199254740993", s='x, "y"', t="true", v="1.5", zone="é")],
    )
    column = execute("SELECT v FROM cpu", "-database", db, "-format", "column")
    equal(column, f"name: cpu\ntime                v\n----                -\n{T0} 1.5\n")


@check(only="1.8")
def times_come_in_the_precision_asked_for():
    db = database()
    four_types(db)
    second = T0 // 10**9
    for precision, wanted in {
        "ns": T0,
        "u": T0 // 10**3,
        "ms": T0 // 10**6,
        "s": second,
        "m": second // 60,
        "h": second // 3600,
        "rfc3339": "2020-09-13T12:26:40.123456789Z",
    }.items():
        (row,) = rows("SELECT v FROM cpu", "-database", db, "-precision", precision)
        equal((precision, row["time"]), (precision, str(wanted)))


@check(only="1.8")
def precision_holds_for_an_insert():
    db = database()
    execute(f"CREATE DATABASE {db}")
    execute("INSERT m v=1 1600000000", "-database", db, "-precision", "s")
    (row,) = rows("SELECT v FROM m", "-database", db, "-precision", "ns")
    equal(row["time"], "1600000000000000000")


@check(only="1.8")
def several_statements_and_groups_are_kept_apart():
    db = database()
    execute(f"CREATE DATABASE {db}")
    for host, v in (("a", 1), ("a", 2), ("b", 10)):
        execute(f"INSERT cpu,host={host} v={v} {T0 + v}", "-database", db)
    answer = json.loads(
        execute("SELECT sum(v) FROM cpu GROUP BY host; SHOW TAG VALUES WITH KEY = host", "-database", db, "-format", "json")
    )
    # The shell asks for chunks and shows each as a result of its own.
    *sums, values = [series for result in answer["results"] for series in result["series"]]
    equal([(s["tags"], s["values"][0][1]) for s in sums], [({"host": "a"}, 3), ({"host": "b"}, 10)])
    equal(values["values"], [["host", "a"], ["host", "b"]])


@check(only="1.8")
def errors_reach_the_user():
    db = database()
    execute(f"CREATE DATABASE {db}")
    contains(execute("SELECT bad syntax", ok=False), "ERR: error parsing query: found syntax, expected")
    contains(execute("SELECT * FROM m", "-database", "nosuch", ok=False), "database not found: nosuch")
    # Of an INSERT that failed the shell tells, but its exit code does not.
    contains(execute("INSERT m v=", "-database", db), "missing field value")
    contains(execute("INSERT m v=1", "-database", "nosuch"), "database not found")
    execute(f"INSERT m v=1 {T0}", "-database", db)
    contains(execute(f'INSERT m v="x" {T0}', "-database", db), "field type conflict")


@check(only="1.8")
def every_consistency_level_is_taken():
    db = database()
    execute(f"CREATE DATABASE {db}")
    for i, level in enumerate(("any", "one", "quorum", "all")):
        execute(f"INSERT m v={i} {T0 + i}", "-database", db, "-consistency", level)
    equal([row["v"] for row in rows("SELECT v FROM m", "-database", db)], ["0", "1", "2", "3"])


@check(only="1.8")
def a_session_on_a_terminal():
    db = database()
    with Session() as session:
        equal(session.banner.splitlines()[0], f"Connected to http://{HOST}:{PORT} version {VERSION}")
        equal(session.ask(f"create database {db}"), "")
        equal(session.ask(f"use {db}"), f"Using database {db}\n")
        equal(session.ask(f"insert cpu,host=h1 v=1 {T0}"), "")
        equal(session.ask(f'insert into "autogen" cpu,host=h2 v=2 {T0 + 1}'), "")
        contains(session.ask("show measurements"), "\ncpu\n")
        equal(session.ask("format csv"), "")
        equal(session.ask("precision rfc3339"), "")
        equal(
            session.ask("select v from cpu where host = 'h2'"),
            "name,time,v\ncpu,2020-09-13T12:26:40.12345679Z,2\n",
        )
        equal(session.ask("precision ns"), "")
        equal(session.ask("chunk size 1"), "chunk size set to 1\n")
        equal(session.ask("select v from cpu"), f"name,time,v\ncpu,{T0},1\ncpu,{T0 + 1},2\n")
        contains(session.ask("use nosuch"), "Database nosuch doesn't exist.")
        contains(session.ask(f"use {db}.autogen"), "Using retention policy autogen")
        contains(session.ask(f"use {db}.nosuch"), "RETENTION POLICY nosuch doesn't exist.")
        contains(session.ask("select v frm cpu"), "ERR: found frm, expected FROM")
        equal(session.ask(f"drop database {db}"), "")


EXPORT = """\
# DDL
CREATE DATABASE {db}
CREATE RETENTION POLICY keep ON {db} DURATION 0s REPLICATION 1
# DML
# CONTEXT-DATABASE: {db}
# CONTEXT-RETENTION-POLICY: keep
{lines}
# CONTEXT-RETENTION-POLICY: {rp}
other,k=v n=7i {t0}
"""


def export(db, count, *, bad=()):
    lines = [f"w,loc=a\\ b t={i} {T0 + i}" for i in range(count)]
    for position in bad:
        lines.insert(position, "bad line")
    return EXPORT.format(db=db, lines="\n".join(lines), rp="autogen", t0=T0)


def imported(db, count):
    (row,) = rows(f'SELECT count(t), min(t), max(t), last(t) FROM "{db}"."keep"."w"')
    equal((row["count"], row["min"], row["max"], row["last"]), (str(count), "0", str(count - 1), str(count - 1)))
    (row,) = rows(f'SELECT * FROM "{db}"."autogen"."other"')
    equal(row, dict(name="other", time=str(T0), k="v", n="7"))


@check(only="1.8")
def import_of_a_plain_file():
    db = database()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(export(db, 12_345))  # three batches of the shell's 5,000 lines
        file.flush()
        out = shell("-import", "-path", file.name, "-precision", "ns")
    contains(out, "Processed 2 commands")
    contains(out, "Processed 12346 inserts")
    contains(out, "Failed 0 inserts")
    imported(db, 12_345)


@check(only="1.8")
def import_of_a_compressed_file_at_a_given_rate():
    db = database()
    with tempfile.NamedTemporaryFile("wb", suffix=".gz") as file:
        file.write(gzip.compress(export(db, 600).encode()))
        file.flush()
        start = time.monotonic()
        out = shell("-import", "-compressed", "-path", file.name, "-precision", "ns", "-pps", "400")
        took = time.monotonic() - start
    contains(out, "Processed 601 inserts")
    assert took > 0.5, f"601 points at 400 a second within {took:.2f} s"
    imported(db, 600)


@check(only="1.8")
def import_names_what_was_refused_and_keeps_the_rest():
    db = database()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(export(db, 100, bad=[50]))
        file.flush()
        out = shell("-import", "-path", file.name, "-precision", "ns", ok=False)
    contains(out, "unable to parse")
    contains(out, "bad line")
    imported(db, 100)


def by_get(query, db=""):
    """The first result of a query that goes without the shell."""
    address = f"{URL}/query?" + urllib.parse.urlencode({"q": query, "db": db, "epoch": "ns"})
    with urllib.request.urlopen(address, timeout=30) as answer:
        (result,) = json.load(answer)["results"]
    return result


@check(only="0.10")
def writes_and_imports_without_queries():
    db = database()
    by_get(f"CREATE DATABASE {db}")
    execute(f"INSERT cpu,host=a n=1i {T0}", "-database", db)
    contains(execute("INSERT cpu n=", "-database", db), "missing field value")
    lines = "\n".join(f"w t={i}i {T0 + i}" for i in range(6_000))
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(f"# DML\n# CONTEXT-DATABASE: {db}\n# CONTEXT-RETENTION-POLICY: default\n{lines}\n")
        file.flush()
        out = shell("-import", "-path", file.name, "-precision", "ns")
    contains(out, "Processed 6000 inserts")
    (series,) = by_get("SELECT * FROM cpu", db)["series"]
    equal((series["columns"], series["values"]), (["time", "host", "n"], [[T0, "a", 1]]))
    (series,) = by_get("SELECT count(t), sum(t) FROM w", db)["series"]
    equal(series["values"][0][1:], [6_000, sum(range(6_000))])


@check(only="0.10")
def queries_by_post_are_refused():
    with Session() as session:
        equal(session.banner.splitlines()[0], f"Connected to http://{HOST}:{PORT} version {VERSION}")
        contains(session.ask("show databases"), "ERR: ")


if USER:

    @check
    def wrong_credentials_are_refused():
        db = database()
        execute(f"CREATE DATABASE {db}")
        for access in ([], ["-username", USER, "-password", "not " + PASSWORD], ["-username", "nobody", "-password", "x"]):
            out = execute("SHOW DATABASES", access=access, ok=False)
            contains(out, "ERR: ")
            assert db not in out, out
        contains(execute("INSERT m v=1", "-database", db, access=[]), "unable to parse authentication credentials")

    @check
    def users_may_do_what_they_were_granted():
        db = database()
        reader, writer = db + "_r", db + "_w"
        execute(f"CREATE DATABASE {db}")
        for user, privilege in ((reader, "READ"), (writer, "WRITE")):
            execute(f"CREATE USER {user} WITH PASSWORD 'p p'; GRANT {privilege} ON {db} TO {user}")
        as_reader = ["-username", reader, "-password", "p p"]
        as_writer = ["-username", writer, "-password", "p p"]
        execute(f"INSERT m v=1 {T0}", "-database", db, access=as_writer)
        contains(execute("INSERT m v=2", "-database", db, access=as_reader), "not authorized to write")
        contains(execute("SELECT v FROM m", "-database", db, "-format", "csv", access=as_reader), f"m,{T0},1")
        contains(execute("SELECT v FROM m", "-database", db, access=as_writer, ok=False), "not authorized")
        contains(execute(f"DROP DATABASE {db}", access=as_reader, ok=False), "not authorized")


main()
