package e2e_test

import ("testing";"os";"time";"path/filepath";"strings")

func TestLook(t *testing.T) {
	for name, sc := range map[string]scene{"night": night(10000), "plan": {rows: 400, plan: true, fake: night(400).fake}, "stopped": {rows: 2000, fake: night(2000).fake, after: 30*time.Minute}} {
		at := time.Now()
		f := sc.folder(t)
		t.Log(name, time.Since(at))
		b, _ := os.ReadFile(filepath.Join(f, "report.html"))
		os.WriteFile("/tmp/gchart/"+name+".html", b, 0o644)
		s, _ := os.ReadFile(filepath.Join(f, "summary.json"))
		t.Log(len(b), string(s[strings.Index(string(s),"startedAt"):])[:1400])
	}
}
