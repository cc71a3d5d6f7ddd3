package live_test

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/bulknum/bulknum/batch/runs"
)

// loaded is the name and the key of a page that is loaded.
func (s *site) loaded(t *testing.T) (name string, key []byte) {
	t.Helper()
	_, token, _ := strings.Cut(s.get(t, "GET", "/", map[string]string{"Host": "localhost"}).body, `name="reader" content="`)
	token, _, found := strings.Cut(token, `"`)
	name, coded, named := strings.Cut(token, ".")
	key, err := hex.DecodeString(coded)
	if !found || !named || len(name) < 20 || len(key) != sha256.Size || err != nil {
		t.Fatalf("a page is loaded with %q: %v", token, err)
	}
	return name, key
}

// proves reports whether a proof is that of a body.
func proves(key []byte, kind, body, proof string) bool {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(kind + "\n" + body))
	return hex.EncodeToString(mac.Sum(nil)) == proof
}

// Each page that is loaded has a name and a key of its own. By that key, and by no other, all is proven that the page
// asks for later; neither has what another page, or a program, is told.
func TestThePageIsProvenTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.keyed = true
		name, key := s.loaded(t)
		other, otherKey := s.loaded(t)
		if name == other || hmac.Equal(key, otherKey) {
			t.Error("two pages have the same name or key")
		}
		local := map[string]string{"Host": "localhost"}
		if got := s.get(t, "GET", "/?page="+name, local); !proves(key, "html", got.body, got.header.Get("Proof")) {
			t.Errorf("a newer page is not proven by %q", got.header.Get("Proof"))
		} else if proves(otherKey, "html", got.body, got.header.Get("Proof")) || strings.Contains(got.body, hex.EncodeToString(key)) {
			t.Errorf("a newer page is proven to others, or has the key: %s", got.body)
		}
		answer, err := s.client.Get("http://localhost/events?page=" + name)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.End(runs.Outcome{})
		}()
		var kinds []string
		body, proven := "", 0
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			line := lines.Text()
			if kind, ok := strings.CutPrefix(line, "event: "); ok {
				kinds, body = append(kinds, kind), ""
			}
			data, ok := strings.CutPrefix(line, "data: ")
			if ok && body == "" {
				body = data
			} else if ok && proves(key, kinds[len(kinds)-1], body, data) {
				proven++
			}
		}
		<-ended
		if strings.Join(kinds, " ") != "state end page" || proven != 3 {
			t.Errorf("of %v, %d are proven", kinds, proven)
		}
	})
}

// Another process of the same kind does not prove anything to a page of the first, even where it is told the page's name.
func TestAnotherProcessProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, other := newSite(t), newSite(t)
		s.keyed = true
		name, key := s.loaded(t)
		got := other.get(t, "GET", "/?page="+name, map[string]string{"Host": "localhost"})
		if got.header.Get("Proof") == "" || proves(key, "html", got.body, got.header.Get("Proof")) {
			t.Errorf("another process proves a page by %q", got.header.Get("Proof"))
		}
		s.End(runs.Outcome{})
		other.End(runs.Outcome{})
	})
}
