//! Why a truth did not load. The text of each error names the object, then the cause;
//! [`TruthError::help`] says what to do, apart from it, so that the caller decides how to show it.

use std::io;

/// Why a truth did not load.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    /// The source is a live server or pod; the pipeline asks those by reflection.
    #[error("{source_name}: a live server is read by reflection, not from files")]
    NotLocal {
        /// The SOURCE as written.
        source_name: String,
    },
    /// A revision of a git repository names nothing that can be read.
    #[error("{source_name}: {message}")]
    Git {
        /// The SOURCE as written.
        source_name: String,
        /// What is wrong.
        message: String,
        /// What to do.
        help: String,
    },
    /// The revision is there, and has nothing at the path.
    #[error("{source_name}: {message}")]
    NotAtRevision {
        /// The SOURCE as written.
        source_name: String,
        /// What is missing where.
        message: String,
        /// What to do.
        help: String,
        /// The commit, in full.
        commit: String,
    },
    /// What another error says holds at a revision, and not in the work tree.
    #[error("{revision}: {error}")]
    At {
        /// `git:REV (COMMIT)`.
        revision: String,
        /// Its paths are those of the repository.
        error: Box<TruthError>,
    },
    /// Nothing lies at this path.
    #[error("{path}: there is no such file or directory")]
    NotFound {
        /// As shown to the user.
        path: String,
        /// What was expected there.
        expected: &'static str,
    },
    /// The operating system refused.
    #[error("{path}: cannot be read: {cause}")]
    Io {
        /// As shown to the user.
        path: String,
        /// The operating system's words.
        #[source]
        cause: io::Error,
    },
    /// It is a file where a directory was expected, or the other way round.
    #[error("{path}: {message}")]
    WrongKind {
        /// As shown to the user.
        path: String,
        /// What it is, and what was expected.
        message: &'static str,
    },
    /// No `.proto` file that belongs to the module lies there.
    #[error("{path}: holds no .proto files{detail}")]
    NoProtoFiles {
        /// As shown to the user.
        path: String,
        /// Says so if there are files, all of them excluded; empty otherwise.
        detail: String,
    },
    /// A limit on the number or size of files was reached.
    #[error("{path}: {message}")]
    TooLarge {
        /// As shown to the user.
        path: String,
        /// Which limit.
        message: String,
    },
    /// `buf.yaml` or `buf.work.yaml` is unusable.
    #[error("{place}: {message}")]
    BufConfig {
        /// `path:line:column`, or `path` alone.
        place: String,
        /// What is wrong.
        message: String,
        /// What to do.
        help: String,
    },
    /// Two roots hold files that imports cannot tell apart.
    #[error("{second}: has the same import name `{name}` as {first}")]
    DuplicateName {
        /// The name as an `import` would write it.
        name: String,
        /// Path of one.
        first: String,
        /// Path of the other.
        second: String,
    },
    /// A file does not compile.
    #[error("{place}: {message}")]
    Compile {
        /// `path:line:column`, or `path` alone where there is no position.
        place: String,
        /// The compiler's words.
        message: String,
        /// The compiler's advice, if it has any.
        help: Option<String>,
    },
    /// An import was found under no root.
    #[error("{place}: import `{import}` was not found")]
    UnresolvedImport {
        /// `path:line:column` of the import.
        place: String,
        /// As written in the file.
        import: String,
        /// Where it can be had.
        help: String,
    },
    /// A file is written in an edition, which the built-in compiler cannot read, and there is no
    /// `buf`.
    #[error("{place}: edition {edition} is compiled by buf, which is not on PATH{}", more(*.others))]
    Editions {
        /// `path:line` of the edition statement.
        place: String,
        /// Such as `2023`.
        edition: String,
        /// How many more files of the truth are in the same position.
        others: usize,
    },
    /// `buf`, which compiles Editions, gave nothing to work with.
    #[error("{place}: {message}")]
    Buf {
        /// The file that needs it, as `path` or `path:line`.
        place: String,
        /// What went wrong.
        message: String,
        /// What to do.
        help: String,
    },
    /// A module of a registry was not had.
    #[error("{module}: {message}")]
    Registry {
        /// As written.
        module: String,
        /// What went wrong.
        message: String,
        /// What to do.
        help: String,
    },
    /// Nothing can be read from standard input.
    #[error("standard input: {message}")]
    StandardInput {
        /// Why not.
        message: &'static str,
    },
    /// The file is no usable descriptor set or Buf image.
    #[error("{path}: {message}")]
    Image {
        /// As shown to the user, with a line and column for JSON.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// There are files, and no service in them.
    #[error("{source_name}: declares no service, so there is nothing to compare")]
    NoServices {
        /// The SOURCE as written.
        source_name: String,
    },
}

fn more(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => " (1 more file of this truth needs it)".to_owned(),
        n => format!(" ({n} more files of this truth need it)"),
    }
}

const MAKE_IMAGE: &str = "make one with `buf build -o truth.binpb`, or with `protoc --include_imports --include_source_info -o truth.binpb FILES`";

impl TruthError {
    /// What to do about it, if there is anything to say beyond the cause.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NotLocal { .. } => None,
            Self::Io { .. } => Some("make it readable for this user, or name another path".to_owned()),
            Self::NotFound { expected, .. } => Some(format!("expected {expected}")),
            Self::WrongKind { .. } => Some(
                "name a directory, a .proto file, or a descriptor set (.binpb, .bin, .pb, .protoset, .json, .txtpb or .yaml, perhaps with a further .gz or .zst)"
                    .to_owned(),
            ),
            Self::NoProtoFiles { .. } => Some(
                "name the directory of the protobuf module; hidden folders and node_modules are not searched"
                    .to_owned(),
            ),
            Self::TooLarge { .. } => Some(
                "name a smaller directory or file: the module that the services belong to".to_owned(),
            ),
            Self::BufConfig { help, .. }
            | Self::UnresolvedImport { help, .. }
            | Self::Buf { help, .. }
            | Self::Registry { help, .. }
            | Self::Git { help, .. }
            | Self::NotAtRevision { help, .. } => Some(help.clone()),
            Self::At { error, .. } => error.help(),
            Self::DuplicateName { .. } => Some(
                "exclude one of them in buf.yaml, or name the directory of one module".to_owned(),
            ),
            Self::Compile { help, .. } => help.clone(),
            Self::Editions { .. } => Some(
                "install buf (https://buf.build/docs/cli/installation), or run `buf build -o truth.binpb` where it is installed and name truth.binpb as the truth"
                    .to_owned(),
            ),
            Self::StandardInput { .. } => Some(
                "`-` reads a descriptor set or Buf image there: pipe one in, such as `buf build -o - | protodiff …`, or name a file"
                    .to_owned(),
            ),
            Self::Image { .. } => Some(MAKE_IMAGE.to_owned()),
            Self::NoServices { .. } => Some(
                "name the module that defines the services; services of files that are only imported don't count"
                    .to_owned(),
            ),
        }
    }
}
