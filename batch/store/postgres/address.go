package postgres

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Address is where the store is, such as postgres://bulknum@db.example.com/bulknum?sslmode=verify-full.
// It may have a password: it is never printed.
type Address string

// String hides it.
func (Address) String() string { return "***" }

// GoString hides it.
func (Address) GoString() string { return "***" }

// MarshalText hides it.
func (Address) MarshalText() ([]byte, error) { return []byte("***"), nil }

var (
	errAddress = errors.New("not an address of PostgreSQL, such as postgres://bulknum@db.example.com/bulknum?sslmode=verify-full")
	errTLS     = errors.New("the connection would not be safe: give the address ?sslmode=verify-full" +
		" (and sslrootcert=FILE, where the server's certificate is of an authority of your own)")
)

// keepAlive notices a server that is gone without a word, in half a minute.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}

// connectWithin is for how long one connection may take to be made.
const connectWithin = 10 * time.Second

// config is how the driver is to connect. A password that the address does not have comes from the file
// .pgpass, or the one that PGPASSFILE names.
func (a Address) config() (*pgx.ConnConfig, error) {
	if !strings.HasPrefix(string(a), "postgres://") && !strings.HasPrefix(string(a), "postgresql://") {
		return nil, errAddress
	}
	c, err := pgx.ParseConfig(string(a))
	if err != nil {
		return nil, errAddress // the error has what must not be printed
	}
	safe := local(c.Host) || c.TLSConfig != nil && !c.TLSConfig.InsecureSkipVerify
	for _, other := range c.Fallbacks {
		safe = safe && (local(other.Host) || other.TLSConfig != nil && !other.TLSConfig.InsecureSkipVerify)
	}
	if !safe {
		return nil, errTLS
	}
	c.ConnectTimeout = connectWithin
	c.DialFunc = dial
	c.RuntimeParams["application_name"] = "bulknum"
	c.RuntimeParams["search_path"] = schema
	c.RuntimeParams["timezone"] = "UTC"
	return c, nil
}

// local reports whether a connection to a host stays on this machine: a socket, or the loopback.
func local(host string) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// place is what people call the store: its address without user and password.
func place(c *pgx.ConnConfig) string {
	host := net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
	if strings.HasPrefix(c.Host, "/") {
		host = c.Host
	}
	return fmt.Sprintf("postgres://%s/%s", host, c.Database)
}
