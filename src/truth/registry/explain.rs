//! What went wrong with a module of a registry, and what to do: `buf`'s own words first, then the
//! remedy for this kind of failure.

use crate::core::source::ModuleRef;

use super::super::buf_failure::Failure;
use super::super::buf_tool::{Runner, Stopped, Version};
use super::super::{Buf, TruthError, buf_build};

/// What a remedy ends in when a module must be had without `buf` or the registry.
const BY_HAND: &str = "or name a file that `buf build MODULE -o truth.binpb` made elsewhere";

/// One module and the `buf` that fetches it.
pub(super) struct Call<'a> {
    pub(super) module: &'a ModuleRef,
    pub(super) runner: Runner,
    pub(super) buf: &'a Buf,
}

pub(super) fn no_buf(module: &ModuleRef) -> TruthError {
    wrong(
        module,
        "modules of a registry are fetched by buf, which is not on PATH",
        format!("install buf (https://buf.build/docs/cli/installation), {BY_HAND}"),
    )
}

pub(super) fn wrong_buf(module: &ModuleRef, message: &str) -> TruthError {
    wrong(
        module,
        format!("modules of a registry are fetched by buf, and {message}"),
        "let PATH or PROTODIFF_BUF lead to Buf's command: `buf --version`".to_owned(),
    )
}

pub(super) fn too_old(
    module: &ModuleRef,
    runner: &Runner,
    found: Version,
    needed: Version,
) -> TruthError {
    wrong(
        module,
        format!("{runner} is buf {found}, and fetching a module takes {needed} or newer"),
        "install a newer one (https://buf.build/docs/cli/installation), and let PATH or PROTODIFF_BUF lead to it".to_owned(),
    )
}

pub(super) fn late(module: &ModuleRef) -> TruthError {
    wrong(
        module,
        "the time was over before its turn came",
        "see why the modules before it took so long, or allow more time with --timeout".to_owned(),
    )
}

fn wrong(module: &ModuleRef, message: impl Into<String>, help: String) -> TruthError {
    TruthError::Registry {
        module: module.to_string(),
        message: message.into(),
        help,
    }
}

impl Call<'_> {
    pub(super) fn wrong(&self, message: impl Into<String>, help: impl Into<String>) -> TruthError {
        wrong(self.module, message, help.into())
    }

    pub(super) fn no_commit(&self, said: &str) -> TruthError {
        let said = buf_build::said(said, "nothing");
        self.wrong(
            format!("{} resolved it to no commit: {said}", self.runner),
            "let PATH or PROTODIFF_BUF lead to Buf's command: `buf --version`",
        )
    }

    pub(super) fn empty_image(&self) -> TruthError {
        self.wrong(
            format!(
                "{} built an image without a file of the module",
                self.runner
            ),
            format!("see what `buf build {} -o -` prints", self.module),
        )
    }

    pub(super) fn stopped(&self, stopped: Stopped) -> TruthError {
        let host = &self.module.host;
        match stopped {
            Stopped::NotRun(cause) => self.wrong(
                format!("{} could not be run: {cause}", self.runner),
                "let PATH or PROTODIFF_BUF lead to Buf's command: `buf --version`",
            ),
            Stopped::Deadline(allowed) => self.wrong(
                format!(
                    "{host} did not answer buf within {}",
                    humantime::format_duration(allowed)
                ),
                format!(
                    "check that {host} can be reached from here, and allow more time with --timeout; {BY_HAND}"
                ),
            ),
            Stopped::TooLarge(cap) => self.wrong(
                format!("its image is larger than {} MiB", cap >> 20),
                "name a smaller module: the one that the services belong to",
            ),
            Stopped::Failed { status, stderr } => {
                let said = buf_build::said(&stderr, &status.to_string());
                self.failed(&said)
            }
        }
    }

    fn failed(&self, said: &str) -> TruthError {
        self.wrong(said, self.remedy(Failure::of(said)))
    }

    fn remedy(&self, failure: Failure) -> String {
        let ModuleRef { host, .. } = self.module;
        let name = self.module.name();
        match failure {
            Failure::Unauthenticated => self.token(),
            Failure::Forbidden => format!("use a token of a user or bot that may read {name}"),
            Failure::NotFound => match &self.module.reference {
                Some(reference) => format!(
                    "check that {name} has a label or commit `{reference}`: `buf registry module label list {name}`; a private module without a valid token in BUF_TOKEN looks the same"
                ),
                None => format!(
                    "check the name: `buf registry module info {name}`; a private module without a valid token in BUF_TOKEN looks the same"
                ),
            },
            Failure::Unreachable => format!(
                "check that {host} is the registry's name and can be reached from here (a proxy is taken from HTTPS_PROXY); {BY_HAND}"
            ),
            Failure::Damaged => {
                "what the registry sent is not what it promised; try again, and tell its operator if it lasts".to_owned()
            }
            Failure::Other => format!("see what `buf build {}` says", self.module),
        }
    }

    /// What to do about a missing or refused token. Its value is shown nowhere.
    fn token(&self) -> String {
        let host = &self.module.host;
        let environment = self.buf.environment();
        if environment.has_token_for(host, self.buf.trusted()) {
            format!(
                "the registry {host} refused the token in BUF_TOKEN (or BSR_TOKEN): it may have expired, or belong to another registry; make a new one in the registry's user settings"
            )
        } else if environment.has_token() {
            format!(
                "the token is sent only to registries that the command line or the configuration names; write it as TOKEN@{host} in BUF_TOKEN to send it there"
            )
        } else {
            "set BUF_TOKEN to a token of the registry's user settings; in CI, from a secret"
                .to_owned()
        }
    }
}
