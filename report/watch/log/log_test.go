package log_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/report/watch/log"
	"github.com/bulknum/bulknum/report/watch/watchtest"
)

// logged is what the log has of the events.
func logged(t *testing.T, format log.Format, level log.Level, color bool) string {
	t.Helper()
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		logger := log.NewLogger(&out, log.Style{Format: format, Color: color}, level).With().Str(log.FieldRun, "night").Logger()
		l := log.New(logger)
		for _, e := range watchtest.Events() {
			l.Listen(e)
		}
	})
	return out.String()
}

func TestLogAsJSON(t *testing.T) {
	got := logged(t, log.JSON, log.LevelDebug, false)
	const run, now = `"run":"night",`, `"time":"2000-01-01T00:00:00.000Z",`
	want := `{"level":"info",` + run + `"folder":"runs/night","rows":5,"valid":3,"invalid":1,"duplicate":1,"warnings":2,` + now + `"message":"input checked"}
{"level":"debug",` + run + `"endpoint":"inventory","attempt":1,"http_status":200,"duration_ms":0,` + now + `"message":"request"}
{"level":"info",` + run + `"way":"inventory","numbers":4,"detail":"reading 1 inventory page instead of 4 single numbers",` + now + `"message":"reading current settings"}
{"level":"info",` + run + `"numbers":4,"found":4,"pages":1,"singles":0,` + now + `"message":"current settings read"}
{"level":"info",` + run + `"rows":5,"updates":3,"planned":4,"invalid":1,"hash":"0f3a5c7e9b1d",` + now + `"message":"plan made"}
{"level":"warn",` + run + `"rows":3,"in_sync":2,"drifted":1,"not_shown":0,"unreadable":0,` + now + `"message":"numbers verified"}
{"level":"warn",` + run + `"detail":"the same input\nas \u001b[2J",` + now + `"message":"note"}
{"level":"info",` + run + `"rows":3,"workers":4,` + now + `"message":"started"}
{"level":"debug",` + run + `"row":1,"line":2,"number":"+18015550001","endpoint":"update","attempt":1,"http_status":429,"duration_ms":30,"error":"too many\nrequests",` + now + `"message":"request"}
{"level":"info",` + run + `"wait":"429","until":"2000-01-01T00:00:25Z","duration_ms":20000,` + now + `"message":"waiting"}
{"level":"debug",` + run + `"wait":"backoff","until":"2000-01-01T00:00:06Z","duration_ms":1000,` + now + `"message":"waiting"}
{"level":"warn",` + run + `"wait":"outage","until":"2000-01-01T00:00:06Z","duration_ms":1000,"reason":"status 503",` + now + `"message":"waiting"}
{"level":"info",` + run + `"wait":"outage","until":"2000-01-01T00:01:05Z","duration_ms":60000,` + now + `"message":"the API answers again"}
{"level":"debug",` + run + `"row":1,"line":2,"number":"+18015550001","status":"updated","attempt":2,"http_status":200,"order_id":"JNUOID-1",` + now + `"message":"row"}
{"level":"error",` + run + `"row":2,"line":3,"number":"+18015550002","status":"failed","attempt":1,"http_status":400,"error":"\u001b[2J level=info",` + now + `"message":"row"}
{"level":"warn",` + run + `"row":3,"line":4,"number":"+18015550003","status":"pending","attempt":1,"http_status":200,"order_id":"JNUOID-2",` + now + `"message":"row"}
{"level":"warn",` + run + `"reason":"signal","detail":"interrupted","in_flight":1,` + now + `"message":"stopping: no further row is started"}
{"level":"warn",` + run + `"reason":"signal","detail":"interrupted",` + now + `"message":"stopped early"}
{"level":"info",` + run + now + `"message":"finished"}
`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for line := range strings.Lines(got) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

func TestLogForPeople(t *testing.T) {
	got := logged(t, log.Console, log.LevelInfo, false)
	want := `00:00:00 UTC INF input checked folder=runs/night rows=5 valid=3 invalid=1 duplicate=1 warnings=2
00:00:00 UTC INF reading current settings way=inventory numbers=4 detail="reading 1 inventory page instead of 4 single numbers"
00:00:00 UTC INF current settings read numbers=4 found=4 pages=1 singles=0
00:00:00 UTC INF plan made rows=5 updates=3 planned=4 invalid=1 hash=0f3a5c7e9b1d
00:00:00 UTC WRN numbers verified rows=3 in_sync=2 drifted=1 unreadable=0 not_shown=0
00:00:00 UTC WRN note detail="the same input\nas \x1b[2J"
00:00:00 UTC INF started rows=3 workers=4
00:00:00 UTC INF waiting duration_ms=20000 wait=429 until=2000-01-01T00:00:25Z
00:00:00 UTC WRN waiting duration_ms=1000 wait=outage until=2000-01-01T00:00:06Z reason="status 503"
00:00:00 UTC INF the API answers again duration_ms=60000 wait=outage until=2000-01-01T00:01:05Z
00:00:00 UTC ERR row row=2 line=3 number=+18015550002 status=failed attempt=1 http_status=400 error="\x1b[2J level=info"
00:00:00 UTC WRN row row=3 line=4 number=+18015550003 status=pending attempt=1 http_status=200 order_id=JNUOID-2
00:00:00 UTC WRN stopping: no further row is started reason=signal detail=interrupted in_flight=1
00:00:00 UTC WRN stopped early reason=signal detail=interrupted
00:00:00 UTC INF finished
`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestLogLevels(t *testing.T) {
	for level, want := range map[log.Level]int{log.LevelDebug: 19, log.LevelInfo: 15, log.LevelWarn: 7, log.LevelError: 1} {
		if got := strings.Count(logged(t, log.JSON, level, false), "\n"); got != want {
			t.Errorf("level %d: %d lines, want %d", level, got, want)
		}
	}
}

// Machines get UTC; people get their own time, with its zone.
func TestLogZones(t *testing.T) {
	local := time.Local
	time.Local = time.FixedZone("CET", 3600)
	t.Cleanup(func() { time.Local = local })
	if got := logged(t, log.JSON, log.LevelError, false); !strings.Contains(got, `"time":"2000-01-01T00:00:00.000Z"`) {
		t.Errorf("JSON: %s", got)
	}
	if got := logged(t, log.Console, log.LevelError, false); !strings.HasPrefix(got, "01:00:00 CET ERR") {
		t.Errorf("console: %s", got)
	}
}

func TestLogColourIsAsked(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	if !strings.Contains(logged(t, log.Console, log.LevelInfo, true), "\x1b[") {
		t.Error("no colour though it was asked for")
	}
}

func TestParseLevelAndFormat(t *testing.T) {
	for name, want := range map[string]log.Level{"debug": log.LevelDebug, "info": log.LevelInfo, "warn": log.LevelWarn, "error": log.LevelError} {
		if got, err := log.ParseLevel(name); got != want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := log.ParseLevel("loud"); err == nil || err.Error() != `"loud" is not a log level: use debug, info, warn or error` {
		t.Errorf("got %v", err)
	}
	for _, want := range []log.Format{log.Console, log.JSON} {
		if got, err := log.ParseFormat(string(want)); got != want || err != nil {
			t.Errorf("%s: %v, %v", want, got, err)
		}
	}
	if _, err := log.ParseFormat("xml"); err == nil || err.Error() != `"xml" is not a log format: use console or json` {
		t.Errorf("got %v", err)
	}
}
