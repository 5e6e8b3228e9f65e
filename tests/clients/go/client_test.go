// The Go module influxdb1-client, the one that InfluxData's own programs use for 1.x: points, levels, queries in
// chunks, parameters, users.
package client

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	influx "github.com/influxdata/influxdb1-client/v2"
)

// More digits than a double holds.
var t0 = time.Unix(1600000000, 123456789)

const version = "1.8.11-c1.2.0"

func connect(t *testing.T) influx.Client {
	t.Helper()
	c, err := influx.NewHTTPClient(influx.HTTPConfig{
		Addr:     os.Getenv("SERVER_URL"),
		Username: os.Getenv("SERVER_USER"),
		Password: os.Getenv("SERVER_PASSWORD"),
		Timeout:  30 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func ask(t *testing.T, c influx.Client, q influx.Query) []influx.Result {
	t.Helper()
	answer, err := c.Query(q)
	if err == nil {
		err = answer.Error()
	}
	if err != nil {
		t.Fatalf("%s: %v", q.Command, err)
	}
	return answer.Results
}

func fresh(t *testing.T, c influx.Client) string {
	t.Helper()
	name := fmt.Sprintf("g%x", rand.Int63())
	ask(t, c, influx.NewQuery("CREATE DATABASE "+name, "", ""))
	return name
}

func batch(t *testing.T, config influx.BatchPointsConfig, points int) influx.BatchPoints {
	t.Helper()
	made, err := influx.NewBatchPoints(config)
	if err != nil {
		t.Fatal(err)
	}
	for i := range points {
		fields := map[string]interface{}{"f": float64(i) + 0.5, "i": int64(1)<<53 + int64(i), "s": `x, "y" é`, "t": true}
		point, err := influx.NewPoint("m m", map[string]string{"host": fmt.Sprintf("a b,%d", i%2)}, fields, t0.Add(time.Duration(i)))
		if err != nil {
			t.Fatal(err)
		}
		made.AddPoint(point)
	}
	return made
}

func number(t *testing.T, value interface{}) int64 {
	t.Helper()
	n, err := value.(json.Number).Int64()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPing(t *testing.T) {
	_, got, err := connect(t).Ping(5 * time.Second)
	if err != nil || got != version {
		t.Fatalf("%q, %v", got, err)
	}
}

func TestPointsAtEveryLevel(t *testing.T) {
	c := connect(t)
	for _, level := range []string{"any", "one", "quorum", "all"} {
		db := fresh(t, c)
		err := c.Write(batch(t, influx.BatchPointsConfig{Database: db, WriteConsistency: level, Precision: "ns"}, 1000))
		if err != nil {
			t.Fatalf("%s: %v", level, err)
		}
		rows := ask(t, c, influx.NewQuery(`SELECT f, host, i, s, t FROM "m m"`, db, "ns"))[0].Series[0]
		if want := "time f host i s t"; strings.Join(rows.Columns, " ") != want || len(rows.Values) != 1000 {
			t.Fatalf("%v, %d rows", rows.Columns, len(rows.Values))
		}
		for i, row := range rows.Values {
			f, _ := row[1].(json.Number).Float64()
			if number(t, row[0]) != t0.UnixNano()+int64(i) || f != float64(i)+0.5 ||
				row[2] != fmt.Sprintf("a b,%d", i%2) || number(t, row[3]) != int64(1)<<53+int64(i) ||
				row[4] != `x, "y" é` || row[5] != true {
				t.Fatalf("row %d: %v", i, row)
			}
		}
	}
}

func TestChunks(t *testing.T) {
	c := connect(t)
	db := fresh(t, c)
	if err := c.Write(batch(t, influx.BatchPointsConfig{Database: db}, 25)); err != nil {
		t.Fatal(err)
	}
	query := influx.NewQuery(`SELECT f FROM "m m"`, db, "ns")
	query.Chunked, query.ChunkSize = true, 10
	answer, err := c.QueryAsChunk(query)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	var sizes []int
	for {
		part, err := answer.NextResponse()
		if err != nil {
			break
		}
		sizes = append(sizes, len(part.Results[0].Series[0].Values))
		if partial := part.Results[0].Series[0].Partial; partial != (len(sizes) < 3) {
			t.Fatalf("chunk %d says partial=%v", len(sizes), partial)
		}
	}
	if fmt.Sprint(sizes) != "[10 10 5]" {
		t.Fatal(sizes)
	}
	if all := ask(t, c, query)[0].Series; len(all) == 0 {
		t.Fatal("no series")
	}
}

func TestParameters(t *testing.T) {
	c := connect(t)
	db := fresh(t, c)
	if err := c.Write(batch(t, influx.BatchPointsConfig{Database: db}, 10)); err != nil {
		t.Fatal(err)
	}
	parameters := map[string]interface{}{"host": "a b,1", "least": 4.5}
	query := influx.NewQueryWithParameters(`SELECT count(i) FROM "m m" WHERE host = $host AND f > $least`, db, "ns", parameters)
	if count := number(t, ask(t, c, query)[0].Series[0].Values[0][1]); count != 3 {
		t.Fatal(count)
	}
}

func TestErrors(t *testing.T) {
	c := connect(t)
	db := fresh(t, c)
	for _, wrong := range []struct {
		config influx.BatchPointsConfig
		text   string
	}{
		{influx.BatchPointsConfig{Database: "nosuch"}, "database not found"},
		{influx.BatchPointsConfig{Database: db, RetentionPolicy: "nosuch"}, "retention policy not found: nosuch"},
		{influx.BatchPointsConfig{Database: db, WriteConsistency: "most"}, "invalid consistency level"},
	} {
		if err := c.Write(batch(t, wrong.config, 1)); err == nil || !strings.Contains(err.Error(), wrong.text) {
			t.Errorf("%v, not %s", err, wrong.text)
		}
	}
	for _, wrong := range []struct{ query, db, text string }{
		{"SELECT f FRM m", db, "error parsing query: found FRM, expected FROM at line 1, char 10"},
		{"SELECT f FROM m", "nosuch", "database not found: nosuch"},
	} {
		answer, err := c.Query(influx.NewQuery(wrong.query, wrong.db, ""))
		if err != nil || answer.Error() == nil || answer.Error().Error() != wrong.text {
			t.Errorf("%v, %v, not %s", err, answer, wrong.text)
		}
	}
}

func TestUsers(t *testing.T) {
	if os.Getenv("SERVER_USER") == "" {
		t.Skip("this server knows no users")
	}
	c := connect(t)
	db := fresh(t, c)
	user := db + "_r"
	ask(t, c, influx.NewQuery(fmt.Sprintf(`CREATE USER %s WITH PASSWORD 'p:w'; GRANT READ ON %s TO %s`, user, db, user), "", ""))
	address, _ := url.Parse(os.Getenv("SERVER_URL"))
	reader, err := influx.NewHTTPClient(influx.HTTPConfig{Addr: address.String(), Username: user, Password: "p:w"})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := c.Write(batch(t, influx.BatchPointsConfig{Database: db}, 1)); err != nil {
		t.Fatal(err)
	}
	if rows := ask(t, reader, influx.NewQuery(`SELECT f FROM "m m"`, db, "ns"))[0].Series; len(rows) != 1 {
		t.Fatal(rows)
	}
	err = reader.Write(batch(t, influx.BatchPointsConfig{Database: db}, 1))
	if err == nil || !strings.Contains(err.Error(), "not authorized to write") {
		t.Fatal(err)
	}
}
