//! Where an import that is in no root can be had.

/// Folders of imports, and the module of the Buf registry that holds them; the first that fits.
const MODULES: [(&str, &str); 13] = [
    ("buf/validate/", "buf.build/bufbuild/protovalidate"),
    ("validate/", "buf.build/envoyproxy/protoc-gen-validate"),
    ("grpc/", "buf.build/grpc/grpc"),
    (
        "protoc-gen-openapiv2/",
        "buf.build/grpc-ecosystem/grpc-gateway",
    ),
    ("gogoproto/", "buf.build/gogo/protobuf"),
    ("envoy/", "buf.build/envoyproxy/envoy"),
    ("xds/", "buf.build/cncf/xds"),
    ("udpa/", "buf.build/cncf/xds"),
    ("opentelemetry/", "buf.build/opentelemetry/opentelemetry"),
    ("gnostic/", "buf.build/gnostic/gnostic"),
    ("opencensus/", "buf.build/opencensus/opencensus"),
    (
        "google/protobuf/",
        "buf.build/protocolbuffers/wellknowntypes",
    ),
    ("google/", "buf.build/googleapis/googleapis"),
];

/// What to do about an import that is below none of `roots` (as shown to the user).
pub(super) fn remedy(import: &str, roots: &[String]) -> String {
    let searched = roots.join(", ");
    let module = MODULES
        .iter()
        .find(|(folder, _)| import.starts_with(folder))
        .map(|(_, module)| *module);
    match module {
        Some(module) => format!(
            "it is part of {module}, and name {module} under `deps` in buf.yaml and run `buf dep update`, and buf fetches it (or run `buf build -o truth.binpb` there and name truth.binpb as the truth); or keep a copy of the file below an import root (searched: {searched})"
        ),
        None => format!(
            "imports are searched below: {searched}; name the directory that imports begin at (a buf.yaml there settles it), or run `buf build -o truth.binpb` and name truth.binpb as the truth"
        ),
    }
}

/// The same for a module with `deps`, where there is no `buf` to fetch them.
pub(super) fn remedy_without_buf(import: &str, deps: &[String]) -> String {
    let known = MODULES
        .iter()
        .find(|(folder, _)| import.starts_with(folder))
        .map(|(_, module)| *module)
        .filter(|module| deps.iter().any(|dep| dep.starts_with(module)));
    let whose = match (known, deps) {
        (Some(module), _) => format!("it is part of {module}"),
        (None, [only]) => format!("it must be part of {only}"),
        (None, deps) => format!("it must be part of one of {}", deps.join(", ")),
    };
    format!(
        "{whose}, which buf.yaml depends on, and dependencies are fetched by buf, which is not on PATH: install it (https://buf.build/docs/cli/installation), or run `buf build -o truth.binpb` where it is installed and name truth.binpb as the truth"
    )
}

/// The same for a module that `buf` compiles, and with it what `buf.yaml` depends on.
pub(super) fn remedy_for_buf(import: &str, roots: &[String], deps: &[String]) -> String {
    let searched = roots.join(", ");
    let module = MODULES
        .iter()
        .find(|(folder, _)| import.starts_with(folder));
    match module {
        Some((_, module)) => format!(
            "it is part of {module}: name that under `deps` in buf.yaml and run `buf dep update`, or keep a copy of the file below an import root (searched: {searched})"
        ),
        None if deps.is_empty() => format!(
            "imports are searched below: {searched}, and in the `deps` of a buf.yaml; name the directory that imports begin at"
        ),
        None => format!(
            "imports are searched below: {searched}, and in what buf.lock has of {}: run `buf dep update` if it is out of date, or add the module that has the file to `deps` in buf.yaml",
            deps.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{remedy, remedy_for_buf, remedy_without_buf};

    #[test]
    fn known_modules_are_named() {
        for (import, module) in [
            ("google/api/annotations.proto", "googleapis/googleapis"),
            ("google/type/money.proto", "googleapis/googleapis"),
            ("buf/validate/validate.proto", "bufbuild/protovalidate"),
            ("validate/validate.proto", "envoyproxy/protoc-gen-validate"),
            ("grpc/health/v1/health.proto", "grpc/grpc"),
        ] {
            let help = remedy(import, &["proto".to_owned()]);
            assert!(help.contains(&format!("buf.build/{module} ")), "{help}");
            assert!(help.contains("buf build -o truth.binpb"), "{help}");
        }
        let help = remedy_for_buf("google/api/http.proto", &["p".to_owned()], &[]);
        assert!(
            help.contains("googleapis:") && help.contains("buf dep update"),
            "{help}"
        );
        let deps = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let help = remedy_without_buf(
            "google/api/http.proto",
            &deps(&["buf.build/acme/a", "buf.build/googleapis/googleapis:v1"]),
        );
        assert!(
            help.starts_with("it is part of buf.build/googleapis/googleapis,"),
            "{help}"
        );
        let help = remedy_without_buf("acme/x.proto", &deps(&["buf.build/acme/a"]));
        assert!(
            help.contains("must be part of buf.build/acme/a,") && help.contains("install"),
            "{help}"
        );
        let help = remedy("acme/x.proto", &["proto".to_owned(), "api".to_owned()]);
        assert!(
            help.contains("proto, api") && !help.contains("buf.build/"),
            "{help}"
        );
    }
}
