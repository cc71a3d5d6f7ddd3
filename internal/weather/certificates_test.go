package weather_test

import "time"

func ofCertificates() []weather {
	with := func(made func(*world) cert) nginx { return nginx{listen: "ssl", cert: made} }
	// three are HAProxy before three servers, of which one has another certificate.
	three := func(odd func(*world) cert) func(*world) way {
		return func(w *world) way {
			servers := make([]string, 3)
			for i := range servers {
				made := good
				if i == 2 {
					made = odd
				}
				behind := with(made)
				behind.server = "keepalive_timeout 0;" // each request meets the next one
				servers[i] = "127.0.0.1:" + behind.start(w).port
			}
			return haproxy{mode: "tcp", servers: servers}.between(w)
		}
	}
	const refused = `the server 127\.0\.0\.1:\d+ has a certificate that is refused: x509: `
	return []weather{
		{name: "expired", brief: true, exit: 6, first: true, between: with(expired).between,
			says: []string{refused + "certificate has expired"}, never: []string{"--ca-file"}},
		{name: "of another host", exit: 6, first: true, between: with(foreign).between,
			says: []string{refused}, never: []string{"--ca-file"}},
		{name: "of an unknown authority", brief: true, exit: 6, first: true, between: with(unknown).between,
			says: []string{refused + "certificate signed by unknown authority", "hint: .*--ca-file"}},
		{name: "expired for a time", counts: all("updated"), most: 2,
			between: with(good).meanwhile(4, with(expired), 2*time.Second)},
		{name: "expired from mid-run on", exit: 6, most: 2, args: []string{"--outage-wait", "3s"},
			between: with(good).with(4, func(r running) { r.reload(with(expired)) }), says: []string{"down for .*" + refused + "certificate has expired"}},
		{name: "one of three expired", brief: true, counts: all("updated"), most: 2, between: three(expired)},
		{name: "one of three of another host", counts: all("updated"), most: 2, between: three(foreign)},
	}
}
