package main

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// A fault is what is wrong with a deployment. It stands in the template, so it shows in every replica.
type fault string

const (
	healthy                fault = "none"
	imageNotFound          fault = "image_not_found"
	crashLoop              fault = "crash_loop"
	outOfMemory            fault = "out_of_memory"
	configMapMissing       fault = "config_map_missing"
	cpuUnschedulable       fault = "cpu_unschedulable"
	selectorMatchesNothing fault = "selector_matches_nothing"
	readinessFails         fault = "readiness_fails"
)

// faults are handed out in this order.
var faults = []fault{
	imageNotFound, crashLoop, outOfMemory, configMapMissing, cpuUnschedulable, selectorMatchesNothing, readinessFails,
}

const (
	restarts   = 12
	crashWords = "fatal: required environment variable STORE_URL is not set"
	probeWords = "Readiness probe failed: HTTP probe failed with statuscode: 404"
)

// ready says whether the pods of such a deployment take traffic.
func (f fault) ready() bool { return f == healthy || f == selectorMatchesNothing }

// plant writes the part of the fault that a person would have written.
func (one workload) plant(container *corev1.Container) {
	switch one.fault {
	case configMapMissing:
		container.EnvFrom = []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{
			LocalObjectReference: corev1.LocalObjectReference{Name: one.name + "-settings"}}}}
	case cpuUnschedulable:
		container.Resources.Requests[corev1.ResourceCPU] = resource.MustParse("64")
	case readinessFails:
		container.ReadinessProbe.HTTPGet.Path = "/redy"
		container.ReadinessProbe.HTTPGet.Port = intstr.FromInt32(containerPort)
	case healthy, imageNotFound, crashLoop, outOfMemory, selectorMatchesNothing:
	}
}

func (one workload) deploymentStatus(since metav1.Time) appsv1.DeploymentStatus {
	all := int32(one.replicas)
	status := appsv1.DeploymentStatus{ObservedGeneration: 1, Replicas: all, UpdatedReplicas: all}
	condition := func(kind appsv1.DeploymentConditionType, truth corev1.ConditionStatus, reason, message string) {
		status.Conditions = append(status.Conditions, appsv1.DeploymentCondition{Type: kind, Status: truth, Reason: reason,
			Message: message, LastUpdateTime: since, LastTransitionTime: since})
	}
	if one.fault.ready() {
		status.ReadyReplicas, status.AvailableReplicas = all, all
		condition(appsv1.DeploymentAvailable, corev1.ConditionTrue, "MinimumReplicasAvailable", "Deployment has minimum availability.")
		condition(appsv1.DeploymentProgressing, corev1.ConditionTrue, "NewReplicaSetAvailable",
			fmt.Sprintf("ReplicaSet %q has successfully progressed.", one.setName()))
		return status
	}
	status.UnavailableReplicas = all
	condition(appsv1.DeploymentAvailable, corev1.ConditionFalse, "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
	condition(appsv1.DeploymentProgressing, corev1.ConditionFalse, "ProgressDeadlineExceeded",
		fmt.Sprintf("ReplicaSet %q has timed out progressing.", one.setName()))
	return status
}

func (one workload) replicaSetStatus() appsv1.ReplicaSetStatus {
	all := int32(one.replicas)
	status := appsv1.ReplicaSetStatus{ObservedGeneration: 1, Replicas: all, FullyLabeledReplicas: all}
	if one.fault.ready() {
		status.ReadyReplicas, status.AvailableReplicas = all, all
	}
	return status
}

// podStatus, as of the pod's creation, is what the kubelet would say; of a pod without a node, what the scheduler would say.
func (w world) podStatus(one workload, i int, since metav1.Time) corev1.PodStatus {
	ready := corev1.ConditionFalse
	if one.fault.ready() {
		ready = corev1.ConditionTrue
	}
	status := corev1.PodStatus{Phase: corev1.PodPending, QOSClass: corev1.PodQOSBurstable}
	condition := func(kind corev1.PodConditionType, truth corev1.ConditionStatus, reason, message string) {
		status.Conditions = append(status.Conditions, corev1.PodCondition{Type: kind, Status: truth, Reason: reason,
			Message: message, LastTransitionTime: since})
	}
	if one.fault == cpuUnschedulable {
		condition(corev1.PodScheduled, corev1.ConditionFalse, corev1.PodReasonUnschedulable, w.noRoom())
		return status
	}
	node := w.nodeOf(one, i)
	status.StartTime = &since
	status.HostIP, status.HostIPs = nodeIP(node), []corev1.HostIP{{IP: nodeIP(node)}}
	status.PodIP, status.PodIPs = one.podIP(i), []corev1.PodIP{{IP: one.podIP(i)}}
	reason, message := "", ""
	if !one.fault.ready() {
		reason, message = "ContainersNotReady", "containers with unready status: [main]"
	}
	condition(corev1.PodReadyToStartContainers, corev1.ConditionTrue, "", "")
	condition(corev1.PodInitialized, corev1.ConditionTrue, "", "")
	condition(corev1.PodReady, ready, reason, message)
	condition(corev1.ContainersReady, ready, reason, message)
	condition(corev1.PodScheduled, corev1.ConditionTrue, "", "")
	container := one.containerStatus(i, since)
	if container.State.Running != nil || container.RestartCount > 0 {
		status.Phase = corev1.PodRunning
	}
	status.ContainerStatuses = []corev1.ContainerStatus{container}
	return status
}

func (one workload) containerStatus(i int, since metav1.Time) corev1.ContainerStatus {
	started := one.fault.ready()
	status := corev1.ContainerStatus{Name: "main", Image: one.image(), Ready: one.fault.ready(), Started: &started}
	waiting := func(reason, message string) {
		status.State.Waiting = &corev1.ContainerStateWaiting{Reason: reason, Message: message}
	}
	ended := func(code int32, reason, message string) {
		status.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason, Message: message,
			StartedAt: since, FinishedAt: since}
	}
	switch one.fault {
	case imageNotFound:
		waiting("ImagePullBackOff", "Back-off pulling image \""+one.image()+"\": ErrImagePull: "+one.pullError())
		return status
	case configMapMissing:
		waiting("CreateContainerConfigError", one.mapMissing())
		return status
	case crashLoop:
		status.RestartCount = restarts
		waiting("CrashLoopBackOff", one.backOff(i))
		ended(1, "Error", crashWords)
	case outOfMemory:
		status.RestartCount = restarts
		waiting("CrashLoopBackOff", one.backOff(i))
		ended(137, "OOMKilled", "")
	case readinessFails:
		started = true
		status.State.Running = &corev1.ContainerStateRunning{StartedAt: since}
	case healthy, selectorMatchesNothing:
		status.State.Running = &corev1.ContainerStateRunning{StartedAt: since}
		if one.serial(i)%restartedOnceIn == restartedOnceIn-1 {
			status.RestartCount = 1
			ended(1, "Error", "")
		}
	case cpuUnschedulable:
	}
	status.ImageID = "registry.example/" + one.name + "@sha256:" + digest(one.image())
	status.ContainerID = "containerd://" + digest(one.podName(i))
	return status
}

func (w world) noRoom() string {
	return fmt.Sprintf("0/%[1]d nodes are available: %[1]d Insufficient cpu. "+
		"preemption: 0/%[1]d nodes are available: %[1]d Preemption is not helpful for scheduling.", w.nodes)
}

func (one workload) pullError() string {
	return fmt.Sprintf("failed to pull and unpack image %[1]q: failed to resolve reference %[1]q: %[2]s: not found", one.image(), one.image())
}

func (one workload) mapMissing() string {
	return fmt.Sprintf("configmap %q not found", one.name+"-settings")
}

func (one workload) backOff(i int) string {
	return fmt.Sprintf("back-off 5m0s restarting failed container=main pod=%s_%s", one.podName(i), one.namespace)
}

// scaledUp is the event of a rollout. It is no fault: every workload has one.
func (one workload) scaledUp(owner *appsv1.Deployment) *corev1.Event {
	about := corev1.ObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Namespace: one.namespace, Name: one.name, UID: owner.UID}
	message := fmt.Sprintf("Scaled up replica set %s from 0 to %d", one.setName(), one.replicas)
	return event(about, owner.CreationTimestamp, corev1.EventTypeNormal, "ScalingReplicaSet", message, "deployment-controller", 1)
}

// podEvents are the complaints of kubelet and scheduler about one pod.
func (w world) podEvents(one workload, pod *corev1.Pod) []*corev1.Event {
	about := corev1.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID}
	if one.fault != cpuUnschedulable {
		about.FieldPath = "spec.containers{main}"
	}
	warn := func(reason, message string, count int32) *corev1.Event {
		return event(about, pod.CreationTimestamp, corev1.EventTypeWarning, reason, message, "kubelet", count)
	}
	switch one.fault {
	case imageNotFound:
		return []*corev1.Event{
			warn("Failed", fmt.Sprintf("Failed to pull image %q: %s", one.image(), one.pullError()), 9),
			warn("BackOff", fmt.Sprintf("Back-off pulling image %q", one.image()), 160),
		}
	case crashLoop, outOfMemory:
		message := fmt.Sprintf("Back-off restarting failed container main in pod %s_%s(%s)", pod.Name, pod.Namespace, pod.UID)
		return []*corev1.Event{warn("BackOff", message, 150)}
	case configMapMissing:
		return []*corev1.Event{warn("Failed", "Error: "+one.mapMissing(), 180)}
	case cpuUnschedulable:
		return []*corev1.Event{event(about, pod.CreationTimestamp, corev1.EventTypeWarning, "FailedScheduling", w.noRoom(), "default-scheduler", 8)}
	case readinessFails:
		return []*corev1.Event{warn("Unhealthy", probeWords, 240)}
	case healthy, selectorMatchesNothing:
	}
	return nil
}

func event(about corev1.ObjectReference, since metav1.Time, kind, reason, message, source string, count int32) *corev1.Event {
	return &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Name: about.Name + "." + letters(12, about.Name, reason), Namespace: about.Namespace},
		InvolvedObject: about, Type: kind, Reason: reason, Message: message, Count: count,
		FirstTimestamp: since, LastTimestamp: since,
		Source: corev1.EventSource{Component: source}, ReportingController: source,
	}
}
