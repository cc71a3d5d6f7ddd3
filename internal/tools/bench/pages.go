package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// opens is what the tests in a browser say of a page.
var opens = regexp.MustCompile(`it opens in a new tab in (\S+)`)

// pages opens reports in a browser, in a new tab, as internal/e2e does.
func pages(b *bench) error {
	for _, page := range []struct {
		what, test string
		aim        time.Duration
	}{
		{"page of 10,000 rows opens", "TestTenThousandRows", time.Second},
		{"page of 100,000 rows opens", "TestHundredThousandRows", 3 * time.Second},
	} {
		out := filepath.Join(b.dir, "page")
		if _, err := b.run(out, nil, "go", "test", "-C", filepath.Join(b.repo, "internal", "e2e"), "-run", "^"+page.test+"$",
			"-count", "1", "-v", "."); err != nil {
			return err
		}
		said, err := os.ReadFile(out)
		if err != nil {
			return err
		}
		match := opens.FindSubmatch(said)
		if match == nil {
			return fmt.Errorf("%s does not say how long it took:\n%s", page.test, said)
		}
		took, err := time.ParseDuration(string(match[1]))
		if err != nil {
			return err
		}
		b.add(page.what, took.String(), "<= "+page.aim.String(), took <= page.aim)
	}
	return nil
}
