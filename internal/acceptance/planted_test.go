package acceptance

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// plantedFields are what answers of the API have that nobody but their reader is to see: the secrets of numbers, of
// routes, of webhooks and accounts, and what a subscriber is called.
func plantedFields() []string {
	return []string{
		"PortOutPin", "QrActivationLink", "MessageUsername", "MessagePasswordToken", "MessageUrl", "CallbackMessageUsername",
		"CallbackMessagePasswordToken", "TrunkUsername", "TrunkPassword", "VoiceUrl", "WssUri", "Secret", "Email", "Name",
		"AuthenticationPassword", "AuthenticationToken",
	}
}

// planting plants a secret in every object of every answer but those of tokens.
type planting struct {
	api http.Handler

	mu      sync.Mutex
	planted map[string]int // by endpoint, how many objects had one
}

func (p *planting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := httptest.NewRecorder()
	p.api.ServeHTTP(rec, r)
	body := rec.Body.Bytes()
	var doc any
	if !strings.HasSuffix(r.URL.Path, "/tokens") && json.Unmarshal(body, &doc) == nil {
		p.plant(r.URL.Path, doc)
		body, _ = json.Marshal(doc) // it was JSON
	}
	maps.Copy(w.Header(), rec.Header())
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(rec.Code)
	_, _ = w.Write(body)
}

func (p *planting) plant(path string, doc any) {
	switch doc := doc.(type) {
	case map[string]any:
		for _, inner := range doc {
			p.plant(path, inner)
		}
		for i, name := range plantedFields() {
			doc[name] = "pl4nted-" + strconv.Itoa(i)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.planted[path]++
	case []any:
		for _, inner := range doc {
			p.plant(path, inner)
		}
	}
}

// Whatever the API tells beside what is asked for is in nothing that the program writes: not on its streams, in a file, the
// store, an archive, the metrics, a notification or on the live page.
func TestSecretsOfAnswersAreNowhere(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	config := sandbox.Config{
		Numbers: 40, PageSize: 8, Spelling: sandbox.Spelling{ProductType: true},
		Judge: func(before, _ sandbox.Record) (v sandbox.Verdict) {
			switch { // answers of each kind
			case strings.HasSuffix(before.Number, "1"):
				v.Refuse = "not this one"
			case strings.HasSuffix(before.Number, "2"):
				v.OrderStatus, v.OrderMessage = "Pending", "soon"
			}
			return v
		},
	}
	o := &secretive{operator: newOperator(t, config)}
	config.AccountKey, config.AccountSecret, config.Observe = "DID-1", "the-key", o.observe
	api, err := sandbox.New(config)
	if err != nil {
		t.Fatal(err)
	}
	p := &planting{api: api, planted: map[string]int{}}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	var told strings.Builder
	var telling sync.Mutex
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		telling.Lock()
		defer telling.Unlock()
		_, _ = io.Copy(&told, r.Body)
	}))
	t.Cleanup(hook.Close)
	o.env = append(o.env, "TELEGENT_API_URL="+server.URL, "TELEGENT_ACCOUNT_SECRET=the-key", "BULKNUM_NOTIFY_URL="+hook.URL+"/here")
	o.api = api

	rows := "Number,MessageRouteId,VoiceRouteId,ProductType\n"
	for i := range 40 {
		rows += o.listed(i) + ",MRID-new,CRID-new,Sms+Data\n"
	}
	file := o.save("rows.csv", []byte(rows))
	run := func(args ...string) string {
		child := o.start(o.command("bulknum", args...))
		<-child.ended
		o.looked(t, child)
		return child.stdout.String()
	}
	run("check")
	run("plan", file, "--check-routes", "--json")
	run("plan", file, "--check-routes", "--full", "--read", "each")
	o.bulknum(0, "export")
	run("export")

	for _, name := range []string{"first", "second"} {
		moved := "Number,MessageRouteId\n"
		for i := range 10 {
			moved += o.listed(i) + ",MRID-" + name + "\n"
		}
		run("apply", o.save(name+".csv", []byte(moved)), "--yes", "--run", name, "--job", "moves", "--max-failures", "100%", "--max-changes", "100%")
	}
	o.bulknum(0, "runs", "delete", "first", "--archive", "--yes")
	archives, _ := filepath.Glob(filepath.Join(o.dir, "runs", "*.tar.zst"))
	if len(archives) == 0 {
		t.Error("no archive")
	}
	for _, name := range archives {
		o.searchIn(t, name, unpacked(t, name))
	}

	looked := make(chan struct{})
	o.after(60, func() { <-looked })
	child := o.start(o.command("bulknum", "apply", file, "--yes", "--run", "one", "--waves", "10,100%", "--wave-failures", "100%", "--max-failures", "100%",
		"--propagation", "0", "--check-routes", "--log-level", "debug", "--metrics-file", "rows.prom", "--listen", anyPort))
	page := child.told(t, looked)
	<-child.ended
	o.looked(t, child)
	for _, args := range [][]string{
		{"resume", "one", "--yes", "--retry-failed", "--gate", ""}, {"verify", "one"}, {"report", "one", "--format", "json"}, {"report", "one", "--full"},
		{"history", o.listed(0)}, {"runs", "--json"}, {"rollback", "one", "--yes", "--max-failures", "100%"}, {"store", "check"}, {"store", "backup", "copy.db"},
		{"routes", "--json"}, {"plan", file, "--check-subscribers"},
	} {
		run(args...)
	}
	o.searchIn(t, "the live page", page)
	telling.Lock()
	o.searchIn(t, "a notification", told.String())
	if !strings.Contains(told.String(), "one") {
		t.Errorf("nothing was notified: %q", told.String())
	}
	telling.Unlock()
	if files := o.searchFiles(t); files < 15 {
		t.Errorf("%d files searched", files)
	}
	o.bulknum(0, "runs", "restore", "first")
	folders, err := os.ReadDir(filepath.Join(o.dir, "runs"))
	if err != nil {
		t.Fatal(err)
	}
	stored := 0
	for _, folder := range folders {
		if folder.IsDir() && !strings.HasPrefix(folder.Name(), ".") {
			o.searchIn(t, "the store, of run "+folder.Name(), o.records(folder.Name()).String())
			stored++
		}
	}
	if stored < 5 {
		t.Errorf("%d runs searched", stored)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, path := range []string{
		"/v1.0/numbers", "/v1.0/numbers/inventory", "/v1.0/numbers/update", "/v1.0/numbers/order", "/v1.0/message/routes", "/v1.0/voice/routes",
	} {
		if p.planted[path] == 0 {
			t.Errorf("nothing was planted in %s: %v", path, p.planted)
		}
	}
}

// unpacked is what an archive has.
func unpacked(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	all, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}
