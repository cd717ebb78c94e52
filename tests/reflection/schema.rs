//! The shop module as a server would know it, and the answers of a server that behaves.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, MethodDescriptorProto,
    ServiceDescriptorProto,
};
use protodiff::core::source::Source;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{FileDescriptorResponse, ListServiceResponse, ServiceResponse};

use crate::scripted::{Act, not_found};
use crate::{ORDERS, PAYMENTS};

/// Files by name, and the services that are registered.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) files: BTreeMap<String, FileDescriptorProto>,
    pub(crate) listed: Vec<String>,
}

static SHOP: LazyLock<Shop> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/modules/shop");
    Shop::load(Path::new(folder), &[ORDERS, PAYMENTS])
});

impl Shop {
    pub(crate) fn new() -> Self {
        SHOP.clone()
    }

    /// Another module, and what is registered of it.
    pub(crate) fn load(folder: &Path, listed: &[&str]) -> Self {
        let truth = protodiff::truth::load(&Source::Directory(folder.to_owned())).unwrap();
        let files = truth.files.iter().map(|file| {
            let mut file = FileDescriptorProto::decode(file.bytes.as_ref()).unwrap();
            file.source_code_info = None;
            (file.name().to_owned(), file)
        });
        Self {
            files: files.collect(),
            listed: listed.iter().map(ToString::to_string).collect(),
        }
    }

    /// All its files, serialised.
    pub(crate) fn files(&self) -> Vec<Vec<u8>> {
        self.files
            .values()
            .map(FileDescriptorProto::encode_to_vec)
            .collect()
    }

    /// One of its files, to be changed.
    pub(crate) fn file(&mut self, name: &str) -> &mut FileDescriptorProto {
        self.files.get_mut(name).unwrap()
    }

    /// The file of orders.
    pub(crate) fn orders(&mut self) -> &mut FileDescriptorProto {
        self.file("shop/orders/v1/orders.proto")
    }

    /// A message of the orders file.
    pub(crate) fn message(&mut self, name: &str) -> &mut DescriptorProto {
        let messages = &mut self.orders().message_type;
        messages.iter_mut().find(|m| m.name() == name).unwrap()
    }

    /// Takes away a method that clients know: a finding that must stand, whatever else is wrong.
    pub(crate) fn without_watch(mut self) -> Self {
        self.orders().service[0]
            .method
            .retain(|m| m.name() != "Watch");
        self
    }

    pub(crate) fn list(&self) -> MessageResponse {
        list(self.listed.iter().cloned())
    }

    /// The file that declares a service.
    pub(crate) fn declaring(&self, symbol: &str) -> Option<&FileDescriptorProto> {
        self.files.values().find(|file| {
            let mut services = file.service.iter();
            services.any(|service| format!("{}.{}", file.package(), service.name()) == symbol)
        })
    }

    /// A file with all that it imports.
    pub(crate) fn closure(&self, file: &FileDescriptorProto) -> Vec<FileDescriptorProto> {
        let mut found = vec![file.clone()];
        let mut next = 0;
        while next < found.len() {
            for import in found[next].dependency.clone() {
                let known = found.iter().any(|file| file.name() == import);
                if let Some(file) = self.files.get(&import).filter(|_| !known) {
                    found.push(file.clone());
                }
            }
            next += 1;
        }
        found
    }

    /// Answers one file at a time, as tonic does.
    pub(crate) fn answer(&self, question: &MessageRequest) -> Act {
        let found = match question {
            MessageRequest::ListServices(_) => return Act::Answer(self.list()),
            MessageRequest::FileContainingSymbol(symbol) => self.declaring(symbol),
            MessageRequest::FileByFilename(name) => self.files.get(name),
            _ => None,
        };
        Act::Answer(found.map_or_else(
            || not_found("no such thing"),
            |file| files(std::slice::from_ref(file)),
        ))
    }
}

/// The list of services.
pub(crate) fn list(names: impl IntoIterator<Item = String>) -> MessageResponse {
    MessageResponse::ListServicesResponse(ListServiceResponse {
        service: names
            .into_iter()
            .map(|name| ServiceResponse { name })
            .collect(),
    })
}

/// Serialised files.
pub(crate) fn files(files: &[FileDescriptorProto]) -> MessageResponse {
    raw(files.iter().map(prost::Message::encode_to_vec).collect())
}

/// Whatever bytes, as files.
pub(crate) fn raw(files: Vec<Vec<u8>>) -> MessageResponse {
    MessageResponse::FileDescriptorResponse(FileDescriptorResponse {
        file_descriptor_proto: files,
    })
}

/// A field with a type, as `protoc` would write it.
pub(crate) fn field(name: &str, number: i32, kind: Type, of: Option<&str>) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional as i32),
        r#type: Some(kind as i32),
        type_name: of.map(ToOwned::to_owned),
        ..FieldDescriptorProto::default()
    }
}

/// A message with fields.
pub(crate) fn message(name: &str, field: Vec<FieldDescriptorProto>) -> DescriptorProto {
    DescriptorProto {
        name: Some(name.to_owned()),
        field,
        ..DescriptorProto::default()
    }
}

/// A service whose only method takes and gives one message.
pub(crate) fn service(name: &str, method: &str, of: &str) -> ServiceDescriptorProto {
    ServiceDescriptorProto {
        name: Some(name.to_owned()),
        method: vec![MethodDescriptorProto {
            name: Some(method.to_owned()),
            input_type: Some(of.to_owned()),
            output_type: Some(of.to_owned()),
            ..MethodDescriptorProto::default()
        }],
        ..ServiceDescriptorProto::default()
    }
}
