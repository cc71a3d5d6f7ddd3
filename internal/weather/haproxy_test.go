package weather_test

import (
	"fmt"
	"strings"
	"time"
)

// haproxy is a configuration: what it has besides the way to the API.
type haproxy struct {
	defaults string            // "timeout server 1s"
	frontend string            // rules
	backend  string            // rules
	bind     string            // what its port speaks besides plain HTTP: "ssl alpn h2,http/1.1"
	cert     func(*world) cert // of ssl; nil: a good one
	servers  []string          // addresses; nil: the API's
	mode     string            // "" is http
}

// start runs it.
func (h haproxy) start(w *world) *process {
	port := w.port()
	bind := h.bind
	if bind != "" {
		if h.cert == nil {
			h.cert = good
		}
		bind = strings.Replace(bind, "ssl", "ssl crt "+h.cert(w).file, 1)
		bind = strings.Replace(bind, "$CA", w.authority().file, 1)
	}
	if h.mode == "" {
		h.mode = "http"
	}
	if h.servers == nil {
		h.servers = []string{w.upstream()}
	}
	var servers strings.Builder
	for i, address := range h.servers {
		fmt.Fprintf(&servers, "  server api%d %s\n", i, address)
	}
	return w.start(port, "haproxy", "-db", "-f", w.write("haproxy.cfg", fmt.Sprintf(`
defaults
  mode %s
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  retries 0
  %s
frontend front
  bind 127.0.0.1:%s %s
  %s
  default_backend api
backend api
  balance roundrobin
  %s
%s`, h.mode, h.defaults, port, bind, h.frontend, h.backend, &servers)))
}

// way is how it is reached.
func (h haproxy) way(w *world, p *process) way {
	if h.bind == "" && h.mode != "tcp" {
		return way{url: "http://127.0.0.1:" + p.port}
	}
	return w.authority().way("https://127.0.0.1:" + p.port)
}

// between is an HAProxy to which nothing happens.
func (h haproxy) between(w *world) way { return h.way(w, h.start(w)) }

// with has something happen to an HAProxy at the n-th update.
func (h haproxy) with(at int64, happens func(*process)) func(*world) way {
	return func(w *world) way {
		p := h.start(w)
		w.after[at] = func() { happens(p) }
		return h.way(w, p)
	}
}

func ofHAProxy() []weather {
	const both = "ssl alpn h2,http/1.1"
	restart := func(p *process) { p.restart(2 * time.Second) }
	return []weather{
		{name: "HTTP 2", brief: true, between: haproxy{bind: both}.between, counts: all("updated")},
		{name: "HTTP 1.1", between: haproxy{bind: "ssl alpn http/1.1"}.between, counts: all("updated")},
		{name: "restart", brief: true, between: haproxy{}.with(4, restart), counts: all("updated"), most: 2},
		{name: "restart HTTP 2", between: haproxy{bind: both}.with(4, restart), counts: all("updated"), most: 2},
		{name: "timeout server", faults: "slow@3-4,slow-for=2s", counts: all("updated"), most: 2,
			between: haproxy{defaults: "timeout server 1s"}.between},
		{name: "timeout http-keep-alive", args: []string{"--rate", "2/s", "--workers", "1"}, counts: all("updated"), most: 2,
			between: haproxy{defaults: "timeout http-keep-alive 500ms"}.between},
		{name: "deny 429", counts: all("updated"), between: haproxy{frontend: `
  stick-table type ip size 1k expire 10s store http_req_rate(1s)
  http-request track-sc0 src
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 5 }`}.between},
		{name: "no server", exit: 6, first: true, args: []string{"--outage-wait", "3s"},
			between: func(w *world) way { return haproxy{servers: []string{"127.0.0.1:" + w.port()}}.between(w) },
			says:    []string{"down for .*503", "hint: .*what stands before it"}},
		{name: "server goes in mid-run", exit: 6, most: 2, args: []string{"--outage-wait", "3s"},
			between: haproxy{}.with(4, func(p *process) { go p.w.server.CloseClientConnections(); _ = p.w.server.Listener.Close() }),
			counts:  nil, says: []string{"down for .*503", "hint: .*what stands before it"}},
		{name: "reject", exit: 6, first: true, args: []string{"--outage-wait", "3s"},
			between: haproxy{frontend: "tcp-request connection reject"}.between,
			says:    []string{"down for "}},
		{name: "client certificate demanded", brief: true, exit: 6, first: true,
			between: haproxy{bind: "ssl verify required ca-file $CA"}.between,
			says:    []string{`the server 127\.0\.0\.1:\d+ demands a client certificate`}},
		{name: "client certificate demanded by TLS 1.2", exit: 6, first: true,
			between: haproxy{bind: "ssl verify required ca-file $CA ssl-max-ver TLSv1.2"}.between,
			says:    []string{`the server 127\.0\.0\.1:\d+ takes no TLS without a client certificate`}},
		{name: "TLS too old", exit: 6, first: true,
			between: haproxy{bind: "ssl ssl-min-ver TLSv1.0 ssl-max-ver TLSv1.1 ciphers ALL:@SECLEVEL=0"}.between,
			says:    []string{`the server 127\.0\.0\.1:\d+ speaks no TLS 1.2`}},
	}
}
