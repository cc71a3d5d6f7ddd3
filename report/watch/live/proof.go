package live

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// proofs tell a page that what it is told later comes from the process that it was loaded from, and not from whoever
// took the port since: each page that is loaded has a key of its own, and what it asks for afterwards has a code
// (HMAC-SHA256) by that key. The keys are made from one that never leaves the process.
type proofs struct{ secret []byte }

func newProofs() proofs {
	p := proofs{secret: make([]byte, sha256.Size)}
	rand.Read(p.secret) // never fails
	return p
}

// token is what a page has that is loaded: a name that nobody else knows, and the key that goes with it.
func (p proofs) token() []byte {
	reader := rand.Text()
	return []byte(reader + "." + hex.EncodeToString(p.key(reader)))
}

// key is that of the page with a name.
func (p proofs) key(reader string) []byte { return code(p.secret, reader, nil) }

// of proves a body of a kind to the page with a name.
func (p proofs) of(reader, kind string, body []byte) string {
	return hex.EncodeToString(code(p.key(reader), kind+"\n", body))
}

// code is the code of a text by a key.
func code(key []byte, head string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, head) // a hash never fails
	_, _ = mac.Write(body)
	return mac.Sum(nil)
}
