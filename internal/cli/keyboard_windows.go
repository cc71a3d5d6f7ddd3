package cli

import "golang.org/x/sys/windows"

// discardInput drops what was typed on the console and not read yet.
func discardInput() {
	if in, err := windows.GetStdHandle(windows.STD_INPUT_HANDLE); err == nil {
		_ = windows.FlushConsoleInputBuffer(in) // a pipe has nothing to drop
	}
}
