package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const readerRole = "assent-test-reader"

// Groups that tests add by CRD or aggregation after the role is made, and that the reader must see too.
var laterGroups = []string{"gateway.networking.k8s.io", "metrics.k8s.io"}

// writeKubeconfig makes a self-contained kubeconfig, keys within, and returns its path.
func writeKubeconfig(folder, name, server string, ca []byte, user pair) (string, error) {
	config := clientcmdapi.NewConfig()
	config.Clusters["assent-test"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificateData: user.certificate, ClientKeyData: user.key}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: "assent-test", AuthInfo: name}
	config.CurrentContext = name
	path := filepath.Join(folder, name+".kubeconfig")
	return path, clientcmd.WriteToFile(*config, path)
}

// connect reads a kubeconfig into a client that is not slowed down by client-side limits.
func connect(kubeconfig string) (*kubernetes.Clientset, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	// Built-in kinds travel as protobuf, which costs the server a fraction of JSON.
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.UserAgent = "assent-cluster"
	config.WarningHandler = rest.NoWarnings{}
	return kubernetes.NewForConfig(config)
}

// grantReading lets the user `reader` get, list and watch every kind but secrets, and pod logs.
//
// RBAC cannot subtract, so the core group is spelled out, as the server itself lists it. Its subresources
// stay out: to "get" pods/exec or pods/proxy is to run a command or to speak to a pod.
func grantReading(ctx context.Context, client kubernetes.Interface) error {
	_, lists, err := client.Discovery().ServerGroupsAndResources()
	if err != nil {
		return fmt.Errorf("list the kinds of the server: %w", err)
	}
	byGroup := map[string]map[string]bool{}
	for _, list := range lists {
		group, _, found := strings.Cut(list.GroupVersion, "/")
		if !found {
			group = ""
		}
		for _, resource := range list.APIResources {
			subresource := strings.Contains(resource.Name, "/")
			readable := slices.Contains(resource.Verbs, "get") || slices.Contains(resource.Verbs, "list")
			if subresource || !readable || (group == "" && resource.Name == "secrets") {
				continue
			}
			if byGroup[group] == nil {
				byGroup[group] = map[string]bool{}
			}
			byGroup[group][resource.Name] = true
		}
	}
	byGroup[""]["pods/log"] = true
	for _, group := range laterGroups {
		byGroup[group] = map[string]bool{"*": true}
	}
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: readerRole}}
	for _, group := range sorted(byGroup) {
		role.Rules = append(role.Rules, rbacv1.PolicyRule{
			APIGroups: []string{group},
			Resources: sorted(byGroup[group]),
			Verbs:     []string{"get", "list", "watch"},
		})
	}
	if _, err := client.RbacV1().ClusterRoles().Create(ctx, role, metav1.CreateOptions{}); err != nil {
		return err
	}
	_, err = client.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: readerRole},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: readerRole},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "reader"}},
	}, metav1.CreateOptions{})
	return err
}

func sorted[V any](set map[string]V) []string {
	return slices.Sorted(maps.Keys(set))
}
