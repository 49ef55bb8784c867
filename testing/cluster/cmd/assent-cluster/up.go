package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

const (
	readyWithin  = 2 * time.Minute
	readyPoll    = 50 * time.Millisecond
	serviceRange = "10.96.0.0/16"
	// The server must name an address that is not loopback as its own. This one is reserved for examples.
	advertised = "192.0.2.1"
	// Nodes of tests have no kubelet to renew their lease; the tests themselves write what a node says.
	nodeGrace = "24h"
)

// auditPolicy records who did what to which object, once per request and without bodies.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
`

// ready is the line that tells the caller all it needs.
type ready struct {
	Version  string `json:"version"`
	Server   string `json:"server"`
	Admin    string `json:"admin"`
	Reader   string `json:"reader"`
	Nobody   string `json:"nobody"`
	Kubectl  string `json:"kubectl"`
	AuditLog string `json:"audit_log"`
}

// cluster is one control plane and the files it lives on.
type cluster struct {
	release release
	dir     string // kubeconfigs, and the two folders below
	data    string // etcd, keys, sockets
	logs    string // one per program, and the audit log
	server  string
	family  *family
}

func up(ctx context.Context, flags *flag.FlagSet, args []string) error {
	minor := flags.String("minor", "", "Kubernetes minor, such as 1.36; the newest if empty")
	modules := flags.String("modules", "", "folder that holds the v1.NN folders; found from the working directory if empty")
	dir := flags.String("dir", "", "folder for kubeconfigs, logs and data; made if absent, else it must be empty")
	controllers := flags.Bool("controllers", false, "run kube-controller-manager and kube-scheduler too")
	kwok := flags.Bool("kwok", false, "run kwok, which plays every node annotated kwok.x-k8s.io/node=fake")
	if err := parse(flags, args); err != nil {
		return err
	}
	ctx = untilStdinCloses(ctx)
	releases, err := findReleases(*modules)
	if err != nil {
		return err
	}
	chosen, err := pick(releases, *minor)
	if err != nil {
		return err
	}
	if err := chosen.ensureBuilt(ctx); err != nil {
		return err
	}
	if _, err := os.Stat(chosen.bin("kwok")); *kwok && err != nil {
		return fmt.Errorf("minor `%s` is pinned without kwok: use the newest", chosen.minor)
	}
	c, err := prepare(chosen, *dir)
	if err != nil {
		return err
	}
	defer c.remove()
	line, err := c.start(ctx, *controllers, *kwok)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-c.family.ended:
		return err
	}
}

func prepare(r release, dir string) (*cluster, error) {
	if dir == "" {
		return nil, errors.New("--dir is required")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	c := &cluster{release: r, dir: dir, data: filepath.Join(dir, "data"), logs: filepath.Join(dir, "logs")}
	if found, err := os.ReadDir(dir); err == nil && len(found) > 0 {
		return nil, fmt.Errorf("`%s` is not empty", dir)
	}
	for _, folder := range []string{c.data, c.logs} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	c.family = newFamily(c.data, c.logs)
	return c, nil
}

// remove ends the control plane and takes its data and keys away. The logs stay: they say what went wrong.
func (c *cluster) remove() {
	c.family.stop()
	_ = os.RemoveAll(c.data)
	configs, _ := filepath.Glob(filepath.Join(c.dir, "*.kubeconfig"))
	for _, config := range configs {
		_ = os.Remove(config)
	}
}

// start brings everything up in order and returns when the server answers and its users have their rights.
func (c *cluster) start(ctx context.Context, controllers, kwok bool) (ready, error) {
	port, err := reservePort()
	if err != nil {
		return ready{}, err
	}
	c.server = fmt.Sprintf("https://127.0.0.1:%d", port)
	line, err := c.writeKeys()
	if err != nil {
		return ready{}, err
	}
	if err := c.startEtcd(ctx); err != nil {
		return ready{}, err
	}
	if err := c.startServer(port); err != nil {
		return ready{}, err
	}
	client, err := connect(line.Admin)
	if err != nil {
		return ready{}, err
	}
	if err := c.await(ctx, "the API server", func() error {
		return client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	}); err != nil {
		return ready{}, err
	}
	if err := grantReading(ctx, client); err != nil {
		return ready{}, err
	}
	version, err := client.Discovery().ServerVersion()
	if err != nil {
		return ready{}, err
	}
	line.Version = version.GitVersion
	if controllers {
		if err := c.startControllers(ctx, client); err != nil {
			return ready{}, err
		}
	}
	if kwok {
		if err := c.startKwok(line.Admin); err != nil {
			return ready{}, err
		}
	}
	return line, nil
}

// reservePort takes a free port and keeps it until the process ends. The socket never listens, and the
// server, which binds with the same option, shares the port. So no other program can come in between.
func reservePort() (int, error) {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if err := unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return 0, err
	}
	if err := unix.Bind(socket, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	bound, err := unix.Getsockname(socket)
	if err != nil {
		return 0, err
	}
	address, ok := bound.(*unix.SockaddrInet4)
	if !ok {
		return 0, errors.New("the reserved port has no IPv4 address")
	}
	return address.Port, nil
}

// writeKeys makes every key of the cluster and a kubeconfig for each of its users.
func (c *cluster) writeKeys() (ready, error) {
	ca, err := newAuthority()
	if err != nil {
		return ready{}, err
	}
	serving, err := ca.server()
	if err != nil {
		return ready{}, err
	}
	if err := serving.write(c.data, "server"); err != nil {
		return ready{}, err
	}
	tokens, err := newKeyText()
	if err != nil {
		return ready{}, err
	}
	for name, text := range map[string][]byte{"ca.crt": ca.pem, "tokens.key": tokens, "audit.yaml": []byte(auditPolicy)} {
		if err := os.WriteFile(filepath.Join(c.data, name), text, 0o600); err != nil {
			return ready{}, err
		}
	}
	line := ready{Server: c.server, Kubectl: c.release.bin("kubectl"), AuditLog: filepath.Join(c.logs, "audit.log")}
	for _, user := range []struct {
		folder, file, name string
		group              []string
		path               *string
	}{
		{c.dir, "admin", "admin", []string{"system:masters"}, &line.Admin},
		{c.dir, "readonly", "reader", nil, &line.Reader},
		{c.dir, "nobody", "nobody", nil, &line.Nobody},
		{c.data, "controllers", "system:kube-controller-manager", nil, nil},
		{c.data, "scheduler", "system:kube-scheduler", nil, nil},
	} {
		keys, err := ca.user(user.name, user.group...)
		if err != nil {
			return ready{}, err
		}
		path, err := writeKubeconfig(user.folder, user.file, c.server, ca.pem, keys)
		if err != nil {
			return ready{}, err
		}
		if user.path != nil {
			*user.path = path
		}
	}
	return line, nil
}

// startEtcd keeps the store on sockets in the data folder: no port, and no way in for other users.
func (c *cluster) startEtcd(ctx context.Context) error {
	if err := c.family.start(c.release.bin("etcd"),
		"--name=test",
		"--data-dir=etcd",
		"--unsafe-no-fsync",
		"--listen-client-urls=unix://etcd.sock:1",
		"--advertise-client-urls=unix://etcd.sock:1",
		"--listen-peer-urls=unix://etcd.sock:2",
		"--initial-advertise-peer-urls=unix://etcd.sock:2",
		"--initial-cluster=test=unix://etcd.sock:2",
		"--log-level=warn",
	); err != nil {
		return err
	}
	// A server that finds no store yet waits a second before it looks again.
	return c.await(ctx, "etcd", func() error {
		_, err := os.Stat(filepath.Join(c.data, "etcd.sock:1"))
		return err
	})
}

func (c *cluster) startServer(port int) error {
	return c.family.start(c.release.bin("kube-apiserver"),
		"--etcd-servers=unix://etcd.sock:1",
		"--bind-address=127.0.0.1",
		"--advertise-address="+advertised,
		fmt.Sprintf("--secure-port=%d", port),
		"--permit-port-sharing",
		"--authorization-mode=Node,RBAC",
		"--client-ca-file=ca.crt",
		"--tls-cert-file=server.crt",
		"--tls-private-key-file=server.key",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=tokens.key",
		"--service-account-signing-key-file=tokens.key",
		"--service-cluster-ip-range="+serviceRange,
		"--allow-privileged",
		"--audit-policy-file=audit.yaml",
		"--audit-log-path="+filepath.Join(c.logs, "audit.log"),
		"--profiling=false",
	)
}

// startControllers makes deployments, quotas, service accounts and scheduling work as in a real cluster.
func (c *cluster) startControllers(ctx context.Context, client kubernetes.Interface) error {
	if err := c.family.start(c.release.bin("kube-controller-manager"),
		"--kubeconfig=controllers.kubeconfig",
		"--secure-port=0",
		"--leader-elect=false",
		"--use-service-account-credentials",
		"--service-account-private-key-file=tokens.key",
		"--root-ca-file=ca.crt",
		// The default is a folder of the machine, which it would create.
		"--flex-volume-plugin-dir=flexvolumes",
		"--node-monitor-grace-period="+nodeGrace,
		"--node-startup-grace-period="+nodeGrace,
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
		"--profiling=false",
	); err != nil {
		return err
	}
	if err := c.family.start(c.release.bin("kube-scheduler"),
		"--kubeconfig=scheduler.kubeconfig",
		"--secure-port=0",
		"--leader-elect=false",
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
		"--profiling=false",
	); err != nil {
		return err
	}
	return c.await(ctx, "the controllers", func() error {
		_, err := client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

// startKwok plays the kubelets of annotated nodes; all others belong to the test.
func (c *cluster) startKwok(kubeconfig string) error {
	return c.family.start(c.release.bin("kwok"),
		"--kubeconfig="+kubeconfig,
		"--config="+c.release.stages(),
		"--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
	)
}

// await asks until the answer is good, a child ends, or the time is over.
func (c *cluster) await(ctx context.Context, what string, ask func() error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, fmt.Errorf("no answer in %s", readyWithin))
	defer cancel()
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		err := ask()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case ended := <-c.family.ended:
			return ended
		case <-ctx.Done():
			return fmt.Errorf("%s did not come up: %w; at last: %w", what, context.Cause(ctx), err)
		}
	}
}

// untilStdinCloses ends the context when the caller is gone or has had enough.
func untilStdinCloses(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel(errors.New("stdin was closed"))
	}()
	return ctx
}
