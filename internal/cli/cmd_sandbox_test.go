package cli

import (
	"regexp"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
)

// Each word of a spelling is in the help, and no other; so is each endpoint.
func TestTheHelpOfTheSandboxHasAllWords(t *testing.T) {
	help := sandboxCommand(&app{}).Long
	_, list, _ := strings.Cut(help, "then single differences:\n\n")
	_, known := sandbox.ParseSpelling("none of them")
	for word := range strings.FieldsFuncSeq(list, func(r rune) bool { return strings.ContainsRune(", \n", r) }) {
		if _, err := sandbox.ParseSpelling(word); err != nil {
			t.Error(err)
		}
	}
	_, words, _ := strings.Cut(known.Error(), "some of ")
	for word := range strings.SplitSeq(words, ", ") {
		if whole := word == "current" || word == "older" || word == "spec"; !whole && !regexp.MustCompile(`\b`+word+`\b`).MatchString(list) {
			t.Errorf("the help lacks the spelling %s", word)
		}
	}
	_, unknown := sandbox.ParseFaults("on=none")
	_, endpoints, _ := strings.Cut(unknown.Error(), "want one of ")
	for _, word := range strings.Split(endpoints, ", ") {
		if _, err := sandbox.ParseFaults("on=" + word); err != nil || !strings.Contains(help, word) {
			t.Errorf("the help lacks the endpoint %s", word)
		}
	}
}
