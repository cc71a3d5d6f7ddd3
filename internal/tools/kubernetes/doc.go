// Package kubernetes has the tests of samples/kubernetes: the manifests are built by kustomize, decoded strictly into
// Kubernetes' own types, and their command lines are carried out.
package kubernetes
