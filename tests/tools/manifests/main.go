// Reads Kubernetes manifests as strictly as an API server with field validation does: each document
// is decoded into the Go type of its kind, and a field that the type does not have is an error.
// An AnalysisTemplate is also held to Argo Rollouts' own validation of metrics. Prints one line per
// object; the exit code is 1 when a document is wrong, or when a file holds none.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/argoproj/argo-rollouts/utils/analysis"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

func main() {
	known := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(known); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	decoder := serializer.NewCodecFactory(known, serializer.EnableStrict).UniversalDeserializer()
	failed := false
	for _, path := range os.Args[1:] {
		objects, err := read(path, decoder)
		for _, object := range objects {
			fmt.Printf("%s: %s\n", path, object)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			failed = true
		}
	}
	if failed || len(os.Args) < 2 {
		os.Exit(1)
	}
}

// read decodes every document of a file, and names what it held up to the first mistake.
func read(path string, decoder runtime.Decoder) ([]string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var objects []string
	documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return objects, err
		}
		object, kind, err := decoder.Decode(document, nil, nil)
		if err != nil {
			return objects, err
		}
		if template, ok := object.(*v1alpha1.AnalysisTemplate); ok {
			if err := analysis.ValidateMetrics(template.Spec.Metrics); err != nil {
				return objects, err
			}
		}
		objects = append(objects, kind.GroupVersion().String()+" "+kind.Kind)
	}
	if len(objects) == 0 {
		return nil, errors.New("holds no object")
	}
	return objects, nil
}
