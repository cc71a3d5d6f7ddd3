package e2e_test

import ("testing";"os";"time";"path/filepath")

func TestLook(t *testing.T) {
	for name, sc := range map[string]scene{"night": night(1500), "plan": {rows: 400, plan: true, fake: night(400).fake}, "stopped": {rows: 800, fake: night(800).fake, after: 12*time.Minute}} {
		at := time.Now()
		f := sc.folder(t)
		t.Log(name, time.Since(at))
		b, _ := os.ReadFile(filepath.Join(f, "report.html"))
		os.WriteFile("/tmp/gchart/"+name+".html", b, 0o644)
	}
}
