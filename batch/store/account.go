package store

import (
	"net/url"
	"strings"
	"time"
)

// AccountID is an account's number in its store.
type AccountID int64

// LearntRate is a rate that stays below an account's limit, as it was learnt at a time; "": nothing was.
type LearntRate struct {
	Rate string
	At   time.Time
}

// Account is whose numbers a run changes.
type Account struct {
	ID AccountID
	// API is the address, as [PlainAPI] spells it.
	API string
	// Name is the API's AccountId; "" as long as it has not said.
	Name string
	// Key is the account key by which it was asked for.
	Key string
}

// String is what people call it: the API's name, or the key.
func (a Account) String() string {
	if a.Name != "" {
		return a.Name
	}
	return a.Key
}

// Same reports whether two runs are of one account.
func (a Account) Same(other Account) bool { return a.ID == other.ID }

// PlainAPI is the one spelling of an address for all that reach the same: an
// upper case host, the usual port, a slash at the end and the /v1.0 that may be
// left out make no other API.
func PlainAPI(api string) string {
	u, err := url.Parse(strings.TrimSpace(api))
	if err != nil || u.Host == "" {
		return strings.TrimSpace(api) // such an address reaches nothing
	}
	scheme, host := strings.ToLower(u.Scheme), strings.TrimRight(strings.ToLower(u.Hostname()), ".")
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" && !(scheme == "https" && port == "443") && !(scheme == "http" && port == "80") {
		host += ":" + port
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	for strings.HasSuffix(path, "/v1.0") { // also twice, so that what is plain stays so
		path = strings.TrimRight(strings.TrimSuffix(path, "/v1.0"), "/")
	}
	return scheme + "://" + host + path
}
