package weather_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// nginx is a configuration: what it has besides the way to the API.
type nginx struct {
	http, server string
	location     string            // of all paths
	updates      string            // of the path of updates, in place of the way to the API
	listen       string            // what its port speaks besides plain HTTP: "ssl http2"
	cert         func(*world) cert // of ssl; nil: a good one
}

// text is the configuration file.
func (n nginx) text(w *world, port string) string {
	if n.listen != "" {
		made := w.authority().good()
		if n.cert != nil {
			made = n.cert(w)
		}
		n.server += fmt.Sprintf("ssl_certificate %s; ssl_certificate_key %s;", made.file, made.file)
	}
	if n.updates != "" {
		n.server += "location = /v1.0/numbers/update { " + n.updates + " }"
	}
	n.server = strings.ReplaceAll(n.server, "$CA", w.authority().file)
	return fmt.Sprintf(`
user root;
worker_processes 1;
daemon off;
pid nginx.pid;
error_log stderr;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  %s
  upstream api { server %s; keepalive 8; }
  server {
    listen 127.0.0.1:%s %s;
    %s
    location / { proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection ""; %s }
  }
}
`, n.http, w.upstream(), port, n.listen, n.server, n.location)
}

// running is an nginx that runs.
type running struct {
	*process
}

// start runs it.
func (n nginx) start(w *world) running {
	port := w.port()
	folder := filepath.Join(w.dir, "nginx-"+port)
	w.must(os.Mkdir(folder, 0o700))
	file := w.write("nginx-"+port+"/conf", n.text(w, port))
	return running{w.start(port, "nginx", "-p", folder, "-c", file, "-e", "stderr")}
}

// reload gives it another configuration, without an end of what is under way.
func (r running) reload(n nginx) {
	r.w.write("nginx-"+r.port+"/conf", n.text(r.w, r.port))
	r.signal(syscall.SIGHUP)
}

// way is how it is reached.
func (n nginx) way(r running) way {
	if n.listen == "" {
		return way{url: "http://127.0.0.1:" + r.port}
	}
	return r.w.authority().way("https://127.0.0.1:" + r.port)
}

// between is an nginx to which nothing happens.
func (n nginx) between(w *world) way { return n.way(n.start(w)) }

// with has something happen to an nginx at the n-th update.
func (n nginx) with(at int64, happens func(running)) func(*world) way {
	return func(w *world) way {
		r := n.start(w)
		w.after[at] = func() { happens(r) }
		return n.way(r)
	}
}

// meanwhile is another configuration at the n-th update, for a time.
func (n nginx) meanwhile(at int64, other nginx, span time.Duration) func(*world) way {
	return n.with(at, func(r running) {
		r.reload(other)
		r.later(span, func() { r.reload(n) })
	})
}

// secure is one that speaks TLS.
func secure(listen string) nginx { return nginx{listen: listen} }

// page is an answer in HTML.
func page(status int, title string) string {
	return fmt.Sprintf(`default_type text/html; return %d "<html><head><title>%s</title></head></html>";`, status, title)
}

func ofNginx() []weather {
	plain := nginx{}
	limit := func(status int) nginx {
		return nginx{
			http:     "limit_req_zone $server_port zone=all:1m rate=5r/s;",
			location: fmt.Sprintf("limit_req zone=all; limit_req_status %d;", status),
		}
	}
	const second = time.Second
	return []weather{
		{name: "limit_req 429", brief: true, between: limit(429).between, counts: all("updated"),
			says: []string{`"detail":"[1-6] requests? (was|were) refused as too fast \(429\): `}},
		{name: "limit_req 503", between: limit(503).between, counts: all("updated")},
		{name: "limit_conn 429", latency: 100 * time.Millisecond, counts: all("updated"), between: nginx{
			http: "limit_conn_zone $server_port zone=all:1m;", location: "limit_conn all 1; limit_conn_status 429;",
		}.between},
		{name: "limit_conn 503", latency: 100 * time.Millisecond, counts: all("updated"), between: nginx{
			http: "limit_conn_zone $server_port zone=all:1m;", location: "limit_conn all 1;",
		}.between},
		{name: "reload", brief: true, counts: all("updated"), most: 2,
			between: plain.with(4, func(r running) { r.reload(plain) })},
		{name: "reload HTTP 2", counts: all("updated"), most: 2,
			between: secure("ssl http2").with(4, func(r running) { r.reload(secure("ssl http2")) })},
		{name: "reload HTTP 1.1 with TLS", counts: all("updated"), most: 2,
			between: secure("ssl").with(4, func(r running) { r.reload(secure("ssl")) })},
		{name: "restart", counts: all("updated"), most: 2,
			between: plain.with(4, func(r running) { r.restart(2 * second) })},
		{name: "restart HTTP 2", counts: all("updated"), most: 2,
			between: secure("ssl http2").with(4, func(r running) { r.restart(2 * second) })},
		{name: "proxy_read_timeout", faults: "slow@3-4,slow-for=2s", counts: all("updated"), most: 2,
			between: nginx{location: "proxy_read_timeout 1s;"}.between},
		{name: "keepalive_timeout is the pace", args: []string{"--rate", "1/s", "--workers", "1"}, counts: all("updated"),
			most: 2, between: nginx{server: "keepalive_timeout 1s;"}.between},
		{name: "cache", brief: true, between: cache().between, counts: all("updated"),
			args: []string{"--read-lag", "10s"}, then: rolledBack},
		{name: "cache and the old file", between: cache().between, counts: all("updated"),
			args: []string{"--read-lag", "10s"}, then: appliedBack},
		{name: "413", exit: 6, between: nginx{updates: "client_max_body_size 10; proxy_pass http://api;"}.between,
			counts: all("not_attempted"), says: []string{"a page, not the API, answered: 413 Request Entity Too Large"},
			args: []string{"--outage-wait", "3s"}},
		{name: "400", exit: 6, between: nginx{updates: "return 400;"}.between, counts: all("not_attempted"),
			says: []string{"a page, not the API, answered: 400 Bad Request"}, args: []string{"--outage-wait", "3s"}},
		{name: "400 at first contact", exit: 6, first: true, between: nginx{server: "return 400;"}.between,
			says: []string{"a page, not the API, answered: 400 Bad Request"}},
		{name: "403 page in mid-run", brief: true, counts: all("updated"), most: 2,
			between: plain.meanwhile(4, nginx{server: page(403, "Blocked")}, 2*second),
			says:    []string{"a page, not the API, answered: Blocked"}, never: []string{"check the key", "key and secret"}},
		{name: "sign-in page in mid-run", counts: all("updated"), most: 2,
			between: plain.meanwhile(4, nginx{server: page(200, "Sign in")}, 2*second),
			says:    []string{"a page, not the API, answered: Sign in"}},
		{name: "redirect in mid-run", counts: all("updated"), most: 2,
			between: plain.meanwhile(4, nginx{server: "return 302 https://status.example/;"}, 2*second),
			says:    []string{"a page, not the API, answered"}},
		{name: "502 from mid-run on", exit: 6, most: 2, args: []string{"--outage-wait", "3s"},
			between: plain.with(4, func(r running) {
				r.reload(nginx{server: "error_page 404 =502 /x; location = /x { return 502; }", location: "return 502;"})
			}),
			says: []string{"down for .*502"}},
		{name: "page at first contact", exit: 6, first: true, between: nginx{server: page(403, "Blocked")}.between,
			says: []string{"a page, not the API, answered: Blocked"}, never: []string{"check the key", "key and secret"}},
		{name: "TLS spoken to plain HTTP", exit: 6, first: true, between: func(w *world) way {
			w.way = plain.between(w)
			return way{url: strings.Replace(w.way.url, "http:", "https:", 1)}
		}, says: []string{`the server 127\.0\.0\.1:\d+ speaks no TLS at this address`}},
		{name: "plain HTTP on the https port", exit: 6, first: true, between: func(w *world) way {
			w.way = secure("ssl").between(w)
			return way{url: strings.Replace(w.way.url, "https:", "http:", 1)}
		}, says: []string{"plain HTTP request was sent to HTTPS port"}},
		{name: "client certificate demanded", exit: 6, between: nginx{
			listen: "ssl", server: "ssl_verify_client on; ssl_client_certificate $CA;",
		}.between, says: []string{"No required SSL certificate was sent"}},
	}
}

// cache keeps what was read for 3 seconds, whatever a request says.
func cache() nginx {
	return nginx{
		http:     "proxy_cache_path cache keys_zone=all:1m;",
		location: "proxy_cache all; proxy_cache_valid 200 3s; proxy_ignore_headers Cache-Control Expires; proxy_cache_key $request_uri;",
	}
}

// rolledBack takes the run back at once: nothing that was read before is to be believed.
func rolledBack(w *world) { w.isBack("rollback", "first") }

// appliedBack applies a file with what the numbers had before, at once.
func appliedBack(w *world) {
	var input strings.Builder
	input.WriteString("Number,MessageRouteId\n")
	for _, number := range w.numbers {
		fmt.Fprintf(&input, "%s,%s\n", number, w.old[number])
	}
	w.write("old.csv", input.String())
	w.isBack("apply", "old.csv")
}

// isBack runs a command that sets the numbers as they were before, and has it verified.
func (w *world) isBack(command ...string) {
	w.Helper()
	w.bulknum(append(command, "--yes", "--run", "back", "--read-lag", "10s")...)
	code := w.code
	w.bulknum("verify", "back", "--detailed-exitcode", "--read-lag", "10s")
	w.server.Close()
	counts := w.judge("back", func(string) string { return asked }, func(number string) string { return w.old[number] })
	if code != 0 || counts["updated"] != rows || w.code != 0 {
		w.Errorf("exit code %d, rows %v; verified with %d", code, counts, w.code)
	}
}
