// Package watch has the listeners of a run put together: the log in its folder and on stderr, and a progress bar on a
// terminal or a progress line every 30 s elsewhere.
//
//	watcher := watch.Start(watch.Options{Stderr: stderr, Terminal: true, Run: name, Status: config.Control.Status})
//	defer watcher.Close()
//	config.Listeners = append(config.Listeners, watcher.Listen)
//
// A listener is a package below this one: log, terminal, live, metrics, notify and
// systemd. They do not know each other; where the run stands, batch/control tells
// them all.
package watch
