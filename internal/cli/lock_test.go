package cli

import (
	"path/filepath"
	"runtime"
	"testing"
)

// Locks and marks are in the user's state folder, wherever the command is started.
func TestStateFolder(t *testing.T) {
	in := func(environment map[string]string) string {
		a := &app{Streams: Streams{LookupEnv: func(name string) (string, bool) {
			value, ok := environment[name]
			return value, ok
		}}}
		folder, err := stateFolder(a.Streams)
		if err != nil {
			t.Fatal(err)
		}
		return folder
	}
	state := t.TempDir()
	if got, want := in(map[string]string{"XDG_STATE_HOME": state}), filepath.Join(state, "bulknum"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if runtime.GOOS != "linux" {
		return
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	want := filepath.Join(home, ".local", "state", "bulknum")
	for _, relative := range []string{"", "state"} { // the specification says that relative paths are ignored
		if got := in(map[string]string{"XDG_STATE_HOME": relative}); got != want {
			t.Errorf("XDG_STATE_HOME=%s: got %s, want %s", relative, got, want)
		}
	}
	t.Setenv("HOME", "")
	if got := in(nil); !filepath.IsAbs(got) {
		t.Errorf("without HOME: got %s", got)
	}
}
