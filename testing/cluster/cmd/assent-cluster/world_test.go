package main

import (
	"fmt"
	"testing"
)

// worlds of round and of awkward sizes.
var worlds = []world{
	{pods: 10000, nodes: 100, namespaces: 50, broken: 20},
	{pods: 7, nodes: 1, namespaces: 1, broken: 1},
	{pods: 1003, nodes: 7, namespaces: 13, broken: 29},
	{pods: 500, nodes: 3, namespaces: 50, broken: 50},
	{pods: 500, nodes: 3, namespaces: 7, broken: 0},
}

func TestAWorldHasTheSizeThatWasAskedFor(t *testing.T) {
	for _, w := range worlds {
		if err := w.check(); err != nil {
			t.Fatal(err)
		}
		pods, broken, namespaces, names := 0, 0, map[string]bool{}, map[string]bool{}
		for i := range w.workloads() {
			one := w.workload(i)
			namespaces[one.namespace] = true
			if one.fault != healthy {
				broken++
			}
			for replica := range one.replicas {
				pods++
				names[one.namespace+"/"+one.podName(replica)] = true
			}
		}
		want := fmt.Sprint(w.pods, w.pods, w.broken, w.namespaces)
		if got := fmt.Sprint(pods, len(names), broken, len(namespaces)); got != want {
			t.Errorf("%+v: pods, pod names, faults, namespaces: got %s, want %s", w, got, want)
		}
	}
}

func TestFaultsOfEveryKindAreSpreadOverNamespaces(t *testing.T) {
	w := worlds[0]
	kinds, namespaces := map[fault]bool{}, map[string]bool{}
	for i := range w.workloads() {
		if one := w.workload(i); one.fault != healthy {
			kinds[one.fault] = true
			namespaces[one.namespace] = true
		}
	}
	if len(kinds) != len(faults) || len(namespaces) < w.broken*3/4 {
		t.Errorf("%d kinds of fault in %d namespaces", len(kinds), len(namespaces))
	}
}

func TestAWorldThatCannotBeIsRefused(t *testing.T) {
	for _, w := range []world{
		{pods: 0, nodes: 1, namespaces: 1},
		{pods: 10, nodes: 0, namespaces: 1},
		{pods: 10, nodes: 1, namespaces: 2},
		{pods: 10, nodes: 1, namespaces: 1, broken: 2},
		{pods: podsMax + 1, nodes: 1, namespaces: 1},
	} {
		if w.check() == nil {
			t.Errorf("accepted %+v", w)
		}
	}
}
