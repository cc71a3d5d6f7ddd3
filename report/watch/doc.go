// Package watch is what listens while a run goes: a log, and either a progress
// bar on a terminal or a progress line every half minute elsewhere.
//
//	watcher := watch.Start(watch.Options{Stderr: stderr, Terminal: true, Run: name})
//	defer watcher.Close()
//	config.Listeners = append(config.Listeners, watcher.Listen)
//
// Each listener has its own file, and what they count they have from a [Tally],
// which is fed by the events and is pure: the clock is passed in.
//
// Log lines and the bar never mix: as long as the bar stands, every line goes
// through it. This is the only package that knows zerolog; its messages are
// fixed words, and whatever came from outside is in a field.
package watch
