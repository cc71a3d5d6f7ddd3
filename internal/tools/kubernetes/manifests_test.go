package kubernetes_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	jobs "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/binary"
	"github.com/bulknum/bulknum/internal/freeport"
	"github.com/bulknum/bulknum/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(func() int { return binary.Run(m.Run) })) }

// manifests is what kustomize makes of a folder of the samples.
type manifests struct {
	kinds      []string
	nightly    *jobs.CronJob
	cutover    *jobs.Job
	workers    *apps.Deployment
	disruption *policy.PodDisruptionBudget
	volume     *core.PersistentVolumeClaim
}

// build makes the manifests of a folder; a field that Kubernetes or kustomize does not know fails the test.
func build(t *testing.T, folder string) (m manifests) {
	t.Helper()
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join("..", "..", "..", "samples", "kubernetes", folder))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range made.Resources() {
		m.kinds = append(m.kinds, r.GetKind())
		text, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		var into any
		switch r.GetKind() {
		case "CronJob":
			m.nightly = &jobs.CronJob{}
			into = m.nightly
		case "Job":
			m.cutover = &jobs.Job{}
			into = m.cutover
		case "Deployment":
			m.workers = &apps.Deployment{}
			into = m.workers
		case "PodDisruptionBudget":
			m.disruption = &policy.PodDisruptionBudget{}
			into = m.disruption
		case "PersistentVolumeClaim":
			m.volume = &core.PersistentVolumeClaim{}
			into = m.volume
		default:
			t.Fatalf("%s: a %s", folder, r.GetKind())
		}
		if err := yaml.UnmarshalStrict(text, into); err != nil {
			t.Errorf("%s: %s: %v", folder, r.GetKind(), err)
		}
	}
	slices.Sort(m.kinds)
	return m
}

// wantsConfined wants a pod without rights, which has its time to end, and mounts what it has.
func wantsConfined(t *testing.T, pod core.PodSpec) core.Container {
	t.Helper()
	c := pod.Containers[0]
	s, of := c.SecurityContext, pod.SecurityContext
	if !*of.RunAsNonRoot || *of.RunAsUser == 0 || !*s.ReadOnlyRootFilesystem || *s.AllowPrivilegeEscalation ||
		!slices.Contains(s.Capabilities.Drop, "ALL") || *pod.TerminationGracePeriodSeconds != 60 || *pod.EnableServiceLinks {
		t.Errorf("the pod has rights: %+v %+v", of, s)
	}
	for _, m := range c.VolumeMounts {
		if !slices.ContainsFunc(pod.Volumes, func(v core.Volume) bool { return v.Name == m.Name }) {
			t.Errorf("there is no volume %s", m.Name)
		}
	}
	for _, e := range c.Env {
		if e.Value != "" && strings.Contains(e.Name, "SECRET") && !strings.HasSuffix(e.Name, "_FILE") {
			t.Errorf("%s has a secret", e.Name)
		}
	}
	return c
}

// cluster is what the pods find: the API, a database, and what is mounted.
type cluster struct {
	t       *testing.T
	api     *httptest.Server
	gateway *httptest.Server // of metrics
	pushed  chan string      // into which group
	store   string
	content map[string]string // of files that are mounted, by their paths
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	if !pgtest.Wanted() {
		t.Skip("PostgreSQL is not installed")
	}
	fake, err := sandbox.New(sandbox.Config{AccountKey: "DID-1", AccountSecret: "s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, api: httptest.NewServer(fake), store: pgtest.Shared(t).NewDatabase(t, pgtest.Empty)}
	t.Cleanup(c.api.Close)
	c.pushed = make(chan string, 1)
	c.gateway = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { c.pushed <- r.URL.Path }))
	t.Cleanup(c.gateway.Close)
	const rows = "Number,VoiceEnabled\n+18015550100,true\n+18015550101,true\n"
	c.content = map[string]string{
		"/run/secrets/bulknum/account-secret": "s3cret", "/run/secrets/bulknum/store": c.store,
		"/run/secrets/bulknum/listen-token": "0123456789abcdef", "/input/nightly.csv": rows, "/input/cutover.csv": rows,
		"/run/secrets/accounts/acme.env": "TELEGENT_ACCOUNT_KEY=DID-1\nTELEGENT_ACCOUNT_SECRET=s3cret\n",
	}
	return c
}

// container is a command as a container has it, in which the places of volumes are folders of the test, and the ports are
// free ones. It returns the address of its port.
func (c *cluster) container(of core.Container) (_ *exec.Cmd, out *bytes.Buffer, address string) {
	c.t.Helper()
	root, moved := c.t.TempDir(), []string{}
	for _, m := range of.VolumeMounts {
		if err := os.MkdirAll(root+m.MountPath, 0o700); err != nil {
			c.t.Fatal(err)
		}
		moved = append(moved, m.MountPath, root+m.MountPath)
		for path, text := range c.content {
			if filepath.Dir(path) == m.MountPath {
				if err := os.WriteFile(root+path, []byte(text), 0o600); err != nil {
					c.t.Fatal(err)
				}
			}
		}
	}
	address, err := freeport.Address()
	if err != nil {
		c.t.Fatal(err)
	}
	here := strings.NewReplacer(append(moved, "0.0.0.0:8080", "0.0.0.0"+address[strings.LastIndexByte(address, ':'):])...)
	cmd := exec.CommandContext(c.t.Context(), "bulknum")
	for _, arg := range of.Args {
		cmd.Args = append(cmd.Args, here.Replace(arg))
	}
	cmd.Dir = root + "/data"
	cmd.Env = []string{"HOME=" + cmd.Dir, "TMPDIR=" + root + "/tmp", "TELEGENT_API_URL=" + c.api.URL, "PATH=" + os.Getenv("PATH")}
	for _, e := range of.Env {
		value := here.Replace(e.Value)
		if from := e.ValueFrom; from != nil {
			value = map[string]string{"account-key": "DID-1", "metrics-push": c.gateway.URL}[from.SecretKeyRef.Key]
		}
		cmd.Env = append(cmd.Env, e.Name+"="+value)
	}
	out = &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out, address
}

// command carries out a command of an operator, with the store.
func (c *cluster) command(dir string, args ...string) string {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), "bulknum", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir, "BULKNUM_STORE="+c.store, "TELEGENT_API_URL="+c.api.URL)
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

// The nightly run and the workers of the base, with the store in PostgreSQL, do what they are for.
func TestBase(t *testing.T) {
	m := build(t, "base")
	if want := []string{"CronJob", "Deployment", "PodDisruptionBudget"}; !cmp.Equal(m.kinds, want) {
		t.Fatalf("it has %q", m.kinds)
	}
	if m.nightly.Spec.ConcurrencyPolicy != jobs.ForbidConcurrent {
		t.Errorf("nights may overlap: %s", m.nightly.Spec.ConcurrencyPolicy)
	}
	if !cmp.Equal(m.disruption.Spec.Selector, m.workers.Spec.Selector) || !cmp.Equal(m.workers.Spec.Selector.MatchLabels, m.workers.Spec.Template.Labels) {
		t.Error("the disruption budget, or the Deployment, is of other pods")
	}
	nightly, worker := wantsConfined(t, m.nightly.Spec.JobTemplate.Spec.Template.Spec), wantsConfined(t, m.workers.Spec.Template.Spec)
	c := newCluster(t)
	c.command(t.TempDir(), "store", "migrate")
	run, out, _ := c.container(nightly)
	if err := run.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if runs := c.command(t.TempDir(), "runs"); !strings.Contains(runs, "nightly") {
		t.Errorf("the store has %s", runs)
	}
	if group := <-c.pushed; !strings.Contains(group, "/bulknum_job/nightly") {
		t.Errorf("its metrics were pushed to %s", group)
	}
	c.works(worker)
}

// works starts a worker, which becomes ready as its probe sees it, and carries out what is entered.
func (c *cluster) works(worker core.Container) {
	c.t.Helper()
	run, out, address := c.container(worker)
	accounts := c.t.TempDir()
	for _, dir := range []string{"accounts", "files"} {
		if err := os.Mkdir(filepath.Join(accounts, dir), 0o700); err != nil {
			c.t.Fatal(err)
		}
	}
	for path, text := range map[string]string{
		"accounts/acme.env": c.content["/run/secrets/accounts/acme.env"], "files/acme.csv": "Number,VoiceEnabled\n+18015550102,true\n",
	} {
		if err := os.WriteFile(filepath.Join(accounts, path), []byte(text), 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	c.command(accounts, "fleet", "apply", "--queue", "--files", "files", "--yes")
	if err := run.Start(); err != nil {
		c.t.Fatal(err)
	}
	probe := worker.ReadinessProbe.HTTPGet
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for begun := time.Now(); ; <-again.C {
		if answer, err := http.Get("http://" + address + probe.Path); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK && probe.Port.String() == worker.Ports[0].Name {
				break
			}
		}
		if time.Since(begun) > time.Minute {
			c.t.Fatalf("it is not ready: %s", out)
		}
	}
	if told := c.command(accounts, "fleet", "status", "--watch"); !strings.Contains(told, "done") {
		c.t.Errorf("the queue has %s", told)
	}
	if err := run.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	if err := run.Wait(); err != nil {
		c.t.Errorf("%v\n%s", err, out)
	}
}

// The cutover is a Job of its own: the base begins none.
func TestCutover(t *testing.T) {
	m := build(t, "cutover")
	if want := []string{"Job"}; !cmp.Equal(m.kinds, want) {
		t.Fatalf("it has %q", m.kinds)
	}
	container := wantsConfined(t, m.cutover.Spec.Template.Spec)
	c := newCluster(t)
	c.command(t.TempDir(), "store", "migrate")
	run, out, _ := c.container(container)
	if err := run.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// The overlay has the nightly run with its store on a volume of one pod, and neither PostgreSQL nor workers.
func TestSQLite(t *testing.T) {
	m := build(t, "sqlite")
	if want := []string{"CronJob", "PersistentVolumeClaim"}; !cmp.Equal(m.kinds, want) {
		t.Fatalf("it has %q", m.kinds)
	}
	pod := m.nightly.Spec.JobTemplate.Spec.Template.Spec
	container := wantsConfined(t, pod)
	if !cmp.Equal(m.volume.Spec.AccessModes, []core.PersistentVolumeAccessMode{core.ReadWriteOncePod}) {
		t.Errorf("the volume is %q", m.volume.Spec.AccessModes)
	}
	for _, v := range pod.Volumes {
		if v.Name == "runs" && (v.EmptyDir != nil || v.PersistentVolumeClaim == nil || v.PersistentVolumeClaim.ClaimName != m.volume.Name) {
			t.Errorf("the runs are in %+v", v)
		}
	}
	c := newCluster(t)
	run, out, _ := c.container(container)
	if err := run.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, err := os.Stat(filepath.Join(run.Dir, "runs", "bulknum.db")); err != nil {
		t.Error(err)
	}
}
