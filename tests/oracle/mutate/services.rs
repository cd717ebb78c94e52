//! Services and methods.

use buffa_descriptor::generated::descriptor::method_options::IdempotencyLevel;
use buffa_descriptor::generated::descriptor::{MethodDescriptorProto, ServiceDescriptorProto};

use super::Mutations;
use crate::set::{Set, within};

pub(super) fn collect(set: &Set, to: &mut Mutations) {
    for (file, descriptor) in set.iter().enumerate() {
        for (index, service) in descriptor.service.iter().enumerate() {
            let name = within(descriptor, service.name.as_deref());
            to.add("delete-service", &name, move |set| {
                set[file].service.remove(index);
            });
            to.add("rename-service", &name, move |set| {
                set[file].service[index].name = Some("RenamedHere".to_owned());
            });
            to.add("deprecate-service", &name, move |set| {
                let options = &mut set[file].service[index].options;
                options.get_or_insert_default().deprecated = Some(true);
            });
            if service.method.len() > 1 {
                to.neutral("reorder-methods", &name, move |set| {
                    set[file].service[index].method.reverse();
                });
            }
            methods(set, (file, index), service, &name, to);
        }
        let name = descriptor.name.clone().unwrap();
        let message = descriptor.message_type.first();
        if let Some(message) = message {
            let input = Some(format!(".{}", within(descriptor, message.name.as_deref())));
            to.add("add-service", name, move |set| {
                set[file].service.push(ServiceDescriptorProto {
                    name: Some("AddedHere".to_owned()),
                    method: vec![MethodDescriptorProto {
                        name: Some("Call".to_owned()),
                        input_type: input.clone(),
                        output_type: input.clone(),
                        ..Default::default()
                    }],
                    ..Default::default()
                });
            });
        }
    }
}

fn methods(
    set: &Set,
    (file, index): (usize, usize),
    service: &ServiceDescriptorProto,
    name: &str,
    to: &mut Mutations,
) {
    let types: Vec<String> = set[file]
        .message_type
        .iter()
        .map(|message| format!(".{}", within(&set[file], message.name.as_deref())))
        .collect();
    for (at, method) in service.method.iter().enumerate() {
        let place = format!("{name}/{}", method.name.as_deref().unwrap());
        let mut on = |kind: &str, change: Box<dyn Fn(&mut MethodDescriptorProto) + Send + Sync>| {
            to.add(kind, &place, move |set| {
                change(&mut set[file].service[index].method[at]);
            });
        };
        on(
            "rename-method",
            Box::new(|method| method.name = Some("RenamedHere".to_owned())),
        );
        on(
            "change-client-streaming",
            Box::new(|method| {
                method.client_streaming = Some(!method.client_streaming.unwrap_or(false));
            }),
        );
        on(
            "change-server-streaming",
            Box::new(|method| {
                method.server_streaming = Some(!method.server_streaming.unwrap_or(false));
            }),
        );
        on(
            "change-idempotency",
            Box::new(|method| {
                let options = method.options.get_or_insert_default();
                options.idempotency_level = match options.idempotency_level {
                    None => Some(IdempotencyLevel::IDEMPOTENT),
                    Some(_) => None,
                };
            }),
        );
        on(
            "deprecate-method",
            Box::new(|method| {
                let options = method.options.get_or_insert_default();
                options.deprecated = Some(!options.deprecated.unwrap_or(false));
            }),
        );
        for other in &types {
            if method.input_type.as_ref() != Some(other) {
                let other = other.clone();
                on(
                    "change-request-type",
                    Box::new(move |method| method.input_type = Some(other.clone())),
                );
            }
            if method.output_type.as_ref() != Some(other) {
                let other = other.clone();
                on(
                    "change-response-type",
                    Box::new(move |method| method.output_type = Some(other.clone())),
                );
            }
        }
        to.add("delete-method", &place, move |set| {
            set[file].service[index].method.remove(at);
        });
    }
}
