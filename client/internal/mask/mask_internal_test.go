package mask

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A secret is masked in whatever form a server may give it back.
func TestSecretsAreMaskedInAllForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[A-Za-z0-9/+=&<>"'%?~ \\-]{0,3}s3cret-[A-Za-z0-9/+=&<>"'%?~\\-]{0,12}`).Draw(t, "secret")
		secret = strings.TrimSpace(secret)
		before, after := rapid.StringMatching(`[a-z:]{0,4}`).Draw(t, "before"), rapid.StringMatching(`[a-z:]{0,4}`).Draw(t, "after")
		quoted, err := json.Marshal(secret)
		if err != nil {
			t.Fatal(err)
		}
		around := before + secret + after
		for name, form := range map[string]string{
			"as it is": secret, "JSON": string(quoted), "query": url.QueryEscape(secret), "path": url.PathEscape(secret),
			"HTML": html.EscapeString(secret), "Go": fmt.Sprintf("%q", secret), "hexadecimal": hex.EncodeToString([]byte(secret)),
			"base64": base64.StdEncoding.EncodeToString([]byte(around)), "base64 of addresses": base64.RawURLEncoding.EncodeToString([]byte(around)),
			"basic": "Basic " + base64.StdEncoding.EncodeToString([]byte("key:"+secret)),
		} {
			said := New("other-secret", secret).Line("what is " + form + "?")
			if !strings.Contains(said, Hidden) || strings.Contains(said, "s3cret") || strings.Contains(said, inBase64(base64.StdEncoding, "s3cret", 0)) {
				t.Errorf("%s: %s is shown as %s", name, form, said)
			}
		}
	})
}

// What a server says otherwise stays as it is, with one secret or with several.
func TestMaskLeavesTheRest(t *testing.T) {
	for text, want := range map[string]string{
		"the route is unknown\nand more": "the route is unknown",
		"key DID-1234 with s3cret-5678":  "key *** with ***",
		"Bearer abc, bearer%20abc":       "***, ***",
		"a basic plan":                   "a basic plan",
	} {
		if got := New("", "ab", "DID-1234", "s3cret-5678").Line(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}
