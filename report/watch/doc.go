// Package watch shows a run to those who wait for it, and keeps its log in its
// folder: a log, and either a progress bar on a terminal or a progress line every
// half minute elsewhere.
//
//	watcher := watch.Start(watch.Options{Stderr: stderr, Terminal: true, Run: name})
//	defer watcher.Close()
//	config.Listeners = append(config.Listeners, watcher.Listen)
//
// A listener is a package below this one: log, terminal, live, metrics and
// notify. They do not know each other; what more than one of them counts is in
// progress.
package watch
