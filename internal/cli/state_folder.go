package cli

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
)

// stateHint is the cure when there is no place for locks.
const stateHint = "set XDG_STATE_HOME to a folder that can be written, the same for all that use the account"

// stateFolder is where the locks and marks of accounts are: in the user's state folder, so
// that commands in different folders meet there.
func stateFolder(s Streams) (string, error) {
	state := s.getenv("XDG_STATE_HOME") // freedesktop.org, XDG Base Directory Specification
	if filepath.IsAbs(state) {
		return filepath.Join(state, "bulknum"), nil
	}
	var err error
	switch runtime.GOOS {
	case "windows":
		state, err = os.UserCacheDir() // %LocalAppData%
	case "darwin":
		state, err = os.UserConfigDir() // ~/Library/Application Support
	default:
		state, err = home()
		state = filepath.Join(state, ".local", "state")
	}
	if err != nil {
		return "", fmt.Errorf("there is no folder for locks: %w", err)
	}
	return filepath.Join(state, "bulknum"), nil
}

// home is the user's folder, also under a scheduler that does not tell it.
func home() (string, error) {
	folder, err := os.UserHomeDir()
	if err == nil {
		return folder, nil
	}
	if u, found := user.Current(); found == nil && u.HomeDir != "" {
		return u.HomeDir, nil
	}
	return "", err
}
