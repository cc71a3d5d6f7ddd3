package postgres_test

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/bulknum/bulknum/batch/store/postgres"
)

// proxy is a network between a store and its server, in which something can be done to what passes.
type proxy struct {
	listener net.Listener
	to       string
	// sent and answered look at what passes, may change it, and cut the connection: before or after it has passed.
	sent, answered func([]byte) (changed []byte, cut cutting)

	mu    sync.Mutex
	conns []net.Conn
}

type cutting int

const (
	no cutting = iota
	before
	after
)

// through is the address of a store behind a proxy.
func through(t *testing.T, o postgres.Options) (*proxy, postgres.Options) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := between(string(o.Address), "@", "/")
	p := &proxy{listener: l, to: host}
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
	})
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	o.Address = postgres.Address(strings.Replace(string(o.Address), host, "127.0.0.1:"+strconv.Itoa(l.Addr().(*net.TCPAddr).Port), 1) + "?sslmode=disable")
	return p, o
}

// between is what is between two texts.
func between(text, a, b string) string {
	_, text, _ = strings.Cut(text, a)
	text, _, _ = strings.Cut(text, b)
	return text
}

func (p *proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, client, server)
	p.mu.Unlock()
	cut := func() {
		_ = client.Close()
		_ = server.Close()
	}
	pass := func(to io.Writer, from io.Reader, look func() func([]byte) ([]byte, cutting)) {
		defer cut()
		buffer := make([]byte, 64<<10)
		for {
			n, err := from.Read(buffer)
			if err != nil {
				return
			}
			b, when := buffer[:n], no
			if look := look(); look != nil {
				b, when = look(bytes.Clone(b))
			}
			if when == before {
				return
			}
			if _, err := to.Write(b); err != nil || when == after {
				return
			}
		}
	}
	looking := func(of *func([]byte) ([]byte, cutting)) func() func([]byte) ([]byte, cutting) {
		return func() func([]byte) ([]byte, cutting) {
			p.mu.Lock()
			defer p.mu.Unlock()
			return *of
		}
	}
	go pass(server, client, looking(&p.sent))
	pass(client, server, looking(&p.answered))
}

// cut cuts all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
	p.conns = nil
}

// onSent looks at what is sent from now on.
func (p *proxy) onSent(look func([]byte) ([]byte, cutting)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = look
}
