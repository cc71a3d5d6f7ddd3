package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/bulknum/bulknum/report/watch/log"
)

// jsonLines is standard error where a program reads it (--log-format json): what is written for
// people becomes lines of the log too. A half line is kept until its end comes.
type jsonLines struct {
	w io.Writer

	mu   sync.Mutex
	half []byte
}

// grades are the levels of what begins so.
var grades = []struct{ prefix, level string }{
	{"bulknum: error: ", "error"},
	{"bulknum: warning: ", "warn"},
	{"bulknum: ", "info"},
	{"", "info"},
}

func (j *jsonLines) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.half = append(j.half, p...)
	for {
		line, rest, whole := bytes.Cut(j.half, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		out := asJSON(string(line))
		j.half = append([]byte(nil), rest...)
		if out == nil {
			continue
		}
		if _, err := j.w.Write(append(out, '\n')); err != nil {
			return 0, err
		}
	}
}

// asJSON is a line as one of the log; nothing of an empty one. One of the log stays as it is.
func asJSON(line string) []byte {
	if strings.TrimSpace(line) == "" {
		return nil
	}
	if json.Valid([]byte(line)) && strings.HasPrefix(line, "{") {
		return []byte(line)
	}
	for _, g := range grades {
		if text, ok := strings.CutPrefix(line, g.prefix); ok {
			out, _ := json.Marshal(struct { // texts always can be
				Level   string `json:"level"`
				Time    string `json:"time"`
				Message string `json:"message"`
			}{g.level, time.Now().UTC().Format(log.TimeFormat), strings.TrimSpace(text)})
			return out
		}
	}
	return nil
}
