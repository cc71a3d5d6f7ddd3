package weather_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// squid is a configuration.
type squid struct {
	rules string // before all is allowed
	// cert is that of the API behind it; nil: a good one. gone: nobody is there.
	cert func(*world) cert
	gone bool
	user *url.Userinfo // that the command gives
}

// text is the configuration file.
func (s squid) text(port, hosts string) string {
	return fmt.Sprintf(`
http_port 127.0.0.1:%s
hosts_file %s
pid_filename none
access_log none
cache_log /dev/null
cache deny all
memory_cache_shared off
cache_mem 8 MB
coredump_dir none
max_filedescriptors 1024
shutdown_lifetime 0 seconds
connect_timeout 3 seconds
pinger_enable off
auth_param basic program /usr/lib/squid/basic_fake_auth
%s
http_access allow all
`, port, hosts, s.rules)
}

// start runs it, with the API by its name behind it.
func (s squid) start(w *world) (*process, way) {
	port, behind := w.port(), w.port()
	if !s.gone {
		behind = nginx{listen: "ssl", cert: s.cert}.start(w).port
	}
	p := w.start(port, "squid", "-N", "-n", "w"+port, "-f", w.write("squid.conf", s.text(port, hosts(w))))
	proxy := url.URL{Scheme: "http", Host: "127.0.0.1:" + port, User: s.user}
	to := w.authority().way("https://" + host + ":" + behind)
	to.env = append(to.env, "HTTPS_PROXY="+proxy.String())
	return p, to
}

// hosts is a file that names the API's address, for the user whom Squid becomes.
func hosts(w *world) string {
	folder, err := os.MkdirTemp("/tmp", "bulknum-weather-") // the tests' own folders are closed to others
	w.must(err)
	w.Cleanup(func() { w.must(os.RemoveAll(folder)) })
	w.must(os.Chmod(folder, 0o755))
	path := filepath.Join(folder, "hosts")
	w.must(os.WriteFile(path, []byte("127.0.0.1 "+host+"\n"), 0o644))
	return path
}

// between is a Squid to which nothing happens.
func (s squid) between(w *world) way {
	_, to := s.start(w)
	return to
}

// with has something happen to a Squid at the n-th update.
func (s squid) with(at int64, happens func(*process)) func(*world) way {
	return func(w *world) way {
		p, to := s.start(w)
		w.after[at] = func() { happens(p) }
		return to
	}
}

func ofSquid() []weather {
	const named = `the proxy 127\.0\.0\.1:\d+ `
	const auth = "acl known proxy_auth alex\nhttp_access deny !known\n" // with any password
	return []weather{
		{name: "lets through", brief: true, between: squid{}.between, counts: all("updated")},
		{name: "restart", between: squid{}.with(4, func(p *process) { p.restart(2 * time.Second) }), counts: all("updated"), most: 2},
		{name: "403", brief: true, exit: 6, first: true, between: squid{rules: "http_access deny CONNECT"}.between,
			says: []string{named + "does not connect to " + host + `:\d+: it answered 403`}},
		{name: "407", brief: true, exit: 6, first: true, between: squid{rules: auth}.between,
			says: []string{named + "wants a name and a password, or other ones: it answered 407"}},
		{name: "password", between: squid{rules: auth, user: url.UserPassword("alex", "hunter2")}.between,
			counts: all("updated"), never: []string{"hunter2"}},
		{name: "wrong password", exit: 6, first: true, between: squid{rules: auth, user: url.UserPassword("mallory", "hunter2")}.between,
			says: []string{named + "wants a name and a password, or other ones: it answered 407"}, never: []string{"hunter2"}},
		{name: "nobody behind", exit: 6, first: true, args: []string{"--outage-wait", "3s"}, between: squid{gone: true}.between,
			says: []string{"down for .*" + named + "does not connect to " + host + `:\d+: it answered 503`}},
		{name: "is down", exit: 6, first: true, args: []string{"--outage-wait", "3s"}, between: func(w *world) way {
			p, to := squid{}.start(w)
			p.stop()
			return to
		}, says: []string{"down for .*" + named + "cannot be reached"}},
		{name: "goes for good in mid-run", exit: 6, most: 2, args: []string{"--outage-wait", "3s"},
			between: squid{}.with(4, func(p *process) { p.stop() }), says: []string{"down for .*" + named + "cannot be reached"}},
		{name: "denies from mid-run on", exit: 6, most: 2, args: []string{"--outage-wait", "3s"},
			between: squid{}.with(4, func(p *process) {
				p.stop()
				p.w.write("squid.conf", squid{rules: "http_access deny CONNECT"}.text(p.port, hosts(p.w)))
				p.begin()
			}), says: []string{"down for .*" + named + "does not connect to " + host + `:\d+: it answered 403`}},
		{name: "certificate of another host", exit: 6, first: true, between: squid{cert: foreign}.between,
			says: []string{"the server " + host + `:\d+ through ` + named + "has a certificate that is refused: x509: certificate is valid for www.example.net"}},
	}
}
