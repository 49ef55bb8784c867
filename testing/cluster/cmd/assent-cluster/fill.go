package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Requests in flight. More only queue up in the server.
const writersMax = 32

// filled is what `fill` reports: the size of the world, and the truth about what is broken in it.
type filled struct {
	Nodes      int      `json:"nodes"`
	Namespaces int      `json:"namespaces"`
	Workloads  int      `json:"workloads"`
	Pods       int      `json:"pods"`
	Broken     []broken `json:"broken"`
	Seconds    float64  `json:"seconds"`
}

type broken struct {
	Namespace  string `json:"namespace"`
	Deployment string `json:"deployment"`
	Fault      fault  `json:"fault"`
}

// fill writes a made-up but lifelike world: the objects that people write, and the status and events that
// controllers, scheduler and kubelets would have written since. The same flags give the same world, up to
// what the server chooses (UIDs, creation times, cluster addresses). A creation time is always the present, so
// every other instant is the same: nothing happened to an object before it was there.
func fill(ctx context.Context, flags *flag.FlagSet, args []string) error {
	kubeconfig := flags.String("kubeconfig", "", "kubeconfig of a user who may write everything")
	w := world{}
	flags.IntVar(&w.pods, "pods", 10000, "pods, ten to a deployment")
	flags.IntVar(&w.nodes, "nodes", 100, "nodes")
	flags.IntVar(&w.namespaces, "namespaces", 50, "namespaces")
	flags.IntVar(&w.broken, "broken", 20, "deployments with a fault")
	if err := parse(flags, args); err != nil {
		return err
	}
	start := time.Now()
	if err := w.check(); err != nil {
		return err
	}
	client, err := connect(*kubeconfig)
	if err != nil {
		return err
	}
	if err := refuseControllers(ctx, client); err != nil {
		return err
	}
	if err := w.write(ctx, client); err != nil {
		return err
	}
	result := filled{Nodes: w.nodes, Namespaces: w.namespaces, Workloads: w.workloads(), Pods: w.pods, Broken: []broken{}}
	for i := range w.workloads() {
		if one := w.workload(i); one.fault != healthy {
			result.Broken = append(result.Broken, broken{Namespace: one.namespace, Deployment: one.name, Fault: one.fault})
		}
	}
	result.Seconds = time.Since(start).Seconds()
	return json.NewEncoder(os.Stdout).Encode(result)
}

// refuseControllers stops before two hands write the same status. Only the controllers publish this map.
func refuseControllers(ctx context.Context, client kubernetes.Interface) error {
	_, err := client.CoreV1().ConfigMaps("default").Get(ctx, rootBundle, metav1.GetOptions{})
	if err == nil {
		return errors.New("controllers run in this cluster and would undo what fill writes: start it without --controllers")
	}
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// write creates the world, in the order in which one object needs another.
func (w world) write(ctx context.Context, client kubernetes.Interface) error {
	if err := each(ctx, w.nodes, func(ctx context.Context, i int) error { return writeNode(ctx, client, i) }); err != nil {
		return err
	}
	if err := each(ctx, w.namespaces, func(ctx context.Context, i int) error { return writeNamespace(ctx, client, i) }); err != nil {
		return err
	}
	return each(ctx, w.workloads(), func(ctx context.Context, i int) error { return w.writeWorkload(ctx, client, w.workload(i)) })
}

func writeNode(ctx context.Context, client kubernetes.Interface, i int) error {
	node, err := client.CoreV1().Nodes().Create(ctx, node(i), metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	// The server taints every new node as not ready, and a controller would lift that once it is.
	node.Spec.Taints = nil
	if node, err = client.CoreV1().Nodes().Update(ctx, node, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("node `%s`: %w", nodeName(i), err)
	}
	node.Status = nodeStatus(i, node.CreationTimestamp)
	if _, err := client.CoreV1().Nodes().UpdateStatus(ctx, node, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("status of node `%s`: %w", nodeName(i), err)
	}
	_, err = client.CoordinationV1().Leases(corev1.NamespaceNodeLease).Create(ctx, lease(node), metav1.CreateOptions{})
	return err
}

func writeNamespace(ctx context.Context, client kubernetes.Interface, i int) error {
	name := namespaceName(i)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := client.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{}); err != nil {
		return err
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	if _, err := client.CoreV1().ServiceAccounts(name).Create(ctx, account, metav1.CreateOptions{}); err != nil {
		return err
	}
	bundle := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: rootBundle}, Data: map[string]string{"ca.crt": ""}}
	_, err := client.CoreV1().ConfigMaps(name).Create(ctx, bundle, metav1.CreateOptions{})
	return err
}

// writeWorkload creates a deployment and what follows from it: replica set, pods, service, endpoints, events.
func (w world) writeWorkload(ctx context.Context, client kubernetes.Interface, one workload) error {
	apps, core := client.AppsV1(), client.CoreV1()
	deployment, err := apps.Deployments(one.namespace).Create(ctx, one.deployment(), metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("deployment `%s/%s`: %w", one.namespace, one.name, err)
	}
	deployment.Status = one.deploymentStatus(deployment.CreationTimestamp)
	if deployment, err = apps.Deployments(one.namespace).UpdateStatus(ctx, deployment, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("status of deployment `%s/%s`: %w", one.namespace, one.name, err)
	}
	set, err := apps.ReplicaSets(one.namespace).Create(ctx, one.replicaSet(deployment), metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("replica set `%s/%s`: %w", one.namespace, one.setName(), err)
	}
	set.Status = one.replicaSetStatus()
	if set, err = apps.ReplicaSets(one.namespace).UpdateStatus(ctx, set, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("status of replica set `%s/%s`: %w", one.namespace, one.setName(), err)
	}
	events := []*corev1.Event{one.scaledUp(deployment)}
	var pods []*corev1.Pod
	for i := range one.replicas {
		pod, err := core.Pods(one.namespace).Create(ctx, w.pod(one, set, i), metav1.CreateOptions{})
		if err != nil {
			return fmt.Errorf("pod of `%s/%s`: %w", one.namespace, one.name, err)
		}
		pod.Status = w.podStatus(one, i, pod.CreationTimestamp)
		if pod, err = core.Pods(one.namespace).UpdateStatus(ctx, pod, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("status of pod of `%s/%s`: %w", one.namespace, one.name, err)
		}
		pods = append(pods, pod)
		events = append(events, w.podEvents(one, pod)...)
	}
	service, err := core.Services(one.namespace).Create(ctx, one.service(), metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("service `%s/%s`: %w", one.namespace, one.name, err)
	}
	slice := one.endpoints(service, pods)
	if _, err := client.DiscoveryV1().EndpointSlices(one.namespace).Create(ctx, slice, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("endpoint slice of `%s/%s`: %w", one.namespace, one.name, err)
	}
	for _, event := range events {
		if _, err := core.Events(one.namespace).Create(ctx, event, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("event `%s/%s`: %w", one.namespace, event.Name, err)
		}
	}
	return nil
}

// each calls work for 0..n from several writers, and gives back the first error after all have stopped.
func each(ctx context.Context, n int, work func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var writers sync.WaitGroup
	for range min(n, writersMax) {
		writers.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := work(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	writers.Wait()
	return context.Cause(ctx)
}
