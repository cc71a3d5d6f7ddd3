package sqlite

// syncDir does nothing: Windows has no way to sync a folder, and its file
// system keeps the entries in its own log.
func syncDir(string) error { return nil }
