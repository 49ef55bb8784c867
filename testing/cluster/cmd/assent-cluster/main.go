// Command assent-cluster builds a Kubernetes control plane from Go modules and runs it on loopback,
// so that tests meet a real API server: its admission, its RBAC, its errors, its paging.
//
//	assent-cluster build [--minor 1.36]
//	assent-cluster up --dir DIR [--minor 1.36] [--controllers] [--kwok]
//	assent-cluster fill --kubeconfig FILE [--pods 10000 --nodes 100 --namespaces 50 --broken 20]
//
// Linux only: children are tied to the launcher with a parent-death signal. It lets no secret of a real
// cluster in: every key it uses is made at start and removed at the end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

const usage = `usage:
  assent-cluster build [--minor 1.NN]
  assent-cluster up --dir DIR [--minor 1.NN] [--controllers] [--kwok]
  assent-cluster fill --kubeconfig FILE [--pods N] [--nodes N] [--namespaces N] [--broken N]
`

// A parent-death signal fires when the thread that started the child ends, not the process. The main
// goroutine starts every child, so it stays on the main thread for good.
func init() { runtime.LockOSThread() }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	err := run(ctx, os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "assent-cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		return flag.ErrHelp
	}
	flags := flag.NewFlagSet("assent-cluster "+args[0], flag.ContinueOnError)
	switch args[0] {
	case "build":
		return build(ctx, flags, args[1:])
	case "up":
		return up(ctx, flags, args[1:])
	case "fill":
		return fill(ctx, flags, args[1:])
	}
	fmt.Fprint(os.Stderr, usage)
	return fmt.Errorf("no command `%s`", args[0])
}

// parse reads the flags and refuses words that belong to none of them.
func parse(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument `%s`", flags.Arg(0))
	}
	return nil
}
