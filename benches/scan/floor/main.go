// Command floor asks gRPC servers for their descriptors by reflection and does nothing with them:
// what reading so many servers costs at least. The addresses are its arguments.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	reflection "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// concurrency is protodiff's default.
const concurrency = 16

// summary is what main prints, so that a caller can see that the work was done.
type summary struct {
	Pods     int    `json:"pods"`
	Services int    `json:"services"`
	Files    int    `json:"files"`
	Bytes    int    `json:"bytes"`
	Version  string `json:"version"`
}

type answer struct {
	services, files, bytes int
	err                    error
}

func main() {
	log.SetFlags(0)
	addresses := os.Args[1:]
	answers := make([]answer, len(addresses))
	slots := make(chan struct{}, concurrency)
	var all sync.WaitGroup
	for i, address := range addresses {
		slots <- struct{}{}
		all.Go(func() {
			answers[i] = ask(address)
			<-slots
		})
	}
	all.Wait()
	total := summary{Version: "grpc-go " + grpc.Version + ", " + runtime.Version()}
	for i, one := range answers {
		if one.err != nil {
			log.Fatalf("%s: %v", addresses[i], one.err)
		}
		total.Pods++
		total.Services += one.services
		total.Files += one.files
		total.Bytes += one.bytes
	}
	if err := json.NewEncoder(os.Stdout).Encode(total); err != nil {
		log.Fatal(err)
	}
}

// ask lists the services of one server, fetches the file of each, and then the imports that did not
// come along.
func ask(address string) answer {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	connection, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return answer{err: err}
	}
	defer connection.Close()
	stream, err := reflection.NewServerReflectionClient(connection).ServerReflectionInfo(ctx)
	if err != nil {
		return answer{err: err}
	}
	session := session{stream: stream, files: map[string]int{}}
	services, err := session.read()
	if err != nil {
		return answer{err: err}
	}
	result := answer{services: services, files: len(session.files)}
	for _, size := range session.files {
		result.bytes += size
	}
	return result
}

type session struct {
	stream  reflection.ServerReflection_ServerReflectionInfoClient
	files   map[string]int
	imports []string
}

func (s *session) read() (int, error) {
	list, err := s.exchange(&reflection.ServerReflectionRequest{
		MessageRequest: &reflection.ServerReflectionRequest_ListServices{},
	})
	if err != nil {
		return 0, err
	}
	services := 0
	for _, service := range list.GetListServicesResponse().GetService() {
		if strings.HasPrefix(service.GetName(), "grpc.reflection.") {
			continue
		}
		services++
		err := s.fetch(&reflection.ServerReflectionRequest{
			MessageRequest: &reflection.ServerReflectionRequest_FileContainingSymbol{
				FileContainingSymbol: service.GetName(),
			},
		})
		if err != nil {
			return 0, err
		}
	}
	for len(s.imports) > 0 {
		name := s.imports[0]
		s.imports = s.imports[1:]
		if _, known := s.files[name]; known {
			continue
		}
		err := s.fetch(&reflection.ServerReflectionRequest{
			MessageRequest: &reflection.ServerReflectionRequest_FileByFilename{FileByFilename: name},
		})
		if err != nil {
			return 0, err
		}
	}
	return services, nil
}

func (s *session) fetch(request *reflection.ServerReflectionRequest) error {
	response, err := s.exchange(request)
	if err != nil {
		return err
	}
	if refusal := response.GetErrorResponse(); refusal != nil {
		return fmt.Errorf("%v: %s", request, refusal.GetErrorMessage())
	}
	for _, bytes := range response.GetFileDescriptorResponse().GetFileDescriptorProto() {
		file := &descriptorpb.FileDescriptorProto{}
		if err := proto.Unmarshal(bytes, file); err != nil {
			return err
		}
		s.files[file.GetName()] = len(bytes)
		s.imports = append(s.imports, file.GetDependency()...)
	}
	return nil
}

func (s *session) exchange(request *reflection.ServerReflectionRequest) (*reflection.ServerReflectionResponse, error) {
	if err := s.stream.Send(request); err != nil {
		return nil, err
	}
	return s.stream.Recv()
}
