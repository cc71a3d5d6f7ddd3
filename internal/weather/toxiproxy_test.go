package weather_test

import (
	"context"
	"strings"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// toxic is what toxiproxy does to a connection, in its own words.
type toxic string

const (
	downstream = `"stream":"downstream"`
	upstream   = `"stream":"upstream"`
)

// Toxics.
const (
	late      toxic = `{"name":"it","type":"latency",` + downstream + `,"attributes":{"latency":150,"jitter":100}}`
	sliced    toxic = `{"name":"it","type":"slicer",` + downstream + `,"attributes":{"average_size":20,"size_variation":10,"delay":200}}`
	narrow    toxic = `{"name":"it","type":"bandwidth",` + downstream + `,"attributes":{"rate":40}}`
	trickling toxic = `{"name":"it","type":"bandwidth",` + downstream + `,"attributes":{"rate":3}}`
	reset     toxic = `{"name":"it","type":"reset_peer",` + downstream + `,"attributes":{"timeout":0}}`
	resetUp   toxic = `{"name":"it","type":"reset_peer",` + upstream + `,"attributes":{"timeout":0}}`
	blackHole toxic = `{"name":"it","type":"timeout",` + upstream + `,"attributes":{"timeout":0}}`
	swallowed toxic = `{"name":"it","type":"timeout",` + downstream + `,"attributes":{"timeout":0}}`
	// The body of an answer comes after its header, and too late.
	inPieces toxic = `{"name":"it","type":"slicer",` + downstream + `,"attributes":{"average_size":150,"size_variation":1,"delay":3000000}}`
	// An answer of the API has a header of some 120 bytes.
	cut toxic = `{"name":"it","type":"limit_data",` + downstream + `,"attributes":{"bytes":180}}`
)

// link is a toxiproxy before the API.
type link struct {
	w     *world
	proxy *toxiproxy.Proxy
}

// link makes one.
func (w *world) link() *link {
	w.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := &link{w, toxiproxy.NewProxy(server, w.Name(), "127.0.0.1:"+w.port(), w.upstream())}
	w.must(l.proxy.Start())
	w.Cleanup(l.proxy.Stop)
	return l
}

// poison begins to do something to the connections.
func (l *link) poison(t toxic) {
	if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(string(t))); err != nil {
		l.w.Error(err)
	}
}

// cure ends what is done to them.
func (l *link) cure() { l.proxy.Toxics.ResetToxics(context.Background()) }

// down closes all connections and takes no others, for a time.
func (l *link) down(span time.Duration) {
	l.proxy.Stop()
	l.w.later(span, func() { l.w.must(l.proxy.Start()) })
}

// way is how it is reached.
func (l *link) way() way { return way{url: "http://" + l.proxy.Listen} }

// from has a link that is poisoned from the n-th update on, or from the first (0), for a time (0: to the end).
func (t toxic) from(at int64, span time.Duration) func(*world) way {
	return func(w *world) way {
		l := w.link()
		happens := func() {
			l.poison(t)
			if span > 0 {
				w.later(span, l.cure)
			}
		}
		if at == 0 {
			happens()
		} else {
			w.after[at] = happens
		}
		return l.way()
	}
}

func ofToxiproxy() []weather {
	const second = time.Second
	const lost = 3 // where two answers to a number may be lost before it is known that the API is down
	short := []string{"--outage-wait", "4s"}
	return []weather{
		{name: "latency", brief: true, between: late.from(0, 0), counts: all("updated")},
		{name: "slices", between: sliced.from(0, 0), counts: all("updated")},
		{name: "narrow", between: narrow.from(0, 0), counts: all("updated")},
		{name: "trickling", exit: 6, first: true, args: short, between: trickling.from(0, 0),
			says:  []string{`the answer of 127\.0\.0\.1:\d+ was not complete within 2s`, "hint: .*--timeout"},
			never: []string{"not what the API answers"}},
		{name: "down", brief: true, counts: all("updated"), most: 2, between: func(w *world) way {
			l := w.link()
			w.after[4] = func() { go l.down(2 * second) }
			return l.way()
		}},
		{name: "resets in mid-run", counts: all("updated"), most: lost, between: reset.from(4, 2*second),
			says: []string{`"reason":"no answer from 127\.0\.0\.1:\d+`}},
		{name: "resets of requests in mid-run", counts: all("updated"), most: 2, between: resetUp.from(4, 2*second),
			says: []string{`"reason":"no answer from 127\.0\.0\.1:\d+: `}},
		{name: "cut in mid-run", brief: true, counts: all("updated"), most: 2, between: cut.from(4, 2*second)},
		{name: "cut from mid-run on", exit: 6, most: 2, args: short, between: cut.from(4, 0),
			says:  []string{`down for .*the answer of 127\.0\.0\.1:\d+ was cut short after`, "hint: .*HTTPS_PROXY"},
			never: []string{"not what the API answers"}},
		{name: "stalled in mid-run", counts: all("updated"), most: lost, between: swallowed.from(4, 5*second)},
		{name: "bodies stalled in mid-run", counts: all("updated"), most: lost, between: inPieces.from(4, 5*second)},
		{name: "bodies stalled from mid-run on", exit: 6, most: 2, args: short, between: inPieces.from(4, 0),
			says: []string{`down for .*(the answer of 127\.0\.0\.1:\d+ was not complete|no answer from 127\.0\.0\.1:\d+) within 2`}},
		{name: "stalled from mid-run on", exit: 6, most: 2, args: short, between: swallowed.from(4, 0),
			says: []string{`no answer from 127\.0\.0\.1:\d+ within 2s`}},
		{name: "black hole in mid-run", counts: all("updated"), most: 2, between: blackHole.from(4, 5*second)},
		{name: "black hole at first contact", exit: 6, first: true, args: short, between: blackHole.from(0, 0),
			says: []string{`no answer from 127\.0\.0\.1:\d+ within 2s`}},
		{name: "no handshake", exit: 6, first: true, args: short, between: func(w *world) way {
			l := w.link()
			l.poison(blackHole)
			return w.authority().way("https://" + l.proxy.Listen)
		}, says: []string{`no TLS handshake with 127\.0\.0\.1:\d+ within 2s`}},
	}
}
