package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/words"
)

// Format is the form of what is posted: whoever is notified takes one.
type Format string

// The formats.
const (
	FormatJSON  Format = "json"  // a [Notification]
	FormatSlack Format = "slack" // a message with blocks, of Slack's incoming webhooks
	FormatTeams Format = "teams" // a message with an Adaptive Card, of a workflow in Microsoft Teams
)

// Formats returns every format.
func Formats() []Format { return []Format{FormatJSON, FormatSlack, FormatTeams} }

// ParseFormat reads the name of a format.
func ParseFormat(name string) (Format, error) { return oneOf("a format", Formats(), name) }

// oneOf reads a name of a few.
func oneOf[T ~string](what string, all []T, name string) (T, error) {
	if slices.Contains(all, T(name)) {
		return T(name), nil
	}
	return "", fmt.Errorf("%q is not %s: use one of %v", name, what, all)
}

// body is what is posted for a notification.
func (f Format) body(n Notification) any {
	switch f {
	case FormatSlack:
		return slackMessage(n)
	case FormatTeams:
		return teamsMessage(n)
	default:
		return n
	}
}

// fact is something of a notification that a card shows beside the others.
type fact struct{ name, value string }

// facts are those of a notification, without what its text says by itself.
func (n *Notification) facts() []fact {
	all := []fact{
		{"Run", n.Run}, {"Job", n.Job}, {"Account", n.Account}, {"API", plain(n.API)}, {"Host", n.Host},
		{"Operator", n.Operator}, {"Ticket", n.Ticket}, {"Rows", counted(n)}, {"Read again", countsText(result.VerifyStatuses(), n.Verified)},
	}
	if !n.Until.IsZero() {
		all = append(all, fact{"Until", n.Until.Format(words.Clock)})
	}
	if n.DurationMs > 0 {
		all = append(all, fact{"Took", words.Duration(time.Duration(n.DurationMs) * time.Millisecond)})
	}
	if n.ExitCode != nil {
		all = append(all, fact{"Exit code", fmt.Sprint(*n.ExitCode)})
	}
	return slices.DeleteFunc(all, func(f fact) bool { return f.value == "" })
}

// counted is how many rows there are, and how they stand.
func counted(n *Notification) string {
	if n.Rows == 0 {
		return ""
	}
	return words.Count(n.Rows) + ": " + countsText(result.Statuses(), n.Counts)
}

// next is a notification's commands that come next, a line each. A name in them may be anything.
func (n *Notification) next() string {
	lines := make([]string, len(n.Next))
	for i, command := range n.Next {
		lines[i] = plain(command)
	}
	return strings.Join(lines, "\n")
}

// Slack's limits (its reference of Block Kit): of a header's text, of a section's, of one of its fields, and how many
// fields a section has.
const (
	slackHeader  = 150
	slackSection = 3_000
	slackField   = 2_000
	slackFields  = 10
)

// slackText is a text in which Slack looks for no markup.
type slackText struct {
	Type  string `json:"type"`
	Text  string `json:"text"`
	Emoji bool   `json:"emoji"`
}

func slackPlain(text string, most int) *slackText {
	return &slackText{"plain_text", cut(text, most), false}
}

// slackBlock is a part of a message: a header, or a section with a text or fields.
type slackBlock struct {
	Type   string       `json:"type"`
	Text   *slackText   `json:"text,omitempty"`
	Fields []*slackText `json:"fields,omitempty"`
}

// slackPost is the body of a post to an incoming webhook. Text is what a telephone shows of it beforehand.
type slackPost struct {
	Text   string       `json:"text"`
	Blocks []slackBlock `json:"blocks"`
}

func slackMessage(n Notification) slackPost {
	post := slackPost{Text: cut(n.Text, slackSection), Blocks: []slackBlock{
		{Type: "header", Text: slackPlain(n.title(), slackHeader)},
		{Type: "section", Text: slackPlain(n.Text, slackSection)},
	}}
	for facts := range slices.Chunk(n.facts(), slackFields) {
		section := slackBlock{Type: "section"}
		for _, f := range facts {
			section.Fields = append(section.Fields, slackPlain(f.name+": "+f.value, slackField))
		}
		post.Blocks = append(post.Blocks, section)
	}
	if len(n.Next) > 0 {
		post.Blocks = append(post.Blocks, slackBlock{Type: "section", Text: slackPlain("Next:\n"+n.next(), slackSection)})
	}
	return post
}

// teamsText is how much of one text, and of a fact, a card has: 28 KB are taken of the whole message (Microsoft's page on incoming
// webhooks), and a character may take four bytes.
const (
	teamsText     = 1_000
	teamsFactText = 200
)

// teamsPost is the body of a post to a workflow that waits for a webhook, which takes a message with one card.
type teamsPost struct {
	Type        string            `json:"type"`
	Attachments []teamsAttachment `json:"attachments"`
}

type teamsAttachment struct {
	ContentType string    `json:"contentType"`
	ContentURL  *string   `json:"contentUrl"`
	Content     teamsCard `json:"content"`
}

// teamsCard is an Adaptive Card.
type teamsCard struct {
	Schema  string         `json:"$schema"`
	Type    string         `json:"type"`
	Version string         `json:"version"`
	Body    []teamsElement `json:"body"`
}

// teamsElement is an element of a card: a TextBlock or a FactSet.
type teamsElement struct {
	Type   string      `json:"type"`
	Text   string      `json:"text,omitempty"`
	Weight string      `json:"weight,omitempty"`
	Color  string      `json:"color,omitempty"`
	Font   string      `json:"fontType,omitempty"`
	Wrap   bool        `json:"wrap,omitempty"`
	Facts  []teamsFact `json:"facts,omitempty"`
}

type teamsFact struct {
	Title string `json:"title"`
	Value string `json:"value"`
}

func teamsMessage(n Notification) teamsPost {
	color := "good"
	if n.fails() {
		color = "attention"
	}
	body := []teamsElement{
		{Type: "TextBlock", Text: cut(n.title(), teamsText), Weight: "bolder", Color: color, Wrap: true},
		{Type: "TextBlock", Text: cut(n.Text, teamsText), Wrap: true},
	}
	facts := teamsElement{Type: "FactSet"}
	for _, f := range n.facts() {
		facts.Facts = append(facts.Facts, teamsFact{f.name, cut(f.value, teamsFactText)})
	}
	if len(facts.Facts) > 0 {
		body = append(body, facts)
	}
	if len(n.Next) > 0 {
		body = append(body, teamsElement{Type: "TextBlock", Text: cut("Next: "+strings.ReplaceAll(n.next(), "\n", "\n\n"), teamsText), Font: "monospace", Wrap: true})
	}
	return teamsPost{Type: "message", Attachments: []teamsAttachment{{
		ContentType: "application/vnd.microsoft.card.adaptive",
		Content:     teamsCard{Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: "1.4", Body: body},
	}}}
}

// title is what a card says at its top.
func (n *Notification) title() string {
	who := n.Run
	if who == "" {
		who = n.Job
	}
	title := "bulknum: " + who + ": " + string(n.Event)
	if n.Reason != "" {
		title += " (" + n.Reason + ")"
	}
	return title
}

// cut is a text of so many characters at most.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
