package notify_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/pipenet"
	"github.com/bulknum/bulknum/report/watch/notify"
)

// published are facts of what chats take, from their references: Slack's of Block Kit and of incoming webhooks; the schema
// of Adaptive Cards 1.4, and Microsoft's page on webhooks of Teams, by which a message has the card as its attachment.
var published = map[notify.Format]string{
	notify.FormatSlack: `{
		"type": "object", "required": ["text", "blocks"], "additionalProperties": false,
		"properties": {
			"text": {"type": "string", "minLength": 1, "maxLength": 40000},
			"blocks": {"type": "array", "minItems": 1, "maxItems": 50, "items": {"oneOf": [
				{"type": "object", "required": ["type", "text"], "additionalProperties": false, "properties": {
					"type": {"const": "header"}, "text": {"$ref": "#/$defs/plain", "properties": {"text": {"maxLength": 150}}}}},
				{"type": "object", "required": ["type", "text"], "additionalProperties": false, "properties": {
					"type": {"const": "section"}, "text": {"$ref": "#/$defs/plain", "properties": {"text": {"maxLength": 3000}}}}},
				{"type": "object", "required": ["type", "fields"], "additionalProperties": false, "properties": {
					"type": {"const": "section"}, "fields": {"type": "array", "minItems": 1, "maxItems": 10,
						"items": {"$ref": "#/$defs/plain", "properties": {"text": {"maxLength": 2000}}}}}}
			]}}
		},
		"$defs": {"plain": {"type": "object", "required": ["type", "text"], "properties": {
			"type": {"const": "plain_text"}, "text": {"type": "string", "minLength": 1}, "emoji": {"type": "boolean"}}}}
	}`,
	notify.FormatTeams: `{
		"type": "object", "required": ["type", "attachments"], "additionalProperties": false,
		"properties": {
			"type": {"const": "message"},
			"attachments": {"type": "array", "minItems": 1, "maxItems": 1, "items": {
				"type": "object", "required": ["contentType", "content"], "additionalProperties": false, "properties": {
					"contentType": {"const": "application/vnd.microsoft.card.adaptive"}, "contentUrl": {"type": "null"},
					"content": {"type": "object", "required": ["type", "version", "body"], "additionalProperties": false, "properties": {
						"$schema": {"const": "http://adaptivecards.io/schemas/adaptive-card.json"},
						"type": {"const": "AdaptiveCard"}, "version": {"enum": ["1.0", "1.1", "1.2", "1.3", "1.4"]},
						"body": {"type": "array", "minItems": 1, "items": {"oneOf": [
							{"type": "object", "required": ["type", "text"], "additionalProperties": false, "properties": {
								"type": {"const": "TextBlock"}, "text": {"type": "string", "minLength": 1}, "wrap": {"type": "boolean"},
								"weight": {"enum": ["default", "lighter", "bolder"]}, "fontType": {"enum": ["default", "monospace"]},
								"color": {"enum": ["default", "dark", "light", "accent", "good", "warning", "attention"]}}},
							{"type": "object", "required": ["type", "facts"], "additionalProperties": false, "properties": {
								"type": {"const": "FactSet"}, "facts": {"type": "array", "minItems": 1, "items": {
									"type": "object", "required": ["title", "value"], "additionalProperties": false,
									"properties": {"title": {"type": "string", "minLength": 1}, "value": {"type": "string", "minLength": 1}}}}}}
						]}}
					}}
				}}}
		}
	}`,
}

// mostOfTeams is how many bytes a message to Teams may have.
const mostOfTeams = 28 << 10

// chat takes messages of one format, and answers first as it is told, and then 200.
type chat struct {
	t       *testing.T
	schema  *jsonschema.Schema
	answers []http.HandlerFunc

	mu     sync.Mutex
	bodies []string
	failed []string
}

func newChat(t *testing.T, format notify.Format, answers ...http.HandlerFunc) *chat {
	t.Helper()
	facts, err := jsonschema.UnmarshalJSON(strings.NewReader(published[format]))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("published", facts); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("published")
	if err != nil {
		t.Fatal(err)
	}
	return &chat{t: t, schema: schema, answers: answers}
}

func (c *chat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	var answer http.HandlerFunc
	if len(c.answers) > 0 {
		answer, c.answers = c.answers[0], c.answers[1:]
	}
	c.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	value, unread := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err := errors.Join(err, unread); err != nil {
		c.t.Error(err)
	} else if err := c.schema.Validate(value); err != nil {
		c.t.Errorf("the chat refuses it: %v\n%s", err, body)
	}
	if len(body) > mostOfTeams {
		c.t.Errorf("it has %d bytes", len(body))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bodies = append(c.bodies, string(body))
}

// notifies starts a notifier of a run to the chat.
func (c *chat) notifies(format notify.Format, on notify.Occasion, job string) notifier {
	c.t.Helper()
	address, err := notify.ParseAddress("http://localhost/hooks/s3cret")
	if err != nil {
		c.t.Fatal(err)
	}
	transport, stop := pipenet.Listen().Serve(c)
	c.t.Cleanup(stop)
	run := control.New()
	return notifier{notify.Start(notify.Options{
		Address: address, Format: format, On: on, Job: job, Status: run.Status, Transport: transport,
		Warn: func(_ string, err error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.failed = append(c.failed, err.Error())
		},
	}), run}
}

// worst is a run of which every text is as long, and as odd, as it can be.
func worst() *runs.Summary {
	text := strings.Repeat("<&>\"@`[x](https://evil.example)\u2028号", 400)
	counts := map[result.Status]int{}
	for _, status := range result.Statuses() {
		counts[status] = 1_000_000
	}
	return &runs.Summary{
		Run: runs.Identity{Name: text, Job: text, Host: text, Account: text, API: text, Source: text,
			Behalf: runs.Behalf{Ticket: text, Operator: text, Reason: text}},
		Counts: counts, DurationMs: 1e9, Folder: text, State: runs.Stopped,
		Stop: &result.Stop{Reason: result.StoppedByFailures, Detail: text},
	}
}

// What is posted to a chat is what it takes, whatever the run is called, and is tried again as what is posted for programs.
func TestChatsTakeWhatIsPosted(t *testing.T) {
	for format := range published {
		for name, c := range map[string]struct {
			answers []http.HandlerFunc
			posted  int
			failed  string
		}{
			"200":     {nil, 3, ""},
			"202":     {[]http.HandlerFunc{status(202)}, 2, ""},
			"429":     {[]http.HandlerFunc{status(429)}, 3, ""},
			"500":     {[]http.HandlerFunc{status(500), status(500), status(500)}, 2, "the answer was 500"},
			"nothing": {[]http.HandlerFunc{stuck, stuck, stuck}, 2, "localhost"},
		} {
			t.Run(string(format)+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					chat := newChat(t, format, c.answers...)
					n := chat.notifies(format, notify.OnAlways, "night")
					s := worst()
					n.Listen(event.Began{At: time.Now(), Run: s.Run.Told()})
					n.Listen(event.Held{Why: s.Run.Reason, Since: time.Now()})
					if name == "nothing" {
						time.Sleep(time.Minute) // the end does not wait so long
					}
					n.Listen(event.Held{Over: true, Why: s.Run.Reason})
					n.End(runs.Outcome{At: time.Now(), ExitCode: 5, Summary: s})
					failed := strings.Join(chat.failed, "\n")
					if len(chat.bodies) != c.posted || (failed == "") != (c.failed == "") || c.failed != "localhost" && failed != c.failed {
						t.Errorf("%d posted, failed: %s", len(chat.bodies), failed)
					}
					for _, body := range chat.bodies {
						if strings.ContainsAny(body, "<>@`") || strings.Contains(strings.ReplaceAll(body, "http://adaptivecards.io/", ""), "://") {
							t.Errorf("a chat may take it for markup:\n%s", body)
						}
					}
				})
			})
		}
	}
}

// A card says what the JSON says.
func TestACardSaysItAll(t *testing.T) {
	for format := range published {
		synctest.Test(t, func(t *testing.T) {
			chat := newChat(t, format)
			n := chat.notifies(format, "", "night")
			n.End(runs.Outcome{At: time.Now(), ExitCode: 5, Summary: &runs.Summary{
				Run:    runs.Identity{Name: "one", Job: "night", Host: "ops1", Account: "DID-1", API: "https://api.example", Behalf: runs.Behalf{Ticket: "CHG-7"}},
				Counts: map[result.Status]int{result.Updated: 3, result.Failed: 1}, DurationMs: 61_000, Folder: "runs/one", Rows: 4,
			}})
			if len(chat.bodies) != 1 || !json.Valid([]byte(chat.bodies[0])) {
				t.Fatalf("got %q", chat.bodies)
			}
			for _, want := range []string{"bulknum: one: ended", "DID-1", "ops1", "CHG-7", "4: 3 updated, 1 failed", "1 m 1 s", "Exit code", "bulknum resume runs/one --retry-failed"} {
				if !strings.Contains(chat.bodies[0], want) {
					t.Errorf("%s does not say %q: %s", format, want, chat.bodies[0])
				}
			}
		})
	}
}

// What is not worth a notification is not posted.
func TestNotifyOn(t *testing.T) {
	outage := client.Wait{Reason: client.WaitOutage, Since: time.Now()}
	over := outage
	over.Over = true
	night := runs.Identity{Job: "night"}
	good, bad := runs.Outcome{Summary: &runs.Summary{Run: night, Counts: map[result.Status]int{result.Unchanged: 3}}}, runs.Outcome{ExitCode: 5}
	changed := runs.Outcome{Summary: &runs.Summary{Run: night, Counts: map[result.Status]int{result.Updated: 1, result.Unchanged: 2}}}
	for name, c := range map[string]struct {
		on     notify.Occasion
		events []event.Event
		end    runs.Outcome
		want   string
	}{
		"a good night, on failure":    {notify.OnFailure, nil, good, ""},
		"a good night, on change":     {notify.OnChange, nil, good, ""},
		"a good night, always":        {notify.OnAlways, nil, good, "ended"},
		"rows changed, on failure":    {notify.OnFailure, nil, changed, ""},
		"rows changed, on change":     {notify.OnChange, nil, changed, "ended"},
		"rows failed, on failure":     {notify.OnFailure, nil, bad, "ended"},
		"rows failed, on change":      {notify.OnChange, nil, bad, "ended"},
		"an outage, on failure":       {notify.OnFailure, []event.Event{event.Waiting{Wait: outage}, event.Waiting{Wait: over}}, good, "outage continued"},
		"somebody's hold, on failure": {notify.OnFailure, []event.Event{event.Held{Why: "x"}, event.Held{Why: "x", Over: true}}, good, ""},
		"somebody's hold, on change":  {notify.OnChange, []event.Event{event.Held{Why: "x"}, event.Held{Why: "x", Over: true}}, good, "held continued"},
		"a stop, on failure":          {notify.OnFailure, []event.Event{event.Stopping{}}, good, "stopping"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				chat := newChat(t, notify.FormatSlack)
				n := chat.notifies(notify.FormatSlack, c.on, "night")
				for _, e := range c.events {
					n.Listen(e)
				}
				n.End(c.end)
				var got []string
				for _, body := range chat.bodies {
					var message struct {
						Blocks []struct{ Text struct{ Text string } }
					}
					if err := json.Unmarshal([]byte(body), &message); err != nil {
						t.Fatal(err)
					}
					_, what, _ := strings.Cut(message.Blocks[0].Text.Text, "night: ")
					got = append(got, strings.Fields(what)[0])
				}
				if text := strings.Join(got, " "); text != c.want {
					t.Errorf("got %q, want %q", text, c.want)
				}
			})
		})
	}
}
