// The npm package `influx` 5: points, typed rows with times in nanoseconds, metadata, users, several hosts.
//
// 0.10 takes queries by GET alone, and this client sends whatever changes something by POST: its calls for databases,
// policies and users fail there, which is checked too.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { FieldType, InfluxDB, toNanoDate } from "influx";

const { hostname: host, port } = new URL(process.env.SERVER_URL);
const profile = process.env.SERVER_PROFILE ?? "1.8";
const user = process.env.SERVER_USER;
const access = user ? { username: user, password: process.env.SERVER_PASSWORD } : {};
// Several coordinators of one cluster, and among them an address where nobody listens.
const hosts = (process.env.SERVER_HOSTS ?? "").split(",").filter(Boolean);
const version = { 1.8: "1.8.11-c1.2.0", "0.10": "0.10.3" }[profile];
const defaultPolicy = { 1.8: "autogen", "0.10": "default" }[profile];
const old = profile === "0.10";
// The first of several hosts is the address where nobody listens.
const defaultReplicas = old ? 1 : Math.min(3, Math.max(1, hosts.length - 1));

// More digits than a double holds.
const T0 = "1600000000123456789";
const later = (n) => (BigInt(T0) + BigInt(n)).toString();

const run = randomUUID().slice(0, 8);
let numbers = 0;
const checks = [];
const check = (name, body) => checks.push([name, body]);

const connect = (options = {}) => new InfluxDB({ host, port: Number(port), ...access, ...options });

async function fresh(options = {}) {
  const database = `n${run}_${numbers++}`;
  const influx = connect({ database, ...options });
  if (old) await influx.query(`CREATE DATABASE "${database}"`, { method: "GET" });
  else await influx.createDatabase(database);
  return { database, influx };
}

check("ping gives the version", async () => {
  const [answer] = await connect().ping(5000);
  assert.equal(answer.online, true);
  assert.equal(answer.version, version);
});

check("points of every type come back with their nanoseconds", async () => {
  const { influx } = await fresh({
    schema: [
      {
        measurement: "m",
        fields: {
          f: FieldType.FLOAT,
          i: FieldType.INTEGER,
          s: FieldType.STRING,
          t: FieldType.BOOLEAN,
        },
        tags: ["host"],
      },
    ],
  });
  const fields = { f: 1.5, i: 9007199254740991, s: 'x, "y" é', t: true };
  await influx.writePoints([{ measurement: "m", tags: { host: "a b,c=d" }, fields, timestamp: T0 }]);
  const rows = await influx.query("SELECT * FROM m");
  assert.equal(rows.length, 1);
  const { time, ...rest } = rows[0];
  assert.deepEqual(rest, { ...fields, host: "a b,c=d" });
  assert.equal(time.getNanoTime(), T0);
  assert.equal(time.toNanoISOString(), "2020-09-13T12:26:40.123456789Z");
  assert.throws(() => influx.parsePoint({ measurement: "m", fields: { f: "no number" } }));
});

check("times are written and read in every precision", async () => {
  const { influx } = await fresh();
  const date = new Date(1600000000123);
  await influx.writeMeasurement("d", [{ fields: { v: 1 }, timestamp: date }]);
  await influx.writeMeasurement("d", [{ fields: { v: 2 }, timestamp: 1600000001 }], { precision: "s" });
  await influx.writeMeasurement("d", [{ fields: { v: 3 }, timestamp: 1600000002000 }], { precision: "ms" });
  await influx.writeMeasurement("d", [{ fields: { v: 4 }, timestamp: 1600000003000000 }], { precision: "u" });
  await influx.writeMeasurement("d", [{ fields: { v: 5 }, timestamp: toNanoDate(T0) }]);
  const rows = await influx.query("SELECT v FROM d ORDER BY time");
  assert.deepEqual(
    rows.map((row) => [row.v, row.time.getNanoTime()]),
    [
      [1, "1600000000123000000"],
      [5, T0],
      [2, "1600000001000000000"],
      [3, "1600000002000000000"],
      [4, "1600000003000000000"],
    ],
  );
  const seconds = await influx.query("SELECT v FROM d WHERE v = 2", { precision: "s" });
  assert.equal(seconds[0].time.getTime(), 1600000001000);
});

check("thousands of points, and groups", async () => {
  const { influx } = await fresh();
  const points = Array.from({ length: 5000 }, (_, i) => ({
    tags: { host: `h${i % 4}` },
    fields: { v: i },
    timestamp: later(i),
  }));
  await influx.writeMeasurement("m", points);
  const groups = (await influx.query("SELECT count(v), max(v) FROM m GROUP BY host")).groups();
  assert.deepEqual(
    groups.map(({ name, tags, rows }) => [name, tags.host, rows[0].count, rows[0].max]),
    [0, 1, 2, 3].map((i) => ["m", `h${i}`, 1250, 4996 + i]),
  );
  const several = await influx.query(["SELECT first(v) FROM m", "SELECT last(v) FROM m"]);
  assert.deepEqual([several[0][0].first, several[1][0].last], [0, 4999]);
});

check("raw answers, windows and nothing found", async () => {
  const { database, influx } = await fresh();
  await influx.writeMeasurement(
    "m",
    [0, 10, 60].map((s) => ({ fields: { v: s }, timestamp: 1600000020 + s })),
    { precision: "s" },
  );
  const query =
    "SELECT mean(v) FROM m WHERE time >= 1600000020s AND time < 1600000110s GROUP BY time(30s) fill(none)";
  const answer = await influx.queryRaw(query, { precision: "s" });
  const series = { name: "m", columns: ["time", "mean"], values: [[1600000020, 5], [1600000080, 60]] };
  const statement = old ? {} : { statement_id: 0 };
  assert.deepEqual(answer, { results: [{ ...statement, series: [series] }] });
  assert.deepEqual([...(await influx.query("SELECT v FROM nothing"))], []);
  assert.deepEqual(await influx.getMeasurements(database), ["m"]);
});

check("errors of statements, of queries and of writes", async () => {
  const { influx } = await fresh();
  await assert.rejects(connect().query("SELECT v FROM m", { database: "nosuch" }), /database not found: nosuch/);
  await assert.rejects(influx.query("SELECT v FRM m"), (error) => {
    assert.equal(error.res.statusCode, 400);
    assert.match(error.message, /error parsing query: found FRM, expected FROM/);
    return true;
  });
  const point = [{ measurement: "m", fields: { v: 1 }, timestamp: T0 }];
  await assert.rejects(connect().writePoints(point, { database: "nosuch" }), (error) => error.res.statusCode === 404);
  await influx.writePoints(point);
  const conflict = influx.writePoints([{ measurement: "m", fields: { v: "x" }, timestamp: T0 }]);
  // The cluster of 1.8 answers 500, of which this client shows the status alone.
  await assert.rejects(conflict, old ? /field type conflict/ : /Internal Server Error/);
});

if (!old) {
  check("databases, retention policies, series and shards", async () => {
    const { database, influx } = await fresh();
    assert.ok((await influx.getDatabaseNames()).includes(database));
    await influx.createRetentionPolicy("keep", { database, duration: "7d", replication: 1, isDefault: true });
    await influx.writePoints([{ measurement: "m", tags: { h: "a" }, fields: { v: 1 } }]);
    await influx.alterRetentionPolicy("keep", { database, duration: "8d", replication: 1, isDefault: true });
    const policies = await influx.showRetentionPolicies(database);
    assert.deepEqual(
      policies.map((policy) => [policy.name, policy.duration, policy.replicaN, policy.default]),
      [
        [defaultPolicy, "0s", defaultReplicas, false],
        ["keep", "192h0m0s", 1, true],
      ],
    );
    const placed = await influx.query("SELECT v FROM m", { database, retentionPolicy: "keep" });
    assert.equal(placed[0].v, 1);
    assert.deepEqual(await influx.getSeries({ database }), ["m,h=a"]);
    const [shard] = await influx.showShards(database);
    assert.deepEqual([shard.database, shard.retention_policy], [database, "keep"]);
    await influx.dropMeasurement("m", database);
    assert.deepEqual(await influx.getMeasurements(database), []);
    await influx.dropRetentionPolicy("keep", database);
    assert.equal((await influx.showRetentionPolicies(database)).length, 1);
    await influx.dropDatabase(database);
    assert.ok(!(await influx.getDatabaseNames()).includes(database));
  });

  check("series are dropped", async () => {
    const { database, influx } = await fresh();
    await influx.writePoints(
      ["a", "b"].map((h) => ({ measurement: "m", tags: { h }, fields: { v: 1 }, timestamp: T0 })),
    );
    await influx.dropSeries({ database, measurement: (m) => m.name("m"), where: (e) => e.tag("h").equals.value("a") });
    assert.deepEqual(await influx.getSeries({ database }), ["m,h=b"]);
  });

  check("placeholders are bound", async () => {
    const { influx } = await fresh();
    await influx.writePoints(
      ["a", "b"].map((h, i) => ({ measurement: "m", tags: { h }, fields: { v: i }, timestamp: later(i) })),
    );
    const rows = await influx.query("SELECT v FROM m WHERE h = $h", { placeholders: { h: "b" } });
    assert.deepEqual(rows.map((row) => row.v), [1]);
  });

  check("continuous queries", async () => {
    const { database, influx } = await fresh();
    await influx.createContinuousQuery("cq", "SELECT mean(v) INTO mm FROM m GROUP BY time(1m)", database);
    const [listed] = await influx.showContinousQueries(database);
    assert.equal(listed.name, "cq");
    assert.match(listed.query, /GROUP BY time\(1m\)/);
    await influx.dropContinuousQuery("cq", database);
    assert.deepEqual([...(await influx.showContinousQueries(database))], []);
  });

  check("users and grants", async () => {
    const { database, influx } = await fresh();
    const name = `${database}_u`;
    await influx.createUser(name, "p'w");
    const find = async () => (await influx.getUsers()).find((entry) => entry.user === name);
    assert.deepEqual(await find(), { user: name, admin: false });
    await influx.grantAdminPrivilege(name);
    assert.equal((await find()).admin, true);
    await influx.revokeAdminPrivilege(name);
    await influx.grantPrivilege(name, "READ", database);
    const grants = await influx.query(`SHOW GRANTS FOR "${name}"`);
    assert.deepEqual([...grants].map((grant) => ({ ...grant })), [{ database, privilege: "READ" }]);
    if (user) {
      const reader = connect({ database, username: name, password: "p'w" });
      await influx.writePoints([{ measurement: "m", fields: { v: 1 }, timestamp: T0 }]);
      assert.equal((await reader.query("SELECT v FROM m"))[0].v, 1);
      const refused = reader.writePoints([{ measurement: "m", fields: { v: 2 } }]);
      await assert.rejects(refused, (error) => error.res.statusCode === 403);
      await assert.rejects(connect({ password: "wrong" }).getUsers(), (error) => error.res.statusCode === 401);
    }
    await influx.revokePrivilege(name, "READ", database);
    await influx.setPassword(name, "other");
    await influx.dropUser(name);
    assert.equal(await find(), undefined);
  });
}

if (old) {
  check("what goes by POST is refused", async () => {
    await assert.rejects(connect().createDatabase("x"), (error) => error.res.statusCode === 405);
  });
}

if (hosts.length) {
  check("several hosts, one of them dead: every write and every read gets through", async () => {
    const database = `n${run}_hosts`;
    const list = hosts.map((url) => ({ host: new URL(url).hostname, port: Number(new URL(url).port) }));
    const influx = new InfluxDB({ database, hosts: list });
    const online = (await influx.ping(5000)).filter((answer) => answer.online);
    assert.equal(online.length, hosts.length - 1);
    await influx.createDatabase(database);
    for (let i = 0; i < 20; i += 1) {
      // Another coordinator learns of the database some milliseconds later.
      for (let tries = 0; ; tries += 1) {
        try {
          await influx.writePoints([{ measurement: "m", fields: { v: i }, timestamp: later(i) }]);
          break;
        } catch (error) {
          if (error.res?.statusCode !== 404 || tries === 100) throw error;
        }
      }
    }
    // Every live host answers in turn, each from its own replica.
    for (let i = 0; i < 2 * hosts.length; i += 1) {
      for (let tries = 0; ; tries += 1) {
        const [row] = await influx.query("SELECT count(v), sum(v) FROM m");
        if (row && row.count === 20) {
          assert.equal(row.sum, 190);
          break;
        }
        assert.ok(tries < 1000, `a replica holds ${row?.count} of 20 points`);
      }
    }
  });
}

let failed = 0;
for (const [name, body] of checks) {
  try {
    await body();
    console.log(`  ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`  FAIL  ${name}`);
    console.log(error.stack);
  }
}
console.log(`${checks.length - failed} passed, ${failed} failed`);
// A disabled host keeps a timer that would hold the process.
process.exit(failed ? 1 : 0);
