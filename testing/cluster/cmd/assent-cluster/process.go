package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// What a failed start shows of the child's own words.
const logTailBytesMax = 4096

// family is the set of children of one launcher. None outlives it.
type family struct {
	work     string // the children's working directory
	logs     string // one log file per child
	children []*exec.Cmd
	living   sync.WaitGroup
	ended    chan error // the first child to end on its own says so here
}

func newFamily(work, logs string) *family {
	return &family{work: work, logs: logs, ended: make(chan error, 1)}
}

// start runs one child, with its output in a log file of its name. Only the main goroutine may call it.
func (f *family) start(program string, args ...string) error {
	name := filepath.Base(program)
	path := filepath.Join(f.logs, name+".log")
	log, err := os.Create(path)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(program, args...)
	cmd.Dir = f.work
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = dieWithLauncher()
	// The children meet each other on loopback, whatever proxy the caller's environment names.
	cmd.Env = append(os.Environ(), "HTTP_PROXY=", "HTTPS_PROXY=", "http_proxy=", "https_proxy=")
	if err := cmd.Start(); err != nil {
		return err
	}
	f.children = append(f.children, cmd)
	f.living.Go(func() {
		err := fmt.Errorf("%s ended (%v); its last words:\n%s", name, cmd.Wait(), tail(path))
		select {
		case f.ended <- err:
		default:
		}
	})
	return nil
}

// stop kills every child and waits for its end. What they hold is thrown away, so there is nothing for them to finish.
func (f *family) stop() {
	for i := len(f.children) - 1; i >= 0; i-- {
		_ = f.children[i].Process.Kill()
	}
	f.living.Wait()
}

// dieWithLauncher ends a child when the launcher ends, even by SIGKILL, and keeps the terminal's Ctrl-C from it.
func dieWithLauncher() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

func tail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	if len(text) > logTailBytesMax {
		text = text[len(text)-logTailBytesMax:]
		if _, rest, found := bytes.Cut(text, []byte("\n")); found {
			text = rest
		}
	}
	return strings.ToValidUTF8(string(text), "?")
}
