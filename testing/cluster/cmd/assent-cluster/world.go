package main

import (
	"crypto/sha256"
	"fmt"
	"hash/fnv"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const (
	replicasEach   = 10
	nodesMax       = 250 * 250 // as many addresses as the plan below has
	podsMax        = 250 * 250
	rootBundle     = "kube-root-ca.crt"
	kubeletVersion = "v1.36.3"
	containerPort  = 8080
	// Of the healthy pods, one in so many restarted once and recovered.
	restartedOnceIn = 40
)

// A world is what `fill` writes, as a function of these four numbers.
type world struct{ pods, nodes, namespaces, broken int }

// A workload is one deployment with all that belongs to it.
type workload struct {
	index     int
	namespace string
	name      string
	replicas  int
	fault     fault
}

func (w world) check() error {
	switch {
	case w.nodes < 1 || w.nodes > nodesMax:
		return fmt.Errorf("--nodes must be 1 to %d", nodesMax)
	case w.pods < 1 || w.pods > podsMax:
		return fmt.Errorf("--pods must be 1 to %d", podsMax)
	case w.namespaces < 1 || w.namespaces > w.workloads():
		return fmt.Errorf("--namespaces must be 1 to %d, the number of deployments", w.workloads())
	case w.broken < 0 || w.broken > w.workloads():
		return fmt.Errorf("--broken must be 0 to %d, the number of deployments", w.workloads())
	}
	return nil
}

func (w world) workloads() int { return (w.pods + replicasEach - 1) / replicasEach }

// workload is the i-th deployment. A namespace holds a run of them.
func (w world) workload(i int) workload {
	all := w.workloads()
	space := i * w.namespaces / all
	first := (space*all + w.namespaces - 1) / w.namespaces
	return workload{
		index:     i,
		namespace: namespaceName(space),
		name:      workloadName(i - first),
		replicas:  min(replicasEach, w.pods-i*replicasEach),
		fault:     w.faultOf(i),
	}
}

// faultOf cuts the deployments into as many runs as there are faults, and puts one somewhere into each. The
// kinds of fault take turns.
func (w world) faultOf(i int) fault {
	if w.broken == 0 {
		return healthy
	}
	all := w.workloads()
	run := ((i+1)*w.broken - 1) / all
	from, to := run*all/w.broken, (run+1)*all/w.broken
	if i != from+int(sum("fault", fmt.Sprint(run))%uint64(to-from)) {
		return healthy
	}
	return faults[run%len(faults)]
}

func workloadName(i int) string {
	first := []string{"alder", "birch", "cedar", "hazel", "juniper", "larch", "linden", "maple", "rowan", "willow"}
	second := []string{"api", "intake", "worker", "view", "relay", "index"}
	name := first[i%len(first)] + "-" + second[i/len(first)%len(second)]
	if round := i / (len(first) * len(second)); round > 0 {
		return fmt.Sprintf("%s-%d", name, round+1)
	}
	return name
}

func namespaceName(i int) string { return fmt.Sprintf("team-%02d", i) }
func nodeName(i int) string      { return fmt.Sprintf("node-%03d", i) }
func nodeIP(i int) string        { return fmt.Sprintf("10.20.%d.%d", i/250, 1+i%250) }

func (one workload) setName() string { return one.name + "-" + one.hash() }
func (one workload) hash() string    { return letters(10, one.namespace, one.name) }
func (one workload) podName(i int) string {
	return one.setName() + "-" + letters(5, one.setName(), fmt.Sprint(i))
}
func (one workload) serial(i int) int { return one.index*replicasEach + i }
func (one workload) podIP(i int) string {
	n := one.serial(i)
	return fmt.Sprintf("10.30.%d.%d", n/250, 1+n%250)
}
func (w world) nodeOf(one workload, i int) int { return one.serial(i) % w.nodes }

// letters is a name suffix as Kubernetes makes them, the same for the same words.
func letters(length int, words ...string) string {
	const alphabet = "bcdfghjklmnpqrstvwxz2456789"
	rest := sum(words...)
	text := make([]byte, length)
	for i := range text {
		text[i] = alphabet[rest%uint64(len(alphabet))]
		rest /= uint64(len(alphabet))
	}
	return string(text)
}

// sum mixes words into a number, the same on every machine.
func sum(words ...string) uint64 {
	hash := fnv.New64a()
	for _, word := range words {
		hash.Write([]byte(word + "/"))
	}
	return hash.Sum64()
}

// digest stands for the hash of an image or the id of a container.
func digest(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

func node(i int) *corev1.Node {
	name := nodeName(i)
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
		corev1.LabelHostname: name, corev1.LabelOSStable: "linux", corev1.LabelArchStable: "amd64",
		corev1.LabelTopologyZone: "zone-" + string(rune('a'+i%3)),
	}}}
}

// nodeStatus is what a kubelet in good health says about its node.
func nodeStatus(i int, since metav1.Time) corev1.NodeStatus {
	room := corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("16"),
		corev1.ResourceMemory:           resource.MustParse("64Gi"),
		corev1.ResourceEphemeralStorage: resource.MustParse("200Gi"),
		corev1.ResourcePods:             resource.MustParse("250"),
	}
	condition := func(kind corev1.NodeConditionType, status corev1.ConditionStatus, reason, message string) corev1.NodeCondition {
		return corev1.NodeCondition{Type: kind, Status: status, Reason: reason, Message: message,
			LastHeartbeatTime: since, LastTransitionTime: since}
	}
	return corev1.NodeStatus{
		Capacity:    room,
		Allocatable: room,
		Addresses:   []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: nodeIP(i)}, {Type: corev1.NodeHostName, Address: nodeName(i)}},
		Conditions: []corev1.NodeCondition{
			condition(corev1.NodeMemoryPressure, corev1.ConditionFalse, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
			condition(corev1.NodeDiskPressure, corev1.ConditionFalse, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
			condition(corev1.NodePIDPressure, corev1.ConditionFalse, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
			condition(corev1.NodeReady, corev1.ConditionTrue, "KubeletReady", "kubelet is posting ready status"),
		},
		NodeInfo: corev1.NodeSystemInfo{KubeletVersion: kubeletVersion, OperatingSystem: "linux", Architecture: "amd64",
			ContainerRuntimeVersion: "containerd://2.1.4", OSImage: "Linux", KernelVersion: "6.12.0"},
	}
}

// lease is the sign of life that a kubelet renews.
func lease(node *corev1.Node) *coordinationv1.Lease {
	seconds := int32(40)
	renewed := metav1.NewMicroTime(node.CreationTimestamp.Time)
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: node.Name, OwnerReferences: []metav1.OwnerReference{
			{APIVersion: "v1", Kind: "Node", Name: node.Name, UID: node.UID}}},
		Spec: coordinationv1.LeaseSpec{HolderIdentity: &node.Name, LeaseDurationSeconds: &seconds, RenewTime: &renewed},
	}
}

func (one workload) labels() map[string]string { return map[string]string{"app": one.name} }

func (one workload) setLabels() map[string]string {
	return map[string]string{"app": one.name, appsv1.DefaultDeploymentUniqueLabelKey: one.hash()}
}

func (one workload) deployment() *appsv1.Deployment {
	replicas := int32(one.replicas)
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: one.name, Labels: one.labels(),
			Annotations: map[string]string{"deployment.kubernetes.io/revision": "1"}},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: one.labels()},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: one.labels()}, Spec: one.podSpec()},
		},
	}
}

func (one workload) replicaSet(owner *appsv1.Deployment) *appsv1.ReplicaSet {
	replicas := int32(one.replicas)
	return &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Name: one.setName(), Labels: one.setLabels(),
			Annotations:     map[string]string{"deployment.kubernetes.io/revision": "1"},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(owner, appsv1.SchemeGroupVersion.WithKind("Deployment"))}},
		Spec: appsv1.ReplicaSetSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: one.setLabels()},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: one.setLabels()}, Spec: one.podSpec()},
		},
	}
}

func (w world) pod(one workload, owner *appsv1.ReplicaSet, i int) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: one.podName(i), GenerateName: one.setName() + "-", Labels: one.setLabels(),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(owner, appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))}},
		Spec: one.podSpec(),
	}
	if one.fault != cpuUnschedulable {
		pod.Spec.NodeName = nodeName(w.nodeOf(one, i))
	}
	return pod
}

func (one workload) podSpec() corev1.PodSpec {
	container := corev1.Container{
		Name:  "main",
		Image: one.image(),
		Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: containerPort}},
		ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{
			HTTPGet: &corev1.HTTPGetAction{Path: "/ready", Port: intstr.FromString("http")}}},
		Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("50m"), corev1.ResourceMemory: resource.MustParse("64Mi")},
			Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("128Mi")},
		},
		TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
	}
	one.plant(&container)
	return corev1.PodSpec{Containers: []corev1.Container{container}}
}

func (one workload) image() string {
	tag := "1.4.2"
	if one.fault == imageNotFound {
		tag = "1.4.3-rc"
	}
	return "registry.example/" + one.name + ":" + tag
}

func (one workload) service() *corev1.Service {
	selector := one.labels()
	if one.fault == selectorMatchesNothing {
		selector = map[string]string{"app": one.name + "-v2"}
	}
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: one.name, Labels: one.labels()},
		Spec: corev1.ServiceSpec{Selector: selector,
			Ports: []corev1.ServicePort{{Name: "http", Port: 80, TargetPort: intstr.FromString("http")}}},
	}
}

// endpoints is the slice that the controller would derive from the service's selector and the pods' readiness.
func (one workload) endpoints(owner *corev1.Service, pods []*corev1.Pod) *discoveryv1.EndpointSlice {
	name, port, protocol := "http", int32(containerPort), corev1.ProtocolTCP
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Name: one.name + "-" + letters(5, one.namespace, one.name, "endpoints"),
			Labels: map[string]string{discoveryv1.LabelServiceName: one.name, "app": one.name,
				discoveryv1.LabelManagedBy: "endpointslice-controller.k8s.io"},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(owner, corev1.SchemeGroupVersion.WithKind("Service"))}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints:   []discoveryv1.Endpoint{},
	}
	if one.fault == selectorMatchesNothing {
		return slice
	}
	for _, pod := range pods {
		if pod.Status.PodIP == "" {
			continue
		}
		ready, terminating := one.fault.ready(), false
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{
			Addresses:  []string{pod.Status.PodIP},
			Conditions: discoveryv1.EndpointConditions{Ready: &ready, Serving: &ready, Terminating: &terminating},
			NodeName:   &pod.Spec.NodeName,
			TargetRef:  &corev1.ObjectReference{Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID},
		})
	}
	if len(slice.Endpoints) > 0 {
		slice.Ports = []discoveryv1.EndpointPort{{Name: &name, Port: &port, Protocol: &protocol}}
	}
	return slice
}
