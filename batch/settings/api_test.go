package settings_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
)

// number is the one that all of it is about.
const number = "+18018018011"

// spelling draws one of all combinations.
func spelling(t *rapid.T) sandbox.Spelling {
	var s sandbox.Spelling
	switches := reflect.ValueOf(&s).Elem()
	for i := range switches.NumField() {
		if field := switches.Field(i); field.Kind() == reflect.Bool {
			field.SetBool(rapid.Bool().Draw(t, switches.Type().Field(i).Name))
		}
	}
	s.Empty = rapid.SampledFrom([]sandbox.Empty{sandbox.EmptyNull, sandbox.EmptyString, sandbox.EmptyAbsent}).Draw(t, "Empty")
	return s
}

// api is an API with one number that somebody has set to anything.
type api struct {
	spelling sandbox.Spelling
	box      *sandbox.Sandbox
	client   *client.Client
	memory   map[string]string // of each field what the newest answer told
}

func newAPI(t *rapid.T, spelling sandbox.Spelling) api {
	box, err := sandbox.New(sandbox.Config{Seed: 1, Spelling: spelling})
	if err != nil {
		t.Fatal(err)
	}
	pick := func(name string) string {
		f, _ := settings.Lookup(name)
		return rapid.SampledFrom(choices(f)).Draw(t, "set "+name)
	}
	if err := box.Set(number, func(r *sandbox.Record) {
		r.MessageEnabled, r.VoiceEnabled = pick("MessageEnabled") == "true", pick("VoiceEnabled") == "true"
		r.MessageType, r.Classification, r.ProductType = pick("MessageType"), pick("Classification"), pick(productType)
		r.MessageRouteId, r.VoiceRouteId = pick("MessageRouteId"), pick("VoiceRouteId")
		r.AssignedSubscriberId, r.Iccid = pick(subscriber), pick("Iccid")
		r.CnamFirstName, r.CnamLastName = pick(firstName), pick(lastName)
	}); err != nil {
		t.Fatal(err)
	}
	return api{spelling: spelling, box: box, client: serve(t, box), memory: map[string]string{}}
}

// serve returns a client of an API that is up until the test ends.
func serve(t tester, h http.Handler) *client.Client {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := client.New(client.Config{
		BaseURL: server.URL, Rate: client.Unlimited,
		Credentials: client.Credentials{AccountKey: "DID-1", AccountSecret: client.NewSecret("x")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// tester is a test with or without anything drawn.
type tester interface {
	Cleanup(f func())
	Context() context.Context
	Fatal(args ...any)
}

func (a api) read(t tester) settings.State {
	record, err := a.client.Number(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	return settings.StateOf(record)
}

// bring sends what differs and returns what is known after it: what a reading
// shows, what the newest answer tells besides, and what was asked for where both
// say nothing. It is false when the API would refuse the update.
func (a api) bring(t *rapid.T, want settings.Settings, now settings.State) (after settings.State, ok bool) {
	changes := settings.Diff(want, now)
	if settings.Apply(now, changes).Flaw() != nil {
		return now, false
	}
	if changes == nil {
		return now, true
	}
	sent := settings.FromChanges(changes)
	answer, err := a.client.Update(t.Context(), sent.Request(number))
	if err != nil {
		t.Fatal(err)
	}
	told := settings.StateOf(answer.Settings)
	for _, name := range sent.Names() {
		value, _ := sent.Get(name)
		told.Know(name, value)
	}
	maps.Copy(a.memory, known(told))
	after = a.read(t)
	for name, value := range a.memory {
		after.Know(name, value)
	}
	return after, true
}

// excused tells the cases in which one reading is not enough: a field that it does not
// have, always or because it has no value (of a subscriber a null tells nothing), and a part of a name that alone is to be empty while
// several words are shown as one, which all may belong to the other part.
func (a api) excused(c settings.Change, want settings.Settings) bool {
	if c.WriteOnly && c.New == "" && a.spelling.Empty == sandbox.EmptyAbsent {
		return true
	}
	switch c.Field {
	case subscriber:
		return c.WriteOnly && (c.New == "" || a.spelling.NoSubscriber)
	case productType:
		return c.WriteOnly && (!a.spelling.ProductType || a.spelling.Listed)
	case firstName, lastName:
		return c.New == "" && !asksBothNames(want) && !a.spelling.TwoNames && strings.Contains(a.name(), " ")
	}
	return false
}

func asksBothNames(want settings.Settings) bool {
	return want.Only([]string{firstName, lastName}).Len() == 2
}

// truth returns what a field is, whatever the API tells.
func (a api) truth(field string) string {
	record, _ := a.box.Number(number)
	return fmt.Sprint(reflect.ValueOf(record).FieldByName(field))
}

// name returns what the name is, as one.
func (a api) name() string {
	return strings.TrimSpace(a.truth(firstName) + " " + a.truth(lastName))
}

// checkTruth makes sure that nothing that was asked for is missing, besides
// what nobody can see: how a name is split that is shown as one, and that a
// field is not empty which is never shown.
func (a api) checkTruth(t *rapid.T, want settings.Settings) {
	for _, name := range want.Names() {
		asked, _ := want.Get(name)
		f, _ := settings.Lookup(name)
		unseen := name == subscriber && asked == "" && a.spelling.NoSubscriber
		part := !a.spelling.TwoNames && (name == firstName || name == lastName)
		if got := a.truth(name); !unseen && !part && !f.Same(got, asked) {
			t.Errorf("%s: asked %q, is %q", name, asked, got)
		}
	}
	first, _ := want.Get(firstName)
	last, _ := want.Get(lastName)
	name := a.name()
	if asksBothNames(want) && name != strings.TrimSpace(first+" "+last) ||
		!strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		t.Errorf("asked for the name %q %q, is %q", first, last, name)
	}
}
