//! How to switch reflection on, one line per language.

/// Advice for a server without reflection.
pub(super) const HINT: &str = "\
Enable server reflection:
  Go      reflection.Register(server)                                  // google.golang.org/grpc/reflection
  Connect mux.Handle(grpcreflect.NewHandlerV1(reflector))              // connectrpc.com/grpcreflect
  Java    builder.addService(ProtoReflectionServiceV1.newInstance())   // io.grpc:grpc-services
  Python  reflection.enable_server_reflection(service_names, server)   # grpcio-reflection
  Node    new ReflectionService(packageDefinition).addToServer(server) // @grpc/reflection
  Rust    .add_service(reflection::Builder::configure().register_encoded_file_descriptor_set(SET).build_v1()?)  // tonic-reflection
  C++     grpc::reflection::InitProtoReflectionServerBuilderPlugin();  // libgrpc++_reflection
  C#      app.MapGrpcReflectionService();                              // Grpc.AspNetCore.Server.Reflection";
