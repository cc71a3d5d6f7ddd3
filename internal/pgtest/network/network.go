// Package network is a network between a program under test and a server, in which something can be done to what
// passes: it is looked at and changed, stalls, is cut, or one end of it is gone and the other does not know.
package network

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"sync"
)

// Network is a port of the loopback that leads to a server.
type Network struct {
	listener net.Listener

	mu             sync.Mutex
	changed        *sync.Cond // of stalled
	to             string
	sent, answered Look
	stalled        bool
	down           bool
	pairs          map[*pair]struct{}
	// halves are those of which the server's end is gone: nobody else keeps the client's, which would be closed some time.
	halves []*pair
}

// pair are both ends of a connection.
type pair struct{ client, server net.Conn }

func (p *pair) close() {
	_ = p.client.Close()
	_ = p.server.Close()
}

// Look looks at what passes, may change it, and cut the connection.
type Look func([]byte) (changed []byte, cut Cutting)

// Cutting is whether a connection is cut, and when: before or after what was looked at has passed.
type Cutting int

// When a connection is cut.
const (
	No Cutting = iota
	Before
	After
)

// Between is a network that leads to a server, such as 127.0.0.1:5432.
func Between(to string) (*Network, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it lasts
	if err != nil {
		return nil, err
	}
	n := &Network{listener: l, to: to, pairs: map[*pair]struct{}{}}
	n.changed = sync.NewCond(&n.mu)
	go n.accept()
	return n, nil
}

// Address is where it is entered.
func (n *Network) Address() string { return n.listener.Addr().String() }

// Port is that of the address.
func (n *Network) Port() string {
	return strconv.Itoa(n.listener.Addr().(*net.TCPAddr).Port) //nolint:forcetypeassert // of a TCP listener
}

// Close ends it.
func (n *Network) Close() {
	_ = n.listener.Close()
	n.Heal()
	n.Cut()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range n.halves {
		p.close()
	}
}

func (n *Network) accept() {
	for {
		client, err := n.listener.Accept()
		if err != nil {
			return
		}
		go n.serve(client)
	}
}

// route is where it leads to; false: nowhere.
func (n *Network) route() (to string, leads bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.to, !n.down
}

func (n *Network) serve(client net.Conn) {
	n.flows() // who stalls makes no connection either
	to, leads := n.route()
	if !leads {
		_ = client.Close()
		return
	}
	server, err := net.Dial("tcp", to) //nolint:noctx // to the loopback
	if err != nil {
		_ = client.Close()
		return
	}
	p := &pair{client, server}
	n.mu.Lock()
	n.pairs[p] = struct{}{}
	n.mu.Unlock()
	go n.pass(p, server, client, &n.sent)
	n.pass(p, client, server, &n.answered)
}

// flows waits while the network stalls.
func (n *Network) flows() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.stalled {
		n.changed.Wait()
	}
}

// pass hands on what one end sends, until that ends.
func (n *Network) pass(p *pair, to io.Writer, from io.Reader, looks *Look) {
	defer n.end(p)
	buffer := make([]byte, 64<<10)
	for {
		count, err := from.Read(buffer)
		n.flows()
		if err != nil {
			return
		}
		b, when := buffer[:count], No
		n.mu.Lock()
		look := *looks
		n.mu.Unlock()
		if look != nil {
			b, when = look(bytes.Clone(b))
		}
		n.flows() // who looked may have stalled it
		if when == Before {
			return
		}
		if _, err := to.Write(b); err != nil || when == After {
			return
		}
	}
}

// end closes both ends, unless one of them was not to know.
func (n *Network) end(p *pair) {
	n.mu.Lock()
	_, has := n.pairs[p]
	delete(n.pairs, p)
	n.mu.Unlock()
	if has {
		p.close()
	}
}

// OnSent looks at what is sent from now on, and OnAnswered at what is answered.
func (n *Network) OnSent(look Look) { n.set(&n.sent, look) }

// OnAnswered is OnSent for the other way.
func (n *Network) OnAnswered(look Look) { n.set(&n.answered, look) }

func (n *Network) set(to *Look, look Look) {
	n.mu.Lock()
	defer n.mu.Unlock()
	*to = look
}

// Cut cuts all connections, of which both ends know.
func (n *Network) Cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for p := range n.pairs {
		p.close()
	}
	clear(n.pairs)
}

// HalfOpen ends all connections at the server, of which the other end hears nothing.
func (n *Network) HalfOpen() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for p := range n.pairs {
		_ = p.server.Close()
		n.halves = append(n.halves, p)
	}
	clear(n.pairs)
}

// Stall lets nothing pass any more, of which nobody hears.
func (n *Network) Stall() { n.turn(&n.stalled, true) }

// Down cuts all connections, and lets nobody in.
func (n *Network) Down() {
	n.turn(&n.down, true)
	n.Cut()
}

// Heal ends what Stall and Down began.
func (n *Network) Heal() {
	n.turn(&n.stalled, false)
	n.turn(&n.down, false)
}

func (n *Network) turn(what *bool, on bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	*what = on
	n.changed.Broadcast()
}

// Lead leads new connections to another server.
func (n *Network) Lead(to string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.to = to
}
