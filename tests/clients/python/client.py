"""The PyPI package `influxdb` 5.3: points and lines, every kind of answer, metadata, users, errors."""

import datetime
import socket

import requests
from influxdb import InfluxDBClient, SeriesHelper
from influxdb.exceptions import InfluxDBClientError, InfluxDBServerError

from checks import HOST, PASSWORD, PORT, PROFILE, T0, UDP_PORT, USER, check, contains, database, equal, main, until

VERSION = {"1.8": "1.8.11-c1.2.0", "0.10": "0.10.3"}[PROFILE]
DEFAULT_RP = {"1.8": "autogen", "0.10": "default"}[PROFILE]
# 0.10 takes queries by GET alone, and this client sends whatever changes something by POST.
DDL_BY_POST = PROFILE != "0.10"


def client(db=None, **options):
    """A client of the node; as the administrator where there are users."""
    access = {"username": USER, "password": PASSWORD} if USER else {}
    return InfluxDBClient(HOST, int(PORT), database=db, timeout=30, **{**access, **options})


def create(db, **options):
    """A new database and a client of it."""
    made = client(db, **options)
    if DDL_BY_POST:
        made.create_database(db)
    else:
        made.query(f'CREATE DATABASE "{db}"')
    return made


def raises(kind, call, *arguments, **options):
    """The error that the call ends with."""
    try:
        got = call(*arguments, **options)
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} but {got!r}")


def points(result):
    """All rows of a ResultSet."""
    return list(result.get_points())


@check
def ping_gives_the_version():
    equal(client().ping(), VERSION)


@check
def points_of_every_type_come_back():
    db = database()
    c = create(db)
    fields = {"f": 1.5, "i": 9007199254740993, "s": 'x, "y" \\ é', "t": True, "none": None}
    assert c.write_points([{"measurement": "m m", "tags": {"host": "a b,c=d"}, "time": T0, "fields": fields}])
    rows = points(c.query('SELECT * FROM "m m"', epoch="ns"))
    equal(rows, [{"time": T0, "host": "a b,c=d", "f": 1.5, "i": 9007199254740993, "s": 'x, "y" \\ é', "t": True}])
    # Read from MessagePack, the client cuts a time to what Python's own kind of date holds; read from JSON it is a text.
    (row,) = points(c.query('SELECT f FROM "m m"'))
    contains(row["time"], "2020-09-13T12:26:40.12345")
    (row,) = points(client(db, headers={"Accept": "application/json"}).query('SELECT f FROM "m m"'))
    equal(row, {"time": "2020-09-13T12:26:40.123456789Z", "f": 1.5})


@check
def times_are_read_in_every_form_and_precision():
    db = database()
    c = create(db)
    for i, (time, precision) in enumerate(
        (
            ("2020-09-13T12:26:40.123456789Z", None),
            (datetime.datetime(2020, 9, 13, 12, 26, 41, tzinfo=datetime.timezone.utc), None),
            (1_600_000_002_000, "ms"),
            (1_600_000_003, "s"),
            (26_666_667, "m"),
            (1_600_000_004_000_000, "u"),
        )
    ):
        c.write_points([{"measurement": "m", "time": time, "fields": {"v": i}}], time_precision=precision)
    times = {row["v"]: row["time"] for row in points(c.query("SELECT v FROM m", epoch="ns"))}
    # The client itself rounds a text's time to what its library for dates holds.
    equal(times[0] // 1000, T0 // 1000)
    equal(
        [times[i] for i in range(1, 6)],
        [s * 10**9 for s in (1_600_000_001, 1_600_000_002, 1_600_000_003, 26_666_667 * 60, 1_600_000_004)],
    )
    for epoch, unit in (("u", 10**3), ("ms", 10**6), ("s", 10**9), ("m", 60 * 10**9), ("h", 3600 * 10**9)):
        (row,) = points(c.query("SELECT v FROM m WHERE v = 1", epoch=epoch))
        equal((epoch, row["time"]), (epoch, 1_600_000_001 * 10**9 // unit))


@check
def lines_and_batches_and_tags_for_all():
    db = database()
    c = create(db)
    lines = [f"m,host=h{i % 7} v={i}i {T0 + i}" for i in range(2_345)]
    assert c.write_points(lines, protocol="line", batch_size=500)
    assert c.write(lines[:2], {"db": db}, protocol="line")
    many = [{"measurement": "n", "time": T0 + i, "fields": {"v": i}} for i in range(1_001)]
    assert c.write_points(many, tags={"zone": "z"}, batch_size=100, consistency="all")
    (row,) = points(c.query("SELECT count(v), sum(v), max(v) FROM m"))
    equal((row["count"], row["sum"], row["max"]), (2_345, sum(range(2_345)), 2_344))
    (row,) = points(c.query("SELECT count(v) FROM n WHERE zone = 'z'"))
    equal(row["count"], 1_001)


@check
def every_consistency_level_is_taken():
    db = database()
    c = create(db)
    for i, level in enumerate(("any", "one", "quorum", "all")):
        assert c.write_points([{"measurement": "m", "time": T0 + i, "fields": {"v": i}}], consistency=level)
    equal([row["v"] for row in points(c.query("SELECT v FROM m"))], [0, 1, 2, 3])


@check
def compressed_both_ways():
    db = database()
    c = create(db, gzip=True)
    assert c.write_points([{"measurement": "m", "time": T0 + i, "fields": {"v": i}} for i in range(3_000)])
    rows = points(c.query("SELECT v FROM m", epoch="ns"))
    equal((len(rows), rows[0], rows[-1]), (3_000, {"time": T0, "v": 0}, {"time": T0 + 2_999, "v": 2_999}))


@check
def answers_in_json_and_in_messagepack_are_alike():
    db = database()
    c = create(db)
    c.write_points([f'm,k=a f=1.5,i=-5i,s="x",t=false {T0}', f"m,k=b f=2 {T0 + 1}"], protocol="line")
    for query in ("SELECT * FROM m", "SELECT mean(f) FROM m GROUP BY k", "SHOW SERIES", "SELECT nothing FROM m"):
        packed = c.query(query, epoch="ns")
        text = client(db, headers={"Accept": "application/json"}).query(query, epoch="ns")
        equal((query, packed.raw.get("series", [])), (query, text.raw.get("series", [])))
    answer = requests.get(
        f"http://{HOST}:{PORT}/query",
        params={"q": "SHOW DATABASES"},
        headers={"Accept": "application/x-msgpack"},
        auth=(USER, PASSWORD) if USER else None,
        timeout=30,
    )
    kind = {"1.8": "application/x-msgpack", "0.10": "application/json"}[PROFILE]
    equal(answer.headers["Content-Type"], kind)


@check
def result_sets_are_read_by_measurement_and_tag():
    db = database()
    c = create(db)
    c.write_points([f"{m},host={h} v={i}i {T0 + i}" for m in "ab" for h in "xy" for i in range(3)], protocol="line")
    result = c.query("SELECT sum(v) FROM a, b GROUP BY host")
    equal(sorted(result.keys(), key=str), [(m, {"host": h}) for m in "ab" for h in "xy"])
    equal([row["sum"] for row in result.get_points(measurement="a", tags={"host": "y"})], [3])
    several = c.query("SELECT count(v) FROM a; SELECT count(v) FROM b; SHOW MEASUREMENTS")
    equal([points(r)[0].get("count") for r in several[:2]], [6, 6])
    equal([row["name"] for row in points(several[2])], ["a", "b"])
    equal(points(c.query("SELECT v FROM nothing")), [])


@check
def windows_fill_and_time_ranges():
    db = database()
    c = create(db)
    start = 1_600_000_020
    c.write_points([f"m v={i}i {start + 10 * i}" for i in (0, 1, 2, 6, 7)], protocol="line", time_precision="s")
    query = "SELECT mean(v) FROM m WHERE time >= 1600000020s AND time < 1600000110s GROUP BY time(30s) fill(-1)"
    rows = points(c.query(query, epoch="s"))
    equal([(row["time"], row["mean"]) for row in rows], [(start, 1.0), (start + 30, -1), (start + 60, 6.5)])


@check(only="1.8")
def parameters_are_bound():
    db = database()
    c = create(db)
    c.write_points([f"m,host={h} v={v} {T0 + v}" for h, v in (("a';\\ DROP", 1), ("b", 2), ("b", 3))], protocol="line")
    rows = c.query("SELECT v FROM m WHERE host = $h AND v > $v", bind_params={"h": "b", "v": 2})
    equal([row["v"] for row in points(rows)], [3])
    rows = c.query("SELECT v FROM m WHERE time = $t", bind_params={"t": "2020-09-13T12:26:40.12345679Z"})
    equal([row["v"] for row in points(rows)], [1])
    rows = c.query("SELECT v FROM m WHERE host = $h", bind_params={"h": "'; DROP DATABASE x; --"})
    equal(points(rows), [])
    error = raises(InfluxDBClientError, c.query, "SELECT v FROM m WHERE host = $missing", bind_params={"h": "b"})
    contains(str(error), "missing parameter: missing")


# 0.10 puts no line's end between two chunks, which this client needs.
@check(only="1.8")
def answers_in_chunks():
    db = database()
    # MessagePack in chunks is more than this client reads.
    c = create(db, headers={"Accept": "application/json"})
    c.write_points([f"m v={i}i {T0 + i}" for i in range(25)], protocol="line")
    parts = list(c.query("SELECT v FROM m", chunked=True, chunk_size=10, epoch="ns"))
    equal([len(points(part)) for part in parts], [10, 10, 5])
    equal([row["time"] for part in parts for row in points(part)], [T0 + i for i in range(25)])


@check
def errors_have_their_status_and_text():
    db = database()
    c = create(db)

    error = raises(InfluxDBClientError, c.write_points, ["m v="], protocol="line")
    equal(error.code, 400)
    contains(error.content.decode() if isinstance(error.content, bytes) else str(error.content), "missing field value")
    error = raises(InfluxDBClientError, client("nosuch").write_points, ["m v=1"], protocol="line")
    equal(error.code, 404)
    contains(str(error), "database not found")
    error = raises(InfluxDBClientError, c.query, "SELECT v FRM m")
    equal(error.code, 400)
    contains(str(error), "error parsing query: found FRM, expected FROM")
    # An error of one statement comes with status 200; the client gives that in place of a code.
    contains(str(raises(InfluxDBClientError, client("nosuch").query, "SELECT v FROM m")), "database not found: nosuch")

    c.write_points([f"m v=1 {T0}"], protocol="line")
    kind = {"1.8": InfluxDBServerError, "0.10": InfluxDBClientError}[PROFILE]
    contains(str(raises(kind, c.write_points, [f'm v="x" {T0}'], protocol="line")), "field type conflict")
    error = raises(InfluxDBServerError, c.write_points, ["m v=1"], protocol="line", retention_policy="nosuch")
    contains(str(error), "retention policy not found: nosuch")
    equal(raises(InfluxDBClientError, c.request, "nosuch").code, 404)
    equal(raises(InfluxDBClientError, c.request, "write", method="GET").code, 405)


@check(only="0.10")
def queries_by_post_are_refused():
    error = raises(InfluxDBClientError, client().create_database, database())
    equal(error.code, 405)


@check
def a_body_with_good_and_bad_lines():
    db = database()
    c = create(db)
    error = raises(InfluxDBClientError, c.write_points, [f"m v=1 {T0}", "bad", f"m v=2 {T0 + 1}"], protocol="line")
    equal(error.code, 400)
    contains(str(error), "partial write")
    equal([row["v"] for row in points(c.query("SELECT v FROM m"))], [1, 2])


@check(only="1.8")
def retention_policies():
    db = database()
    c = create(db)
    c.create_retention_policy("keep", "INF", 1, database=db, shard_duration="12h0m0s")
    c.create_retention_policy("short", "3d", "1", default=True)
    policies = {p["name"]: p for p in c.get_list_retention_policies()}
    equal(sorted(policies), [DEFAULT_RP, "keep", "short"])
    equal((policies["keep"]["duration"], policies["keep"]["shardGroupDuration"]), ("0s", "12h0m0s"))
    equal((policies["short"]["duration"], policies["short"]["default"]), ("72h0m0s", True))
    c.alter_retention_policy("short", duration="4d", default=False)
    c.alter_retention_policy("keep", default=True)
    policies = {p["name"]: p for p in c.get_list_retention_policies(db)}
    equal((policies["short"]["duration"], policies["keep"]["default"]), ("96h0m0s", True))
    c.write_points([f"m v=1 {T0}"], protocol="line")
    c.write_points([f"m v=2 {T0}"], protocol="line", retention_policy=DEFAULT_RP)
    equal(points(c.query(f'SELECT v FROM "{db}"."keep"."m"', epoch="ns")), [{"time": T0, "v": 1}])
    equal(points(c.query(f'SELECT v FROM "{DEFAULT_RP}"."m"', epoch="ns")), [{"time": T0, "v": 2}])
    error = raises(InfluxDBClientError, c.write_points, ["m v=1 1000"], protocol="line", retention_policy="short")
    contains(str(error), "points beyond retention policy")
    c.drop_retention_policy("short")
    equal(sorted(p["name"] for p in c.get_list_retention_policies()), [DEFAULT_RP, "keep"])


@check
def what_there_is_is_listed():
    db = database()
    c = create(db)
    c.write_points([f"{m},host={h} v=1 {T0}" for m in "ab" for h in "xy"], protocol="line")
    assert {"name": db} in c.get_list_database()
    equal(c.get_list_measurements(), [{"name": "a"}, {"name": "b"}])
    if PROFILE == "1.8":
        equal(c.get_list_series(), [f"{m},host={h}" for m in "ab" for h in "xy"])
        equal(c.get_list_series(measurement="a", tags={"host": "y"}), ["a,host=y"])
    equal([p["name"] for p in c.get_list_retention_policies()], [DEFAULT_RP])


@check(only="1.8")
def series_and_measurements_are_deleted():
    db = database()
    c = create(db)
    c.write_points([f"{m},host={h} v=1 {T0}" for m in "ab" for h in "xy"], protocol="line")
    c.delete_series(measurement="a", tags={"host": "x"})
    equal(c.get_list_series(), ["a,host=y", "b,host=x", "b,host=y"])
    c.query(f"DELETE FROM b WHERE host = 'y' AND time <= {T0}", method="POST")
    equal([row["host"] for row in points(c.query("SELECT host, v FROM b"))], ["x"])
    c.drop_measurement("a")
    equal(c.get_list_measurements(), [{"name": "b"}])
    c.drop_database(db)
    assert {"name": db} not in c.get_list_database()


@check(only="1.8")
def continuous_queries():
    db = database()
    c = create(db)
    select = 'SELECT mean("v") INTO "m_mean" FROM "m" GROUP BY time(1m)'
    c.create_continuous_query("cq", select, db, "EVERY 10s FOR 2m")
    (listed,) = [entry[db] for entry in c.get_list_continuous_queries() if db in entry]
    equal([entry["name"] for entry in listed], ["cq"])
    contains(listed[0]["query"], "RESAMPLE EVERY 10s FOR 2m BEGIN SELECT mean(v) INTO")
    c.drop_continuous_query("cq", db)
    assert not any(entry.get(db) for entry in c.get_list_continuous_queries())


@check(only="1.8")
def users_and_privileges():
    db = database()
    c = create(db)
    user, chief = db + "_u", db + "_a"
    c.create_user(user, "p'w \" d")
    c.create_user(chief, "secret", admin=True)
    users = {entry["user"]: entry["admin"] for entry in c.get_list_users()}
    equal((users[user], users[chief]), (False, True))
    c.grant_privilege("read", db, user)
    equal(c.get_list_privileges(user), [{"database": db, "privilege": "READ"}])
    c.grant_privilege("all", db, user)
    equal(c.get_list_privileges(user), [{"database": db, "privilege": "ALL PRIVILEGES"}])
    c.revoke_privilege("read", db, user)
    equal(c.get_list_privileges(user), [{"database": db, "privilege": "WRITE"}])
    c.grant_admin_privileges(user)
    c.revoke_admin_privileges(chief)
    users = {entry["user"]: entry["admin"] for entry in c.get_list_users()}
    equal((users[user], users[chief]), (True, False))
    c.set_user_password(user, "other")
    c.drop_user(chief)
    c.drop_user(user)
    users = {entry["user"] for entry in c.get_list_users()}
    assert not users & {user, chief}, users


if USER:

    @check
    def access_is_by_user_and_privilege():
        db = database()
        c = create(db)
        for name, privilege in (("_r", "read"), ("_w", "write")):
            c.create_user(db + name, "pw")
            c.grant_privilege(privilege, db, db + name)
        reader = client(db, username=db + "_r", password="pw")
        writer = client(db, username=db + "_w", password="pw")
        assert writer.write_points([f"m v=1 {T0}"], protocol="line")
        equal(points(reader.query("SELECT v FROM m", epoch="ns")), [{"time": T0, "v": 1}])
        error = raises(InfluxDBClientError, reader.write_points, ["m v=2"], protocol="line")
        equal(error.code, 403)
        contains(str(error), "not authorized to write to database")
        contains(str(raises(InfluxDBClientError, writer.query, "SELECT v FROM m")), "not authorized")
        equal([entry["name"] for entry in reader.get_list_database()], [db])
        for wrong in ({"username": USER, "password": "wrong"}, {"username": "nobody", "password": "x"}):
            error = raises(InfluxDBClientError, client(db, **wrong).write_points, ["m v=1"], protocol="line")
            equal(error.code, 401)
            contains(str(error), "authorization failed")
            equal(raises(InfluxDBClientError, client(db, **wrong).query, "SHOW DATABASES").code, 401)


if UDP_PORT:

    @check
    def points_by_udp():
        # The listener writes to the database of its configuration, and makes it.
        c = client("udp", use_udp=True, udp_port=int(UDP_PORT))
        reader = create("udp")
        tag = database()
        assert c.write_points([{"measurement": "m", "tags": {"run": tag}, "time": T0, "fields": {"v": 7}}])
        c.send_packet([f"m,run={tag} v=8i {T0 + 1}"], protocol="line")
        rows = until(
            lambda: len(got := points(reader.query(f"SELECT v FROM m WHERE run = '{tag}'", epoch="ns"))) == 2 and got
        )
        equal([(row["time"], row["v"]) for row in rows], [(T0, 7), (T0 + 1, 8)])


@check
def the_series_helper_commits_in_bulk():
    db = database()
    c = create(db)

    class Load(SeriesHelper):
        """Ten points make a batch."""

        class Meta:
            """What the base class reads."""

            client = c
            series_name = "load.{host}"
            fields = ["one", "five"]
            tags = ["host"]
            bulk_size = 10
            autocommit = True

    for i in range(20):
        Load(host="a", one=i, five=i / 5, time=T0 + i)
    (row,) = points(c.query('SELECT count(one), sum(five) FROM "load.a"'))
    equal((row["count"], round(row["sum"], 6)), (20, 38.0))


@check
def a_dead_address_is_an_error_of_the_connection():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else is given it
        dead = InfluxDBClient("127.0.0.1", taken.getsockname()[1], retries=1, timeout=5)
        raises(requests.exceptions.ConnectionError, dead.ping)


main()
