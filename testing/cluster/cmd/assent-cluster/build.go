package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A release is one Kubernetes minor: the folder that pins it and the folder its programs are kept in.
type release struct {
	minor string // "1.36"
	pins  string // the folder with its go.mod
	home  string // where its programs are, once built
}

// bin is the path of one built program.
func (r release) bin(name string) string { return filepath.Join(r.home, "bin", name) }

// stages is the file that tells kwok how its nodes and pods come alive; absent for a minor without kwok.
func (r release) stages() string { return filepath.Join(r.home, "kwok-stages.yaml") }

func build(ctx context.Context, flags *flag.FlagSet, args []string) error {
	minor := flags.String("minor", "", "Kubernetes minor to build, such as 1.36; all of them if empty")
	modules := flags.String("modules", "", "folder that holds the v1.NN folders; found from the working directory if empty")
	if err := parse(flags, args); err != nil {
		return err
	}
	releases, err := findReleases(*modules)
	if err != nil {
		return err
	}
	if *minor != "" {
		one, err := pick(releases, *minor)
		if err != nil {
			return err
		}
		releases = []release{one}
	}
	for _, r := range releases {
		if err := r.ensureBuilt(ctx); err != nil {
			return err
		}
		fmt.Println(filepath.Join(r.home, "bin"))
	}
	return nil
}

// findReleases lists the pinned minors, oldest first.
func findReleases(modules string) ([]release, error) {
	if modules == "" {
		found, err := findModules()
		if err != nil {
			return nil, err
		}
		modules = found
	}
	pins, err := filepath.Glob(filepath.Join(modules, "v1.*", "go.mod"))
	if err != nil {
		return nil, err
	}
	if len(pins) == 0 {
		return nil, fmt.Errorf("no v1.NN/go.mod in `%s`", modules)
	}
	cache, err := cacheFolder()
	if err != nil {
		return nil, err
	}
	var releases []release
	for _, pin := range pins {
		folder := filepath.Dir(pin)
		minor := strings.TrimPrefix(filepath.Base(folder), "v")
		key, err := cacheKey(folder)
		if err != nil {
			return nil, err
		}
		releases = append(releases, release{minor: minor, pins: folder, home: filepath.Join(cache, minor+"-"+key)})
	}
	sort.Slice(releases, func(i, j int) bool { return minorNumber(releases[i]) < minorNumber(releases[j]) })
	return releases, nil
}

func minorNumber(r release) int {
	_, text, _ := strings.Cut(r.minor, ".")
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// pick chooses a minor by name; the newest if no name is given.
func pick(releases []release, minor string) (release, error) {
	if minor == "" {
		return releases[len(releases)-1], nil
	}
	var known []string
	for _, r := range releases {
		if r.minor == strings.TrimPrefix(minor, "v") {
			return r, nil
		}
		known = append(known, r.minor)
	}
	return release{}, fmt.Errorf("no minor `%s`: there is %s", minor, strings.Join(known, ", "))
}

// findModules looks for the v1.NN folders here, then for testing/cluster here and in every folder above.
func findModules() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for folder := here; ; folder = filepath.Dir(folder) {
		for _, candidate := range []string{folder, filepath.Join(folder, "testing", "cluster")} {
			if pins, _ := filepath.Glob(filepath.Join(candidate, "v1.*", "go.mod")); len(pins) > 0 {
				return candidate, nil
			}
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("no testing/cluster above `%s`: pass --modules", here)
		}
	}
}

func cacheFolder() (string, error) {
	root := os.Getenv("ASSENT_TEST_CACHE")
	if root == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		root = filepath.Join(home, ".cache", "assent")
	}
	root, err := filepath.Abs(root)
	return filepath.Join(root, "cluster"), err
}

// cacheKey changes with any pinned module, any checksum, and the compiler.
func cacheKey(folder string) (string, error) {
	sum := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return "", err
		}
		sum.Write(text)
	}
	fmt.Fprint(sum, runtime.Version(), runtime.GOARCH)
	return fmt.Sprintf("%x", sum.Sum(nil)[:6]), nil
}

// ensureBuilt builds the programs unless they are there. Of several launchers that ask at once, one builds.
func (r release) ensureBuilt(ctx context.Context) error {
	if _, err := os.Stat(r.home); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(r.home), 0o755); err != nil {
		return err
	}
	lock, err := os.Create(r.home + ".lock")
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock `%s`: %w", lock.Name(), err)
	}
	if _, err := os.Stat(r.home); err == nil {
		return nil
	}
	// The folder gets its name by a rename at the end, so a folder of that name is always complete.
	partial := r.home + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return err
	}
	start := time.Now()
	fmt.Fprintf(os.Stderr, "assent-cluster: building Kubernetes %s from source, once; this takes minutes\n", r.minor)
	if err := r.compile(ctx, partial); err != nil {
		return fmt.Errorf("build Kubernetes %s: %w", r.minor, err)
	}
	fmt.Fprintf(os.Stderr, "assent-cluster: built in %d s\n", int(time.Since(start).Seconds()))
	return os.Rename(partial, r.home)
}

// compile builds every tool that the minor's go.mod names, and gathers the files that kwok reads.
func (r release) compile(ctx context.Context, home string) error {
	version, _, err := r.module(ctx, "k8s.io/kubernetes")
	if err != nil {
		return err
	}
	// A build from a module has no Git tag to take its version from; clients and skew checks read it.
	const at = " -X k8s.io/component-base/version."
	number := strings.TrimPrefix(r.minor, "1.")
	link := "-s -w" + at + "gitVersion=" + version + at + "gitMajor=1" + at + "gitMinor=" + number
	bin := filepath.Join(home, "bin") + string(filepath.Separator)
	if _, err := r.goTool(ctx, "build", "-trimpath", "-ldflags", link, "-o", bin, "tool"); err != nil {
		return err
	}
	// The package path of etcd ends in server/v3, and Go names a program after its path.
	if err := os.Rename(filepath.Join(bin, "server"), filepath.Join(bin, "etcd")); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(bin, "kwok")); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	_, source, err := r.module(ctx, "sigs.k8s.io/kwok")
	if err != nil {
		return err
	}
	return gatherStages(source, filepath.Join(home, filepath.Base(r.stages())))
}

// module says which version of a module is pinned and where its source is.
func (r release) module(ctx context.Context, path string) (version, folder string, err error) {
	if _, err := r.goTool(ctx, "mod", "download", path); err != nil {
		return "", "", err
	}
	text, err := r.goTool(ctx, "list", "-m", "-json", path)
	if err != nil {
		return "", "", err
	}
	var found struct{ Version, Dir string }
	err = json.Unmarshal(text, &found)
	return found.Version, found.Dir, err
}

func (r release) goTool(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = r.pins
	// A workspace file in a folder above would replace the pins.
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = dieWithLauncher()
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w", args[0], err)
	}
	return text, nil
}

// gatherStages joins the stages that kwok publishes for quick, healthy nodes and pods into one file.
func gatherStages(source, file string) error {
	var all strings.Builder
	for _, name := range []string{"node/fast", "node/heartbeat-with-lease", "pod/fast"} {
		files, err := filepath.Glob(filepath.Join(source, "kustomize", "stage", name, "*-*.yaml"))
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return fmt.Errorf("kwok has no stage `%s`", name)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			all.WriteString("---\n" + strings.TrimSpace(string(text)) + "\n")
		}
	}
	return os.WriteFile(file, []byte(all.String()), 0o644)
}
