package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/bulknum/bulknum/client/sandbox"
)

// utf16le is a text as some editors save it.
func utf16le(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		b.WriteByte(byte(unit))
		b.WriteByte(byte(unit >> 8))
	}
	return b.String()
}

// What is no secret, but a file of another kind, is told as what it is: before any request, and with nothing of it.
func TestASecretsFileIsToldAsWhatItIs(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("rows.csv", []byte("Number,VoiceEnabled\n+18018018011,yes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{
		"\ufeffpl4nted":                  "it begins with a byte order mark",
		"\xff\xfe" + utf16le("pl4nted"):  "it is in UTF-16",
		utf16le("pl4nted\n"):             "it is in UTF-16",
		"\"pl4nted\"\n":                  "it stands in quotes",
		"'pl4nted'":                      "it stands in quotes",
		"pl4nted\npl4nted-too\n":         "it has more than one line",
		"pl4nted\rso-pl4nted":            "it has more than one line",
		"TELEGENT_TOKEN=pl4nted":         "it has the name of a variable before the value",
		"export API_SECRET = pl4nted":    "it has the name of a variable before the value",
		"https://pl4nted\u200b.example/": "character 16 is invisible",
		"\u00a0pl4nted\u00a0so-pl4nted":  "character 8 is invisible",
		"pl4nted\xff":                    "it is not text in UTF-8",
		" \n":                            "the file is empty",
	} {
		if err := os.WriteFile("secret", []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		for name, env := range map[string]map[string]string{
			"TELEGENT_ACCOUNT_SECRET_FILE: ": {"TELEGENT_ACCOUNT_KEY": "k", "TELEGENT_ACCOUNT_SECRET_FILE": "secret"},
			"TELEGENT_ACCOUNT_KEY_FILE: ":    {"TELEGENT_ACCOUNT_SECRET": "k", "TELEGENT_ACCOUNT_KEY_FILE": "secret"},
			"TELEGENT_TOKEN_FILE: ":          {"TELEGENT_TOKEN_FILE": "secret"},
			"TELEGENT_ACCOUNT_SECRET: ":      {"TELEGENT_ACCOUNT_KEY": "k", "TELEGENT_ACCOUNT_SECRET": content},
			"--notify-url-file: ":            {"BULKNUM_NOTIFY_URL_FILE": "secret"},
			"BULKNUM_NOTIFY_URL: ":           {"BULKNUM_NOTIFY_URL": content},
		} {
			var shown strings.Builder
			env["TELEGENT_API_URL"], env["XDG_STATE_HOME"] = "http://127.0.0.1:1", t.TempDir()
			code := Main(t.Context(), Streams{
				In: strings.NewReader(""), Out: io.Discard, Err: &shown,
				LookupEnv: func(name string) (string, bool) { value, ok := env[name]; return value, ok },
			}, []string{"apply", "rows.csv", "--outage-wait=1ns"})
			if strings.TrimSpace(content) == "" && !strings.Contains(strings.ToUpper(name), "FILE") {
				continue // a variable without a value is none
			}
			if code != exitInvalid || !strings.HasPrefix(shown.String(), "bulknum: error: "+name+want) || strings.Contains(shown.String(), "pl4nted") {
				t.Errorf("%s%q: exit code %d: %s", name, content, code, shown.String())
			}
		}
	}
}

// Secrets that are odd only at first sight are what they are.
func TestASecretIsTakenAsItIs(t *testing.T) {
	for content, want := range map[string]string{
		" s3cret\r\n":        "s3cret",
		"QUJD=\n":            "QUJD=",
		"A=B":                "A=B",
		"a_b=c":              "a_b=c",
		"it's \"both\"":      "it's \"both\"",
		"'":                  "'",
		"two words":          "two words",
		"Schlüssel":          "Schlüssel",
		"https://x/hook?A=1": "https://x/hook?A=1",
	} {
		if got, err := secretOf([]byte(content)); got != want || err != nil {
			t.Errorf("%q: got %q, %v", content, got, err)
		}
	}
}

// A secret that others can read, and a runs folder that they can put another in the place of, are warned of with the
// command that ends it.
func TestWhatOthersCanReachIsWarnedOf(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no modes")
	}
	v := newViewer(t)
	if err := errors.Join(os.Mkdir("jobs", 0o700), os.Chmod("jobs", 0o777), os.Mkdir("jobs/mine", 0o700),
		os.WriteFile("a secret", []byte("s3cret"), 0o600), os.Chmod("a secret", 0o644)); err != nil {
		t.Fatal(err)
	}
	jobs, err := filepath.Abs("jobs")
	if err == nil {
		jobs, err = filepath.EvalSymlinks(jobs)
	}
	if err == nil {
		err = os.WriteFile("rows.csv", []byte("Number,VoiceEnabled\n+18018018011,yes\n"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	v.api(sandbox.Config{})
	delete(v.env, "TELEGENT_ACCOUNT_SECRET")
	v.env["TELEGENT_ACCOUNT_SECRET_FILE"] = "a secret"
	command := []string{"plan", "rows.csv", "--runs-dir", "jobs/mine/runs", "--rate", "1000/s"}
	secret := "bulknum: warning: TELEGENT_ACCOUNT_SECRET_FILE: other users can read the secret; keep them out: chmod go-r 'a secret'\n"
	folder := "bulknum: warning: other users can put another folder in the place of jobs/mine/runs; keep them out: chmod go-w " + jobs + "\n"
	v.run(command...)
	if text := v.shown.String(); !strings.Contains(text, secret) || !strings.Contains(text, folder) {
		t.Errorf("got %s", text)
	}
	if err := errors.Join(os.Chmod("a secret", 0o600), os.Chmod("jobs", 0o777|os.ModeSticky)); err != nil {
		t.Fatal(err)
	}
	v.run(command...)
	if text := v.shown.String(); strings.Contains(text, "other users") {
		t.Errorf("got %s", text)
	}
}
