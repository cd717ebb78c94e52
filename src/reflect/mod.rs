//! A channel → the descriptors that the server reports, by gRPC server reflection.
//!
//! [`read`] is the entry: it lists the services, asks for the file of each, and fetches imports
//! until nothing is missing. Servers differ a lot in what they answer (see `session.rs` and
//! `collect.rs`); all of them end as descriptors or as a [`ReflectError`], within [`Limits`]. The
//! caller sets the deadline.

mod collect;
mod enable;
mod plain_http;
mod session;

use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use crate::core::observation::{LiveDescriptors, Reason, ReasonKind};
use collect::Collection;
use session::{Session, Version};

/// Caps on what one server may send. Every answer is untrusted.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of one answer. gRPC's usual default of 4 MiB is too small for a large closure.
    pub message_bytes: usize,
    /// Bytes of all descriptors together, each counted once; repeats have a wider limit.
    pub total_bytes: usize,
    /// Files.
    pub files: usize,
    /// Listed services.
    pub services: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 64 << 20,
            total_bytes: 256 << 20,
            files: 20_000,
            services: 10_000,
        }
    }
}

/// Bytes of a service's name, beyond which it is not asked for.
const MAX_NAME: usize = 1000;

/// Words of a server, cut: it must not fill the report.
fn brief(text: &str) -> String {
    const MOST: usize = 300;
    let mut chars = text.chars();
    let mut kept: String = chars.by_ref().take(MOST).collect();
    if chars.next().is_some() {
        kept.push('…');
    }
    kept
}

/// Why no descriptors could be read.
#[derive(Debug, thiserror::Error)]
pub enum ReflectError {
    /// The server speaks gRPC or HTTP/2, and has no reflection service.
    #[error("the server has no reflection service")]
    NoReflection,
    /// The call failed; the caller knows the connection, and can say more.
    #[error("{0}")]
    Call(Box<Status>),
    /// A limit was reached.
    #[error("{0}")]
    TooLarge(String),
    /// The answer makes no sense.
    #[error("{0}")]
    Invalid(String),
}

impl ReflectError {
    fn call(status: Status) -> Self {
        let text = status.message();
        if text.contains("message length too large") || text.contains("Error decompressing: size") {
            return Self::TooLarge(format!("an answer is too large: {}", brief(text)));
        }
        Self::Call(Box::new(status))
    }

    /// As a reason for a report; [`ReflectError::Call`] without what the connection could add.
    pub fn into_reason(self) -> Reason {
        match self {
            Self::NoReflection => Reason::new(
                ReasonKind::NoReflection,
                "the server speaks gRPC and has no reflection service (v1 and v1alpha are unimplemented)",
            )
            .with_hint(enable::HINT),
            Self::TooLarge(message) => Reason::new(ReasonKind::TooLarge, message)
                .with_hint("Check what is registered with the server's reflection; no usual schema is this large."),
            Self::Invalid(message) => Reason::new(ReasonKind::InvalidDescriptors, message),
            Self::Call(status) => call_reason(&status),
        }
    }
}

fn call_reason(status: &Status) -> Reason {
    let text = brief(status.message());
    match status.code() {
        Code::Unauthenticated | Code::PermissionDenied => Reason::new(
            ReasonKind::Unauthenticated,
            format!("reflection is refused without credentials ({:?}: {text})", status.code()),
        )
        .with_hint("Send them with -H 'authorization: Bearer …', or a client certificate with --cert and --key."),
        code => Reason::new(ReasonKind::Other, format!("reflection failed ({code:?}: {text})")),
    }
}

/// Reads the descriptors of every listed service that `include` admits.
///
/// # Errors
/// [`ReflectError`], if nothing could be read. A single service or import that does not resolve is
/// no error: it is named in the result.
pub async fn read(
    channel: Channel,
    headers: &MetadataMap,
    limits: Limits,
    include: &(dyn Fn(&str) -> bool + Send + Sync),
) -> Result<LiveDescriptors, ReflectError> {
    let (mut session, services) = list(channel, headers, limits).await?;
    let services: Vec<String> = services.into_iter().filter(|name| include(name)).collect();
    let mut collection = Collection::new(limits);
    let (services, absurd): (Vec<String>, Vec<String>) = services
        .into_iter()
        .partition(|name| name.len() <= MAX_NAME);
    let mut unresolved: Vec<(String, String)> = absurd
        .iter()
        .map(|name| (brief(name), "the name is too long".to_owned()))
        .collect();
    for service in &services {
        if collection.declares(service) {
            continue;
        }
        match session
            .ask(MessageRequest::FileContainingSymbol(service.clone()))
            .await
        {
            Ok(MessageResponse::FileDescriptorResponse(answer)) => {
                if collection.add(answer.file_descriptor_proto)? {
                    session.renew();
                }
                if !collection.declares(service) {
                    unresolved.push((
                        service.clone(),
                        "the server's answer does not declare it".to_owned(),
                    ));
                }
            }
            Ok(MessageResponse::ErrorResponse(error)) => {
                unresolved.push((service.clone(), brief(&error.error_message)));
            }
            Ok(_) => {
                return Err(ReflectError::Invalid(format!(
                    "the answer about `{service}` is of another kind"
                )));
            }
            // tonic ends the whole stream where others answer with an error.
            Err(status) if is_about_the_symbol(&status) => {
                unresolved.push((service.clone(), brief(status.message())));
            }
            Err(status) => return Err(ReflectError::call(status)),
        }
    }
    imports(&mut session, &mut collection).await?;
    // A later answer may have brought what an earlier one lacked.
    unresolved.retain(|(service, _)| !collection.declares(service));
    let (files, notes) = collection.finish();
    Ok(LiveDescriptors {
        files,
        services,
        unresolved,
        notes,
    })
}

/// Fetches missing imports until none is left; one that does not resolve is noted.
async fn imports(session: &mut Session, collection: &mut Collection) -> Result<(), ReflectError> {
    while let Some(name) = collection.next_import() {
        match session
            .ask(MessageRequest::FileByFilename(name.clone()))
            .await
        {
            Ok(MessageResponse::FileDescriptorResponse(answer)) => {
                if collection.add(answer.file_descriptor_proto)? {
                    session.renew();
                }
            }
            Ok(MessageResponse::ErrorResponse(error)) => {
                collection.lacks(&name, &error.error_message);
            }
            Ok(_) => {
                return Err(ReflectError::Invalid(format!(
                    "the answer about the file `{}` is of another kind",
                    brief(&name)
                )));
            }
            Err(status) if is_about_the_symbol(&status) => {
                collection.lacks(&name, status.message());
            }
            Err(status) => return Err(ReflectError::call(status)),
        }
    }
    Ok(())
}

/// Whether a status that ended the stream is about what was asked, not about the connection.
fn is_about_the_symbol(status: &Status) -> bool {
    matches!(status.code(), Code::NotFound | Code::InvalidArgument)
}

/// Lists the services by v1, or by v1alpha where v1 does not answer.
async fn list(
    channel: Channel,
    headers: &MetadataMap,
    limits: Limits,
) -> Result<(Session, Vec<String>), ReflectError> {
    let mut first = None;
    for version in [Version::V1, Version::V1Alpha] {
        let mut session = Session::new(
            channel.clone(),
            version,
            headers.clone(),
            limits.message_bytes,
        );
        match session
            .ask(MessageRequest::ListServices(String::new()))
            .await
        {
            Ok(MessageResponse::ListServicesResponse(answer)) => {
                if answer.service.len() > limits.services {
                    return Err(ReflectError::TooLarge(format!(
                        "the server lists {} services; at most {} are read",
                        answer.service.len(),
                        limits.services
                    )));
                }
                let mut names: Vec<String> = answer
                    .service
                    .into_iter()
                    .map(|service| service.name)
                    .filter(|name| !name.starts_with("grpc.reflection."))
                    .collect();
                names.sort();
                names.dedup();
                return Ok((session, names));
            }
            Ok(MessageResponse::ErrorResponse(error)) => {
                first.get_or_insert(Status::unknown(brief(&error.error_message)));
            }
            Ok(_) => {
                return Err(ReflectError::Invalid(
                    "the answer to the list of services is of another kind".to_owned(),
                ));
            }
            // Proxies answer all sorts of codes to a service that they don't know.
            Err(status) => {
                let keep = first
                    .as_ref()
                    .is_none_or(|known: &Status| known.code() == Code::Unimplemented);
                if keep {
                    first = Some(status);
                }
            }
        }
    }
    match first {
        Some(status) if status.code() == Code::Unimplemented => Err(ReflectError::NoReflection),
        Some(status) => Err(ReflectError::call(status)),
        None => Err(ReflectError::NoReflection),
    }
}
