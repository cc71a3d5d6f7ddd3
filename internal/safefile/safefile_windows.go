package safefile

// Windows knows neither: making a link there needs a privilege, and a pipe has a path of its own kind.
const (
	noFollow = 0
	nonBlock = 0
)

// SyncDir does nothing: Windows has no way to sync a folder, and its file
// system keeps the entries in its own log.
func SyncDir(string) error { return nil }
